"""Whole courses: ten sessions on video, roll calls of a real box, fold and R3. Flags are exactly the truth."""
from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from edge.rollcall.frames import frames, plan_frames
from edge.video import open_video
from edge.vision.pack import Pack, Person
from tests.edge.rollcall.classroom import Course, Head, write_class
from tests.edge.rollcall.marked import MarkedPack, head, vector

SESSIONS, LIMIT = 10, 3
PEOPLE = {f"p-{mark}": mark for mark in range(1, 7)}
TEACHER = {"teacher": 7}
"""In view in every session: else nobody could say of an empty room whether the camera looks elsewhere."""
How = Literal["away", "gone", "early", "late", "unsigned"]
"""Away: neither signed in nor in view. Gone: signed in, never in view. Early, late: in view in the first or last fifth
only. Unsigned: in view, without a sign-in. The first two are misses."""
Schedule = Mapping[tuple[int, str], How]
IN_VIEW: dict[How, tuple[float, float]] = {"early": (0.0, 0.2), "late": (0.8, 1.0), "unsigned": (0.0, 1.0)}

schedules = st.dictionaries(
    st.tuples(st.integers(0, SESSIONS - 1), st.sampled_from(sorted(PEOPLE))),
    st.sampled_from(["away", "gone", "away", "gone", "early", "late", "unsigned"]), max_size=7)


def play(course: Course, people: Collection[str], schedule: Schedule) -> list[str]:
    """Hold every session; the ids of their blocks."""
    ids = []
    for session in range(SESSIONS):
        how = {person: schedule.get((session, person)) for person in people}
        in_view = {person: IN_VIEW[one] if one else (0.0, 1.0)
                   for person, one in how.items() if one not in ("away", "gone")}
        ids.append(course.hold(in_view, [person for person, one in how.items() if one not in ("away", "unsigned")]))
    return ids


def assert_flags_are_the_truth(course: Course, ids: list[str], schedule: Schedule) -> None:
    missed = {where for where, how in schedule.items() if how in ("away", "gone")}
    sessions = sorted({session for session, _ in missed})
    found = course.r3()
    assert found.recordings == tuple(ids[session] for session in sessions)
    assert found.open_recordings == ()
    assert set(found.trainees) == {person for _, person in missed}
    assert (found.verdict, found.flag) == (("flag", True) if len(sessions) >= LIMIT else ("clear", False))
    blocks = course.story().blocks
    assert [block.id for block in blocks] == ids
    assert missed == {(session, one.person) for session, block in enumerate(blocks)
                      for one in block.presences if one.answer != "shown"}
    early = {where for where, how in schedule.items() if how in ("early", "late")}
    assert early == {(session, one.person) for session, block in enumerate(blocks)
                     for one in block.presences if one.left_early}


def marked_course(schedule: Schedule) -> None:
    with tempfile.TemporaryDirectory() as folder:
        marks = {**PEOPLE, **TEACHER}
        stills = {person: head(mark) for person, mark in marks.items()}
        templates = {person: vector(mark)[None] for person, mark in marks.items()}
        course = Course(
            Path(folder) / "box", MarkedPack(), stills, templates, (400, 240), 74, SESSIONS, 13, "teacher")
        try:
            assert_flags_are_the_truth(course, play(course, PEOPLE, schedule), schedule)
        finally:
            course.close()


@pytest.mark.long
@settings(phases=[Phase.explicit], deadline=None)
@given(schedules)
@example({(1, "p-2"): "away", (4, "p-2"): "gone", (6, "p-1"): "early", (7, "p-5"): "unsigned"})
@example({(2, person): "gone" for person in PEOPLE}
         | {(0, "p-1"): "gone", (5, "p-6"): "away", (9, "p-3"): "gone", (9, "p-4"): "late"})
def test_flags_are_the_truth_for_two_schedules_of_misses(schedule: Schedule) -> None:
    marked_course(schedule)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=40, deadline=None)
@given(schedules)
def test_flags_are_the_truth_for_many_schedules_of_misses(schedule: Schedule) -> None:
    marked_course(schedule)


class AllShowFaces:
    """A pack that has looked for people who show no face and for faces that are small, and found none: in these films
    there are none."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        small = dataclasses.replace(pack.manifest.preprocess, room_face_px=pack.manifest.similarity.min_face_px // 2)
        self.manifest = dataclasses.replace(pack.manifest, preprocess=small)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pack, name)

    def people(self, bgr: np.ndarray) -> list[Person]:
        return []


@pytest.mark.long
def test_faces_of_seven_people_give_exactly_the_flags_of_their_misses(
    tmp_path: Path, builtin: Pack, pictures, templates: dict[str, np.ndarray],
) -> None:
    schedule: Schedule = {(2, "p-7"): "away", (5, "p-1"): "gone", (8, "p-4"): "away", (8, "p-6"): "gone"}
    course = Course(
        tmp_path / "box", AllShowFaces(builtin), pictures.portraits, templates, (760, 420), 150, SESSIONS, 7)
    try:
        assert_flags_are_the_truth(course, play(course, pictures.portraits, schedule), schedule)
    finally:
        course.close()


def test_the_video_shows_who_is_in_view_when(tmp_path: Path) -> None:
    """The truth of the generator itself, read back from the pixels."""
    path, pack = tmp_path / "class.mp4", MarkedPack()
    heads = [Head(head(1), 20, 30, 80), Head(head(2), 200, 40, 100, 4, 8), Head(head(3), 300, 130, 90, 6)]
    write_class(path, heads, 10, (400, 240))
    seen = {pts_us // 1_000_000: {pack.embed(bgr, face).tobytes() for face in pack.detect(bgr)}
            for pts_us, bgr in frames(path, 1_000_000, plan_frames(path, 1_000_000))}
    marks = {vector(mark).tobytes(): mark for mark in (1, 2, 3)}
    assert {second: {marks[one] for one in found} for second, found in seen.items()} == {
        second: {1} | ({2} if 4 <= second < 8 else set()) | ({3} if second >= 6 else set()) for second in range(10)}
    container, stream = open_video(path)
    with container:
        assert stream.codec_context.name == "h264" and container.format.name.startswith("mov,mp4")
    assert b"moof" in path.read_bytes(), "fragmented, as the recorder writes"
