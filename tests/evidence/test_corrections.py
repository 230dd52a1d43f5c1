"""A wrongly started class is put right by a record: its video counts for the right class alone, and both say so."""
from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.texts import words
from evidence.bodies import Alarm, CodeRead, CodeShown, MarkSeen, Picture, SessionCorrected, SessionEnd, SessionStart
from evidence.corrections import corrections
from evidence.fold import fold
from evidence.records import Record
from evidence.rules import Finding, findings
from evidence.story import Story
from evidence.times import MINUTE, SECOND, utc_text
from tests.evidence.course import REAL, TRAINEES, UNSET, Chain, Course, at, codes, picture_of, roll_call_of

DAY = "2026-03-02"
CLASSES = ("c-1", "c-2", "c-3")


class Mixed:
    """Three classes with the same plan on one box; what the box filmed in session s-1 was started as c-2."""

    def __init__(self) -> None:
        self.course = Course()
        self.course.half_day(DAY)
        order = self.course.order()
        for class_id in CLASSES[1:]:
            self.course.centre.add("order.class", {**order.body, "class": class_id}, order.utc_us + SECOND)
        self.box: Chain = self.course.boxes["box-1"]
        self.box.add("session.start", SessionStart("c-2", "s-1", "page"), at(f"{DAY} 07:58"))
        start_us = at(f"{DAY} 07:58")
        self.segments = []
        for index in range(2):
            first_us, end_us = index * 52 * MINUTE, (index + 1) * 52 * MINUTE
            body = self.course.segment("r-1", index, first_us, end_us, start_us, "box-1")
            body = dataclasses.replace(body, class_id="c-2", session="s-1")
            self.segments.append(body)
            self.box.add("segment", body, start_us + end_us + SECOND)
        self.box.add("session.end", SessionEnd("c-2", "s-1", "page"), at(f"{DAY} 09:42") + 2 * SECOND)

    def correct(
        self, to: str, was: str = "c-2", when: str = "09:50", box: str = "box-1", session: str = "s-1",
    ) -> Record:
        body = SessionCorrected(to, was, session, "按错了班次", "page")
        return self.course.boxes[box].add("session.corrected", body, at(f"{DAY} {when}"))

    def call(self, class_id: str) -> None:
        """Roll calls of the video, with everybody of a class."""
        for body in self.segments:
            told = roll_call_of(body, TRAINEES, (body.first_pts_us, body.end_pts_us))
            self.box.add("rollcall", dataclasses.replace(told, class_id=class_id), at(f"{DAY} 10:00"))

    def story(self, class_id: str) -> Story:
        return fold(self.course.records, class_id, self.course.policy)

    def finding(self, class_id: str, rule: str) -> Finding | None:
        found = findings(self.story(class_id), self.course.policy, at("2026-04-01 00:00"))
        return next((one for one in found if one.rule == rule), None)


def test_video_counts_for_the_class_that_was_started() -> None:
    mixed = Mixed()
    assert [len(mixed.story(name).segments) for name in CLASSES] == [0, 2, 0]
    assert mixed.finding("c-2", "corrected") is None
    assert mixed.finding("c-1", "R2").result == "violated"  # type: ignore[union-attr]


def test_after_a_correction_it_counts_for_the_right_class_alone_and_both_say_so() -> None:
    mixed = Mixed()
    record = mixed.correct("c-1")
    assert [len(mixed.story(name).segments) for name in CLASSES] == [2, 0, 0]
    assert [len(mixed.story(name).sessions) for name in CLASSES] == [1, 0, 0]
    assert set(codes(mixed.finding("c-1", "R2"))) == {"stretch_unseen"}, "nobody has looked"
    for segment in mixed.segments:
        mixed.box.add("picture", picture_of(segment), at(f"{DAY} 10:00"))
    assert mixed.finding("c-1", "R2").result == "satisfied"  # type: ignore[union-attr]
    came, left = mixed.finding("c-1", "corrected"), mixed.finding("c-2", "corrected")
    for told in (came, left):
        assert told is not None and (told.result, told.flag, told.records) == ("warning", False, (record.key,))
    assert words(came.reasons[0], "en") == (  # type: ignore[union-attr]
        "Mar 2, 2026, 07:58:00: class c-2 was started instead of this one and put right on Mar 2, 2026 (按错了班次); "
        "video files that count for this class because of it: 2")
    assert "its video counts for class c-1" in words(left.reasons[0], "en")  # type: ignore[union-attr]
    assert "班次 c-1" in words(left.reasons[0], "zh")  # type: ignore[union-attr]
    assert mixed.finding("c-3", "corrected") is None


