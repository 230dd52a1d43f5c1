"""Whether a name holds over a time: many looks at a stranger, somebody who is there, pictures that never move."""
from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Candidate, RollCall, Track
from evidence.naming import STILL_US, doubts, without_names
from evidence.rollcall import Limits, Look, Named, answers, name_tracks
from evidence.times import MINUTE, SECOND, utc_us
from tests.evidence.course import TRAINEES, Course, picture_of, roll_call_of

T, MARGIN, RISE = 400_000, 50_000, 40_000
DAY = "2026-03-02"


def look(minute: int, *scores: tuple[str, int], rise: int | None = RISE, moved: int | None = 200_000) -> Look:
    """A minute in which each (person, score) is one face, in view all along."""
    start_us = minute * MINUTE
    tracks = [Track(start_us, start_us + MINUTE - 1, start_us + at, 30, 60, Candidate(person, score), moved_ppm=moved)
              for at, (person, score) in enumerate(scores)]
    return Look(start_us, start_us + MINUTE, name_tracks(tracks, T, MARGIN), T, MARGIN, 32, 30, 0, len(tracks),
                len(tracks) * 1_000_000, rise_ppm=rise)


def told(*looks: Look, limits: Limits | None = None) -> dict[str, str]:
    return dict(doubts([looks], limits or Limits()))


NOBODY = ("p", 300_000)


def test_a_single_look_names_whom_it_always_named() -> None:
    assert told(look(0, ("a", T), NOBODY)) == {}


def test_of_many_looks_one_that_is_barely_enough_is_not() -> None:
    assert told(look(0, ("a", T)), look(1, NOBODY)) == {"a": "few"}
    surely = T + math.ceil(RISE * math.log(5 * 2))
    assert told(look(0, ("a", surely)), look(1, NOBODY)) == {}
    assert told(look(0, ("a", surely)), *(look(at, NOBODY) for at in range(1, 9))) == {"a": "few"}


def test_two_looks_add_up_if_they_are_of_different_minutes() -> None:
    half = T + math.ceil(RISE * math.log(5 * 10) / 2)
    others = [look(at, NOBODY) for at in range(2, 10)]
    assert told(look(0, ("a", half)), look(1, ("a", half)), *others) == {}
    assert told(look(0, ("a", half)), look(1, NOBODY), *others) == {"a": "few"}
    twice = dataclasses.replace(look(0, ("a", half)), named=(*look(0, ("a", half)).named, *look(0, ("a", half)).named))
    assert told(twice, look(1, NOBODY), *others) == {"a": "few"}


def test_who_is_named_otherwise_takes_nothing_from_anybody() -> None:
    assert told(look(0, ("a", T)), *(look(at, ("b", 800_000)) for at in range(1, 30))) == {}


def test_records_that_do_not_say_how_rare_strangers_are_need_two_looks() -> None:
    old = [look(at, NOBODY, rise=None) for at in range(2, 9)]
    assert told(look(0, ("a", 900_000), rise=None), *old) == {"a": "few"}
    assert told(look(0, ("a", T), rise=None), look(1, ("a", T), rise=None), *old) == {}
    assert told(look(0, ("a", T), rise=0), look(1, ("a", T), rise=0), *old) == {}


def test_a_record_that_does_not_say_how_rare_strangers_are_neither_loosens_nor_spoils_those_that_do() -> None:
    others = [look(at, NOBODY) for at in range(2, 99)]
    assert told(look(0, ("a", T), rise=None), look(1, ("a", T)), *others) == {"a": "few"}
    surely = T + math.ceil(RISE * math.log(5 * 99))
    assert told(look(0, ("a", surely)), look(0, ("a", surely + 1), rise=None), *others) == {}
    assert told(look(0, ("a", surely)), look(0, ("a", T), rise=None), *others) == {}


def test_a_second_roll_call_of_the_same_minute_is_no_second_look() -> None:
    others = [look(at, NOBODY, rise=None) for at in range(2, 9)]
    once_more = look(0, ("a", 900_000), rise=None)
    assert told(once_more, once_more, *others) == {"a": "few"}


