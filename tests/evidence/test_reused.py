"""Video that another class or another box had recorded before: what the centre's word about it proves, and what not."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.reasons import reason_words
from evidence.bodies import Picture, RecordRef, SessionCorrected, SessionStart, VideoReused, body_of
from evidence.fold import fold
from evidence.records import Record
from evidence.reused import KEPT, kept, telling
from evidence.rules import findings
from evidence.times import MINUTE, SECOND, utc_text
from tests.evidence.course import UNSET, Course, Filmed, at, codes, roll_call_of
from tests.evidence.looking import EVERY_US, black, keys_of, name, people, sample
from tests.evidence.test_pictures import Make, course_of, frozen, look_at, picture_of

YESTERDAY = "2026-03-01 10:00"
ELSEWHERE = RecordRef("box-9", "cd" * 16, 7)
WHEN = ("08:10", "08:16")
DAY_US = 24 * 60 * MINUTE


def records_of(course: Course, type_: str) -> dict[str, Record]:
    """Segment hash → the record of the box."""
    return {str(record.body["segment" if type_ == "picture" else "sha256"]): record
            for record in course.boxes["box-1"].records if record.type == type_}


def said_of(record: Record, keys: str | None, held: str | None, class_id: str = "c-1") -> VideoReused:
    ref, body = RecordRef(record.device, record.chain, record.seq), record.body
    told = None if held is None else utc_text(at(held))
    return VideoReused(class_id, str(body.get("segment", body.get("sha256"))), ref, ELSEWHERE, keys, told)


def said(course: Course, filmed: Filmed, held: str | None = YESTERDAY, when: Sequence[str] = WHEN, most: int = 99,
         **changes: object) -> None:
    """The centre says of every segment between two times of day that its keyframes were elsewhere first."""
    start_us, end_us = (at(f"2026-03-02 {clock}") - filmed.start_us for clock in when)
    pictures = records_of(course, "picture")
    for segment in filmed.segments:
        if start_us <= segment.first_pts_us < end_us:
            record = pictures[segment.sha256]
            body = said_of(record, str(record.body["keys"])[:24 * most], held)
            course.centre.add("video.reused", dataclasses.replace(body, **changes), at("2026-03-02 09:00"))  # type: ignore[arg-type]


def copied_hour(
    held: str | None = YESTERDAY, look: Mapping[tuple[str, str], Make] | None = None, **options: object
) -> Course:
    """Half an hour of film, of which six minutes in the middle were elsewhere first."""
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, look or {})
    said(course, filmed, held, **options)  # type: ignore[arg-type]
    return course


def test_yesterdays_packets_of_another_class_break_the_stretch_and_say_why_and_since_when() -> None:
    course = copied_hour()
    hour = course.story().hours[0]
    assert [(one.what, one.start_us, one.end_us) for one in hour.pictures] == [
        ("reused", *(at(f"2026-03-02 {clock}") for clock in WHEN))]
    assert hour.longest_us == 14 * MINUTE and hour.fresh_us == 24 * MINUTE
    found = course.finding("R2")
    assert found.result == "violated" and codes(found) == ["stretch_short", "picture_reused"]
    for lang, words in (("en", "another class"), ("zh", "其他班次")):
        told = reason_words(found.reasons[1], lang, {})
        assert words in told and "08:10:00" in told and "08:16:00" in told
    beside = course.finding("video")
    assert codes(beside) == ["video_copied"] and beside.result == "warning" and not beside.flag
    assert beside.reasons[0].params == {"count": 6, "boxes": ("box-9",)}
    assert "box-9" in reason_words(beside.reasons[0], "zh", {})
    types = {record.key: record.type for chain in (course.centre, *course.boxes.values()) for record in chain.records}
    assert sorted({types[ref] for ref in beside.records}) == ["picture", "video.reused"]


def test_theory_that_was_filmed_elsewhere_is_open_and_shows_nobody() -> None:
    course, filmed = course_of("theory")
    for person in course.trainees:
        course.check_in(person, "2026-03-02 07:50")
    course.call_rolls(pictured=False)
    look_at(course, filmed, {})
    assert course.finding("R1").result == "satisfied"
    said(course, filmed, when=("07:00", "09:00"))
    assert course.finding("R1").result == "open" and "picture_reused" in codes(course.finding("R1"))
    course.point_out("t-1", filmed, "2026-03-02 08:11")
    assert course.r3().recordings == () and course.story().blocks[0].presences[0].answer != "shown"


LATER = [None, "2026-03-02 08:06", "2026-03-02 09:00", "2027-01-01 00:00"]
"""Receipts of less than ten minutes before it was filmed, of later, or none."""


@pytest.mark.parametrize("held", LATER)
@pytest.mark.parametrize("later_us", [None, -DAY_US, -5 * SECOND, 0, 5 * SECOND - 1])
def test_who_names_bytes_after_they_were_filmed_convicts_nobody(held: str | None, later_us: int | None) -> None:
    """A box that is faster, that lies, that films with the same camera at once: told to both, and no more."""
    course = copied_hour(held, when=("08:10", "08:11"), later_us=later_us)
    assert course.finding("R2").result == "satisfied"
    assert codes(course.finding("video")) == ["video_reused_elsewhere"]
    assert "picture" not in {one.rule for one in course.findings()}


@pytest.mark.parametrize(("held", "proven"), [("2026-03-02 08:00", True), ("2026-03-02 08:01", False)])
def test_a_receipt_proves_it_from_ten_minutes_before_on(held: str, proven: bool) -> None:
    course = copied_hour(held, when=("08:10", "08:11"), later_us=0)
    assert [fact.what for fact in course.story().hours[0].pictures] == ["reused"] * proven
    assert codes(course.finding("video")) == ["video_copied" if proven else "video_reused_elsewhere"]


@pytest.mark.parametrize("held", LATER)
@pytest.mark.parametrize("later_us", [5 * SECOND, DAY_US])
def test_a_class_that_says_itself_that_it_filmed_later_is_in_doubt(held: str | None, later_us: int) -> None:
    """The cable of the first box was pulled until the copy was here: nothing is proved, and nothing is in order."""
    course = copied_hour(held, later_us=later_us)
    hour = course.story().hours[0]
    assert hour.longest_us == 30 * MINUTE and hour.looked_us == 14 * MINUTE and hour.usable_us == 30 * MINUTE
    found = course.finding("R2")
    assert (found.result, codes(found)) == ("open", ["stretch_shared", "picture_shared"])
    for lang, words in (("en", "undecided"), ("zh", "待定")):
        assert all(words in reason_words(one, lang, {}) for one in found.reasons)
    assert codes(course.finding("video")) == ["video_reused_elsewhere"]
    assert codes(course.finding("picture")) == ["picture_shared"]


def test_fifteen_minutes_beside_what_is_in_doubt_are_enough() -> None:
    course = copied_hour(None, later_us=DAY_US, when=("08:16", "08:20"))
    assert course.finding("R2").result == "satisfied"


def test_theory_in_doubt_is_open_beyond_the_tolerance_and_shows_whom_it_shows() -> None:
    for when, result in ((("08:10", "08:11"), "satisfied"), (("08:10", "08:20"), "open")):
        course, filmed = course_of("theory")
        for person in course.trainees:
            course.check_in(person, "2026-03-02 07:50")
        for segment in filmed.segments:
            call = roll_call_of(segment, course.trainees, (segment.first_pts_us, segment.end_pts_us))
            course.boxes["box-1"].add("rollcall", call, at("2026-03-02 09:00"))
        look_at(course, filmed, {})
        said(course, filmed, None, when, later_us=DAY_US)
        found = course.finding("R1")
        assert found.result == result
        assert result == "satisfied" or codes(found) == ["hour_stale", "picture_shared"]
        assert {one.answer for one in course.story().blocks[0].presences} == {"shown"}


def test_what_is_proved_is_not_in_doubt_beside() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    said(course, filmed, later_us=DAY_US)
    said(course, filmed, None, ("08:08", "08:18"), later_us=DAY_US)
    assert [fact.what for fact in course.story().hours[0].pictures] == ["shared", "reused", "shared"]
    assert codes(course.finding("R2"))[0] == "stretch_short"


@pytest.mark.parametrize(("later_us", "keys", "result"), [
    (-DAY_US, True, "open"), (-5 * SECOND, True, "open"), (1 - 5 * SECOND, True, "satisfied"),
    (DAY_US, True, "satisfied"), (None, True, "satisfied"), (-DAY_US, False, "satisfied"),
])
def test_whoever_came_first_is_in_doubt_if_the_other_filmed_earlier(
    later_us: int | None, keys: bool, result: str
) -> None:
    """The copy was here before the backlog of the box that filmed. `keys`: they are this class's."""
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    for record in list(records_of(course, "picture").values())[12:18]:
        mine = said_of(record, str(record.body["keys"]) if keys else keys_of([name(1)]), None)
        body = dataclasses.replace(
            mine, record=ELSEWHERE, first=mine.record, segment="e" * 64, later_us=later_us)
        course.centre.add("video.reused", body, at("2026-03-02 09:00"))
    assert course.finding("R2").result == result and course.story().copied == ()