def test_the_latest_correction_wins_and_whoever_once_had_it_is_told() -> None:
    mixed = Mixed()
    first, last = mixed.correct("c-1", when="09:50"), mixed.correct("c-3", was="c-1", when="09:55")
    assert [len(mixed.story(name).segments) for name in CLASSES] == [0, 0, 2]
    for name in CLASSES:
        told = mixed.finding(name, "corrected")
        assert told is not None and told.records == (first.key, last.key), name


def test_a_class_that_loses_its_video_is_told_whatever_the_correction_calls_it() -> None:
    mixed = Mixed()
    mixed.correct("c-1", was="c-3")
    assert mixed.finding("c-2", "corrected") is not None and mixed.story("c-2").segments == ()


def test_a_roll_call_counts_only_for_the_class_whose_people_it_looked_for() -> None:
    """The one that was made in the wrong name found nobody: that must not make anyone of the right class missing."""
    mixed = Mixed()
    mixed.call("c-2")
    mixed.correct("c-1")
    story = mixed.story("c-1")
    assert story.rollcalls == () and not story.blocks[0].roll_called
    assert "occasion_rollcall_pending" in [one.code for one in mixed.finding("c-1", "R3").reasons]  # type: ignore
    mixed.call("c-1")
    for segment in mixed.segments:
        mixed.box.add("picture", picture_of(segment), at(f"{DAY} 10:00"))
    assert mixed.story("c-1").blocks[0].roll_called and mixed.story("c-2").rollcalls == ()
    assert mixed.finding("c-1", "R3").result == "satisfied"  # type: ignore[union-attr]


def test_what_was_measured_of_its_picture_moves_with_the_video() -> None:
    mixed = Mixed()
    sha = mixed.segments[0].sha256
    mixed.box.add("picture", Picture("c-2", "r-1", sha, 5 * SECOND, (), ""), at(f"{DAY} 08:55"))
    mono_us = mixed.segments[0].first_mono_us
    mixed.box.add("code.shown", CodeShown("c-2", "s-1", (1,), mono_us, mono_us + 4 * SECOND), at(f"{DAY} 08:00"))
    mixed.box.add("code.read", CodeRead("c-2", "r-1", sha, 8, (MarkSeen(SECOND, 1),)), at(f"{DAY} 08:56"))
    assert [one.answer for one in mixed.story("c-2").codes] == ["seen"]
    mixed.correct("c-1")
    assert [one.answer for one in mixed.story("c-1").codes] == ["seen"] and mixed.story("c-2").codes == ()
    counted = corrections(mixed.course.records)
    moved = [record for record in mixed.course.records if record.type in ("picture", "code.read", "code.shown")]
    assert [counted.class_of(record) for record in moved] == ["c-1"] * 3


@pytest.mark.parametrize("code", ["rollcall.unreadable", "rollcall.segment_differs"])
def test_that_the_roll_call_left_out_a_file_moves_with_the_video(code: str) -> None:
    """The box looks at it for no class any more, so the one to which it was moved would wait for ever."""
    mixed = Mixed()
    sha = mixed.segments[0].sha256
    left_out = Alarm(code, {"segment": sha, "file": "f", "looked_with": "x"}, "c-2")
    told = mixed.box.add("alarm", left_out, at(f"{DAY} 09:44"))
    others = [mixed.box.add("alarm", dataclasses.replace(left_out, **change), at(f"{DAY} 09:45")) for change in (
        {"code": "hour.lost"}, {"code": []}, {"params": []}, {"params": {"segment": "f" * 64}})]
    mixed.correct("c-1")
    story = mixed.story("c-1")
    assert [one.refs for one in story.blocks[0].left_out] == [(told.key,)]
    assert [ref for ref, _, _ in story.alarms] == [told.key] and told.key not in [
        ref for ref, _, _ in mixed.story("c-2").alarms]
    counted = corrections(mixed.course.records)
    assert [counted.class_of(record) for record in (told, *others)] == ["c-1", *["c-2"] * len(others)]