def test_two_cameras_are_two_looks_at_one_minute() -> None:
    half = T + math.ceil(RISE * math.log(5 * 3) / 2)
    one, two = look(0, ("a", half)), look(0, ("a", half))
    assert doubts([[one, look(1, NOBODY)], [two]], Limits()) == {}
    assert doubts([[one, two, look(1, NOBODY), look(2, NOBODY)]], Limits()) == {"a": "few"}


def test_only_what_is_seen_within_the_time_counts() -> None:
    looks = [look(0, ("a", T)), *(look(at, NOBODY) for at in range(1, 9))]
    assert doubts([looks], Limits(), (0, MINUTE)) == {}
    assert doubts([looks], Limits(), (0, 2 * MINUTE)) == {"a": "few"}


SCORES = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(300_000, 800_000)), max_size=3), min_size=1, max_size=8)


@given(SCORES, st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order(minutes: list[list[tuple[str, int]]], shuffle: random.Random) -> None:
    looks = [look(at, *scores) for at, scores in enumerate(minutes)]
    mixed = list(looks)
    shuffle.shuffle(mixed)
    assert told(*mixed) == told(*looks)


@given(SCORES, st.integers(1, 50))
def test_more_looks_at_faces_without_a_name_prove_nobody(minutes: list[list[tuple[str, int]]], more: int) -> None:
    looks = [look(at, *scores) for at, scores in enumerate(minutes)]
    before, after = told(*looks), told(*looks, *(look(20 + at, NOBODY) for at in range(more)))
    assert before.items() <= after.items()


@given(SCORES, st.integers(1, 200_000))
def test_who_is_more_alike_in_the_same_looks_is_not_doubted(minutes: list[list[tuple[str, int]]], by: int) -> None:
    looks = [look(at, *scores) for at, scores in enumerate(minutes)]
    surer = [dataclasses.replace(one, named=tuple(_surer(item, by) for item in one.named)) for one in looks]
    assert told(*surer).items() <= told(*looks).items()


def _surer(item: Named, by: int) -> Named:
    best = item.track.best
    if item.person is None or best is None:
        return item
    better = dataclasses.replace(best, score_ppm=best.score_ppm + by)
    return Named(dataclasses.replace(item.track, best=better), item.person)


@given(SCORES)
def test_a_name_that_does_not_hold_makes_nobody_shown_and_nobody_absent(minutes: list[list[tuple[str, int]]]) -> None:
    looks = [look(at, *scores) for at, scores in enumerate(minutes)]
    doubted = doubts([looks], Limits())
    held = [without_names(one, doubted) for one in looks]
    shown = {item.person for one in held for item in one.named if item.person}
    assert shown.isdisjoint(doubted)
    said = answers("abc", shown, [held], 0, Limits())
    for person, why in doubted.items():
        assert said[person].answer == "not_identifiable" and why in said[person].why


def test_a_stranger_of_many_looks_is_named_by_the_rule_as_seldom_as_one_in_a_hundred() -> None:
    """Looks that do not depend on each other, each with one stranger in twenty above the threshold, and beyond it e
    times fewer every `rise_ppm`: as the threshold is set."""
    dice, strangers, minutes = random.Random(7), 400, 30
    any_look = held = 0
    for _ in range(strangers):
        looks = [look(at, (f"p{dice.randrange(40)}", T + round(dice.expovariate(1 / RISE)))
                      if dice.random() < 0.05 else NOBODY) for at in range(minutes)]
        named = {item.person for one in looks for item in one.named if item.person}
        any_look += bool(named)
        held += bool(named - doubts([looks], Limits()).keys())
    assert any_look > 0.7 * strangers and held <= 0.02 * strangers


STILL = Limits().still_ppm - 1


def test_a_picture_that_never_moves_is_nobody_however_alike() -> None:
    poster = [look(at, ("a", 900_000), moved=STILL) for at in range(3)]
    assert told(*poster) == {"a": "still"}
    assert told(*poster, limits=Limits(still_ppm=0)) == {}
    said = answers("ab", (), [[without_names(one, {"a": "still"}) for one in poster]], 1, Limits())
    assert (said["a"].answer, said["a"].why) == ("not_identifiable", ("still",)) and said["b"].answer == "absent"


def test_whoever_moved_now_and_then_is_no_picture() -> None:
    asleep = [look(at, ("a", 900_000), moved=STILL) for at in range(9)]
    assert told(*asleep, look(9, ("a", 900_000), moved=STILL + 1)) == {}
    jitter = [look(at, ("a", 900_000), moved=STILL) for at in range(20)]
    assert told(*jitter, look(20, ("a", 900_000), moved=STILL + 1)) == {"a": "still"}


def test_a_minute_is_counted_once_however_many_roll_calls_and_cameras_saw_it() -> None:
    minute, more = look(0, ("a", 900_000), moved=STILL), look(1, ("a", 900_000), moved=STILL)
    track = more.named[0].track
    five_s = dataclasses.replace(more, named=(Named(
        dataclasses.replace(track, last_us=track.first_us + 5 * SECOND), "a"),))
    assert told(minute, five_s) == told(minute, five_s, minute, five_s) == {}
    assert doubts([[minute, five_s], [minute, five_s]], Limits()) == {}
    assert told(minute, more, look(2, ("a", 900_000), moved=STILL)) == {"a": "still"}


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(300_000, 800_000)), max_size=3),
                min_size=1, max_size=8),
       st.lists(st.sampled_from([None, 0, STILL, STILL + 1]), min_size=8, max_size=8),
       st.lists(st.sampled_from([None, RISE]), min_size=8, max_size=8), st.sets(st.integers(0, 7)))
