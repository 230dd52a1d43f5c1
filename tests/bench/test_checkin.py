"""From a face in view to the sealed record: what counts as a frame, when it is over, what is told of many visits."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.figures import checkin
from bench.figures.checkin import EMPTY, EVERY_MS, LONGEST, Terminal, Visit, measure, sway, told
from bench.harness import Skipped
from common.policies import load_policy
from edge.checkin.view import EngineView, State
from evidence.bodies import CheckIn

FACE = np.full_like(EMPTY, 200)


class Script:
    """An engine that gives `after` frames of a face the state `ends`; then, like a real one, it waits for the face to
    go."""

    after, ends = 3, "accepted"

    def __init__(self, *_: object) -> None:
        self.seen, self.away, self.attempts = 0, 0, 0

    def begin(self, *_: object) -> None:
        """Another block."""

    know = begin

    def end(self) -> None:
        """Nothing runs."""

    def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
        if not bgr.any():
            self.away += 1
            self.seen = self.seen if self.away < 2 else 0
            return EngineView((), "looking" if self.seen else "empty")
        self.seen, self.away = self.seen + 1, 0
        state: State = self.ends if self.seen >= self.after else "looking"  # type: ignore[assignment]
        if self.seen != self.after or state in ("challenge", "looking"):
            return EngineView((), state)
        self.attempts += 1
        return EngineView((), state, "p-1", checkin=CheckIn(
            "class-1", None, f"a-{self.attempts}", "lab", "0" * 64, "cpu", 1, 0, 3, 3, 90, 0, "not_checked"))


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setattr(checkin, "Engine", Script)
    made = Terminal(tmp_path, None, load_policy("demo"), {})  # type: ignore[arg-type]
    yield made
    made.close()


def test_frames_and_time_count_from_before_the_first_look_to_the_record(terminal: Terminal) -> None:
    for visit in (terminal.visit([FACE] * LONGEST), terminal.visit([FACE] * LONGEST)):
        assert (visit.answer, visit.frames) == ("accepted", 3), "the next one begins when the face has gone"
        assert visit.ms is not None and visit.ms > 3 * EVERY_MS and visit.cpu_ms is not None and visit.cpu_ms > 0


def test_a_gesture_that_is_asked_and_a_film_that_ends_have_no_time(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Script, "ends", "challenge")
    assert terminal.visit([FACE] * LONGEST) == Visit("challenge", 3)
    monkeypatch.setattr(Script, "ends", "looking")
    assert terminal.visit([FACE] * LONGEST) == Visit("undecided", LONGEST)


def test_times_are_of_the_accepted_and_the_others_are_counted() -> None:
    visits = [Visit("accepted", 3, 640.0, 30.0)] * 9 + [Visit("accepted", 5, 1040.0, 50.0), Visit("challenge", 8)]
    first, second = told("a class", visits)
    assert first == "a class: 10 of 11 visits accepted, 1 challenge"
    assert second == (
        "  p50 3, p95 4 frames; p50 640, p95 860 ms as it went; p50 630, p95 861 ms with a core to itself; "
        "p50 30, p95 41 ms of CPU for the last look, with sealing")
    assert told("nobody", [Visit("unknown", 8, 1700.0, 30.0)]) == ["nobody: 0 of 1 visits accepted, 1 unknown"]


def test_a_photo_sways_and_every_frame_of_it_is_another() -> None:
    film = sway(np.full((250, 250, 3), 90, np.uint8), 1)
    assert len(film) == LONGEST and {one.shape for one in film} == {(480, 640, 3)}
    assert len({one.tobytes() for one in film}) == LONGEST


def test_missing_faces_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("ZAITANG_SHARED", str(tmp_path))
    with pytest.raises(Skipped, match="faces/lfw"):
        measure(tmp_path)
