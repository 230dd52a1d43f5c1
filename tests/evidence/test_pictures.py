"""Pictures in the fold and the rules: a span breaks the stretch where it is, and the findings say why and when."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.reasons import reason_words
from evidence.bodies import Picture, PictureSample, Segment
from evidence.fold import fold
from evidence.pictures import _inside, _parts, covers
from evidence.policy import parse_policy
from evidence.rules import findings
from evidence.story import SegmentFact, Span
from evidence.times import MINUTE, SECOND
from tests.evidence.course import TRAINEES, Course, Filmed, at, codes, roll_call_of
from tests.evidence.looking import EVERY_US, RULES, black, covered, keys_of, name, people, sample

Make = Callable[[int], PictureSample]
CLOCK = ("08:00", "08:45")


def picture_of(segment: Segment, filmed: Filmed, when: Mapping[tuple[str, str], Make], names: str = "") -> Picture:
    """The picture record of a segment: people who move, but for the times of day in `when`."""
    samples = []
    for at_us in range(segment.first_pts_us, segment.end_pts_us, EVERY_US):
        wall_us = filmed.start_us + at_us
        make: Make = next((make for (start, end), make in when.items()
                           if at(f"2026-03-02 {start}") <= wall_us < at(f"2026-03-02 {end}")),
                          lambda at_us: sample(at_us, people(1, at_us)))
        samples.append(make(at_us))
    keys = keys_of([name((names or segment.run, segment.index, number)) for number in range(len(samples))])
    return Picture("c-1", segment.run, segment.sha256, EVERY_US, tuple(samples), keys)


def frozen(at_us: int) -> PictureSample:
    return sample(at_us, change=0)


def place_of(segment: Segment) -> SegmentFact:
    return SegmentFact(("box-1", "c", 1), segment, Span(segment.first_pts_us, segment.end_pts_us), 1, None)


def arc(at_us: int) -> PictureSample:
    return dataclasses.replace(sample(at_us, people(1, at_us)), bright_ppm=900_000)


def course_of(kind: str = "practical", **film: str) -> tuple[Course, Filmed]:
    course = Course()
    course.hour("2026-03-02 08:00", "08:45", kind)
    course.order()
    filmed = course.film("2026-03-02 07:58", film.get("end", "08:47"), roll_call=False, segment_s=60)
    return course, filmed


def look_at(course: Course, filmed: Filmed, when: Mapping[tuple[str, str], Make], names: str = "") -> None:
    for segment in filmed.segments:
        body = picture_of(segment, filmed, when, names)
        course.boxes["box-1"].add("picture", body, filmed.start_us + segment.end_pts_us + 20 * SECOND)


def test_a_picture_that_breaks_twice_leaves_the_stretch_between() -> None:
    course, filmed = course_of()
    look_at(course, filmed, {("08:10", "08:12"): black, ("08:30", "08:31"): covered})
    hour = course.story().hours[0]
    assert hour.longest_us == 18 * MINUTE and hour.covered_us == 45 * MINUTE and hour.usable_us == 42 * MINUTE
    assert [(fact.what, fact.end_us - fact.start_us) for fact in hour.pictures] == [
        ("black", 2 * MINUTE), ("covered", MINUTE)]
    assert codes(course.finding("R2")) == ["stretches_long"]


@pytest.mark.parametrize("make", [black, covered, frozen])
def test_when_it_costs_the_fifteen_minutes_the_finding_says_which_and_when(make: Make) -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {("08:10", "08:16"): make})
    finding = course.finding("R2")
    assert finding.result == "violated" and codes(finding) == ["stretch_short", f"picture_{make.__name__}"]
    assert "08:10:00" in reason_words(finding.reasons[1], "zh", {}) and "08:16:00" in reason_words(
        finding.reasons[1], "en", {})
    assert course.finding("picture").result == "warning" and not course.finding("picture").flag


def test_a_later_record_takes_nothing_back_and_is_told() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {("08:10", "08:16"): black})
    before = course.story().hours[0].pictures
    for label in ("2026-03-01 10:00", "2026-03-09 10:00"):
        for segment in filmed.segments[:20]:
            body = picture_of(segment, filmed, {})
            course.boxes["box-1"].add("picture", body, at(label))
    assert codes(course.finding("R2")) == ["stretch_short", "picture_black"]
    assert course.story().hours[0].pictures == before and len(course.story().pictured_twice) == 2 * 6
    assert codes(course.finding("picture"))[-1] == "picture_twice"


def test_an_arc_costs_nothing_and_is_told() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {("08:05", "08:25"): arc})
    assert course.finding("R2").result == "satisfied"
    assert codes(course.finding("picture")) == ["picture_glare"]


def test_theory_that_shows_nothing_is_recorded_and_told() -> None:
    course, filmed = course_of("theory")
    look_at(course, filmed, {("08:10", "08:40"): covered})
    assert course.finding("R1").result == "satisfied"
    assert codes(course.finding("picture")) == ["picture_covered"]


def test_video_that_is_shown_again_breaks_on_another_day_too() -> None:
    course = Course()
    for day in ("02", "03"):
        course.hour(f"2026-03-{day} 08:00", "08:45")
    course.order()
    for day in ("02", "03"):
        filmed = course.film(f"2026-03-{day} 07:58", "08:47", roll_call=False, segment_s=60)
        look_at(course, filmed, {}, names="the same bytes")
    first, second = course.story().hours
    assert first.longest_us == 45 * MINUTE and second.longest_us == 0
    assert codes(course.finding("R2")) == ["stretch_short", "picture_looped"]


def days_of_loops(kind: str) -> Course:
    """Four days of the same bytes; everybody checked in and is "shown" on each."""
    course = Course()
    days = ("02", "03", "04", "05")
    for day in days:
        course.hour(f"2026-03-{day} 08:00", "08:45", kind)
    course.order()
    for day in days:
        for person in course.trainees:
            course.check_in(person, f"2026-03-{day} 07:50")
        filmed = course.film(f"2026-03-{day} 07:58", "08:47", segment_s=60, pictured=False)
        look_at(course, filmed, {}, names="the same bytes")
    return course


def test_what_was_recorded_earlier_shows_nobody_and_is_no_theory() -> None:
    course = days_of_loops("theory")
    found, r3 = course.finding("R1"), course.r3()
    assert found.result == "open" and codes(found) == ["hour_stale", "picture_looped"] * 3
    assert "45 min 0 s" in reason_words(found.reasons[0], "en", {})
    assert any(course.boxes["box-1"].records[ref[2]].type == "picture" for ref in found.records)
    assert (r3.verdict, r3.recordings) == ("review", ()) and len(r3.open_recordings) == 3
    assert codes(r3).count("no_usable_video") == 3
    assert [block.headcount_max for block in course.story().blocks] == [4, 0, 0, 0]
    assert course.story().blocks[1].presences[0].sightings == ()


@pytest.mark.parametrize(("until", "result"), [("08:11", "satisfied"), ("08:12", "open")])
def test_a_frozen_picture_is_no_theory_above_the_tolerance(until: str, result: str) -> None:
    course, filmed = course_of("theory")
    look_at(course, filmed, {("08:10", until): frozen})
    finding = course.finding("R1")
    assert finding.result == result
    assert result == "satisfied" or codes(finding) == ["hour_stale", "picture_frozen"]


def test_a_second_camera_makes_up_for_one_that_is_frozen() -> None:
    course, filmed = course_of("theory")
    look_at(course, filmed, {("08:00", "08:45"): frozen})
    assert course.finding("R1").result == "open"
    course.film("2026-03-02 07:58", "08:47", camera="back")
    assert course.finding("R1").result == "satisfied"


def shown_only(seen: tuple[str, str], when: Mapping[tuple[str, str], Make]) -> tuple[Course, Filmed]:
    """An hour in which t-4 is in view only between two times, and the others all along."""
    course = Course()
    course.hour("2026-03-02 08:00", "08:45")
    course.order()
    for person in course.trainees:
        course.check_in(person, "2026-03-02 07:50")
    filmed = course.film("2026-03-02 07:58", "08:47", course.trainees[:3], segment_s=60, pictured=False)
    again = course.film("2026-03-02 07:58", "08:47", ("t-4",), segment_s=60, pictured=False, seen=seen, camera="back")
    for one in (filmed, again):
        look_at(course, one, when if one is again else {})
    return course, again


@pytest.mark.parametrize("make", [black, covered, frozen])
def test_a_face_in_a_picture_that_does_not_count_shows_nobody(make: Make) -> None:
    course, again = shown_only(("08:10", "08:12"), {("08:10", "08:12"): make})
    assert course.story().blocks[0].presences[3].answer == "absent"
    judged = course.r3()
    assert judged.recordings == ("2026-03-02-am",) and judged.trainees == ("t-4",), "the rest is judged"
    course.point_out("t-4", again, "2026-03-02 08:11")
    assert bool(course.r3().recordings) == (make is frozen), "a person sees in the dark, but not that a picture is old"
    assert shown_only(("08:10", "08:12"), {("08:20", "08:22"): make})[0].r3().recordings == ()


def test_how_many_an_old_picture_shows_hides_nobody() -> None:
    course = Course()
    for day in ("02", "03"):
        course.hour(f"2026-03-{day} 08:00", "08:45")
    course.order()
    for day, count in (("02", 4), ("03", 3)):
        for person in course.trainees:
            course.check_in(person, f"2026-03-{day} 07:50")
        filmed = course.film(f"2026-03-{day} 07:58", "08:47", course.trainees[:count], segment_s=60, pictured=False)
        look_at(course, filmed, {})
    extra = course.film("2026-03-02 08:50", "08:53", segment_s=60, pictured=False)
    look_at(course, extra, {}, names="again")
    assert course.r3().recordings == ("2026-03-03-am",)
    loop = course.film("2026-03-03 08:20", "08:23", segment_s=60, pictured=False, camera="back")
    look_at(course, loop, {}, names="again")
    assert course.story().blocks[1].headcount_max == 3 and course.r3().recordings == ("2026-03-03-am",)


def test_a_bad_picture_convicts_nobody() -> None:
    """As recorded as ever, but not seen well: who checked in may have been there."""
    for shown, missing in (({}, ("2026-03-02-am",)), ({("08:10", "08:20"): covered}, ())):
        course, filmed = course_of()
        for person in course.trainees:
            course.check_in(person, "2026-03-02 07:50")
        for segment in filmed.segments:
            call = roll_call_of(segment, course.trainees[:3], (segment.first_pts_us, segment.end_pts_us))
            course.boxes["box-1"].add("rollcall", call, at("2026-03-02 09:00"))
        look_at(course, filmed, shown)
        assert course.r3().recordings == missing and len(course.r3().open_recordings) == 1 - len(missing)


def unlooked(kind: str, looked: int = 0, shows: tuple[str, ...] | None = None) -> Course:
    """An hour with a roll call of every minute; after so many minutes the picture process died."""
    course = Course()
    course.hour("2026-03-02 08:00", "08:45", kind)
    course.order()
    for person in course.trainees:
        course.check_in(person, "2026-03-02 07:50")
    filmed = course.film("2026-03-02 08:00", "08:45", shows, segment_s=60, pictured=False)
    look_at(course, dataclasses.replace(filmed, segments=filmed.segments[:looked]), {})
    return course


@pytest.mark.parametrize(("looked", "result"), [(0, "open"), (14, "open"), (15, "satisfied")])
def test_a_roll_call_is_no_look_at_the_picture_of_practice(looked: int, result: str) -> None:
    found = unlooked("practical", looked).finding("R2")
    assert (found.result, codes(found)) == (result, ["stretches_long" if looked == 15 else "stretch_unseen"])


@pytest.mark.parametrize(("looked", "result"), [(0, "open"), (43, "open"), (44, "satisfied")])
def test_nor_of_theory_beyond_the_tolerance(looked: int, result: str) -> None:
    found = unlooked("theory", looked).finding("R1")
    assert (found.result, codes(found)) == (result, ["theory_covered" if looked == 44 else "hour_unseen"])
    if looked == 43:
        assert "2 min 0 s" in reason_words(found.reasons[0], "en", {})
        assert "尚未检查" in reason_words(found.reasons[0], "zh", {})


def test_whom_unlooked_video_shows_is_not_proven_and_whom_it_does_not_show_is_not_missing() -> None:
    """A dead picture process acquits nobody, and convicts nobody."""
    for shows, looked, why in (
            (None, 0, "occasion_unpictured"), (TRAINEES[:3], 0, "occasion_unpictured"), (None, 1, "complete"),
            (TRAINEES[:3], 45, "someone_missing")):
        judged = unlooked("practical", looked, shows).r3()
        assert len(judged.open_recordings) == (why == "occasion_unpictured"), (shows, looked)
        assert len(judged.recordings) == (why == "someone_missing")
        assert why == "complete" or why in codes(judged)
    told = unlooked("practical").r3().reasons[1]
    assert "live one" in reason_words(told, "en", {}) and "实时画面" in reason_words(told, "zh", {})


def test_nobody_looked_is_said_and_a_roll_call_that_saw_only_dark_still_breaks() -> None:
    course, filmed = course_of()
    assert codes(course.finding("R2")) == ["stretch_unseen"] and course.finding("R2").result == "open"
    assert codes(course.finding("picture")) == ["picture_missing"]
    look_at(course, filmed, {})
    assert codes(course.finding("R2")) == ["stretches_long"]
    assert "picture" not in {one.rule for one in course.findings()}
    dark = Course()
    dark.hour("2026-03-02 08:00", "08:45")
    dark.order()
    dark.film("2026-03-02 07:58", "08:47", dark=100)
    assert dark.finding("R2").result == "violated"


@pytest.mark.parametrize("samples", [(), (sample(2**50),)])
def test_a_record_without_samples_of_its_segment_is_no_look(samples: tuple[PictureSample, ...]) -> None:
    course, filmed = course_of()
    for segment in filmed.segments:
        body = Picture("c-1", segment.run, segment.sha256, EVERY_US, samples, "")
        course.boxes["box-1"].add("picture", body, at("2026-03-02 09:00"))
    assert codes(course.finding("R2")) == ["stretch_unseen"] and course.finding("R2").result == "open"
    assert codes(course.finding("picture")) == ["picture_missing"]


@pytest.mark.parametrize("times", [(2**50,), (0, 1), tuple(range(0, MINUTE, 45 * SECOND))])
def test_a_record_that_leaves_most_of_its_segment_out_does_not_hide_what_the_roll_call_saw(
    times: tuple[int, ...]
) -> None:
    dark = Course()
    dark.hour("2026-03-02 08:00", "08:45")
    dark.order()
    filmed = dark.film("2026-03-02 07:58", "08:47", dark=100, segment_s=60)
    assert dark.finding("R2").result == "violated"
    for segment in filmed.segments:
        samples = tuple(sample(at_us + (at_us < 2**50) * segment.first_pts_us) for at_us in times)
        body = Picture("c-1", segment.run, segment.sha256, 2**50, samples, "")
        dark.boxes["box-1"].add("picture", body, at("2026-03-02 09:00"))
    assert dark.finding("R2").result == "violated"


def test_samples_and_segments_that_crowd_are_dropped() -> None:
    _, filmed = course_of(end="08:30")
    body = picture_of(filmed.segments[0], filmed, {})
    crowd = dataclasses.replace(body, samples=tuple(sample(number * SECOND // 20) for number in range(1000)))
    assert covers(filmed.segments[0], body) and len(_inside(filmed.segments[0], crowd)) == 20
    rerun = [dataclasses.replace(filmed.segments[0], index=1, sha256="1" * 64), filmed.segments[1]]
    facts = [place_of(one) for one in (filmed.segments[0], *rerun)]
    pictures = {one.segment.sha256: (one.ref, body) for one in facts}
    assert [look.segment for part in _parts(facts, pictures) for _, look in part] == [
        facts[0].segment.sha256, facts[2].segment.sha256]


def test_samples_outside_of_their_segment_and_words_of_a_stranger_say_nothing() -> None:
    course, filmed = course_of(end="08:30")
    body = picture_of(filmed.segments[3], filmed, {})
    lie = dataclasses.replace(body, samples=tuple(black(at_us) for at_us in range(0, 30 * MINUTE, EVERY_US)))
    course.boxes["box-1"].add("picture", lie, at("2026-03-02 09:00"))
    fact, = course.story().hours[0].pictures
    assert fact.end_us - fact.start_us == MINUTE
    course.centre.add("picture", lie, at("2026-03-02 09:00"))
    assert course.story().hours[0].pictures == (fact,)


@pytest.mark.parametrize("times_ms", [
    (0, 1000, 2000, 3000, 900_000_000), (3_000_000, 3_000_001, 3_000_002, 3_000_003, 4_000_000), (60_000,) * 5,
    (4_294_967_295, 3000, 2000, 1000, 0)])
@pytest.mark.parametrize("index", [20, 31])
def test_keyframes_outside_of_their_segment_say_nothing(times_ms: tuple[int, ...], index: int) -> None:
    """Four that were there before, then one that nobody knows; the last segment of the run too."""
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    pictures = [at for at, record in enumerate(course.boxes["box-1"].records) if record.type == "picture"]
    names = [name((filmed.segments[0].run, 0, number)) for number in range(4)]
    record = course.boxes["box-1"].records[pictures[index]]
    keys = "".join(f"{at_ms:08x}{one}" for at_ms, one in zip(times_ms, [*names, "ab" * 8], strict=True))
    course.boxes["box-1"].records[pictures[index]] = dataclasses.replace(record, body={**record.body, "keys": keys})
    found = course.story().hours[0].pictures
    assert all(fact.end_us <= at("2026-03-02 08:31") for fact in found)
    segment_us = filmed.start_us + filmed.segments[index].first_pts_us
    inside = sorted(segment_us + at_ms * 1000 for at_ms in times_ms if at_ms < 60_000)
    if times_ms[4] == 0:
        inside.pop(0)  # the one that nobody knows
    expected = [("looped", inside[0])] if inside else []
    assert [(fact.what, fact.start_us) for fact in found] == expected
    assert course.finding("R2").result == "satisfied"


def test_a_policy_from_before_judges_no_picture() -> None:
    course, filmed = course_of()
    look_at(course, filmed, {("08:00", "08:45"): black})
    without = dataclasses.replace(course.policy, picture=None)
    story = fold(course.records, "c-1", without)
    assert story.hours[0].longest_us == 45 * MINUTE and story.hours[0].pictures == ()
    assert "stretches_unseen" in codes(next(f for f in findings(story, without, at("2026-04-01 00:00"))
                                            if f.rule == "R2"))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_order_and_repetition_of_records_do_not_matter(seed: int) -> None:
    course, filmed = course_of(end="08:20")
    look_at(course, filmed, {("08:03", "08:05"): black, ("08:10", "08:12"): frozen})
    records = course.records
    mixed = [*records, *random.Random(seed).sample(records, 10)]
    random.Random(seed).shuffle(mixed)
    assert fold(mixed, "c-1", course.policy) == fold(records, "c-1", course.policy)


def test_every_number_of_the_table_says_why_and_it_may_be_left_out() -> None:
    assert all(getattr(RULES, field.name).source == "ours" and getattr(RULES, field.name).why
               for field in dataclasses.fields(RULES))
    text = 'id = "x"\ntitle = "x"\ntitle_en = "x"\ndocuments = {}\n'
    number = '{ value = %d, source = "ours", why = "x" }'
    policy = Course().policy
    for table in ("video", "block"):
        text += f"[{table}]\n" + "".join(
            f"{field.name} = {number % getattr(getattr(policy, table), field.name).value}\n"
            for field in dataclasses.fields(getattr(policy, table)))
    text += f"[checkin]\nliveness_required = true\nmin_votes = {number % 3}\n"
    assert parse_policy(text.encode(), "x").picture is None
