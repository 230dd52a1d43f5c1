"""A camera with rare keyframes: the recorder cuts fragments within a GOP, and only keyframes are looked at."""
from __future__ import annotations

from pathlib import Path

from common.hls import read_media
from edge.config import RecorderConfig
from edge.picture.fragments import Fragments
from tests.edge.recorder.conftest import Bench, bench, keys, make_film

__all__ = ["bench", "keys"]


def test_only_keyframes_are_read(bench: Bench, tmp_path: Path) -> None:
    bench.record(make_film(tmp_path / "rare.mp4", 60, fps=2, gop=60), RecorderConfig(segment_s=600, reserve_mb=1))
    (segment,) = bench.segments()
    path = bench.volume.segments / segment.file
    with path.open("rb") as file:
        fragments = read_media(file, segment.size).fragments
    assert len(fragments) > 2 and sum(one.key for one in fragments) == segment.keyframes == 2
    assert [round(one.at_us / 1e6) for one in Fragments(path).read(segment.size)] == [0, 30]
