"""Roll call decisions: open set with a margin, one place per person, headcounts, answers."""
from __future__ import annotations

import dataclasses
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Candidate, Track
from evidence.rollcall import (
    Answered,
    Bare,
    Gear,
    Limits,
    Look,
    Times,
    answers,
    identify,
    name_tracks,
    reaches,
    smoothed_headcount,
)


def track(person: str | None, first: int, last: int, score: int = 800_000) -> Track:
    return Track(first, last, first, 10, 60, Candidate(person, score) if person else None, None)


def named(*tracks: Track) -> list[tuple[int, str | None]]:
    return [(one.track.first_us, one.person) for one in name_tracks(tracks, 400_000, 50_000)]


def test_identify_is_an_open_set_with_a_margin() -> None:
    a, b = Candidate("a", 800_000), Candidate("b", 751_000)
    assert identify(None, None, 1, 1) is None
    assert identify(a, None, 800_000, 50_000) == "a"
    assert identify(a, None, 800_001, 50_000) is None
    assert identify(a, b, 400_000, 50_000) is None
    assert identify(a, b, 400_000, 49_000) == "a"


def test_one_person_is_not_in_two_places_at_once() -> None:
    assert named(track("a", 0, 10), track("a", 5, 15, 900_000)) == [(0, None), (5, "a")]


def test_one_person_may_be_followed_twice_one_after_the_other() -> None:
    assert named(track("a", 0, 10), track("a", 11, 15)) == [(0, "a"), (11, "a")]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8), st.integers(0, 30), st.integers(0, 9))
def test_whether_somebody_was_followed_then_is_told_without_looking_at_each(
    found: list[tuple[int, int]], first: int, length: int,
) -> None:
    tracks, asked = [track("a", one, one + long) for one, long in found], track(None, first, first + length)
    together = [one.first_us <= asked.last_us and asked.first_us <= one.last_us for one in tracks]
    assert Times(tracks).meet(asked) == any(together)


def test_thousands_of_faces_like_somebody_who_is_named_all_along_are_answered_in_no_time() -> None:
    """Each was compared with each: one record of a megabyte took seconds, a course hours."""
    count, best = 1500, Candidate("a", 399_999)
    tracks = [track("a", 20 * number, 20 * number + 5) for number in range(count)]
    tracks += [Track(20 * number + 10, 20 * number + 15, 20 * number + 10, 1, 60, best) for number in range(count)]
    look = Look(0, 20 * count, name_tracks(tracks, 400_000, 50_000), 400_000, 50_000, 40, count, 0, 1, 1_000_000, 0)
    began = time.process_time()
    assert answers(["a", "b"], ["a"], [[look]], 1, Limits())["b"].answer == "absent"
    assert time.process_time() - began < 1


def test_a_roll_call_as_large_as_a_record_can_be_is_named_in_no_time() -> None:
    tracks = [track("a", 10 * number, 10 * number + 9) for number in range(6000)]
    began = time.process_time()
    assert {one.person for one in name_tracks(tracks, 400_000, 50_000)} == {"a"}
    assert time.process_time() - began < 1


