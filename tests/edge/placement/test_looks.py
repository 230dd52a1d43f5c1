"""Pictures for a walk: the file that the recorder writes is read while it grows, from its newest keyframe on."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.errors import BadVideo
from edge.placement import looks
from edge.placement.looks import newest_recording, of_camera, of_recording
from edge.recorder.journal import Journal, Mark, Run, segment_name
from edge.recorder.tally import Tally
from edge.storage.files import AppendFile
from tests.edge.picture.conftest import FPS, write_film

SECOND = 1_000_000


def grey(level: int) -> np.ndarray:
    return np.full((270, 480, 3), level, np.uint8)


class Recording:
    """What a recorder leaves while it records: a journal and files of fragments, each of one keyframe of its level."""

    def __init__(self, video: Path, run: str = "r-1", camera: str = "room") -> None:
        for folder in ("journal", f"segments/{run}"):
            (video / folder).mkdir(parents=True, exist_ok=True)
        self.video, self.run = video, run
        self._journal = Journal(
            video / "journal" / f"{run}.jsonl", Run(None, None, camera, run, "h264", 480, 270, 100, "start"),
            AppendFile)

    def film(self, index: int, levels: list[int], first_s: int) -> None:
        """One second each; nothing of it is marked yet."""
        path = self.video / "segments" / segment_name(self.run, index)
        write_film(path, (grey(level) for level in levels for _ in range(FPS)), gop=FPS)
        self._ends = [at + 4 + int.from_bytes(path.read_bytes()[at:at + 4], "big") - 4
                      for at in _mdats(path.read_bytes())]
        self._index, self._first_us = index, first_s * SECOND
        self._journal.open(index, segment_name(self.run, index))

    def mark(self, fragments: int, done: bool = False) -> None:
        tally = Tally(1, 1, self._first_us, self._first_us + fragments * SECOND, 0, 0, ())
        mark = Mark(self._index, segment_name(self.run, self._index), self._ends[fragments - 1], "0" * 64, tally)
        (self._journal.done if done else self._journal.mark)(mark)


def _mdats(data: bytes) -> list[int]:
    found, at = [], 0
    while at + 8 <= len(data):
        if data[at + 4:at + 8] == b"mdat":
            found.append(at)
        at += int.from_bytes(data[at:at + 4], "big")
    return found


def test_a_file_is_read_as_it_grows_and_so_is_the_next_one(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.film(0, [40, 80, 120, 160], first_s=0)
    recording.mark(2)
    steps = iter([
        lambda: recording.mark(3), lambda: recording.mark(4), lambda: recording.mark(4, done=True),
        lambda: (recording.film(1, [200, 60], first_s=4), recording.mark(1)), lambda: recording.mark(2),
    ])
    seen = [(at_us, round(float(bgr.mean()), -1)) for at_us, bgr in
            of_recording(tmp_path, "room", pause=lambda _: next(steps, lambda: None)())]
    assert seen == [(1 * SECOND, 80), (2 * SECOND, 120), (3 * SECOND, 160), (4 * SECOND, 200), (5 * SECOND, 60)], (
        "from the newest on, each once")


def test_only_the_camera_that_is_asked_for_is_read_and_torn_journals_are_none(tmp_path: Path) -> None:
    other = Recording(tmp_path, "r-2", camera="terminal")
    other.film(0, [40], first_s=0)
    other.mark(1)
    (tmp_path / "journal" / "r-3.jsonl").write_bytes(b"\x00" * 100)
    assert newest_recording(tmp_path, "room") is None and newest_recording(tmp_path / "none", "room") is None
    found = newest_recording(tmp_path, "terminal")
    assert found is not None and found[0].run == "r-2"
    assert list(of_recording(tmp_path, "room", pause=lambda _: None)) == []


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.film(0, [40, 80], first_s=0)
    path = tmp_path / "segments" / segment_name("r-1", 0)
    path.write_bytes(path.read_bytes().replace(b"trak", b"gone"))
    recording.mark(2)
    with pytest.raises(BadVideo):
        list(of_recording(tmp_path, "room", pause=lambda _: None))


def test_a_camera_is_read_keyframe_by_keyframe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "a.mp4", (grey(level) for level in (40, 120) for _ in range(FPS)), gop=FPS)
    monkeypatch.setattr(looks, "READ_S", 0.05)
    seen = [(at_us, round(float(bgr.mean()), -1)) for at_us, bgr in of_camera(f"file:{film}", SystemClock())]
    assert seen == [(0, 40), (SECOND, 120)]
    with pytest.raises(BadVideo):
        next(of_camera(f"file:{tmp_path / 'none.mp4'}", SystemClock()))