def test_a_second_roll_call_of_the_same_files_changes_nothing(
    minutes: list[list[tuple[str, int]]], moved: list[int | None], rises: list[int | None], again: set[int],
) -> None:
    looks = [look(at, *scores, moved=moved[at], rise=rises[at]) for at, scores in enumerate(minutes)]
    assert told(*looks, *(one for at, one in enumerate(looks) if at in again)) == told(*looks)


@pytest.mark.parametrize("moved", [None, STILL])
def test_who_was_not_measured_or_seen_for_a_moment_is_no_picture(moved: int | None) -> None:
    short = look(0, ("a", 900_000), moved=moved)
    assert told(short) == {} and short.end_us - short.start_us < STILL_US
    assert told(*(look(at, ("a", 900_000), moved=None) for at in range(9))) == {}


def course(*absent: tuple[int, Track], frozen: int | None = None) -> Course:
    """Everybody signed in; t-4 is in no picture but as these tracks, by number of the segment; a stranger is in all.
    `frozen`: a segment whose picture stands still."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    filmed = made.film(f"{DAY} 07:58", "09:42", roll_call=False, pictured=False)
    for number, segment in enumerate(filmed.segments):
        inside = segment.first_pts_us, segment.end_pts_us
        call = roll_call_of(segment, TRAINEES[:3], inside, headcount=4)
        stranger = Track(*inside, inside[0], 50, 80, Candidate("t-1", 100_000))
        more = [_at(segment.first_pts_us, track) for at, track in absent if at == number]
        picture = picture_of(segment)
        if number == frozen:
            picture = dataclasses.replace(picture, samples=tuple(
                dataclasses.replace(one, change_ppm=100) for one in picture.samples))
        made.boxes["box-1"].add("picture", picture, filmed.start_us + segment.end_pts_us + SECOND)
        made.boxes["box-1"].add("rollcall", _with(call, stranger, *more), filmed.start_us + segment.end_pts_us + SECOND)
    return made


def _with(call: RollCall, *tracks: Track) -> RollCall:
    return dataclasses.replace(call, tracks=(*call.tracks, *tracks), rise_ppm=RISE)


def _at(first_us: int, track: Track) -> Track:
    return dataclasses.replace(track, first_us=first_us + track.first_us, last_us=first_us + track.last_us,
                               shown_us=first_us + track.shown_us)


def once(score: int, moved: int | None = None) -> Track:
    return Track(0, 8 * MINUTE, MINUTE, 50, 80, Candidate("t-4", score), moved_ppm=moved)


def test_a_block_does_not_show_whom_a_stranger_resembled_once() -> None:
    made = course((3, once(T + 20_000)))
    last = made.story().blocks[0].presences[3]
    assert (last.answer, last.why, last.sightings) == ("not_identifiable", ("few",), ())
    assert made.r3().recordings == () and made.r3().open_recordings == (f"{DAY}-am",)
    hours = {hour.presences[3].answer for hour in made.story().hours}
    assert "shown" not in hours


def test_a_block_shows_who_was_there_twice() -> None:
    made = course((3, once(T + 150_000)), (7, once(T + 150_000)))
    assert made.story().blocks[0].presences[3].answer == "shown" and made.r3().open_recordings == ()


def at_edge(shown_us: int, length_us: int) -> Track:
    """A face that is surely t-4, from the beginning of a segment on."""
    return Track(0, max(shown_us, length_us), shown_us, 50, 80, Candidate("t-4", 900_000))


@given(st.sampled_from([0, 5, 10]), st.integers(0, 10 * MINUTE - 1), st.integers(0, 10 * MINUTE - 1))
@settings(max_examples=25, deadline=None)
def test_a_time_shows_somebody_by_a_moment_inside_of_it_alone(number: int, shown_us: int, length_us: int) -> None:
    """Segment 0 begins before the block, 10 ends after it, 5 lies across two class-hours."""
    if number == 10:
        shown_us, length_us = shown_us * 2 // 5, length_us * 2 // 5
    story = course((number, at_edge(shown_us, length_us))).story()
    first_us = utc_us(f"{DAY}T00:00:00.000000Z") - 2 * MINUTE + number * 10 * MINUTE
    last_us, moment = first_us + max(shown_us, length_us), first_us + shown_us
    for unit in (*story.blocks, *story.hours):
        presence, span = unit.presences[3], unit.span
        inside, reaches = (span.start_us <= moment < span.end_us), first_us < span.end_us and span.start_us <= last_us
        assert (presence.answer == "shown") == inside and bool(presence.sightings) == inside
        if reaches and not inside:
            assert (presence.answer, presence.why) == ("not_identifiable", ("beside",))


def test_who_is_seen_best_just_before_is_told_and_left_open() -> None:
    made = course((0, at_edge(MINUTE, 9 * MINUTE)))
    finding = made.r3()
    assert finding.recordings == () and finding.open_recordings == (f"{DAY}-am",)
    assert "unseen_beside" in {one.code for one in finding.reasons}
    assert made.story().blocks[0].headcount_due == 4, "a head all the same"


def test_a_name_given_outside_speaks_for_no_name_inside() -> None:
    barely = T + math.ceil(RISE * math.log(5 * 12) / 2)
    once_more = dataclasses.replace(once(barely), shown_us=0)
    assert course((0, once_more), (5, once(barely))).story().blocks[0].presences[3].why == ("few",)
    assert course((1, once_more), (5, once(barely))).story().blocks[0].presences[3].answer == "shown"


def test_what_an_old_picture_shows_speaks_for_no_name() -> None:
    looks = (3, once(T + 20_000)), (7, once(900_000))
    assert course(*looks).story().blocks[0].presences[3].answer == "shown"
    last = course(*looks, frozen=7).story().blocks[0].presences[3]
    assert (last.answer, last.why) == ("not_identifiable", ("few",))


def test_a_block_does_not_show_a_photograph_on_a_chair() -> None:
    made = course(*((at, once(900_000, 10_000)) for at in range(10)))
    last = made.story().blocks[0].presences[3]
    assert (last.answer, last.why) == ("not_identifiable", ("still",))


def test_whom_a_person_points_out_is_shown_all_the_same() -> None:
    made = course((3, once(T + 20_000)))
    filmed = made.film(f"{DAY} 07:58", "08:10", ("t-1",), camera="other")
    made.point_out("t-4", filmed, f"{DAY} 08:05")
    assert made.story().blocks[0].presences[3].answer == "shown"