@given(st.lists(st.builds(
    lambda p, f, n, s: track(p, f, f + n, s), st.sampled_from(["a", "b", None]), st.integers(0, 50),
    st.integers(0, 20), st.integers(300_000, 900_000)), max_size=12), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_and_never_overlap(tracks: list[Track], shuffle: random.Random) -> None:
    found = name_tracks(tracks, 400_000, 50_000)
    again = list(tracks)
    shuffle.shuffle(again)
    assert name_tracks(again, 400_000, 50_000) == found
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            same = one.person is not None and one.person == other.person
            together = one.track.first_us <= other.track.last_us and other.track.first_us <= one.track.last_us
            assert not (same and together)


PEOPLE = ("a", "b", "c")
T, MARGIN, SMALL = 500_000, 50_000, 32


def face(score: int = 0, best: str | None = None, second: tuple[str, int] | None = None, px: int = 80,
         frames: int = 10, first: int = 0, **more: int) -> Track:
    """A face of ten pictures; nobody in particular unless `best` is similar by the threshold."""
    return Track(first, first + 9, first, frames, px, Candidate(best, score) if best else None,
                 Candidate(*second) if second else None, **more)


def look(*tracks: Track, headcount: int | None = None, dark: int = 0, mean: int | None = None,
         faceless: int | None = None) -> Look:
    count = len(tracks) if headcount is None else headcount
    mean_ppm = (len(tracks) if mean is None else mean) * 1_000_000
    return Look(0, 10, name_tracks(tracks, T, MARGIN), T, MARGIN, SMALL, 10, dark, count, mean_ppm, faceless)


def told(*looks: Look, **more: object) -> dict[str, tuple[str, tuple[str, ...]]]:
    shown = {one.person for each in looks for one in each.named if one.person}
    headcount = max((each.headcount_max for each in looks), default=0)
    found = answers(PEOPLE, shown, [[each] for each in looks], headcount, Limits(), **more)  # type: ignore[arg-type]
    return {person: (said.answer, said.why) for person, said in found.items()}


HELMETS = Gear((), False)
STRANGER = face(100_000, "c")
"""Large, in the light and from the front, and like nobody."""


def test_who_has_a_name_is_shown_and_who_cannot_be_there_is_absent() -> None:
    said = told(look(face(800_000, "a"), STRANGER))
    assert said == {"a": ("shown", ()), "b": ("absent", ()), "c": ("absent", ())}
    assert told() == dict.fromkeys(PEOPLE, ("absent", ()))


@pytest.mark.parametrize(("track", "answer", "why"), [
    (face(px=14), "not_identifiable", "small"),
    (face(100_000, "c", px=31), "not_identifiable", "small"),
    (face(100_000, "c", frontal_ppm=99_999), "not_identifiable", "turned"),
    (face(100_000, "c", light_ppm=160_000), "not_identifiable", "dark"),
    (face(100_000, "c", sharp_ppm=332_999), "not_identifiable", "blurred"),
    (face(100_000, "c", cover_ppm=600_000), "covered", "mask"),
])
def test_faces_that_tell_nothing_leave_everybody_open_while_they_are_often_in_view(
    track: Track, answer: str, why: str
) -> None:
    said = told(look(face(800_000, "a"), track))
    assert said == {"a": ("shown", ()), "b": (answer, (why,)), "c": (answer, (why,))}
    passing = dataclasses.replace(track, frames=4)
    assert told(look(face(800_000, "a"), passing))["b"] == ("absent", ())


def test_a_face_that_was_not_measured_for_it_is_not_dark_nor_turned_nor_covered() -> None:
    assert told(look(STRANGER))["b"] == ("absent", ())


def test_the_limits_are_those_of_the_policy() -> None:
    dim = look(face(100_000, "c", light_ppm=200_000))
    for light_ppm, answer in ((199_999, "absent"), (200_000, "not_identifiable")):
        assert answers(["b"], (), [[dim]], 1, Limits(light_ppm=light_ppm, often_pct=50))["b"].answer == answer


def test_a_face_like_two_people_or_not_quite_like_one_leaves_them_open_and_nobody_else() -> None:
    twins = face(700_000, "a", ("b", 680_000))
    assert told(look(twins)) == {
        "a": ("not_identifiable", ("alike",)), "b": ("not_identifiable", ("alike",)), "c": ("absent", ())}
    assert told(look(face(460_000, "b")))["b"] == ("not_identifiable", ("near",))
    assert told(look(face(449_999, "b")))["b"] == ("absent", ())
    assert told(look(face(460_000, "b", cover_ppm=900_000)))["b"] == ("covered", ("mask",))


def test_people_whose_face_was_never_seen_are_turned_away() -> None:
    named = face(800_000, "a")
    assert told(look(named, headcount=2, mean=2, faceless=1))["b"] == ("not_identifiable", ("turned",))
    assert told(look(named, headcount=2, mean=2))["b"] == ("absent", ()), "no detector of people, so nothing is known"


def test_people_who_are_named_and_look_away_at_times_are_nobody_else_and_strangers_while_their_face_is_seen() -> None:
    for frames, said in ((5, "not_identifiable"), (6, "absent")):
        away = [face(800_000, "a", frames=3), dataclasses.replace(STRANGER, frames=frames)]
        assert told(look(*away, headcount=2, mean=2, faceless=2))["b"][0] == said
        assert told(look(*away, face(px=14, frames=2), headcount=3, mean=3, faceless=2))["b"][1] == ("turned",)


def test_a_face_near_to_somebody_who_is_named_at_another_time_is_nobody_more() -> None:
    """One who is named now and then, and one who never shows a face."""
    early, late = (dataclasses.replace(face(score, "a", frames=frames, first=first), last_us=first + frames - 1)
                   for score, first, frames in ((800_000, 0, 4), (460_000, 4, 6)))
    assert told(look(early, late, headcount=2, mean=2, faceless=1))["b"] == ("not_identifiable", ("turned",))
    beside = face(460_000, "a")
    assert told(look(face(800_000, "a"), beside, headcount=2, mean=2, faceless=1))["b"] == ("absent", ())


def test_pictures_that_show_anybody_are_asked_for_who_never_shows_a_face_and_dark_ones_are_not() -> None:
    turned = dataclasses.replace(look(face(800_000, "a"), headcount=2, mean=2, faceless=1), start_us=0)
    dark = Look(10, 12, (), T, MARGIN, SMALL, 2, 2, 0, 0, None)
    found = answers(PEOPLE, {"a"}, [[turned, dark]], 2, Limits())
    assert found["b"].why == ("turned",)
    faces = dataclasses.replace(dark, dark=0)
    assert answers(PEOPLE, {"a"}, [[turned, faces]], 2, Limits())["b"].answer == "absent"


@pytest.mark.parametrize(("frames", "answer"), [(4, "absent"), (5, "not_identifiable"), (24, "not_identifiable")])
def test_where_pictures_are_denser_a_face_that_tells_nothing_excuses_too_often_rather_than_too_seldom(
    frames: int, answer: str,
) -> None:
    """Twelve of sixty seconds, with 24 of the 48 pictures, are taken for a fifth of them."""
    second, start = 1_000_000, 20_000_000
    window = (start, start + 12 * second)
    small = Track(start, start + frames * second // 2 - 1, start, frames, 14)
    there = dataclasses.replace(face(800_000, "a", frames=48), last_us=60 * second)
    seen = Look(0, 60 * second, name_tracks([there, small], T, MARGIN), T, MARGIN, SMALL, 48, 0, 2, 1_000_000)
    gear = Gear((Bare(window, [[seen]]),), False)
    assert answers(PEOPLE, {"a"}, [[seen]], 2, Limits(), gear=gear)["b"].answer == answer


def test_the_most_frequent_why_comes_first_and_rare_ones_are_not_told() -> None:
    small, dark, rare = face(px=14, frames=9), face(1, "c", light_ppm=0), face(1, "c", frontal_ppm=0, frames=1)
    assert told(look(small, dark, rare))["b"][1] == ("dark", "small")


def test_with_too_many_dark_pictures_nobody_can_be_told() -> None:
    assert told(look(face(800_000, "a"), dark=3))["b"] == ("not_identifiable", ("dark",))
    assert told(look(face(800_000, "a"), dark=2))["b"] == ("absent", ())


def test_nor_where_those_of_one_camera_are_however_few() -> None:
    seen, dark = look(face(800_000, "a")), Look(0, 10, (), T, MARGIN, SMALL, 1, 1, 0, 0)
    for cameras, answer in (([[seen], [dark]], "not_identifiable"), ([[seen, dark]], "absent")):
        assert answers(PEOPLE, {"a"}, cameras, 1, Limits())["b"].answer == answer


def test_as_many_people_as_are_due_leave_it_open_but_for_clear_strangers() -> None:
    assert told(look(face(800_000, "a"), headcount=3))["b"] == ("not_identifiable", ("full",))
    assert told(look(face(800_000, "a"), STRANGER, headcount=3))["b"] == ("absent", ())


def test_a_camera_that_sees_nobody_does_not_make_the_faces_before_another_one_rare() -> None:
    small = look(face(px=14, frames=5))
    assert told(small, look())["b"] == ("not_identifiable", ("small",))
    found = answers(PEOPLE, (), [[small, look()]], 1, Limits())
    assert found["b"].answer == "absent", "of one camera all pictures count together"


def test_only_faces_within_the_time_count_and_each_by_its_share_of_it() -> None:
    later = look(face(px=14, first=100), face(800_000, "a"))
    assert told(later, within=(0, 10))["b"] == ("absent", ())
    half = Look(0, 20, name_tracks([face(px=14)], T, MARGIN), T, MARGIN, SMALL, 20, 0, 1, 500_000)
    assert told(half)["b"] == ("not_identifiable", ("small",)) and told(half, within=(10, 20))["b"][0] == "absent"


def test_in_gear_who_is_not_shown_is_covered_unless_bare_faces_or_nobody_else_say_otherwise() -> None:
    seen = look(face(800_000, "a"))
    assert told(seen, gear=HELMETS) == {
        "a": ("shown", ()), "b": ("covered", ("gear",)), "c": ("covered", ("gear",))}
    for gear in (Gear((Bare((0, 10), [[seen]]),), False), Gear((), True)):
        assert told(seen, gear=gear)["b"] == ("absent", ())


def test_faces_that_tell_nothing_in_any_bare_face_roll_call_excuse_and_those_of_helmets_do_not() -> None:
    clear, blurred = look(face(800_000, "a")), look(face(800_000, "a"), face(100_000, "c", sharp_ppm=1))
    assert told(blurred)["b"] == ("not_identifiable", ("blurred",))
    for bare in ([[blurred]], [[clear], [blurred]]):
        gear = Gear((Bare((0, 10), [[clear]]), Bare((0, 10), bare)), False)
        assert told(blurred, gear=gear)["b"] == ("not_identifiable", ("blurred",))
    away = Gear((Bare((0, 10), [[clear]]),), False)
    assert told(blurred, gear=away)["b"] == ("absent", ()), "of helmets nobody expects a face"


def test_as_many_people_as_are_due_leave_it_open_in_gear_too() -> None:
    seen = look(face(800_000, "a"), headcount=3)
    assert told(seen, gear=Gear((Bare((0, 10), [[seen]]),), False))["b"] == ("not_identifiable", ("full",))


def test_who_was_named_in_two_rooms_at_once_is_not_identifiable() -> None:
    said = told(look(face(800_000, "a")), two_rooms=("b",), gear=HELMETS)
    assert said["b"] == ("not_identifiable", ("two_rooms",)) and said["c"][0] == "covered"


@given(st.lists(st.builds(
    face, st.integers(0, 900_000), st.sampled_from([None, *PEOPLE]), st.sampled_from([None, ("b", 480_000)]),
    st.integers(1, 90), st.integers(1, 10), st.integers(0, 40)), max_size=8), st.booleans(), st.integers(0, 10))
def test_everybody_gets_one_answer_and_why_goes_with_doubt_alone(tracks: list[Track], gear: bool, dark: int) -> None:
    said = told(look(*tracks, dark=dark), gear=HELMETS if gear else None)
    assert set(said) == set(PEOPLE)
    for answer, why in said.values():
        assert bool(why) == (answer in ("not_identifiable", "covered"))


def test_headcount_is_smoothed() -> None:
    assert smoothed_headcount([]) == (0, 0)
    assert smoothed_headcount([4, 4, 9, 4, 4]) == (4, 4_000_000)
    assert smoothed_headcount([4, 5, 5, 4])[0] == 5
    assert smoothed_headcount([7]) == (7, 7_000_000)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 100), st.integers(0, 50))
