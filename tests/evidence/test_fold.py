"""The fold: one story for any order and duplication, over several boxes; what is not of the class stays out."""
from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.texts import words
from evidence.bodies import Gap
from evidence.continuity import Timeline
from evidence.fold import NoSuchClass, fold
from evidence.records import Record
from evidence.rules import findings
from evidence.times import MINUTE, SECOND
from tests.evidence.course import TRAINEES, Chain, Course, at

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
AS_OF = at("2026-04-01 00:00")


def two_rooms() -> Course:
    """Theory in one room, practice in another, a roster event, leave, a review, a removal, a pointed trainee."""
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAYS[0], "am", "theory")
    made.half_day(DAYS[0], "pm")
    made.half_day(DAYS[1], "am")
    made.order()
    made.roster_event("late_entry", "t-5", "2026-03-03 00:00", "2026-03-02 20:00")
    made.leave("t-2", "2026-03-03 00:00", "2026-03-04 00:00")
    made.film(f"{DAYS[0]} 07:58", "08:30")
    made.film(f"{DAYS[0]} 08:40", "09:42")
    filmed = made.film(f"{DAYS[0]} 13:58", "15:42", TRAINEES[:3], box="box-2", unnamed=1)
    made.film(f"{DAYS[1]} 07:58", "09:42", TRAINEES[1:], box="box-2")
    for person in TRAINEES:
        made.check_in(person, f"{DAYS[0]} 07:50")
        made.check_in(person, f"{DAYS[0]} 13:50", box="box-2")
    made.point_out("t-4", filmed, f"{DAYS[0]} 14:20")
    made.review(f"{DAYS[1]}-am", "open")
    made.remove(filmed.segments[0], "2026-03-20 08:00")
    return made


ROOMS = two_rooms()
STORY = ROOMS.story()
FOUND = findings(STORY, ROOMS.policy, AS_OF)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, len(ROOMS.records) - 1), max_size=30))
def test_the_same_story_for_any_order_and_duplication(shuffle: random.Random, again: list[int]) -> None:
    records = ROOMS.records
    records += [records[index] for index in again]
    shuffle.shuffle(records)
    assert fold(records, "c-1", ROOMS.policy) == STORY


UNRELATED = st.sampled_from([
    ("alarm", {"code": "camera.silent", "params": {}}),
    ("mystery", {"class": "c-1", "anything": 1}),
    ("mystery.deep", {}),
    ("session.start", {"class": "c-2", "session": "s-1", "by": "button"}),
    ("checkin", {"class": "c-2", "no": "body"}),
    ("segment.removed", {"segment": "b" * 64, "reason": "r", "by": "z"}),
    ("segment.removed", {"not": "a removal"}),
    ("review", {"class": "c-2", "block": "2026-03-02-am", "answer": "complete", "reason": "", "reviewer": "x"}),
    ("heartbeat", {"head": 5}),
])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(UNRELATED, st.sampled_from(["box-1", "box-2", "box-3", "centre"])), max_size=12))
def test_findings_never_change_when_unrelated_records_are_added(added: list[tuple[tuple[str, dict], str]]) -> None:
    strangers = {name: Chain(name, ROOMS.boxes["box-1"].clock, is_box=True) for name in ("box-3",)}
    extra: list[Record] = []
    for number, ((kind, body), device) in enumerate(added):
        chain = strangers.get(device) or ROOMS.boxes.get(device) or ROOMS.centre
        record = chain.add(kind, body, at("2026-03-21 08:00") + number)
        chain.records.pop()
        extra.append(dataclasses.replace(record, seq=10_000 + number))
    story = fold([*ROOMS.records, *extra], "c-1", ROOMS.policy)
    assert findings(story, ROOMS.policy, AS_OF) == FOUND


def test_what_another_class_did_is_not_told() -> None:
    made = two_rooms()
    other = two_rooms()
    for chain in (other.centre, *other.boxes.values()):
        chain.device = f"{chain.device}-of-c-2"
    records = [
        dataclasses.replace(r, device=f"{r.device}-x", chain="9" * 32, body={**r.body, "class": "c-2"})
        for r in other.records if "class" in r.body
    ]
    assert findings(fold([*made.records, *records], "c-1", made.policy), made.policy, AS_OF) == FOUND


