"""picture.json: each look tells its own, the terminal reads them all, and nonsense is no trouble."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.picture import told
from edge.picture.told import TOLD, Board, Trouble, troubles

RECORDED, SMALL = Trouble("black", "room", "r-1", 12), Trouble("covered", "room", None, 5)


def test_each_look_tells_its_own_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / TOLD
    path.write_text('{"troubles": [{"what": "black", "camera": "room", "run": "r-0", "since_us": 0}]}')
    assert troubles(path) == [Trouble("black", "room", "r-0", 0)]
    board = Board(path)
    assert troubles(path) == [], "what an earlier process told is over"
    board.tell("recorded", [RECORDED])
    board.tell("sub", [SMALL])
    assert troubles(path) == [RECORDED, SMALL] and path.stat().st_mode & 0o777 == 0o600
    written = path.stat().st_mtime_ns, path.stat().st_ino
    board.tell("sub", [SMALL])
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == written, "what is not new is not written"
    board.tell("recorded", [])
    assert troubles(path) == [SMALL]
    board.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = Board(tmp_path / TOLD)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(told, "replace", full)
        board.tell("sub", [SMALL])
    assert troubles(tmp_path / TOLD) == []
    board.tell("sub", [SMALL])
    assert troubles(tmp_path / TOLD) == [SMALL]


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"troubles": 3}', '{"troubles": [{"run": "r-1"}]}', "\xff", "[" * 100_000,
    '{"troubles": [{"what": "black", "camera": "room", "run": "r-1", "since_us": "soon"}]}',
])
def test_a_file_that_tells_nothing_is_no_trouble(tmp_path: Path, text: str) -> None:
    (tmp_path / TOLD).write_text(text)
    assert troubles(tmp_path / TOLD) == [] == troubles(tmp_path / "none")


def test_a_number_that_is_none_is_no_trouble(tmp_path: Path) -> None:
    said = '{"troubles": [{"what": "black", "camera": "room", "run": null, "since_us": Infinity}]}'
    (tmp_path / TOLD).write_text(said)
    assert troubles(tmp_path / TOLD) == []