def test_models_that_find_smaller_faces_reach_no_less(reach_px: int, least_px: int, percent: int, more: int) -> None:
    assert reaches(None, least_px, percent) and reaches(reach_px, least_px, 0), "nobody asks"
    if reaches(reach_px, least_px, percent):
        assert reaches(max(0, reach_px - more), least_px, percent) and reaches(reach_px, least_px + more, percent)
        assert not percent or reach_px <= least_px, "never models that find less than they name"


@pytest.mark.parametrize(("reach_px", "dark", "reach_pct", "answer"), [
    (31, 0, 67, "not_identifiable"), (22, 0, 67, "not_identifiable"), (21, 0, 67, "absent"), (None, 0, 67, "absent"),
    (31, 0, 0, "absent"), (31, 10, 67, "absent"),
])
def test_by_models_that_see_no_small_faces_nobody_is_absent(
    reach_px: int | None, dark: int, reach_pct: int, answer: str,
) -> None:
    """In one look of one camera of two."""
    front = dataclasses.replace(look(face(800_000, "a")), reach_px=18)
    short = dataclasses.replace(look(headcount=0, dark=dark), reach_px=reach_px)
    limits = Limits(reach_pct=reach_pct, dark_pct=100)
    for cameras in ([[front], [short]], [[short, front]]):
        found = answers(PEOPLE, {"a"}, cameras, 1, limits)
        why = ("reach",) if answer == "not_identifiable" else ()
        assert found["a"].answer == "shown"
        assert {found["b"], found["c"]} == {Answered(answer, why)}  # type: ignore[arg-type]


def test_what_is_seen_says_why_before_what_could_not_be_seen() -> None:
    short = dataclasses.replace(look(face(470_000, "a"), STRANGER), reach_px=31)
    assert told(short) == {"a": ("not_identifiable", ("near",)), "b": ("not_identifiable", ("reach",)),
                           "c": ("not_identifiable", ("reach",))}
    assert told(short, dark=True)["b"] == ("not_identifiable", ("dark",))
