"""Black, covered, frozen, looped: what breaks, from when to when, and above all what does not."""
from __future__ import annotations

import dataclasses
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Likeness, PictureSample
from evidence.looped import NEIGHBOURS, Earlier, _around, looped
from evidence.picture import Look, Seen, _without, apart, cells, relief, seen
from evidence.times import SECOND
from tests.evidence.looking import (
    CELLS,
    EVERY_US,
    ROOM,
    RULES,
    black,
    covered,
    live,
    look,
    name,
    people,
    sample,
    text,
)

KINDS = st.sampled_from(["live", "black", "covered", "still"])


def of(kind: str, at: int) -> PictureSample:
    at_us = at * EVERY_US
    made = {"live": lambda: sample(at_us, people(3, at)), "black": lambda: black(at_us),
            "covered": lambda: covered(at_us), "still": lambda: sample(at_us, ROOM, 100)}
    return made[kind]()


def told(samples: list[PictureSample]) -> list[tuple[str, int, int]]:
    """What, from which sample to before which."""
    return [(one.what, one.start_us // EVERY_US, one.end_us // EVERY_US) for one in seen([look(samples)], RULES)]


def test_black_and_covered_break_from_their_first_sample_to_the_next_good_one() -> None:
    for make in (black, covered):
        samples = live(20)
        samples[5:9] = [make(at * EVERY_US) for at in range(5, 9)]
        assert told(samples) == [(make.__name__, 5, 9)]
        samples[9:] = [make(at * EVERY_US) for at in range(9, 20)]
        assert told(samples) == [(make.__name__, 5, 20)]


def test_a_hand_that_passes_breaks_nothing_and_one_that_flickers_is_one_span() -> None:
    samples = live(20)
    samples[5:7] = [covered(at * EVERY_US) for at in (5, 6)]
    assert told(samples) == []
    samples[5:10] = [(black if at == 7 else covered)(at * EVERY_US) for at in range(5, 10)]
    assert told(samples) == [("covered", 5, 10)]


def test_a_dark_room_with_a_bright_screen_is_not_black() -> None:
    screen = [3000 if 50 < cell < 60 else 60 for cell in range(CELLS)]
    samples = [sample(at * EVERY_US, screen, 9_000, luma_ppm=60_000, contrast_ppm=110_000) for at in range(20)]
    assert told(samples) == []


def test_one_picture_again_and_again_is_frozen_and_a_still_room_is_not() -> None:
    still_room = [sample(at * EVERY_US, ROOM, 1_600) for at in range(60)]
    assert told(still_room) == []
    frozen = live(30)
    frozen[10:20] = [sample(at * EVERY_US, ROOM, 20_000 if at == 10 else 300) for at in range(10, 20)]
    assert told(frozen) == [("frozen", 10, 20)]
    short = live(30)
    short[10:15] = [sample(at * EVERY_US, ROOM, 20_000 if at == 10 else 300) for at in range(10, 15)]
    assert told(short) == []


def test_what_nobody_compared_is_neither_proof_nor_excuse() -> None:
    frozen = [sample(at * EVERY_US, ROOM, None if at % 12 == 0 else 100) for at in range(36)]
    assert told(frozen) == [("frozen", 0, 36)]
    unknown = [sample(at * EVERY_US, ROOM, None) for at in range(36)]
    assert told(unknown) == []
    drifting = [sample(at * EVERY_US, [cell + at for cell in ROOM], 100) for at in range(36)]
    assert all(end - start <= 10 for _, start, end in told(drifting))


def test_an_arc_smoke_and_a_soft_lens_are_marked_and_break_nothing() -> None:
    arc = live(30)
    arc[5:20] = [dataclasses.replace(one, bright_ppm=900_000, contrast_ppm=9_000) for one in arc[5:20]]
    haze = live(30)
    haze[5:12] = [dataclasses.replace(one, contrast_ppm=70_000, detail_ppm=1_500) for one in haze[5:12]]
    soft = live(30)
    soft[5:12] = [dataclasses.replace(one, detail_ppm=1_200) for one in soft[5:12]]
    assert told(arc) == [("glare", 5, 20)]
    assert told(haze) == [("smoke", 5, 12)]
    assert told(soft) == [("defocus", 5, 12)]
    assert not any(one.breaks for film in (arc, haze, soft) for one in seen([look(film)], RULES))


def test_an_arc_before_which_the_camera_closes_its_iris_is_glare_and_a_date_on_black_is_no_arc() -> None:
    for make in (black, covered):
        arc, date = ([dataclasses.replace(make(at * EVERY_US), change_ppm=9_000, bright_ppm=1_400, core_ppm=core)
                      for at in range(20)]
                     for core in (110, 25))
        assert told(arc) == [("glare", 0, 20)] and not any(one.breaks for one in seen([look(arc)], RULES))
        assert told(date) == [(make.__name__, 0, 20)]
    lamp = [dataclasses.replace(one, core_ppm=2_000) for one in live(20)]
    assert told(lamp) == []


@settings(deadline=None)
@given(st.lists(KINDS, max_size=60))
def test_spans_lie_within_the_part_last_and_never_overlap(kinds: list[str]) -> None:
    samples = [of(kind, at) for at, kind in enumerate(kinds)]
    found = [one for one in seen([look(samples)], RULES) if one.breaks]
    ends = [0, *(at for one in found for at in (one.start_us, one.end_us)), len(samples) * EVERY_US]
    assert ends == sorted(ends)
    for one in found:
        within = [kind for kind, at in zip(kinds, samples, strict=True) if one.start_us <= at.at_us < one.end_us]
        assert "live" not in within[1:] and len(within) >= 2
        if one.what != "frozen":
            assert set(within) <= {"black", "covered"} and one.end_us - one.start_us >= 15 * SECOND


@settings(deadline=None)
@given(st.lists(KINDS, min_size=1, max_size=40), st.integers(1, 39))
def test_it_does_not_matter_where_segments_are_cut(kinds: list[str], at: int) -> None:
    samples = [of(kind, number) for number, kind in enumerate(kinds)]
    whole = look(samples)
    cut_us = at * EVERY_US
    halves = [look(samples[:at], end_us=cut_us), look(samples[at:], first_us=cut_us, end_us=whole.end_us)]
    parts = halves if 0 < at < len(samples) else [whole]
    assert seen(parts, RULES) == seen([whole], RULES)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4080), min_size=CELLS, max_size=CELLS))