def test_video_of_uncertain_time_convicts_nobody() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    for record in list(course.boxes["box-1"].records):  # the clock was never set
        course.boxes["box-1"].records[record.seq] = dataclasses.replace(record, clock=UNSET)
    said(course, filmed)
    assert course.story().copied == () and codes(course.finding("video")) == ["video_reused_elsewhere"]


def test_the_class_that_had_it_first_loses_nothing() -> None:
    """A box states old keyframes of this class as its own: the later one is its own class."""
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    for record in records_of(course, "picture").values():
        mine = said_of(record, str(record.body["keys"]), YESTERDAY)
        body = dataclasses.replace(mine, record=ELSEWHERE, first=mine.record, segment="e" * 64)
        course.centre.add("video.reused", body, at("2026-03-02 09:00"))
    assert course.finding("R2").result == "satisfied" and course.story().copied == ()
    assert codes(course.finding("video")) == ["video_reused_elsewhere"]


def test_a_box_cannot_say_it_of_anybody() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    for record in records_of(course, "picture").values():
        body = said_of(record, str(record.body["keys"]), YESTERDAY)
        course.boxes["box-1"].add("video.reused", body, at("2026-03-02 09:00"))
    assert "video" not in {one.rule for one in course.findings()}


def test_what_a_class_shares_with_itself_is_no_matter_of_other_classes() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    first = next(iter(records_of(course, "picture").values()))
    said(course, filmed, first=RecordRef(first.device, first.chain, first.seq))
    assert course.finding("R2").result == "satisfied" and "video" not in {one.rule for one in course.findings()}


