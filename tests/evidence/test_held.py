"""Blocks in protective gear: who is not shown is covered, until a bare-face roll call shows otherwise."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.bodies import BareFace, Candidate, Segment, Track, body_of
from evidence.shape import encode
from evidence.times import SECOND
from tests.evidence.course import TRAINEES, Course, Shade, at, codes, picture_of, roll_call_of

DAY = "2026-03-02"
BUT_4 = TRAINEES[:3]


HELMETS = (("07:58", "08:25"), ("08:45", "09:15"), ("09:35", "09:42"))
FACES = (("08:25", "08:45"), ("09:15", "09:35"))


def course(
    shows: tuple[str, ...] = BUT_4, gear: bool = True, boxes: tuple[str, ...] = ("box-1",), helmets: int = 3,
    later: dict[str, object] | None = None, **film: object,
) -> Course:
    """A half-day of practice; all checked in. Faces are bare for 20 minutes twice; else `helmets` are in view. `later`:
    what is other the second time."""
    made = Course(boxes=boxes, rooms={"box-2": "workshop"})
    made.half_day(DAY, gear=gear)
    made.order()
    for start, end in HELMETS:
        made.film(f"{DAY} {start}", end, (), faceless=helmets)
    for (start, end), other in zip(FACES, ({}, later or {}), strict=True):
        made.film(f"{DAY} {start}", end, **{"shows": shows, **film, **other})  # type: ignore[arg-type]
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    return made


def whole(shows: tuple[str, ...] = BUT_4, **film: object) -> Course:
    """The same, but for people who look the same all along."""
    made = Course()
    made.half_day(DAY, gear=True)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", shows, **film)  # type: ignore[arg-type]
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    return made


def told(made: Course, code: str) -> dict[str, object]:
    return dict(next(one for one in made.r3().reasons if one.code == code).params)


def fourth(made: Course) -> tuple[str, tuple[str, ...]]:
    one = made.story().blocks[0].presences[3]
    return one.answer, one.why


def test_without_one_who_is_not_shown_is_covered_and_the_block_is_open_and_says_why() -> None:
    made = course()
    assert fourth(made) == ("covered", ("gear",))
    found = made.r3()
    assert found.open_recordings == (f"{DAY}-am",)
    assert {"not_identified", "unseen_gear", "bareface_none"} <= set(codes(found))
    assert told(made, "bareface_none")["put_off"] == told(made, "bareface_none")["unanswered"] == 0


def test_the_same_without_gear_is_missing() -> None:
    made = course(gear=False)
    made.bare_face(f"{DAY} 08:30", "08:31")
    assert fourth(made) == ("absent", ()) and made.r3().recordings == (f"{DAY}-am",)
    assert "bareface_held" not in codes(made.r3())


def two(made: Course) -> None:
    """Two bare-face roll calls, 50 minutes apart."""
    made.bare_face(f"{DAY} 08:30", "08:31")
    made.bare_face(f"{DAY} 09:20", "09:21")


def test_two_that_were_held_and_show_fewer_people_leave_nobody_covered() -> None:
    made = course()
    two(made)
    assert fourth(made) == ("absent", ())
    found = made.r3()
    assert found.recordings == (f"{DAY}-am",) and found.trainees == ("t-4",)
    expected = {"headcount": 3, "due": 4, "at_time": ("08:30:00", "09:20:00"), "count": 2}
    assert expected.items() <= told(made, "bareface_held").items()


@pytest.mark.parametrize(("second", "proved"), [(None, False), ("08:39", False), ("08:40", True)])
def test_whoever_is_out_for_a_moment_is_not_convicted_by_one(second: str | None, proved: bool) -> None:
    made = course()
    made.bare_face(f"{DAY} 08:30", "08:31")
    if second:
        made.bare_face(f"{DAY} {second}", "08:41")
    assert fourth(made)[0] == ("absent" if proved else "covered")
    found = made.r3()
    assert (found.recordings if proved else found.open_recordings) == (f"{DAY}-am",)
    if not proved:
        assert told(made, "bareface_once")["count"] == 1 + bool(second)


def test_those_that_show_as_many_people_as_are_due_leave_it_open() -> None:
    made = course(faceless=1)
    two(made)
    assert fourth(made)[0] == "covered" and made.r3().open_recordings == (f"{DAY}-am",)


def test_those_in_which_nobody_at_all_is_seen_prove_nothing() -> None:
    for made in (whole(()), course(()), course(later={"shows": ()})):
        two(made)
        assert fourth(made)[0] == "covered" or not made.story().blocks[0].in_view
        assert made.r3().open_recordings == (f"{DAY}-am",) and made.story().blocks[0].bareface_heads is None


def test_a_full_headcount_in_helmets_protects_all_whom_the_bare_face_roll_calls_do_not_show() -> None:
    made = course(helmets=4)
    two(made)
    block = made.story().blocks[0]
    assert (block.bareface_heads, block.headcount_due, block.counted) == (3, 4, True)
    assert fourth(made) == ("not_identifiable", ("full",)) and made.r3().open_recordings == (f"{DAY}-am",)


def test_a_headcount_that_a_clear_stranger_fills_protects_them_too() -> None:
    made = course(helmets=3)
    two(made)
    box = made.boxes["box-1"]
    for number, record in enumerate(box.records):
        helmets = record.type == "rollcall" and not record.body["tracks"] and record.body["headcount_max"]
        if helmets:
            segment = next(one.body for one in box.records if one.body.get("sha256") == record.body["segment"])
            stranger = Track(segment["first_pts_us"], segment["end_pts_us"], segment["first_pts_us"], 50, 80,
                             Candidate("t-1", 100_000))
            box.records[number] = dataclasses.replace(record, body={
                **record.body, "tracks": [encode(stranger)], "headcount_max": 4, "headcount_mean_ppm": 4_000_000})
    block = made.story().blocks[0]
    assert (block.bareface_heads, block.headcount_due, block.counted) == (3, 4, True)
    assert fourth(made) == ("absent", ()) and made.r3().open_recordings == (f"{DAY}-am",)


@pytest.mark.parametrize("film", [{}, {"faceless": None}])
def test_faces_alone_convict_nobody_in_gear_either(film: dict[str, object]) -> None:
    made = course(faceless=None) if film else course(later={"faceless": None})
    two(made)
    assert made.story().blocks[0].bareface_heads is None
    assert fourth(made) == ("covered", ("gear",)) and made.r3().open_recordings == (f"{DAY}-am",)
    assert "bareface_unlooked" in codes(made.r3())


def test_where_people_were_counted_in_the_bare_face_roll_calls_alone_these_convict() -> None:
    made = course(helmets=3)
    made.film(f"{DAY} 08:00", "08:20", (), faceless=None, headcount=0)
    two(made)
    assert not made.story().blocks[0].counted
    assert fourth(made)[0] == "absent" and made.r3().recordings == (f"{DAY}-am",)


def blurred(made: Course, until: str = "23:00") -> Course:
    """A blurred face in place of t-1 in each picture until then; the headcount misses a head."""
    box, until_us = made.boxes["box-1"], at(f"{DAY} {until}")
    for number, record in enumerate(box.records):
        if record.type == "rollcall" and record.utc_us < until_us and record.body["tracks"]:
            first = record.body["tracks"][0]
            face = {**first, "best": {"person": "t-2", "score_ppm": 150_000}, "sharp_ppm": 200_000}
            box.records[number] = dataclasses.replace(record, body={**record.body, "tracks": [
                *record.body["tracks"], face]})
    return made


@pytest.mark.parametrize("until", ["23:00", "08:50"])
def test_a_blurred_face_in_every_picture_of_any_bare_face_roll_call_leaves_it_open(until: str) -> None:
    made = blurred(course(), until)
    two(made)
    assert made.story().blocks[0].bareface_heads == 3
    assert fourth(made) == ("not_identifiable", ("blurred",)) and made.r3().open_recordings == (f"{DAY}-am",)


def test_one_in_the_dark_proves_nothing() -> None:
    for later, heads in (({"dark": 30}, None), ({"dark": 20}, 3)):
        made = course(later=later)
        two(made)
        assert made.story().blocks[0].bareface_heads == heads


def test_one_before_a_dazzled_camera_proves_nothing() -> None:
    made = course()
    two(made)
    box = made.boxes["box-1"]
    pictures = [(number, record) for number, record in enumerate(box.records) if record.type == "picture"]
    for number, record in pictures:
        if at(f"{DAY} 09:20") < record.utc_us < at(f"{DAY} 09:30"):
            samples = [{**one, "bright_ppm": 400_000} for one in record.body["samples"]]
            box.records[number] = dataclasses.replace(record, body={**record.body, "samples": samples})
    block = made.story().blocks[0]
    assert [fact.what for fact in block.pictures] == ["glare"] and not block.hazy
    assert block.bareface_heads is None and fourth(made)[0] == "covered"


@pytest.mark.parametrize("shade", ["black", "covered"])
@pytest.mark.parametrize("other", ["", "back"])
def test_one_before_a_black_or_covered_camera_proves_nothing(shade: Shade, other: str) -> None:
    """For its two minutes alone, or before one of two cameras."""
    for within, heads in (((at(f"{DAY} 09:20"), at(f"{DAY} 09:22")), None), ((0, 0), 3)):
        made = Course()
        made.half_day(DAY, gear=True)
        made.order()
        for person in TRAINEES:
            made.check_in(person, f"{DAY} 07:50")
        made.film(f"{DAY} 07:58", "09:42", BUT_4)
        camera = other or "room"
        if other:
            made.film(f"{DAY} 07:58", "09:42", (), camera=other)
        box = made.boxes["box-1"]
        for number, record in enumerate(box.records):
            film = next((body_of(one) for one in box.records
                         if one.type == "segment" and one.body["sha256"] == record.body.get("segment")), None)
            if record.type == "picture" and isinstance(film, Segment) and film.camera == camera:
                start_us = at(f"{DAY} 07:58")
                picture = picture_of(film, shade, (within[0] - start_us, within[1] - start_us))
                box.records[number] = dataclasses.replace(record, body=encode(picture))
        made.bare_face(f"{DAY} 08:30", "08:32")
        made.bare_face(f"{DAY} 09:20", "09:22")
        block, shades = made.story().blocks[0], set() if heads else {shade}
        assert (block.bareface_heads, {fact.what for fact in block.pictures}) == (heads, shades)


def test_one_with_one_of_two_cameras_in_the_dark_proves_nothing() -> None:
    for dark, heads in ((30, None), (20, 3)):
        made = course(later={"dark": 0})
        for start, end in (*HELMETS, *FACES):
            made.film(f"{DAY} {start}", end, (), camera="back", dark=dark if start == "09:15" else 0)
        two(made)
        assert made.story().blocks[0].bareface_heads == heads


@pytest.mark.parametrize(("frames", "answer"), [(4, "absent"), (5, "not_identifiable")])
def test_a_passer_by_excuses_nobody_in_a_few_of_the_denser_pictures_of_one(frames: int, answer: str) -> None:
    """Twelve seconds of files of a minute: taken for a fifth of their 48 pictures, so that five are half of them."""
    made = Course()
    made.half_day(DAY, gear=True)
    made.order()
    box = made.boxes["box-1"]
    filmed = made.film(f"{DAY} 08:00", "09:40", (), roll_call=False, pictured=True, segment_s=60)
    for number, segment in enumerate(filmed.segments):
        call = dataclasses.replace(roll_call_of(segment, (), (0, 0), faceless=3), samples=30, every_us=2 * SECOND)
        if number in (20, 70):
            from_us = segment.first_pts_us + 20 * SECOND
            faces = [Track(from_us, from_us + 12 * SECOND - 1, from_us, 24, 80, Candidate(person, 800_000))
                     for person in BUT_4]
            passer_by = Track(from_us, from_us + frames * SECOND // 2 - 1, from_us, frames, 18)
            call = dataclasses.replace(call, samples=48, tracks=(*faces, passer_by))
            shift_us = filmed.start_us + from_us - box.boot_us
            box.add("bareface", BareFace("c-1", None, shift_us, shift_us, shift_us + 12 * SECOND, "held", "teacher"),
                    box.boot_us + shift_us + 13 * SECOND)
        box.add("rollcall", call, filmed.start_us + segment.end_pts_us + SECOND)
    assert made.story().blocks[0].bareface_heads == 3 and fourth(made)[0] == answer


def test_of_several_the_one_with_most_people_counts() -> None:
    made = course(later={"shows": ("t-1", "t-2")})
    for start, end in (("08:30", "08:31"), ("09:20", "09:21")):
        made.bare_face(f"{DAY} {start}", end)
    assert made.story().blocks[0].bareface_heads == 3


def test_with_a_detector_of_people_the_headcount_counts_helmets_too() -> None:
    made = whole()
    assert fourth(made) == ("absent", ()) and made.r3().recordings == (f"{DAY}-am",)
    made = whole(faceless=1)
    assert fourth(made) == ("covered", ("gear",)) and made.r3().open_recordings == (f"{DAY}-am",)


def test_who_neither_checked_in_nor_is_shown_is_missing_in_gear_too() -> None:
    made = Course()
    made.half_day(DAY, gear=True)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", BUT_4)
    assert made.r3().recordings == (f"{DAY}-am",)


@pytest.mark.parametrize("result", ["put_off", "unanswered"])
def test_one_that_was_put_off_or_not_answered_is_told_and_proves_nothing(result: str) -> None:
    made = course()
    made.bare_face(f"{DAY} 08:30", "08:30", result, None)
    assert fourth(made)[0] == "covered" and made.r3().open_recordings == (f"{DAY}-am",)
    assert told(made, "bareface_none")[result] == 1
    assert [(one.result, one.held) for one in made.story().blocks[0].bareface] == [(result, False)]


@pytest.mark.parametrize("what", ["outside", "early", "nobody", "stranger", "no time", "box"])
def test_one_that_does_not_count_leaves_everybody_covered(what: str) -> None:
    made = course()
    times = {"outside": ("07:50", "07:59"), "no time": ("08:30", "08:30")}.get(what, ("08:30", "08:31"))
    by = {"nobody": None, "stranger": "t-1"}.get(what, "teacher")
    stated = f"{DAY} 08:30" if what == "early" else None
    made.bare_face(f"{DAY} 09:20", "09:21")
    if what == "box":
        made.boxes["box-9"] = type(made.boxes["box-1"])("box-9", made.boxes["box-1"].clock, is_box=True)
    made.bare_face(f"{DAY} {times[0]}", times[1], "held", by, "box-9" if what == "box" else "box-1", stated)
    assert fourth(made)[0] == "covered" and made.r3().open_recordings == (f"{DAY}-am",)


def test_one_in_video_that_nobody_looked_at_proves_nothing() -> None:
    made = course()
    two(made)
    box = made.boxes["box-1"]
    box.records = [one for one in box.records if one.type != "picture" or one.utc > "2026-03-02T01:00"]
    block = made.story().blocks[0]
    assert block.bareface_heads is None and block.presences[3].answer == "covered"
    unfilmed = Course()
    unfilmed.half_day(DAY, gear=True)
    unfilmed.order()
    unfilmed.film(f"{DAY} 07:58", "08:30", BUT_4)
    unfilmed.film(f"{DAY} 08:35", "09:42", BUT_4)
    unfilmed.check_in("t-4", f"{DAY} 07:50")
    unfilmed.bare_face(f"{DAY} 08:29", "08:31")
    unfilmed.bare_face(f"{DAY} 09:20", "09:21")
    assert unfilmed.story().blocks[0].bareface_heads is None
    assert told(unfilmed, "bareface_unlooked")["count"] == 2


def test_one_in_one_of_two_rooms_says_nothing_of_the_other() -> None:
    made = course(boxes=("box-1", "box-2"))
    made.film(f"{DAY} 07:58", "09:42", (), box="box-2")
    two(made)
    assert fourth(made)[0] == "covered" and "bareface_unlooked" in codes(made.r3())


@pytest.mark.parametrize(("elsewhere", "answer"), [(("t-2", "t-3"), "absent"), (BUT_4, "covered")])
def test_in_two_rooms_each_has_its_own_and_who_goes_from_one_to_the_other_counts_twice(
    elsewhere: tuple[str, ...], answer: str,
) -> None:
    made = course(("t-1",), boxes=("box-1", "box-2"), helmets=1)
    for start, end in HELMETS:
        made.film(f"{DAY} {start}", end, (), box="box-2", faceless=2)
    for start, end in FACES:
        made.film(f"{DAY} {start}", end, elsewhere, box="box-2")
    two(made)
    assert made.story().blocks[0].bareface_heads is None and fourth(made)[0] == "covered"
    for start, end in (("08:35", "08:36"), ("09:25", "09:26")):
        made.bare_face(f"{DAY} {start}", end, box="box-2")
    assert made.story().blocks[0].bareface_heads == 1 + len(elsewhere)
    assert fourth(made)[0] == answer
    assert (made.r3().recordings if answer == "absent" else made.r3().open_recordings) == (f"{DAY}-am",)


def test_it_is_seen_by_every_camera_of_the_room_or_proves_nothing() -> None:
    made = course()
    made.film(f"{DAY} 07:58", "08:25", (), camera="back")
    two(made)
    assert made.story().blocks[0].bareface_heads is None


def test_who_is_shown_only_while_faces_were_bare_did_not_leave_early() -> None:
    for gear in (True, False):
        made = Course()
        made.half_day(DAY, gear=gear)
        made.order()
        made.film(f"{DAY} 07:58", "09:42", seen=("08:03", "08:06"))
        assert all(one.left_early != gear for one in made.story().blocks[0].presences)


def test_a_complete_block_needs_none() -> None:
    made = course(TRAINEES)
    assert made.r3().result == "satisfied" and "bareface_none" not in codes(made.r3())
