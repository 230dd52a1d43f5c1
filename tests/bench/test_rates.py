"""What the figures `courses` measure of a pack: the videos with smaller faces are what they say."""
from __future__ import annotations

from pathlib import Path

import pytest

from bench.figures.rates import EVERY_US, measure, smaller
from bench.harness import Skipped
from edge.rollcall.frames import frames, plan_frames
from tests.edge.rollcall.classroom import Head, write_class
from tests.edge.rollcall.marked import MarkedPack, head, vector


def test_a_shrunk_video_has_the_same_people_half_as_large(tmp_path: Path) -> None:
    write_class(tmp_path / "class.mp4", [Head(head(1), 10, 20, 140), Head(head(2), 220, 60, 140, 4)], 8, (480, 272))
    small = smaller(tmp_path / "class.mp4", tmp_path / "small.mp4", 0.5)
    pack, found = MarkedPack(), []
    for path in (tmp_path / "class.mp4", small):
        shown = [pack.detect(bgr) for _, bgr in frames(path, EVERY_US, plan_frames(path, EVERY_US))]
        found.append(([len(faces) for faces in shown], shown[-1][0].width_px))
    (before, wide), (after, narrow) = found
    assert before == after == [1, 1, 2, 2] and narrow == pytest.approx(wide / 2, abs=2)
    last = list(frames(small, EVERY_US, plan_frames(small, EVERY_US)))[-1][1]
    assert {pack.embed(last, face).tobytes() for face in pack.detect(last)} == {vector(n).tobytes() for n in (1, 2)}
    assert last.shape == (272, 480, 3)


def test_without_the_test_data_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("ZAITANG_SHARED", str(tmp_path))
    with pytest.raises(Skipped):
        measure(tmp_path)
