"""The code on the screen: shown at random while a class-hour is recorded, stated when it is over, never before."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from common.policies import load_policy
from edge.errors import StoreBusy
from edge.picture.marks import DICTIONARY
from edge.terminal.code import Code, Wanted, mark_cells
from evidence.bodies import CodeShown, body_of
from evidence.policy import Number, ScreenCode
from evidence.times import SECOND

from .conftest import CLASS, Room

RULES = ScreenCode(*(Number(value, source="ours", why="a test") for value in (5, 2, 4)))


class Asked:
    """Wants a code while `wanted` is set."""

    def __init__(self) -> None:
        self.wanted: Wanted | None = Wanted(CLASS, "s-1", RULES)

    def code_wanted(self) -> Wanted | None:
        return self.wanted


@dataclasses.dataclass
class Stage:
    room: Room
    asked: Asked
    code: Code
    chances: Iterator[int]

    def pass_s(self, seconds: float) -> None:
        self.room.clock.utc += round(seconds * SECOND)
        self.code.turn()

    def cells(self) -> list[str] | None:
        """What a page shows, which says so."""
        mark = self.code.now()
        if mark is not None:
            self.code.acknowledge(mark.id)
        return None if mark is None else mark.cells

    def stated(self) -> list[CodeShown]:
        bodies = [body_of(sealed.record) for sealed in self.room.store.records_of("code.shown")]
        return [body for body in bodies if isinstance(body, CodeShown)]


@pytest.fixture
def stage(room: Room) -> Stage:
    """Chance says no once, then yes; the marks are 12 and 940."""
    chances = iter([999_999, 0, 12, 940, *[999_999] * 100])
    asked = Asked()
    return Stage(room, asked, Code(asked, room.store, room.clock, lambda below: next(chances)), chances)


def test_a_code_is_shown_mark_by_mark_and_stated_when_it_is_over(stage: Stage) -> None:
    stage.pass_s(1)
    stage.pass_s(1)
    assert stage.cells() is None
    stage.pass_s(1)
    shown_us = stage.room.clock.mono_us()
    assert stage.cells() == mark_cells(12)
    stage.pass_s(3.9)
    assert stage.cells() == mark_cells(12)
    stage.pass_s(0.2)
    assert stage.cells() == mark_cells(940) and stage.stated() == []
    stage.pass_s(4)
    assert stage.cells() is None
    assert stage.stated() == [CodeShown(CLASS, "s-1", (12, 940), shown_us, shown_us + 8 * SECOND)]
    stage.pass_s(60)
    assert len(stage.stated()) == 1


def test_a_code_that_was_cut_short_is_not_stated(stage: Stage) -> None:
    for _ in range(3):
        stage.pass_s(1)
    assert stage.cells() is not None
    stage.asked.wanted = None
    stage.pass_s(1)
    assert stage.cells() is None
    stage.pass_s(60)
    assert stage.stated() == []


def test_a_code_that_no_page_showed_is_not_stated(stage: Stage) -> None:
    for _ in range(3):
        stage.pass_s(1)
    first = stage.code.now()
    assert first is not None
    for said in (first.id, "", "1-1", f"{first.id}x", "x" * 40):
        stage.code.acknowledge(said)
    stage.pass_s(9)
    assert stage.code.now() is None and stage.stated() == [], "only the first of two marks was shown"


def test_the_time_in_which_nobody_wanted_a_code_does_not_count(room: Room) -> None:
    asked, spent = Asked(), []
    asked.wanted = None
    code = Code(asked, room.store, room.clock, lambda below: spent.append(below) or below - 1)
    for _ in range(5):
        room.clock.utc += 3600 * SECOND
        code.turn()
    asked.wanted = Wanted(CLASS, "s-1", RULES)
    code.turn()
    assert spent == [] and code.now() is None


def test_a_busy_database_loses_no_code(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (1, 1, 1, 4):
        stage.pass_s(seconds)
        stage.cells()
    stage.pass_s(1)
    stage.cells()

    def busy(*_: object) -> None:
        raise StoreBusy()

    with monkeypatch.context() as patched:
        patched.setattr(stage.room.store, "append", busy)
        with pytest.raises(StoreBusy):
            stage.pass_s(5)
    stage.pass_s(1)
    assert [one.marks for one in stage.stated()] == [(12, 940)]


def test_the_cells_are_a_mark_that_a_camera_reads() -> None:
    for mark in (0, 12, 940, 999):
        cells = np.array([[0 if cell == "#" else 255 for cell in row] for row in mark_cells(mark)], np.uint8)
        assert cells.shape == (6, 6)
        picture = cv2.copyMakeBorder(cv2.resize(cells, (60, 60), interpolation=cv2.INTER_NEAREST), 20, 20, 20, 20,
                                     cv2.BORDER_CONSTANT, value=255)
        _, ids, _ = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARY)).detectMarkers(picture)
        assert ids is not None and ids.flatten().tolist() == [mark]


def test_a_code_is_wanted_only_while_a_class_hour_is_recorded_and_the_policy_asks(
    room: Room, monkeypatch: pytest.MonkeyPatch,
) -> None:
    room.take_order()
    room.at(5)
    session = room.presses.start(CLASS)
    room.recording_for(2, session)
    assert room.screen.code_wanted() is None, "no document asks for codes"
    asking = dataclasses.replace(load_policy("demo"), screen_code=RULES)
    monkeypatch.setattr(room.memory, "policy_of", lambda order: asking)
    room.monotonic += 1
    assert room.screen.code_wanted() == Wanted(CLASS, session, RULES)
    room.at(50)
    assert room.screen.code_wanted() is None, "between two class-hours"
    room.at(5)
    room.recorder = {"recording": False, "session": session, "silent": True, "refused": None, "alarms": []}
    room.monotonic += 1
    assert room.screen.code_wanted() is None, "nothing is recorded"


def test_the_page_is_told_the_cells(stage: Stage) -> None:
    stage.room.screen.code = stage.code
    assert stage.room.state()["code"] is None
    for _ in range(3):
        stage.pass_s(1)
    told = stage.room.state()["code"]
    assert told["cells"] == mark_cells(12) and told["id"]