@pytest.mark.parametrize(("most", "seconds"), [(2, []), (3, [15])])
def test_fewer_keyframes_than_the_policy_asks_for_break_nothing_and_are_told(most: int, seconds: list[int]) -> None:
    course = copied_hour(when=("08:15", "08:16"), most=most)
    assert [(one.what, one.length_us) for one in course.story().hours[0].pictures] == [
        ("reused", one * SECOND) for one in seconds]
    assert codes(course.finding("video")) == ["video_copied"]


def test_rare_keyframes_are_counted_over_the_files_of_a_run() -> None:
    """One keyframe in each minute: no file has three, the run has."""
    course = copied_hour(most=1)
    assert course.story().hours[0].pictures == (), "the others between them are not from elsewhere"
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    for record in records_of(course, "picture").values():
        alone = {**record.body, "keys": str(record.body["keys"])[:24]}
        course.boxes["box-1"].records[record.seq] = dataclasses.replace(record, body=alone)
    said(course, filmed)
    assert [fact.what for fact in course.story().hours[0].pictures] == ["reused"]


@pytest.mark.parametrize("make", [black, frozen])
def test_a_black_or_still_picture_never_accuses_although_its_bytes_are_everywhere(make: Make) -> None:
    """No signal: equal bytes from every box of one make, also within a film that is live before and after."""
    for when in (("07:58", "08:30"), ("08:10", "08:16"), ("08:10", "08:11")):
        course = copied_hour(look={when: make}, when=when)
        assert "reused" not in {fact.what for fact in course.story().hours[0].pictures}
        assert "picture_reused" not in codes(course.finding("R2"))