def test_check_ins_stay_with_those_whom_they_name() -> None:
    mixed = Mixed()
    mixed.course.check_in("t-1", f"{DAY} 07:50")
    mixed.correct("c-3")
    assert [len(mixed.story(name).checkins) for name in CLASSES] == [1, 0, 0]


def test_only_the_chain_of_the_session_can_put_it_right() -> None:
    mixed = Mixed()
    mixed.course.boxes["box-2"] = Chain("box-2", mixed.box.clock, is_box=True)
    mixed.correct("c-1", box="box-2")
    mixed.course.centre.add(
        "session.corrected", SessionCorrected("c-1", "c-2", "s-1", "", "page"), at(f"{DAY} 10:00"))
    mixed.correct("c-1", session="s-9")
    assert [len(mixed.story(name).segments) for name in CLASSES] == [0, 2, 0]


def test_a_correction_of_later_than_a_day_moves_nothing_and_both_are_told() -> None:
    mixed = Mixed()
    late = mixed.box.add(
        "session.corrected", SessionCorrected("c-1", "c-2", "s-1", "oops", "page"), at("2026-03-03 07:58") + 1)
    assert [len(mixed.story(name).segments) for name in CLASSES] == [0, 2, 0]
    assert mixed.finding("c-1", "R2").result == "violated"  # type: ignore[union-attr]
    for name in CLASSES[:2]:
        told = mixed.finding(name, "corrected")
        assert told is not None and (told.result, told.flag, told.records) == ("warning", False, (late.key,))
        assert words(told.reasons[0], "en") == (
            "Mar 2, 2026, 07:58:00: on Mar 3, 2026 it was said that this recording counts for class c-1 instead of c-2"
            " (oops); that was more than 24 hours after its start, so nothing is moved")
        assert "24" in words(told.reasons[0], "zh") and "班次 c-1" in words(told.reasons[0], "zh")
    assert mixed.finding("c-3", "corrected") is None


def test_one_in_time_stays_whatever_is_said_later() -> None:
    mixed = Mixed()
    first = mixed.correct("c-1")
    late = mixed.box.add(
        "session.corrected", SessionCorrected("c-3", "c-1", "s-1", "oops", "page"), at("2026-03-28 10:00"))
    # Another start with the same id is no way around it.
    mixed.box.add("session.start", SessionStart("c-3", "s-1", "page"), at("2026-03-28 10:01"))
    again = mixed.box.add(
        "session.corrected", SessionCorrected("c-3", "c-1", "s-1", "oops", "page"), at("2026-03-28 10:02"))
    assert [len(mixed.story(name).segments) for name in CLASSES] == [2, 0, 0]
    told = mixed.finding("c-1", "corrected")
    assert told is not None and [one.code for one in told.reasons] == [
        "corrected_in", "corrected_late", "corrected_late"]
    assert told.records == (first.key, late.key, again.key)
    (found,) = corrections(mixed.course.records).by_session.values()
    assert found.classes == {"c-1", "c-2", "c-3"}, "all of them keep the video for their time"


def test_a_session_that_was_never_started_or_only_afterwards_cannot_be_put_right() -> None:
    mixed = Mixed()
    body = dataclasses.replace(mixed.segments[0], class_id="c-9", session="s-9", run="r-9", file="r-9/000000.mp4")
    mixed.box.add("segment", body, at(f"{DAY} 09:45"))
    mixed.correct("c-1", "c-9", session="s-9")
    mixed.box.add("session.start", SessionStart("c-9", "s-9", "page"), at(f"{DAY} 09:55"))
    assert mixed.story("c-1").segments == ()
    told = mixed.finding("c-1", "corrected")
    assert told is not None and [one.code for one in told.reasons] == ["corrected_unstarted"]
    assert "was never started before" in words(told.reasons[0], "en") and "班次 c-1" in words(told.reasons[0], "zh")


