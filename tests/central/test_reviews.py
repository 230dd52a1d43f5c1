"""Reviews and pointing at the centre: what is refused in words, what is sealed, what the rule says afterwards."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from central.classes.errors import (
    BadBy,
    BadFrameBox,
    MomentOutside,
    NotOver,
    NotWhileClass,
    RecordingsNotJudged,
    UncertainVideo,
    UnknownPerson,
    UnknownVideo,
)
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.reviews import Answer, PointedOut, Reviewed, point_out, state_review
from central.classes.stories import tell
from central.cli import main
from central.errors import BadReason, NotATrainee, UnknownBlock, UnknownClass
from central.wiring import Centre
from common.policies import policy_bytes
from evidence.bodies import Pointed, Review, body_of
from evidence.records import ClockState
from evidence.reviews import seen_hash
from evidence.story import SegmentFact, Story
from evidence.times import MINUTE, SECOND
from tests.central.course import AWAY, PEOPLE, PLAN
from tests.central.helpers import MORNING, Box, segment_of, write_plan

CLASS, FIRST, PRACTICE = "welder-1", "2026-03-02-am", "2026-03-02-pm"
UNSET = ClockState(synced=False, max_error_us=0, source="kernel", rate=1)
NOW = MORNING + 40 * 24 * 60 * MINUTE


def story(centre: Centre) -> Story:
    with centre.store.read() as tx:
        return tell(centre.store, tx, CLASS, NOW).story


def video_of(centre: Centre, block: str, before: bool = False) -> SegmentFact:
    """The first file inside a block, or the one that begins before it."""
    told = story(centre)
    span = next(one.span for one in told.blocks if one.id == block)
    return next(fact for fact in told.segments
                if (fact.span.start_us < span.start_us < fact.span.end_us if before else
                    span.start_us <= fact.span.start_us < span.end_us))


def review(
    centre: Centre, block: str = PRACTICE, answer: Answer = "complete", reason: str = "看过录像", by: str = "王科长",
    class_id: str = CLASS,
) -> Reviewed:
    return state_review(centre.store, class_id, block, answer, reason, by, NOW)


def point(
    centre: Centre, person: str = AWAY, segment: str | None = None, at_s: float = 10, box: str = "", by: str = "王科长",
    class_id: str = CLASS,
) -> PointedOut:
    segment = video_of(centre, PRACTICE).segment.sha256 if segment is None else segment
    return point_out(centre.store, centre.names, class_id, person, segment, at_s, box, by, NOW)


def said(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [body_of(one.record) for kind in ("review", "pointed") for one in tx.of_type(kind)]


def test_a_review_stands_on_the_roll_calls_that_are_here_and_the_rule_uses_it(played: Centre) -> None:
    """One trainee is away in three practices: a flag, until a person answers otherwise for one of them."""
    calls = next(one.calls for one in story(played).blocks if one.id == PRACTICE)
    made = review(played, reason=" 第三排  靠窗 ")
    assert calls and said(played) == [made.body] == [
        Review(CLASS, PRACTICE, "complete", "第三排 靠窗", "王科长", seen_hash(calls))]
    assert (made.own.state, len(made.unseen), made.counted) == ("missing", 1, True)
    assert (made.after.verdict, len(made.after.recordings)) == ("clear", 2)
    told = next(dict(one.params) for one in made.after.reasons if one.code == "reviewed_complete")
    assert (told["id"], told["reviewer"], told["own"]) == (PRACTICE, "王科长", "missing")
    assert not next(one.review_old for one in story(played).blocks if one.id == PRACTICE)
    again = review(played, answer="missing")
    assert again.own.state == "missing" and again.after.verdict == "flag", "the latest one counts"


def test_a_review_can_be_of_a_class_hour_and_says_that_the_policy_counts_blocks(played: Centre) -> None:
    hour = next(one.id for one in story(played).hours if one.block == PRACTICE)
    made = review(played, hour, "open")
    assert not made.counted and made.after.verdict == "flag"


NO_REVIEW: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"class_id": "no"}, UnknownClass), ({"block": "2026-03-09-am"}, UnknownBlock),
    ({"block": "x" * 999}, UnknownBlock),
    ({"reason": " "}, BadReason), ({"reason": "a\u202eb"}, BadReason), ({"reason": "长" * 501}, BadReason),
    ({"by": ""}, BadBy), ({"by": "长" * 101}, BadBy),
]


def test_a_review_that_says_nothing_is_refused(played: Centre) -> None:
    for change, error in NO_REVIEW:
        with pytest.raises(error):
            review(played, **change)
    assert said(played) == []


def test_what_is_not_over_is_not_reviewed(centre: Centre, tmp_path: Path) -> None:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    with pytest.raises(NotOver):
        state_review(centre.store, CLASS, FIRST, "complete", "x", "y", MORNING)
    assert said(centre) == []


@pytest.mark.parametrize("by_name", [True, False])
def test_whoever_is_pointed_out_is_shown_in_that_recording(played: Centre, by_name: bool) -> None:
    fact = video_of(played, PRACTICE)
    person = next(one.person for block in story(played).blocks if block.id == PRACTICE
                  for one in block.presences if one.answer != "shown")
    made = point(played, AWAY if by_name else person, at_s=12.5, box="10, 20,30,40")
    at_us = fact.segment.first_pts_us + 12_500_000
    assert said(played) == [Pointed(CLASS, person, fact.segment.sha256, at_us, (10, 20, 30, 40), "王科长")]
    assert made.block == PRACTICE and made.presence is not None and made.presence.answer == "shown"
    (sighting,) = made.presence.sightings
    assert sighting.pointed and sighting.shown_us == fact.span.start_us + 12_500_000
    assert made.after.verdict == "clear" and story(played).pointed_void == ()


NO_POINTING: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"class_id": "no"}, UnknownClass), ({"person": "李四"}, UnknownPerson), ({"person": "x" * 999}, UnknownPerson),
    ({"segment": "ab" * 32}, UnknownVideo), ({"segment": "x"}, UnknownVideo), ({"at_s": -0.1}, MomentOutside),
    ({"at_s": 15 * 60}, MomentOutside), ({"at_s": float("nan")}, MomentOutside),
    ({"at_s": float("inf")}, MomentOutside),
    ({"box": "1,2,3"}, BadFrameBox), ({"box": "a,b,c,d"}, BadFrameBox), ({"box": "0,0,0,9"}, BadFrameBox),
    ({"box": "630,0,11,9"}, BadFrameBox), ({"box": "-1,0,11,9"}, BadFrameBox), ({"by": " "}, BadBy),
]


def test_pointing_that_cannot_count_is_refused_and_leaves_nothing(played: Centre) -> None:
    segment = video_of(played, PRACTICE).segment.sha256
    for change, error in NO_POINTING:
        with pytest.raises(error):
            point(played, **{"segment": segment} | change)
    assert said(played) == []


def test_before_the_block_nobody_is_pointed_out(played: Centre) -> None:
    early = video_of(played, PRACTICE, before=True)
    before_s = (next(one.span.start_us for one in story(played).blocks if one.id == PRACTICE)
                - early.span.start_us) // SECOND
    with pytest.raises(NotWhileClass, match="2026-03-02 13:59:59"):
        point(played, segment=early.segment.sha256, at_s=before_s - 1)
    assert point(played, segment=early.segment.sha256, at_s=before_s).block == PRACTICE


def test_an_instructor_is_not_pointed_out_and_nothing_is_kept(played: Centre, tmp_path: Path) -> None:
    people = ", ".join(f'{{ name = "{name}" }}' for name in PEOPLE)
    plan, names = write_plan(tmp_path, PLAN, f'people = [{people}, {{ name = "陈老师", role = "instructor" }}]')
    add_class(played.store, played.names, read_plan(plan), read_names(names), plan)
    with pytest.raises(NotATrainee):
        point(played, "陈老师")
    assert said(played) == []
    assert point(played, AWAY).presence is not None


def test_in_video_of_an_uncertain_time_nobody_is_pointed_out(played: Centre) -> None:
    box, at_us = Box(played, chain="cd" * 16, clock=UNSET), MORNING + 6 * 60 * MINUTE
    box.genesis(at_us - MINUTE)
    segment = segment_of(b"x", at_us, 60, run="r-9")
    box.append(segment, at_us + MINUTE)
    played.collector().take(box.messages())
    with pytest.raises(UncertainVideo):
        point(played, segment=segment.sha256)
    assert said(played) == []


def test_where_the_policy_does_not_ask_who_is_shown_there_is_nothing_to_review(centre: Centre, tmp_path: Path) -> None:
    toml = policy_bytes("sanmenxia-2023").decode()
    toml = re.sub(r"\[r3\]\n.*?(?=\n\[)", "", toml, flags=re.DOTALL).replace("sanmenxia-2023", "mine")
    (tmp_path / "mine.toml").write_text(toml, encoding="utf-8")
    plan, names = write_plan(tmp_path, PLAN.replace('"demo"', '"mine.toml"'))
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    with pytest.raises(RecordingsNotJudged):
        review(centre)


@pytest.fixture
def run(played: Centre, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    played.account_desk().add("wang", "supervisor", "410000", None)

    def say(lang: str, *args: str) -> tuple[int, list[str]]:
        rc = main(["--lang", lang, *args, "--centre", str(played.folder)])
        told = capsys.readouterr()
        return rc, (told.out + told.err).splitlines()
    return say


def test_the_review_command_says_what_the_records_alone_say_and_what_the_rule_says_now(
    run: Callable[..., tuple[int, list[str]]]
) -> None:
    rc, lines = run("en", "review", CLASS, PRACTICE, "--answer", "complete", "--reason", "seen", "--by", "wang")
    assert rc == 0 and lines[:4] == [
        "Mar 2, 2026, afternoon: it is on record that wang answers: everyone shown",
        "The records alone say: not everyone shown", f"Not shown: {AWAY} (absent)", "R3 says now: clear"]
    assert "not showing everyone: 2" in lines[4] and "wang reviewed the recording" in lines[5]
    rc, lines = run("zh", "review", CLASS, PRACTICE, "--answer", "open", "--reason", "看不清", "--by", "wang")
    assert rc == 0 and lines[:2] == ["2026年3月2日下午：已记录 wang 的核查结论：待定", "仅凭记录为：未显示全员"]
    assert run("zh", "review", CLASS, "x", "--answer", "open", "--reason", "y", "--by", "wang") == (
        2, ["班次 welder-1 没有录像 x"])


def test_the_point_command_says_whom_and_what_the_rule_says_now(
    played: Centre, run: Callable[..., tuple[int, list[str]]]
) -> None:
    sha256 = video_of(played, PRACTICE).segment.sha256
    where = (CLASS, AWAY, "--segment", sha256.upper(), "--at", "10", "--by", "wang")
    rc, lines = run("en", "point", *where, "--box", "1,2,3,4")
    assert rc == 0 and lines[:3] == [
        f"Mar 2, 2026, afternoon: it is on record that wang points out {AWAY}", f"The answer for {AWAY} is now: shown",
        "R3 says now: clear"]
    assert any("wang pointed them out" in line for line in lines[3:])
    assert run("en", "point", *where, "--box", "1,2,3") == (
        2, ["the frame is x,y,width,height in whole pixels, within the picture of 640 × 360"])
    rc, lines = run("zh", "point", CLASS, "李四", *where[2:])
    assert (rc, lines[0][:20]) == (2, "班次 welder-1 没有 李四：请填")