def test_a_signal_that_is_lost_for_some_seconds_accuses_nobody() -> None:
    """Shorter than a frozen picture is: twenty seconds, each keyframe the same as at some other box."""
    course, filmed = course_of(end="08:30")
    start_us = at("2026-03-02 08:10") - filmed.start_us
    for segment in filmed.segments:
        body = picture_of(segment, filmed, {})
        lost = [frozen(one.at_us) if start_us < one.at_us <= start_us + 20 * SECOND else one for one in body.samples]
        body = dataclasses.replace(body, samples=tuple(lost))
        record = course.boxes["box-1"].add("picture", body, filmed.start_us + segment.end_pts_us + 20 * SECOND)
        if segment.first_pts_us == start_us:
            told = said_of(record, body.keys[:24 * 5], YESTERDAY)
            course.centre.add("video.reused", told, at("2026-03-02 09:00"))
    assert course.story().hours[0].pictures == () and len(course.story().copied) == 1


def test_keyframes_that_the_counted_record_does_not_name_count_for_nothing() -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    said(course, filmed, keys=keys_of([name(("other", number)) for number in range(12)]))
    assert course.finding("R2").result == "satisfied"
    again, filmed = course_of(end="08:30")
    look_at(again, filmed, {})
    look_at(again, filmed, {}, names="a second look")
    said(again, filmed)  # of the second records
    assert again.finding("R2").result == "satisfied" and again.story().copied == ()


def test_a_whole_file_breaks_without_a_picture_record_too() -> None:
    for held, later_us, result in (
            (YESTERDAY, None, "violated"), ("2026-03-02 08:30", None, "open"), (None, DAY_US, "open")):
        course, filmed = course_of(end="08:30")
        course.call_rolls(pictured=False)
        for sha256, record in records_of(course, "segment").items():
            index = next(one.index for one in filmed.segments if one.sha256 == sha256)
            if 12 <= index < 18:
                body = dataclasses.replace(said_of(record, None, held), later_us=later_us)
                course.centre.add("video.reused", body, at("2026-03-02 09:00"))
        assert course.finding("R2").result == result
        assert ("picture_reused" in codes(course.finding("R2"))) == (result == "violated")
        assert course.finding("video").reasons[0].params["count"] == 6


def test_it_moves_with_a_session_that_is_put_right() -> None:
    """Started as c-2, put right to c-1: what the centre says of it counts for c-1, and no more for c-2."""
    course, filmed = course_of(end="08:30")
    order = course.centre.records[-1]
    course.centre.add("order.class", {**order.body, "class": "c-2"}, order.utc_us + SECOND)
    box = course.boxes["box-1"]
    films = [record for record in box.records if record.type == "segment"]
    box.records = box.records[:1]
    box.add("session.start", SessionStart("c-2", "s-1", "page"), at("2026-03-02 07:57"))
    for record in films:
        box.add("segment", {**record.body, "class": "c-2", "session": "s-1"}, record.utc_us)
    for segment in filmed.segments:
        body = dataclasses.replace(picture_of(segment, filmed, {}), class_id="c-2")
        box.add("picture", body, filmed.start_us + segment.end_pts_us + 20 * SECOND)
    said(course, filmed, class_id="c-2")
    said(course, filmed, class_id="c-9")
    for moved in (False, True):
        if moved:
            body = SessionCorrected("c-1", "c-2", "s-1", "wrong button", "page")
            box.add("session.corrected", body, at("2026-03-02 09:30"))
        for class_id in ("c-1", "c-2"):
            story = fold(course.records, class_id, course.policy)
            counts = class_id == ("c-1" if moved else "c-2")
            assert len(story.copied) == (6 if counts else 0)
            rules = {one.rule: one for one in findings(story, course.policy, at("2026-04-01 00:00"))}
            assert ("picture_reused" in codes(rules["R2"])) == counts


