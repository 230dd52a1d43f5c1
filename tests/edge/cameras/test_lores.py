"""The small pictures of a Pi camera from process to process: the newest one, private, and nobody waits for it."""
from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.cameras import lores
from edge.cameras.lores import HEIGHT, WIDTH, Handing, Lores


def grey(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), level, np.uint8)


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lores, "EVERY_S", 0.02)


def test_the_newest_picture_is_taken_once_and_is_gone_with_its_camera(tmp_path: Path) -> None:
    path, held = tmp_path / "room.lores", list[np.ndarray]()
    path.write_bytes(b"of a recorder that was killed")
    handing, taking = Handing(path, lambda: held[0] if held else None), Lores(path)
    until(lambda: not path.exists())
    held.append(grey(10))
    until(path.exists)
    assert path.stat().st_mode & 0o777 == 0o600
    first = taking.newest()
    assert first is not None and (first.shape, first.dtype, int(first[3, 5])) == ((HEIGHT, WIDTH), np.uint8, 10)
    assert taking.newest() is None, "it is no news"
    before = path.stat().st_ino, path.stat().st_mtime_ns
    time.sleep(0.1)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before, "nothing new, nothing written"
    held[0] = grey(20)
    until(lambda: (path.stat().st_ino, path.stat().st_mtime_ns) != before)
    second = taking.newest()
    assert second is not None and int(second[0, 0]) == 20
    held.clear()
    until(lambda: not path.exists())
    assert taking.newest() is None
    held.append(grey(30))
    until(path.exists)
    handing.close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_stops_nobody_and_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    picture, asked = grey(1), list[int]()
    handing = Handing(folder / "room.lores", lambda: asked.append(1) or picture)
    until(lambda: len(asked) > 3)
    folder.mkdir()
    until((folder / "room.lores").exists)
    handing.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, WIDTH * HEIGHT - 1, WIDTH * HEIGHT + 1])
def test_a_file_of_another_size_is_no_picture(tmp_path: Path, size: int) -> None:
    (tmp_path / "room.lores").write_bytes(bytes(size))
    assert Lores(tmp_path / "room.lores").newest() is None