@pytest.mark.parametrize(("boot", "mono_h", "utc_h", "counts"), [
    ("a", 24, 24, True), ("a", 24, 90, True), ("a", 25, 1, False), ("b", 0, 24, True), ("b", 0, 25, False),
    ("b", 0, -25, False),
])
def test_the_day_is_told_by_the_boot_clock_or_else_by_the_wall_clock(
    boot: str, mono_h: int, utc_h: int, counts: bool,
) -> None:
    mixed = Mixed()
    records = [one for one in mixed.course.records if one.device == "box-1"]
    start = next(one for one in records if one.type == "session.start")
    said = mixed.correct("c-1")
    hour_us = 60 * MINUTE
    said = dataclasses.replace(
        said, boot_id=start.boot_id if boot == "a" else "ff",
        mono_us=(start.mono_us if boot == "a" else 0) + mono_h * hour_us,
        utc=utc_text(start.utc_us + utc_h * hour_us))
    counted = corrections([*records, said])
    assert {counted.class_of(one) for one in records if one.type == "segment"} == {"c-1" if counts else "c-2"}


@pytest.mark.parametrize(("synced", "between", "ran_h", "why"), [
    (True, "", 0, None), (False, "", 0, "unsure"), (True, "2026-03-20 08:00", 0, "unsure"),
    (False, "2026-03-20 08:00", 0, "unsure"), (True, "2026-03-02 10:00", 0, None), (True, "", 25, "late"),
])
def test_over_a_restart_a_correction_counts_only_if_it_was_surely_in_time(
    synced: bool, between: str, ran_h: int, why: str | None,
) -> None:
    """Weeks later the clock of a box that is not set says the old day, or somebody has set it back."""
    mixed = Mixed()
    if between:
        mixed.box.restart(at(between) - 5 * MINUTE, "1a")
        mixed.box.add("alarm", {"code": "camera.silent", "params": {}}, at(between))
        # Another start, from which on the clock goes forwards again.
        mixed.box.restart(at(f"{DAY} 10:00"), "2b")
        mixed.box.add("alarm", {"code": "camera.silent", "params": {}}, at(f"{DAY} 10:01"))
    mixed.box.restart(at(f"{DAY} 10:05") - ran_h * 60 * MINUTE, "3c")
    mixed.box.clock = REAL if synced else UNSET
    mixed.correct("c-1", when="10:10")
    mixed.box.clock = REAL
    mixed.box.restart(at("2026-03-23 08:00"), "4d")
    mixed.box.add("alarm", {"code": "camera.silent", "params": {}}, at("2026-03-23 08:01"))
    assert [len(mixed.story(name).segments) for name in CLASSES] == ([0, 2, 0] if why else [2, 0, 0])
    told = mixed.finding("c-1", "corrected")
    assert told is not None and codes(told) == [f"corrected_{why or 'in'}"] and told.result == "warning"
    if why == "unsure":
        assert "does not prove" in words(told.reasons[0], "en") and "班次 c-1" in words(told.reasons[0], "zh")


def test_a_correction_that_cannot_be_read_corrects_nothing_and_is_counted() -> None:
    mixed = Mixed()
    bad = mixed.box.add("session.corrected", {"class": "c-1", "session": "s-1", "by": "nobody"}, at(f"{DAY} 10:00"))
    assert mixed.story("c-1").bad_records == (bad.key,) and len(mixed.story("c-2").segments) == 2


SAID = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=4)


@settings(max_examples=40, deadline=None)
@given(SAID, st.randoms(use_true_random=False), st.lists(st.integers(0, 200), max_size=12))
def test_a_segment_counts_for_one_class_whatever_the_order_and_repetition(
    said: list[tuple[str, str]], shuffle: random.Random, again: list[int],
) -> None:
    mixed = Mixed()
    for to, was in said:
        mixed.correct(to, was)
    records = mixed.course.records
    stories = [fold(records, name, mixed.course.policy) for name in CLASSES]
    assert [len(story.segments) for story in stories] == [
        2 * (name == (said[-1][0] if said else "c-2")) for name in CLASSES]
    records += [records[index % len(records)] for index in again]
    shuffle.shuffle(records)
    assert [fold(records, name, mixed.course.policy) for name in CLASSES] == stories
    counted = corrections({record.key: record for record in records}.values())
    assert {counted.class_of(one) for one in records if one.type == "segment"} == {
        said[-1][0] if said else "c-2"}