def test_a_box_that_no_plan_names_says_nothing_about_the_class() -> None:
    made = two_rooms()
    made.boxes["box-9"] = Chain("box-9", made.boxes["box-1"].clock, is_box=True)
    made.film(f"{DAYS[0]} 13:58", "15:42", box="box-9")
    assert findings(made.story(), made.policy, AS_OF) == FOUND


def test_a_body_that_cannot_be_read_is_counted_and_said() -> None:
    made = two_rooms()
    bad = made.boxes["box-1"].add("checkin", {"class": "c-1", "nonsense": True}, at("2026-03-21 08:00"))
    story = made.story()
    assert story.bad_records == (bad.key,)
    assert dataclasses.replace(story, bad_records=(), last_us=0) == dataclasses.replace(STORY, last_us=0)
    warned = [one for one in findings(story, made.policy, AS_OF) if one.rule == "records"]
    assert [one.result for one in warned] == ["warning"] and warned[0].records == (bad.key,)


def test_records_of_unknown_types_are_counted() -> None:
    made = two_rooms()
    made.boxes["box-1"].add("heartbeat", {"class": "c-1"}, at("2026-03-21 08:00"))
    assert made.story().unknown_records == 1


def test_without_a_plan_there_is_no_story() -> None:
    with pytest.raises(NoSuchClass, match="c-7"):
        fold(ROOMS.records, "c-7", ROOMS.policy)


def test_a_later_plan_replaces_the_earlier_one_and_hours_that_had_begun_are_told() -> None:
    made = two_rooms()
    dropped = made.hours.pop(0)
    made.order("2026-03-10 08:00")
    story = made.story()
    assert [hour.id for hour in story.hours] == ["h-2", "h-3", "h-4", "h-5", "h-6"]
    warned = next(one for one in findings(story, made.policy, AS_OF) if one.rule == "plan")
    assert warned.reasons[0].params["hours"] == (dropped.hour,)
    assert "2026年3月2日 08:00–08:45" in words(warned.reasons[0], "zh")


def test_a_later_plan_under_another_policy_is_told() -> None:
    made = two_rooms()
    made.policy = dataclasses.replace(made.policy, sha256="b" * 64)
    made.order("2026-03-10 08:00")
    warned = next(one for one in findings(made.story(), made.policy, AS_OF) if one.rule == "plan")
    assert [one.code for one in warned.reasons] == ["policy_changed"]


def test_a_box_cannot_replace_the_plan() -> None:
    made = two_rooms()
    made.hours.pop(0)
    order = made.order("2026-03-10 08:00")
    made.centre.records.pop()
    made.boxes["box-1"].add(order.type, dict(order.body), order.utc_us)
    assert len(made.story().hours) == 6


# No packet timeline with a gap above the limit passes R2

PACKET = SECOND
PAUSES = st.lists(
    st.tuples(st.integers(30, 1100), st.sampled_from([0, SECOND, 2 * SECOND, 2 * SECOND + 1, 5 * SECOND, 40 * SECOND])),
    min_size=1, max_size=4,
)


def packets(pauses: list[tuple[int, int]]) -> list[int]:
    """PTS of packets of one second each: runs of so many packets with a pause behind each."""
    times, now = [], 0
    for count, pause_us in pauses:
        times += [now + n * PACKET for n in range(count)]
        now += count * PACKET + pause_us
    return times


def longest_by_the_obvious_way(times: list[int], limit_us: int, until_us: int) -> int:
    """The longest span without a hole above the limit, packet by packet."""
    best, start, end = 0, times[0], times[0]
    for time in times:
        if time - end > limit_us:
            start = time
        end = min(time + PACKET, until_us)
        best = max(best, end - start)
    return best


