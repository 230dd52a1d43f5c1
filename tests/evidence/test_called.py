"""Which roll calls of a segment count, and what they say of people whom they did not look for."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from evidence.bodies import Candidate, RollCall, Segment, Track, body_of
from evidence.called import MOST_TRACKS, SLACK_US
from evidence.times import SECOND
from tests.evidence.course import TRAINEES, Course, Filmed, at, codes, roll_call_of

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
BUT_4 = TRAINEES[:3]
Change = Callable[[RollCall, Segment], RollCall]


def course(shows: tuple[str, ...] | None = None, change: Change | None = None, **options: object) -> Course:
    """Three half-days; everybody came. `change`: of what the roll calls say."""
    made = Course(**options)  # type: ignore[arg-type]
    for day in DAYS:
        made.half_day(day)
    made.order()
    for day in DAYS:
        filmed = made.film(f"{day} 07:58", "09:42", shows, roll_call=change is None, pictured=True)
        if change is not None:
            state(made, filmed, change, shows=TRAINEES if shows is None else shows)
        for person in TRAINEES:
            made.check_in(person, f"{day} 07:50")
    return made


def state(
    made: Course, filmed: Filmed, change: Change, shows: tuple[str, ...] = (), box: str = "box-1", later_s: int = 30,
) -> None:
    for segment in filmed.segments:
        call = roll_call_of(segment, shows, (segment.first_pts_us, segment.end_pts_us))
        made.boxes[box].add("rollcall", change(call, segment), filmed.start_us + segment.end_pts_us + later_s * SECOND)


def again(made: Course, change: Change, shows: tuple[str, ...] = (), box: str = "box-1") -> None:
    """One more roll call of every segment, a week later."""
    for record in [one for one in made.boxes["box-1"].records if one.type == "segment"]:
        body = body_of(record)
        assert isinstance(body, Segment)
        call = roll_call_of(body, shows, (body.first_pts_us, body.end_pts_us))
        made.boxes[box].add("rollcall", change(call, body), at("2026-03-11 10:00"))


def stranger(segment: Segment) -> Track:
    """A clear face, all along, that resembles nobody."""
    first_us, end_us = segment.first_pts_us, segment.end_pts_us
    return Track(first_us, end_us, first_us, 50, 80, Candidate("t-1", 100_000), None, 900_000, 500_000, 0, None,
                 900_000)


def sat_in_view(gallery: tuple[str, ...] | None) -> Change:
    """Three were looked for, of whom the last is in view in the first half; a clear stranger is in the second."""
    def change(call: RollCall, segment: Segment) -> RollCall:
        half = (segment.first_pts_us + segment.end_pts_us) // 2
        third = dataclasses.replace(call.tracks[2], last_us=half - SECOND, shown_us=segment.first_pts_us)
        other = dataclasses.replace(stranger(segment), first_us=half + SECOND, shown_us=half + SECOND)
        return dataclasses.replace(call, tracks=(*call.tracks[:2], third, other), gallery=gallery)
    return change


def fourth(made: Course) -> tuple[str, tuple[str, ...]]:
    one = made.story().blocks[0].presences[3]
    return one.answer, one.why


# Who has no template


def test_who_was_looked_for_and_is_not_there_is_absent() -> None:
    made = course(BUT_4, sat_in_view(TRAINEES))
    assert fourth(made) == ("absent", ()) and made.r3().verdict == "flag"


def test_who_was_not_looked_for_may_be_any_face_without_a_name() -> None:
    made = course(BUT_4, sat_in_view(BUT_4))
    assert fourth(made) == ("not_identifiable", ("no_template",))
    found = made.r3()
    assert (found.verdict, found.recordings, len(found.open_recordings)) == ("review", (), 3)
    assert "unseen_no_template" in codes(found)


@pytest.mark.parametrize("faceless", [0, 1])
def test_or_somebody_who_shows_no_face(faceless: int) -> None:
    made = course(BUT_4, lambda call, _: dataclasses.replace(call, gallery=BUT_4, faceless_max=faceless))
    assert fourth(made)[0] == ("not_identifiable" if faceless else "absent")


def test_or_a_head_that_no_track_explains() -> None:
    made = course(BUT_4, lambda call, _: dataclasses.replace(
        call, gallery=BUT_4, tracks=call.tracks[:2], headcount_max=3))
    assert fourth(made)[0] == "not_identifiable"


def test_while_nobody_without_a_name_was_in_view_a_pin_makes_nobody_shown() -> None:
    made = course(BUT_4, lambda call, _: dataclasses.replace(call, gallery=BUT_4))
    for day in DAYS:
        made.pin("t-4", f"{day} 07:51")
    assert fourth(made) == ("absent", ()) and made.r3().verdict == "flag"


def test_records_of_before_looked_for_nobody_who_had_refused_or_was_not_enrolled_by_then() -> None:
    for when, answer in (("2026-03-01 19:00", "not_identifiable"), ("2026-03-20 19:00", "absent")):
        made = course(BUT_4, sat_in_view(None))
        made.boxes["box-1"].records.sort(key=lambda one: one.utc_us)
        made.consent("t-4", when, given=False)
        renumber(made)
        assert fourth(made)[0] == answer
    made = course(BUT_4, sat_in_view(None))
    for person, when in [*((one, "2026-03-01 19:00") for one in BUT_4), ("t-4", "2026-03-20 19:00")]:
        made.enrol(person, when)
    renumber(made)
    assert fourth(made)[0] == "not_identifiable"


def renumber(made: Course) -> None:
    """The records of the box in the order of their times."""
    box = made.boxes["box-1"]
    box.records = [dataclasses.replace(one, seq=seq)
                   for seq, one in enumerate(sorted(box.records, key=lambda one: (one.utc_us, one.seq)))]


# Several roll calls of one segment


def for_one(call: RollCall, segment: Segment) -> RollCall:
    """After the pack was changed one person is enrolled anew, and three of four heads are counted."""
    return dataclasses.replace(
        call, pack="other", pack_sha256="b" * 64, tracks=(*call.tracks, stranger(segment), stranger(segment)),
        headcount_max=3, headcount_mean_ppm=3_000_000, gallery=("t-1",))


def test_one_that_looked_for_few_people_takes_nobody_away() -> None:
    made = course()
    again(made, for_one, ("t-1",))
    assert made.r3().verdict == "clear" and made.story().blocks[0].headcount_due == 4


def test_one_that_looked_for_few_people_adds_whom_it_found() -> None:
    made = course(BUT_4, sat_in_view(TRAINEES))
    again(made, lambda call, segment: dataclasses.replace(call, gallery=("t-4",), threshold_ppm=700_000), ("t-4",))
    block = made.story().blocks[0]
    assert fourth(made) == ("shown", ()) and block.headcount_due == 3 and made.r3().verdict == "clear"
    segments = sum(record.type == "segment" for record in made.boxes["box-1"].records)
    assert len(made.story().rollcalls) == 2 * segments


def test_each_has_its_own_threshold() -> None:
    made = course(BUT_4, sat_in_view(TRAINEES))
    again(made, lambda call, segment: dataclasses.replace(call, gallery=("t-4",), threshold_ppm=810_000), ("t-4",))
    assert fourth(made) == ("not_identifiable", ("near",)), "0.80 is near 0.81"


def test_of_those_that_looked_for_as_many_the_latest_counts_the_heads() -> None:
    made = course(BUT_4)
    again(made, lambda call, segment: dataclasses.replace(call, headcount_max=7), BUT_4)
    assert made.story().blocks[0].headcount_due == 7


# What cannot be


def test_only_the_box_that_filmed_says_what_its_video_shows() -> None:
    made = course(boxes=("box-1", "box-2"), rooms={"box-2": "shop"})
    again(made, lambda call, segment: call, box="box-2")
    found = made.r3()
    assert found.verdict == "clear" and "rollcalls_void" in codes(found)


def track(call: RollCall, **change: int) -> RollCall:
    return dataclasses.replace(call, tracks=(*call.tracks[:-1], dataclasses.replace(call.tracks[-1], **change)))


@pytest.mark.parametrize("change", [
    lambda call, segment: track(call, last_us=segment.end_pts_us + SLACK_US + 1),
    lambda call, segment: track(call, last_us=2**50, shown_us=2**50),
    lambda call, segment: track(call, first_us=segment.end_pts_us, shown_us=segment.end_pts_us, last_us=0),
    lambda call, segment: track(call, shown_us=segment.end_pts_us + 1),
    lambda call, segment: track(call, frames=101),
    lambda call, segment: dataclasses.replace(call, dark=101),
    lambda call, segment: dataclasses.replace(call, threshold_ppm=0),
    lambda call, segment: dataclasses.replace(call, tracks=(stranger(segment),) * (MOST_TRACKS + 1)),
])
def test_one_whose_numbers_cannot_be_counts_for_nothing_and_is_told(change: Change) -> None:
    made = course(None, change)
    found = made.r3()
    assert found.recordings == () and len(found.open_recordings) == 3, "its video waits for a roll call"
    assert dict(next(one for one in found.reasons if one.code == "rollcalls_void").params)["count"] > 0


def test_a_face_that_is_followed_to_the_last_picture_of_a_file_is_inside_of_it() -> None:
    made = course(None, lambda call, segment: track(call, last_us=segment.end_pts_us + SLACK_US))
    assert made.r3().verdict == "clear"


# Pictures that could not be looked at


def looked(samples: int, planned: int | None, every_us: int | None = 6 * SECOND) -> Change:
    """What a roll call says of 600 s, or of the 240 s of the last file."""
    def change(call: RollCall, segment: Segment) -> RollCall:
        share = (segment.end_pts_us - segment.first_pts_us) / (600 * SECOND)
        tracks = tuple(dataclasses.replace(one, frames=1) for one in call.tracks)
        return dataclasses.replace(call, samples=max(1, int(samples * share)), every_us=every_us, tracks=tracks,
                                   planned=None if planned is None else int(planned * share))
    return change


@pytest.mark.parametrize(("samples", "planned", "good"), [
    (100, 100, True), (90, 100, True), (85, 100, False), (1, 100, False), (75, None, True), (70, None, False),
    (1, None, False),
])
def test_where_few_of_the_pictures_could_be_looked_at_the_headcount_proves_nothing(
    samples: int, planned: int | None, good: bool,
) -> None:
    made = course(BUT_4, looked(samples, planned))
    found = made.r3()
    assert made.story().blocks[0].picture_good == good
    assert (found.verdict == "flag") == good and ("rollcall_short" in codes(found)) != good


def test_nor_does_it_convict_who_did_not_sign_in() -> None:
    made = course(BUT_4, looked(1, 100))
    made.boxes["box-1"].records = [
        one for one in made.boxes["box-1"].records if one.type != "checkin"]
    found = made.r3()
    assert found.recordings == () and "occasion_unlooked" in codes(found)


def test_a_record_of_before_that_says_nothing_of_its_pictures_is_believed() -> None:
    assert course(BUT_4, looked(1, None, every_us=None)).r3().verdict == "flag"


# Peaks


def test_a_head_that_only_one_picture_shows_is_compared_with_the_roster_and_not_displayed() -> None:
    made = course(BUT_4, lambda call, _: dataclasses.replace(call, gallery=TRAINEES, headcount_peak=4))
    block = made.story().blocks[0]
    assert (block.headcount_max, block.headcount_due) == (3, 4) and block.mean_ppm == (3_000_000, 0)
    assert made.r3().verdict == "review" and fourth(made) == ("not_identifiable", ("full",))