def pressed(*starts: tuple[str, str, str], ends: tuple[str, ...] = ()) -> tuple[Story, Finding | None]:
    """`starts`: time, session, by whom; each is ended at 09:42, or at its time of `ends`."""
    made = Course()
    made.half_day(DAY)
    made.order()
    box = made.boxes["box-1"]
    for when, session, by in starts:
        box.add("session.start", SessionStart("c-1", session, by), at(f"{DAY} {when}"))  # type: ignore[arg-type]
    for number, session in enumerate(dict.fromkeys(session for _, session, _ in starts)):
        when = ends[number] if ends else "09:42"
        box.add("session.end", SessionEnd("c-1", session, "plan"), at(f"{DAY} {when}"))
    found = findings(made.story(), made.policy, at("2026-04-01 00:00"))
    return made.story(), next((one for one in found if one.rule == "unpressed"), None)


def test_a_class_that_nobody_started_is_told_and_costs_nothing() -> None:
    story, found = pressed(("08:00", "s-1", "plan"))
    assert story.sessions[0].pressed_us is None and found is not None
    assert (found.result, found.flag, found.records) == ("warning", False, story.sessions[0].refs)
    assert words(found.reasons[0], "en").endswith("the recording began by itself as planned; nobody pressed start")
    assert "无人按" in words(found.reasons[0], "zh")


def test_a_press_that_joins_makes_it_pressed_and_the_first_start_counts() -> None:
    story, found = pressed(("08:00", "s-1", "plan"), ("08:07", "s-1", "button"))
    (session,) = story.sessions
    assert found is None and session.start_us == at(f"{DAY} 08:00") and session.pressed_us == at(f"{DAY} 08:07")
    assert len(session.refs) == 3


def test_a_press_that_crossed_the_planned_start_is_a_press() -> None:
    assert pressed(("08:00", "s-1", "plan"), ("08:00", "s-2", "page"))[1] is None


def test_a_press_of_another_time_of_the_day_is_none_for_this_one() -> None:
    found = pressed(("08:00", "s-1", "plan"), ("08:55", "s-2", "page"), ends=("08:50", "09:42"))[1]
    assert found is not None and len(found.reasons) == 1


def unpressed(days: int, *presses: tuple[str, str], room: str = "box-1") -> list[str]:
    """Dates of planned sessions that are told. Each day has a half-day, and from the second on a planned session in the
    room; `presses`: time and session, never ended."""
    made = Course()
    dates = [f"2026-03-0{2 + number}" for number in range(days)]
    for date in dates:
        made.half_day(date)
    made.boxes["box-2"] = Chain("box-2", made.boxes["box-1"].clock, is_box=True)
    made.order()
    for when, session in presses:
        made.boxes["box-1"].add("session.start", SessionStart("c-1", session, "page"), at(when))
    for date in dates[1:]:
        box = made.boxes[room]
        box.add("session.start", SessionStart("c-1", f"s-{date}", "plan"), at(f"{date} 08:00"))
        box.add("session.end", SessionEnd("c-1", f"s-{date}", "plan"), at(f"{date} 09:42"))
    found = findings(made.story(), made.policy, at("2026-04-01 00:00"))
    return [str(one.params["date"]) for finding in found if finding.rule == "unpressed" for one in finding.reasons]


def test_a_press_without_an_end_hides_no_later_class_that_nobody_started() -> None:
    days = ["2026-03-03", "2026-03-04"]
    for room in ("box-1", "box-2"):
        for when in ("07:58", "09:30", "20:00"):
            assert unpressed(3, (f"{DAY} {when}", "s-2"), room=room) == days
        assert unpressed(3, ("2026-03-03 07:58", "s-2"), room=room) == days[1:], "but the one of its own block"


def test_why_a_class_ended_early_is_in_the_story() -> None:
    made = Course()
    made.half_day(DAY)
    made.order()
    box = made.boxes["box-1"]
    box.add("session.start", SessionStart("c-1", "s-1", "page"), at(f"{DAY} 08:00"))
    box.add("session.end", SessionEnd("c-1", "s-1", "page", "停电"), at(f"{DAY} 08:05"))
    assert made.story().sessions[0].reason == "停电"
