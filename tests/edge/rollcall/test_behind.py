"""How much video waits: what is told holds only while somebody works."""
from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edge.rollcall.behind import BEAT_S, FRESH_S, Behind, Board, read_behind

SOME = Behind(7, 420_000_000, 0, {"class-9": "few"})


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_what_a_killed_process_told_is_not_shown_for_long(tmp_path: Path) -> None:
    path = tmp_path / "behind.json"
    Board(path).tell(SOME)
    assert read_behind(path) == SOME
    age(path, FRESH_S + 1)
    assert read_behind(path) is None
    again = Board(path)
    again.tell(SOME)
    assert read_behind(path) == SOME, "a new one tells it anew"
    age(path, -FRESH_S - 60)
    assert read_behind(path) is None, "the clock was set back: nobody knows how old it is"


@pytest.mark.parametrize("way", ["tell", "beat"])
def test_while_somebody_works_what_was_told_stays_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str,
) -> None:
    path, now_s = tmp_path / "behind.json", [100.0]
    monkeypatch.setattr("edge.rollcall.behind.time.monotonic", lambda: now_s[0])
    board = Board(path)
    board.tell(SOME)
    age(path, FRESH_S + 1)
    board.tell(SOME) if way == "tell" else board.beat()
    assert read_behind(path) is None, "it is not touched all the time"
    now_s[0] += BEAT_S
    board.tell(SOME) if way == "tell" else board.beat()
    assert read_behind(path) == SOME


def test_a_file_that_went_is_told_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, now_s = tmp_path / "behind.json", [100.0]
    monkeypatch.setattr("edge.rollcall.behind.time.monotonic", lambda: now_s[0])
    board = Board(path)
    board.tell(SOME)
    path.unlink()
    now_s[0] += BEAT_S
    board.tell(SOME)
    board.tell(SOME)
    assert read_behind(path) == SOME


def test_a_number_that_is_none_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "behind.json").write_text('{"segments": Infinity, "video_us": 1}')
    assert read_behind(tmp_path / "behind.json") is None