def test_a_thumb_is_read_as_it_was_written(made: list[int]) -> None:
    assert list(cells(text(made))) == made and apart(made, made) == 0
    assert relief([1000] * CELLS) == 0 and relief([10 * (cell % 16) for cell in range(CELLS)]) == 0


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12)


@given(SPANS, SPANS)
def test_what_is_taken_is_taken_from_every_span(spans: list[tuple[int, int]], taken: list[tuple[int, int]]) -> None:
    found, less = ([Seen("glare", at, at + length) for at, length in one] for one in (spans, taken))
    gone = {at for one in less for at in range(one.start_us, one.end_us)}
    left = sorted(at for one in _without(found, less) for at in range(one.start_us, one.end_us))
    assert left == sorted(at for one in found for at in range(one.start_us, one.end_us) if at not in gone)


# --- looped


def repeated(part: list[Look], *others: Look) -> list[tuple[int, int]]:
    """The looped spans of a part, in samples."""
    return [(one.start_us // EVERY_US, one.end_us // EVERY_US) for one in
            looped(part, Earlier([*others, *part]), RULES) if one.breaks]


def test_the_same_bytes_again_are_looped_and_their_first_time_is_not() -> None:
    names = [name(number % 12) for number in range(36)]
    assert repeated([look(live(36), names)]) == [(12, 36)]
    yesterday = look(live(36), names[:12] + [name(("new", n)) for n in range(24)], run="r-0", wall_us=-86_400 * SECOND)
    today = look(live(12), names[:12])
    assert repeated([today], yesterday) == [(0, 12)] and repeated([yesterday], today) == []


def test_two_boxes_that_film_with_one_camera_loop_nothing() -> None:
    names = [name(number) for number in range(30)]
    one, other = look(live(30), names), look(live(30), names, run="r-2", device="box-2", wall_us=2 * SECOND)
    assert repeated([one], other) == [] and repeated([other], one) == []


def test_two_keyframes_that_come_again_prove_nothing() -> None:
    names = [name(number) for number in range(30)]
    names[20:22] = names[3:5]
    assert repeated([look(live(30), names)]) == []


def test_a_clip_of_two_keyframes_for_ever_is_looped() -> None:
    names = [name(number % 2) for number in range(60)]
    assert repeated([look(live(60), names)]) == [(2, 60)]
    assert repeated([look(live(60), names[:9] + [name(("new", n)) for n in range(51)])]) == []


def test_a_screen_that_repeats_itself_before_people_who_sit_still_is_only_marked() -> None:
    """A sixth of the picture; the rest is still, so only the screen can be seen to come again."""
    chance = random.Random(3)
    slides = [[chance.randrange(300, 3500) for _ in range(24)] for _ in range(12)]
    samples = []
    for at in range(48):
        thumb = [cell + chance.randint(-6, 6) for cell in ROOM]
        for number, value in enumerate(slides[at % 12]):
            thumb[17 + number % 6 + 16 * (number // 6)] = value
        samples.append(sample(at * EVERY_US, thumb))
    part = [look(samples, like=Likeness("r-1", 12 * EVERY_US))]
    found = seen(part, RULES, looped(part, Earlier(part), RULES))
    assert {one.what for one in found} == {"looped_like"} and not any(one.breaks for one in found)


CROWD = 14
"""So many people who walk about move more than a quarter of the picture."""


def again(count: int, of_passes: int, noise: int, seed: int = 5) -> list[PictureSample]:
    """A clip of so many moving pictures, encoded anew each time it is shown: cells differ by up to `noise`."""
    chance = random.Random(seed)
    made = []
    for at in range(count * of_passes):
        thumb = [cell + chance.randint(-noise, noise) for cell in people(seed, at % count, CROWD)]
        made.append(sample(at * EVERY_US, thumb))
    return made


def test_a_clip_that_is_encoded_again_is_looped() -> None:
    samples = again(12, 3, 12)
    shift = 12 * EVERY_US
    part = [look(samples[:12]), *(look(samples[at:at + 12], first_us=at * EVERY_US, like=Likeness("r-1", shift))
                                  for at in (12, 24))]
    assert repeated(part) == [(12, 36)]


def test_a_clip_of_another_day_is_looped_even_when_half_of_its_pictures_fall_elsewhere() -> None:
    first, second = again(24, 1, 12, seed=8), again(24, 1, 12, seed=8)
    for at in range(0, 24, 2):
        second[at] = sample(at * EVERY_US, people(9, at))
    monday = look(first, run="r-0", wall_us=-86_400 * SECOND)
    assert repeated([look(second, like=Likeness("r-0", 0))], monday) == [(1, 24)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([12, 13, 20]))
def test_a_class_is_never_looped_whatever_it_is_said_to_resemble(seed: int, lag: int) -> None:
    samples = live(50, seed)
    part = [look(samples, like=Likeness("r-1", lag * EVERY_US))]
    assert repeated(part) == []


def test_a_still_room_a_lamp_and_a_machine_among_people_are_not_looped() -> None:
    chance = random.Random(2)
    still = [sample(at * EVERY_US, [cell + chance.randint(-6, 6) for cell in ROOM]) for at in range(120)]
    lamp = [sample(at * EVERY_US, [cell + 600 * chance.randint(0, 1) for cell in [ROOM[0]]] + ROOM[1:])
            for at in range(120)]
    flash = [sample(at * EVERY_US, [cell + 600 * (at % 16 == 3) for cell in ROOM]) for at in range(120)]
    machine = [sample(at * EVERY_US, [3000 if cell % 16 == at % 16 else was for cell, was in enumerate(people(4, at))])
               for at in range(120)]
    for film in (still, lamp, flash, machine):
        assert repeated([look(film, like=Likeness("r-1", 16 * EVERY_US))]) == []


def test_a_claim_is_only_a_hint() -> None:
    samples = live(40)
    for like in (Likeness("r-9", 0), Likeness("r-1", 0), Likeness("r-1", -60 * EVERY_US), Likeness("r-1", 2**52)):
        assert repeated([look(samples, like=like)]) == []


@pytest.mark.parametrize("what", ["black", "frozen"])
def test_what_shows_nothing_is_not_called_looped(what: str) -> None:
    make = {"black": black, "frozen": lambda at_us: sample(at_us, ROOM, 0)}[what]
    samples = [make(at * EVERY_US) for at in range(36)]
    part = [look(samples, [name(number % 4) for number in range(36)])]
    found = seen(part, RULES, looped(part, Earlier(part), RULES))
    assert found == (Seen(what, 0, 36 * EVERY_US),)  # type: ignore[arg-type]


@given(st.sets(st.integers(0, 200), min_size=1, max_size=90), st.integers(0, 89), st.integers(0, 90))
def test_the_samples_around_one_come_in_order_of_their_distance(moments: set[int], which: int, around: int) -> None:
    times = sorted(moments)
    at = which % len(times)
    near = [other for other in range(len(times)) if other != at and abs(times[other] - times[at]) <= around]
    near.sort(key=lambda other: abs(times[other] - times[at]))
    assert list(_around(times, at, around)) == near[:NEIGHBOURS]


def test_what_is_remembered_of_thumbs_is_small() -> None:
    """Every process that folds pictures, or measures them, remembers a few thousand: were each cell an object, that
    would be some 2 MB for each class-hour."""
    most, some = cells.cache_info().maxsize, 300
    assert most is not None
    texts = [text((number + 17 * at) % 4080 for at in range(CELLS)) for number in range(some)]
    cells.cache_clear()
    tracemalloc.start()
    try:
        for one in texts:
            cells(one)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert cells.cache_info().currsize == some and taken / some * most < 3_000_000
