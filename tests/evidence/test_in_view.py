"""Any pictures of a block, in gear or not: bad ones and more people convict nobody, a second look changes nothing."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evidence.bodies import Alarm, Candidate, RollCall, Track
from evidence.times import MINUTE, SECOND
from tests.evidence.course import MARGIN, SHA, THRESHOLD, TRAINEES, Course, at, picture_of

DAY = "2026-03-02"
CUTS = ("07:58", "08:25", "08:35", "09:15", "09:25", "09:42")
"""Where files begin and end: in the second and the fourth faces are bare."""
HELD = (("08:29", "08:31"), ("09:19", "09:21"))
SAMPLES, RISE = 100, 40_000
Sight = Literal["clear", "near", "small", "blurred", "turned", "dim", "mask", "away", "asleep", "out"]
FACES: Mapping[Sight, Mapping[str, int]] = {
    "clear": {}, "near": {}, "small": {"face_px": 18}, "blurred": {"sharp_ppm": 100_000}, "turned": {"frontal_ppm": 0},
    "dim": {"light_ppm": 90_000}, "mask": {"cover_ppm": 900_000}}
"""How a face is seen; of all others no face is."""
Fault = Literal["", "dark", "dusk", "faces", "short", "left out", "glare"]
DARK: Mapping[Fault, int] = {"dark": SAMPLES, "dusk": SAMPLES * 3 // 10}
"""Dark pictures."""
MINUTES = (25, 10, 30, 10, 15)
"""Of class-hours in each file."""
BARE = (1, 3)


@dataclasses.dataclass(frozen=True)
class Scene:
    """One file: how each trainee is seen, who else is in view, and what is wrong with it. In the dark and where it was
    left out nobody is seen; "dusk": three of ten pictures are dark; "faces": only these are counted; "short": of few
    pictures. `missed`: so many heads the detector does not count."""

    sights: tuple[Sight, ...]
    strangers: int = 0
    others: int = 0
    """More people without a face."""
    small: int = 0
    """More faces that tell nothing."""
    fault: Fault = ""
    missed: int = 0


@st.composite
def scenes(draw: st.DrawFn, sight: st.SearchStrategy[Sight], fault: st.SearchStrategy[Fault]) -> tuple[Scene, ...]:
    """Most people look the same in most files."""
    usual, calm = [draw(sight) for _ in TRAINEES], draw(st.booleans())
    strangers = st.just(0) if calm else st.integers(0, 1)
    return tuple(
        Scene(tuple(draw(sight) if draw(st.integers(0, 3)) == 0 else one for one in usual), draw(strangers),
              fault="" if calm else draw(fault)) for _ in CUTS[1:])


def played(made: tuple[Scene, ...], gear: bool, again: frozenset[int] = frozenset()) -> Course:
    """All signed in. `again`: files with a second roll call, which sees the same."""
    course = Course()
    course.half_day(DAY, gear=gear)
    course.order()
    for person in TRAINEES:
        course.check_in(person, f"{DAY} 07:50")
    box = course.boxes["box-1"]
    for number, scene in enumerate(made):
        filmed = course.film(
            f"{DAY} {CUTS[number]}", CUTS[number + 1], roll_call=False, segment_s=3600, run=f"r{number}")
        (segment,) = filmed.segments
        at_us = filmed.start_us + segment.end_pts_us + MINUTE
        picture = picture_of(segment)
        if scene.fault == "glare":
            picture = dataclasses.replace(picture, samples=tuple(
                dataclasses.replace(one, bright_ppm=400_000) for one in picture.samples))
        box.add("picture", picture, at_us)
        if scene.fault == "left out":
            box.add("alarm", Alarm("rollcall.unreadable", {"segment": segment.sha256}, "c-1"), at_us)
            continue
        call = RollCall(
            "c-1", segment.run, segment.sha256, "lab", SHA, "cpu", THRESHOLD, MARGIN, 32, SAMPLES, 0, 0, 0, ())
        for _ in range(1 + (number in again)):
            box.add("rollcall", seen(call, scene, segment.end_pts_us), at_us)
    for start, end in HELD if gear else ():
        course.bare_face(f"{DAY} {start}", end)
    return course


def seen(call: RollCall, scene: Scene, end_us: int) -> RollCall:
    if scene.fault == "dark":
        return dataclasses.replace(call, dark=SAMPLES, headcount_peak=0, rise_ppm=RISE, planned=SAMPLES)
    tracks = [face(person, sight, end_us)
              for person, sight in zip(TRAINEES, scene.sights, strict=True) if sight in FACES]
    tracks += [Track(0, end_us, 1000, SAMPLES, 60, Candidate("t-1", 100_000), moved_ppm=200_000)] * scene.strangers
    tracks += [Track(0, end_us, 1000, SAMPLES, 18, moved_ppm=200_000)] * scene.small
    heads, faceless = counted(scene)
    samples, dark = SAMPLES // 2 if scene.fault == "short" else SAMPLES, DARK.get(scene.fault, 0)
    return dataclasses.replace(
        call, samples=samples, dark=dark, planned=SAMPLES, headcount_max=heads, headcount_mean_ppm=heads * 1_000_000,
        headcount_peak=heads, faceless_max=faceless, faceless_peak=faceless, rise_ppm=RISE,
        still_peak=None if faceless is None else scene.sights.count("asleep"),
        tracks=tuple(dataclasses.replace(one, frames=samples - dark) for one in tracks))


def counted(scene: Scene) -> tuple[int, int | None]:
    """Heads, and those without a face: what the detector finds of them, somebody at least."""
    if scene.fault in ("dark", "left out"):
        return 0, None
    faces = sum(sight in FACES for sight in scene.sights) + scene.strangers + scene.small
    away = scene.sights.count("away") + scene.others
    heads = faces if scene.fault == "faces" else faces + away
    return min(heads, max(1, heads - scene.missed)), None if scene.fault == "faces" else max(0, away - scene.missed)


def face(person: str, sight: Sight, end_us: int) -> Track:
    """Only who is clear is like anybody."""
    best = {"clear": Candidate(person, 900_000), "near": Candidate(person, THRESHOLD - 1)}.get(
        sight, Candidate(person, 150_000))
    return dataclasses.replace(Track(0, end_us, 1000, SAMPLES, 60, best, moved_ppm=200_000), **FACES[sight])


def state(made: Course) -> str:
    found = made.r3()
    return "missing" if found.recordings else "open" if found.open_recordings else "complete"


SHOWS: st.SearchStrategy[Sight] = st.sampled_from([*FACES])
ANYHOW: st.SearchStrategy[Sight] = st.sampled_from([*FACES, "away", "asleep", "out", "out", "out"])
FAULTS: st.SearchStrategy[Fault] = st.sampled_from(["", "", "dark", "dusk", "faces", "short", "left out", "glare"])


def fails(made: tuple[Scene, ...], gear: bool) -> bool:
    """Whether so much is wrong with the files that nothing follows from whom they do not show: with one bare-face roll
    call; without gear with any file that was not looked at well, or with more of all than a good picture may have."""
    faults = [one.fault for one in made]
    if gear:
        return any(faults[number] for number in BARE)
    glare = sum(length for length, fault in zip(MINUTES, faults, strict=True) if fault == "glare")
    dark = sum(length * DARK.get(fault, 0) for length, fault in zip(MINUTES, faults, strict=True))
    return bool({"faces", "short", "left out"} & {*faults}) or glare > 25 or dark * 5 > sum(MINUTES) * SAMPLES


@st.composite
def honest(draw: st.DrawFn, gear: bool) -> tuple[Scene, ...]:
    """All are there all along. The detector misses up to two heads. More than these never show a face, or all show some
    kind of face, whenever faces are bare. But some are in no picture (in gear: of bare faces) where too much is wrong
    with the files, or as many heads as are due are counted in one of them."""
    missed, steady = draw(st.integers(0, 2)), draw(st.booleans())
    away = draw(st.one_of(st.just(0), st.integers(missed + 1, len(TRAINEES))))
    made = draw(scenes(SHOWS, FAULTS))
    first = made[0].sights
    shown = [(*(first if steady else one.sights)[:len(TRAINEES) - away], *("away",) * away) for one in made]
    made = tuple(dataclasses.replace(
        one, missed=missed, sights=("away",) * 4 if gear and number not in BARE else shown[number])
        for number, one in enumerate(made))
    lost = draw(st.sets(st.integers(0, 3), max_size=3))
    fewer = tuple(dataclasses.replace(one, sights=tuple(
        "out" if at in lost else sight for at, sight in enumerate(one.sights)))
        if number in BARE or not gear else one for number, one in enumerate(made))
    full = any(counted(one)[0] >= len(TRAINEES) for one in fewer)
    return fewer if full or fails(made, gear) else made


def files(usual: tuple[Sight, ...], bare: tuple[Sight, ...] = (), second: Fault = "", **more: int) -> tuple[Scene, ...]:
    """The same in all; or `bare` where faces are, with something wrong the second time."""
    made = [Scene(usual, **more) for _ in CUTS[1:]]
    for number in BARE if bare else ():
        made[number] = Scene(bare, fault=second if number == 3 else "", missed=more.get("missed", 0))
    return tuple(made)


HELMETS: tuple[Sight, ...] = ("away",) * 4
BUT_ONE: tuple[Sight, ...] = ("clear", "clear", "clear", "out")
TWO_AWAY: tuple[Sight, ...] = ("clear", "clear", "away", "away")
DARK_ONE = (*files(TWO_AWAY, missed=1)[1:], Scene(HELMETS, fault="dark"))
NEAR_LATER = (Scene(TWO_AWAY, missed=1), *files(("near", *TWO_AWAY[1:]), missed=1)[1:])


@settings(max_examples=60, deadline=None)
@given(st.booleans().flatmap(lambda gear: st.tuples(st.just(gear), honest(gear))))
@example((True, files(HELMETS, ("clear", "clear", "clear", "blurred"), missed=1)))
@example((True, files(HELMETS, BUT_ONE, strangers=1, missed=1)))
@example((True, files(HELMETS, BUT_ONE, "faces", missed=1)))
@example((True, files(HELMETS, BUT_ONE, "dusk", missed=1)))
@example((True, files(HELMETS, BUT_ONE, "glare", missed=1)))
@example((False, DARK_ONE))
@example((False, NEAR_LATER))
def test_no_bad_picture_ever_convicts(told: tuple[bool, tuple[Scene, ...]]) -> None:
    gear, made = told
    assert state(played(made, gear)) != "missing"


@settings(max_examples=50, deadline=None)
@given(scenes(ANYHOW, st.sampled_from(["", "", "", "faces", "short", "glare"])), st.booleans(), st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 1)), min_size=5, max_size=5))
def test_more_people_in_view_never_turn_what_is_complete_or_open_into_missing(
    made: tuple[Scene, ...], gear: bool, more: list[tuple[int, int, int]],
) -> None:
    """The first is always there: where nobody at all is in view, nothing is proved."""
    made = tuple(dataclasses.replace(one, sights=("clear", *one.sights[1:])) for one in made)
    fuller = tuple(
        dataclasses.replace(one, others=others, small=small, strangers=one.strangers + strangers)
        for one, (others, small, strangers) in zip(made, more, strict=True))
    before = state(played(made, gear))
    assert before == "missing" or state(played(fuller, gear)) != "missing"


@settings(max_examples=25, deadline=None)
@given(scenes(ANYHOW, FAULTS), st.booleans(), st.frozensets(st.integers(0, 4)))
def test_a_second_roll_call_of_the_same_files_changes_nothing(
    made: tuple[Scene, ...], gear: bool, again: frozenset[int],
) -> None:
    def told(course: Course) -> list[object]:
        return [state(course), *(
            ([(one.answer, one.why) for one in unit.presences], unit.headcount_due, unit.bareface_heads, unit.mean_ppm)
            for unit in (*course.story().blocks, *course.story().hours))]

    assert told(played(made, gear, again)) == told(played(made, gear))


def test_a_visitor_for_some_minutes_takes_nothing_from_who_never_shows_a_face() -> None:
    quiet = (Scene(("clear", "out", "away", "out")),) * 5
    visited = (dataclasses.replace(quiet[0], strangers=1), *quiet[1:])
    for made in (quiet, visited):
        last = played(made, False).story().blocks[0].presences[2]
        assert (last.answer, last.why) == ("not_identifiable", ("turned",)) and state(played(made, False)) == "open"


def test_the_courses_of_these_properties_have_all_three_ends() -> None:
    """Bare faces and helmets, and somebody who is not there."""
    for gear in (True, False):
        helmets = Scene(("away", "away", "away", "out")) if gear else Scene(("clear", "clear", "clear", "out"))
        bare = Scene(("clear", "clear", "clear", "out"))
        assert state(played((helmets, bare, helmets, bare, helmets), gear)) == "missing"
        blurred = Scene(("clear", "clear", "clear", "blurred"))
        assert state(played((helmets, bare, helmets, blurred, helmets), gear)) == "open"
        whole = Scene(("clear",) * 4)
        assert state(played((helmets, bare, helmets, whole, helmets), gear)) == "complete"


def denser(before_s: int, seen_before: int, seen: int, stranger: tuple[int, int], mean_ppm: int) -> Course:
    """In gear, all four are there, and for a minute each time faces are bare, in four times as many pictures: two are
    clear; one is too far off, in `seen` of the 120 pictures, and already found under the helmet (`before_s` before it,
    in `seen_before`); of one no face is seen. `stranger`: the frames of one more, and seconds in which they are."""
    course = Course()
    course.half_day(DAY, gear=True)
    course.order()
    for person in TRAINEES:
        course.check_in(person, f"{DAY} 07:50")
    box, every_us = course.boxes["box-1"], 2 * SECOND
    for number in range(len(CUTS) - 1):
        filmed = course.film(
            f"{DAY} {CUTS[number]}", CUTS[number + 1], roll_call=False, segment_s=3600, run=f"r{number}")
        (segment,) = filmed.segments
        at_us, samples = filmed.start_us + segment.end_pts_us + MINUTE, segment.end_pts_us // every_us
        tracks: tuple[Track, ...] = ()
        box.add("picture", picture_of(segment), at_us)
        if number in BARE:
            first = at(f"{DAY} {HELD[BARE.index(number)][0]}") - filmed.start_us
            tracks, samples = bare_faces(first, before_s, seen_before, seen, stranger), samples + 90
        box.add("rollcall", RollCall(
            "c-1", segment.run, segment.sha256, "lab", SHA, "cpu", THRESHOLD, MARGIN, 32, samples, 0, 3, mean_ppm,
            tracks, planned=samples, headcount_peak=3, faceless_max=3, faceless_peak=3, still_peak=0, rise_ppm=RISE,
            every_us=every_us), at_us)
    for start, _ in HELD:
        course.bare_face(f"{DAY} {start}", f"{start[:3]}{int(start[3:]) + 1:02}")
    return course


def bare_faces(
    first_us: int, before_s: int, seen_before: int, seen: int, stranger: tuple[int, int],
) -> tuple[Track, ...]:
    last_us, moved = first_us + MINUTE - 1, 200_000
    clear = [Track(first_us, last_us, first_us + SECOND, 120, 60, Candidate(person, 900_000), moved_ppm=moved)
             for person in TRAINEES[:2]]
    frames, seconds = stranger
    small = Track(first_us - before_s * SECOND, last_us, first_us, seen_before + seen, 18, moved_ppm=moved)
    passing = Track(first_us, first_us + max(1, seconds * SECOND), first_us, frames, 60, Candidate("t-1", 100_000),
                    moved_ppm=moved)
    return (*clear, *([small] if seen else []), *([passing] if frames else []))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 170).flatmap(lambda before: st.tuples(st.just(before), st.integers(before // 6, before // 2))),
       st.integers(60, 120), st.integers(2_000_000, 3_000_000))
@example((120, 20), 90, 2_400_000)
@example((170, 28), 60, 2_000_000)
def test_no_denser_pictures_of_bare_faces_ever_convict_who_is_seen_in_half_of_them(
    before: tuple[int, int], seen: int, mean_ppm: int,
) -> None:
    """Before, in a third of the pictures at least."""
    assert state(denser(*before, seen, (0, 0), mean_ppm)) == "open"


@pytest.mark.parametrize(("stranger", "mean_ppm"), [
    ((0, 0), 3_000_000), ((120, 60), 4_000_000), ((30, 15), 3_250_000), ((60, 30), 3_500_000)])
def test_a_stranger_in_denser_pictures_of_bare_faces_is_one_person(stranger: tuple[int, int], mean_ppm: int) -> None:
    """Two are named, one is a stranger, for all or some of it, and of one more no face is seen: no stranger counts for
    four."""
    assert state(denser(0, 0, 0, stranger, mean_ppm)) == "open"