def record_timeline(made: Course, times: list[int], start_us: int, segment_packets: int) -> None:
    """What a recorder does with packets: a Timeline cuts runs, every so many packets end a segment."""
    limit = made.policy.max_gap_us
    run, index, timeline = 1, 0, Timeline(limit, 500_000, made.policy.step_tolerance_us)

    def seal(cut: str | None = None) -> None:
        measured = timeline.cut()
        if measured is None:
            return
        body = made.segment(f"r-{run}", index, 0, 1, start_us, "box-1")
        measures = {field.name: getattr(measured, field.name) for field in dataclasses.fields(measured)}
        body = dataclasses.replace(body, cut=cut, **measures)
        made.boxes["box-1"].add("segment", body, start_us + times[-1] + MINUTE)

    for time in times:
        verdict = timeline.feed(time, PACKET, start_us + time - made.boxes["box-1"].boot_us)
        if verdict != "continue":
            seal(verdict)
            run, index = run + 1, 0
            timeline = Timeline(limit, 500_000, made.policy.step_tolerance_us)
            assert timeline.feed(time, PACKET, start_us + time - made.boxes["box-1"].boot_us) == "continue"
        elif timeline.packets >= segment_packets:
            seal()
            index += 1
    seal("end")


@settings(max_examples=60, deadline=None)
@given(PAUSES, st.integers(20, 400))
def test_no_packet_timeline_with_a_gap_above_the_limit_passes_r2(
    pauses: list[tuple[int, int]], segment_packets: int
) -> None:
    made = Course()
    made.hour("2026-03-02 08:00", "08:45")
    made.order()
    times = [time for time in packets(pauses) if time < 45 * MINUTE]
    record_timeline(made, times, at("2026-03-02 08:00"), segment_packets)
    made.call_rolls()
    expected = longest_by_the_obvious_way(times, made.policy.max_gap_us, 45 * MINUTE)
    assert made.story().hours[0].longest_us == expected
    assert made.finding("R2").result == ("satisfied" if expected >= 15 * MINUTE else "violated")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1199), st.integers(0, 10)), max_size=6))
def test_gaps_inside_one_segment_break_it_at_the_policys_limit(holes: list[tuple[int, int]]) -> None:
    """A recorder that is more patient than the policy lists its gaps; the fold splits at the policy's own limit."""
    made = Course()
    made.hour("2026-03-02 08:00", "08:45")
    made.order()
    gaps, end = [], 0
    for at_s, len_s in sorted(holes):
        if at_s * SECOND >= end:
            gaps.append(Gap(at_s * SECOND, len_s * SECOND))
            end = (at_s + len_s) * SECOND
    made.film("2026-03-02 08:00", "08:20", gaps=gaps, segment_s=1200)
    long = [gap for gap in gaps if gap.len_us > made.policy.max_gap_us]
    edges = [0, *(edge for gap in long for edge in (gap.at_us, gap.at_us + gap.len_us)), 20 * MINUTE]
    expected = max(end_us - start_us for start_us, end_us in zip(edges[::2], edges[1::2], strict=True))
    assert made.story().hours[0].longest_us == expected


# Flags are the truth, whoever missed what, if everyone is identified perfectly


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.sampled_from(TRAINEES), max_size=3), min_size=1, max_size=6), st.booleans())
def test_flags_are_the_truth_for_any_schedule_of_misses(misses: list[set[str]], check_in: bool) -> None:
    made = Course()
    days = [f"2026-03-{number:02}" for number in range(2, 2 + len(misses))]
    for day in days:
        made.half_day(day)
    made.order()
    for day, away in zip(days, misses, strict=True):
        made.film(f"{day} 07:58", "09:42", [person for person in TRAINEES if person not in away], segment_s=3600)
        for person in TRAINEES if check_in else ():
            made.check_in(person, f"{day} 07:50")
    found = made.r3()
    truth = [f"{day}-am" for day, away in zip(days, misses, strict=True) if away]
    assert list(found.recordings) == truth
    assert found.flag == (len(truth) >= 3)
    assert set(found.trainees) == set().union(*misses)