@pytest.mark.parametrize("wrong", ["box-1", None, 7, {"device": ["box-1"]}])
def test_a_word_of_the_centre_that_cannot_be_read_stops_nothing(wrong: object) -> None:
    course, filmed = course_of(end="08:30")
    look_at(course, filmed, {})
    record = next(iter(records_of(course, "picture").values()))
    body = {**said_record(record), "record": wrong}
    course.centre.add("video.reused", body, at("2026-03-02 09:00"))
    assert len(course.story().bad_records) == 1 and course.finding("R2").result == "satisfied"


def said_record(record: Record) -> dict[str, object]:
    return {"class": "c-1", "segment": record.body["segment"], "first": vars(ELSEWHERE), "keys": None, "held": None}


# Which keyframes tell a film from all others


def picture(names: Sequence[str], changes: Sequence[int | None]) -> Picture:
    samples = tuple(sample(number * EVERY_US, people(1, number), change) for number, change in enumerate(changes))
    return Picture("c-1", "r-1", "0" * 64, EVERY_US, samples, keys_of(names))


def test_of_a_live_picture_every_keyframe_that_is_there_once_tells() -> None:
    names = [name(number) for number in (1, 2, 3, 2, 4)]
    found = telling(picture(names, [None, 1600, 9000, 9000]))
    assert list(found) == [names[0], names[2], names[4]]
    assert all(key in picture(names, []).keys and key.endswith(one) for one, key in found.items())


@pytest.mark.parametrize("changes", [[], [None], [0, 0, 0], [400, 700, 9000, 300], [9000, 0]])
def test_of_a_still_picture_none_tells(changes: Sequence[int | None]) -> None:
    assert telling(picture([name(number) for number in range(9)], changes)) == {}


@given(st.integers(0, 2**32), st.integers(10, 20))
def test_a_copy_that_is_cut_elsewhere_is_found_by_what_is_kept_of_the_first(seed: int, cut: int) -> None:
    """Two files of a minute; the copy takes the end of one and the beginning of the next."""
    chance = random.Random(seed)
    first, second = ([f"{chance.getrandbits(64):016x}" for _ in range(30)] for _ in range(2))
    kept_of = {*kept(first), *kept(second)}
    assert len(kept_of) == 2 * KEPT
    copies = [set(first[:cut]), {*first[cut:], *second[:cut]}, set(second[cut:])]
    assert any(copy & kept_of for copy in copies)


def test_four_kept_find_nearly_every_copied_minute() -> None:
    chance, missed = random.Random(1), 0
    for _ in range(2000):
        first, second = ([f"{chance.getrandbits(64):016x}" for _ in range(30)] for _ in range(2))
        missed += not {*first[15:], *second[:15]} & {*kept(first), *kept(second)}
    assert missed <= 12, "5 expected"


def test_bodies_from_before_read_the_same() -> None:
    old = {"class": "c-1", "segment": "e" * 64, "record": vars(ELSEWHERE), "first": vars(ELSEWHERE)}
    body = body_of(dataclasses.replace(Course().centre.records[0], type="video.reused", body=old))
    assert isinstance(body, VideoReused) and (body.keys, body.held) == (None, None)
