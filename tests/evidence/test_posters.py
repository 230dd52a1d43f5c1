"""What never moves: a poster is subtracted, nobody asleep is, and every reader of the records subtracts the same."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Body, body_of
from evidence.crowd import View, at_once
from evidence.fold import fold
from evidence.posters import AWAKE_US, always_still, with_still
from evidence.records import Record
from evidence.rollcall import Look
from evidence.story import PosterFact, SegmentFact, Span, Story
from evidence.times import MINUTE
from tests.evidence.course import TRAINEES, Course, at

DAYS = tuple(f"2026-03-0{day}" for day in range(2, 6))
CAMERA = ("box-1", "room")


def course(days: tuple[str, ...] = DAYS, **film: object) -> Course:
    """Half-days in which all signed in, and the fourth is in no picture; a poster hangs there."""
    made = Course()
    for day in days:
        made.half_day(day)
    made.order()
    for day in days:
        made.film(f"{day} 07:58", "09:42", TRAINEES[:3], **{"still": 1, **film})  # type: ignore[arg-type]
        for person in TRAINEES:
            made.check_in(person, f"{day} 07:50")
    return made


def filmed(counts: list[int], step_us: int) -> tuple[list[Record], dict[str, SegmentFact]]:
    """Roll calls, and segments, one each, that begin `step_us` apart."""
    made = course(DAYS[:1])
    call = next(record for record in made.records if record.type == "rollcall")
    facts = made.story().segments
    calls, segments = [], {}
    for number, count in enumerate(counts):
        sha = f"{number:064x}"
        span = Span(number * step_us, number * step_us + MINUTE)
        calls.append(dataclasses.replace(call, seq=number, body={**call.body, "segment": sha, "still_peak": count}))
        segments[sha] = dataclasses.replace(facts[0], span=span)
    return calls, segments


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=4),
       st.integers(0, 2))
def test_nobody_asleep_is_lost_from_the_heads(parts: list[tuple[int, int, int]], posters: int) -> None:
    """Each part is a segment with people who move, people who sleep and no more than the posters of the room."""
    counts = [asleep + posters + more for _, asleep, more in parts] + [posters]
    calls, segments = filmed(counts, AWAKE_US)
    always = always_still(calls, segments)
    assert (always[CAMERA].count if posters else 0) == posters and bool(always) == bool(posters)
    for (awake, asleep, more), fact in zip(parts, segments.values(), strict=False):
        look = Look(fact.span.start_us, fact.span.end_us, (), 1, 1, 32, 8, 0, awake, awake * 1_000_000,
                    still_peak=asleep + posters + more)
        view = with_still(View(CAMERA, "101", fact.span, 0, look), posters)
        assert at_once([view], fact.span) == awake + asleep + more


def test_what_never_moved_for_less_than_half_a_day_may_be_asleep() -> None:
    assert always_still(*filmed([1, 1], AWAKE_US)) != {}
    assert always_still(*filmed([1, 1], AWAKE_US - 1)) == always_still(*filmed([1], 1)) == {}


def test_the_roll_calls_that_tell_it_are_the_first_the_last_and_the_one_with_fewest() -> None:
    calls, segments = filmed([3, 4, 2, 2, 5], AWAKE_US)
    assert always_still(calls, segments) == {
        CAMERA: PosterFact(*CAMERA, 2, tuple(calls[number].key for number in (0, 2, 4)))}


@pytest.mark.parametrize("count", [True, -1, "1", None, 1.0, []])
def test_a_count_that_is_none_tells_nothing(count: object) -> None:
    calls, segments = filmed([1, 1, 1], AWAKE_US)
    calls[1] = dataclasses.replace(calls[1], body={**calls[1].body, "still_peak": count})
    assert always_still(calls, segments)[CAMERA].count == 1
    calls[1] = dataclasses.replace(calls[1], body={"still_peak": 0})
    assert always_still(calls, segments)[CAMERA].count == 1, "of no segment"


def test_roll_calls_of_another_box_and_video_of_uncertain_time_tell_nothing() -> None:
    calls, segments = filmed([1, 0, 1], AWAKE_US)
    assert always_still(calls, segments) == {}
    elsewhere = [calls[0], dataclasses.replace(calls[1], device="box-9"), calls[2]]
    assert always_still(elsewhere, segments)[CAMERA].count == 1
    sha = calls[1].body["segment"]
    unsure = segments | {sha: dataclasses.replace(segments[sha], doubt="clock")}
    assert always_still(calls, unsure)[CAMERA].count == 1


def of_one_block(made: Course, block: Span) -> Story:
    """The story for whoever reads the roll calls of one block alone, and has lean records of the others."""
    near = {fact.segment.sha256 for fact in made.story().segments
            if fact.span.start_us < block.end_us and block.start_us < fact.span.end_us}
    whole = {record.key: record for record in made.records}
    kept = ("class", "segment", "still_peak")
    lean = [dataclasses.replace(record, body={name: record.body[name] for name in kept})
            if record.type == "rollcall" else record for record in made.records]

    def typed(record: Record) -> Body | None:
        if record.type == "rollcall":
            return body_of(whole[record.key]) if record.body["segment"] in near else None
        return body_of(whole[record.key])

    return fold(lean, "c-1", made.policy, typed)


@pytest.mark.parametrize("still", [0, 1, 2])
def test_whoever_reads_the_roll_calls_of_one_block_alone_says_of_it_what_the_console_says(still: int) -> None:
    made = course(still=still)
    made.film(f"{DAYS[0]} 14:00", "14:20", (), still=1)
    for block in made.story().blocks:
        own = next(one for one in of_one_block(made, block.span).blocks if one.id == block.id)
        assert own == block


def test_a_poster_that_hangs_there_on_all_days_protects_nobody_on_any_of_them() -> None:
    assert course().r3().recordings == tuple(f"{day}-am" for day in DAYS)
    assert course(DAYS[:1]).r3().open_recordings == (f"{DAYS[0]}-am",)
    assert course().story().blocks[0].still_heads == 0 and at(f"{DAYS[1]} 07:58") - at(f"{DAYS[0]} 07:58") > AWAKE_US


def test_what_is_subtracted_as_a_poster_is_told_with_its_roll_calls() -> None:
    made = course(DAYS[:2])
    finding, (first, second) = made.r3(), made.story().blocks
    told = [dict(one.params) for one in finding.reasons if one.code == "always_still"]
    assert [(one["id"], one["camera"], one["device"], one["room"], one["count"]) for one in told] == [
        (f"{day}-am", "room", "box-1", "101", 1) for day in DAYS[:2]]
    (poster,) = first.posters
    assert second.posters == (poster,) and set(poster.refs) <= set(first.refs) & set(second.refs)
    calls = {record.key: record.utc_us for record in made.records if record.type == "rollcall"}
    assert {min(calls, key=calls.__getitem__), max(calls, key=calls.__getitem__)} <= set(poster.refs)
    assert set(poster.refs) <= set(finding.records)
    plain = course(DAYS[:2], still=0)
    assert not plain.story().blocks[0].posters and "always_still" not in {one.code for one in plain.r3().reasons}


def test_who_has_no_template_and_sleeps_seen_from_behind_is_not_absent() -> None:
    for still, answer in ((1, "not_identifiable"), (0, "absent")):
        made = course(DAYS[:1], still=still)
        box = made.boxes["box-1"]
        box.records = [dataclasses.replace(one, body={**one.body, "gallery": list(TRAINEES[:3])})
                       if one.type == "rollcall" else one for one in box.records]
        last = made.story().blocks[0].presences[3]
        assert (last.answer, last.why) == (answer, ("no_template",) if still else ())
