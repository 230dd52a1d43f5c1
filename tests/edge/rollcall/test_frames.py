"""Sampling: keyframes where they come often enough, decoding where they do not, a clear word for what is no video."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from common.texts import words
from edge.errors import BadVideo, EmptyVideo
from edge.rollcall.frames import SECOND_US, frames, plan_frames


def grey(count: int) -> list[np.ndarray]:
    """Pictures whose brightness tells their number."""
    return [np.full((96, 128, 3), 10 * number, np.uint8) for number in range(count)]


def sampled(path: Path, every_s: float) -> list[tuple[float, int]]:
    every_us = int(every_s * SECOND_US)
    found = frames(path, every_us, plan_frames(path, every_us))
    return [(pts_us / SECOND_US, round(float(image.mean()) / 10)) for pts_us, image in found]


def test_keyframes_are_enough_where_they_come_often(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=4)
    plan = plan_frames(path, 2 * SECOND_US)
    assert (plan.keyframes, plan.frames, plan.length_us) == (True, 5, 10 * SECOND_US)
    assert sampled(path, 2) == [(0, 0), (2, 4), (4, 8), (6, 12), (8, 16)]


def test_rare_keyframes_make_it_decode(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=20)
    assert not plan_frames(path, 2 * SECOND_US).keyframes
    assert sampled(path, 2) == [(0, 0), (2, 4), (4, 8), (6, 12), (8, 16)]


def test_a_keyframe_may_come_a_little_early(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=10, gop=2)
    assert [at for at, _ in sampled(path, 0.22)] == [0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8]


def test_time_counts_from_the_first_packet(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    import av

    path, later = make_video(tmp_path / "a.mp4", grey(4), gop=1), tmp_path / "later.mp4"
    with av.open(str(path)) as source, av.open(str(later), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.pts is not None:
                packet.pts += round(100 / packet.time_base)
                packet.dts = packet.pts
                packet.stream = stream
                target.mux(packet)
    assert sampled(later, 1) == [(0, 0), (1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize(("data", "error"), [(b"", EmptyVideo), (b"not a video" * 500, BadVideo)])
def test_what_is_no_video_is_told(tmp_path: Path, data: bytes, error: type[Exception]) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(data)
    with pytest.raises(error, match=r"bad\.mp4") as refused:
        plan_frames(path, SECOND_US)
    assert not re.search("[a-z]{3}", words(refused.value, "zh").removeprefix(str(path)))
    with pytest.raises(BadVideo):
        plan_frames(tmp_path / "missing.mp4", SECOND_US)


def test_a_file_without_a_picture_is_told(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(EmptyVideo):
        plan_frames(path, SECOND_US)


def test_broken_pictures_inside_are_left_out(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (6, 96, 128, 3), np.uint8)
    path = make_video(tmp_path / "a.mp4", list(noise), gop=1)
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4000
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    assert 4 <= len(sampled(path, 1)) <= 6


def test_nothing_that_can_be_decoded_is_an_error(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(6), gop=1)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(BadVideo, match="no picture"):
        sampled(path, 1)
