"""Sampling: keyframes where they come often enough, decoding where they do not, a clear word for what is no video."""
from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from common.texts import words
from edge.errors import BadVideo, EmptyVideo
from edge.rollcall import frames as sampling
from edge.rollcall.frames import SECOND_US, Closer, frames, plan_frames


def grey(count: int) -> list[np.ndarray]:
    """Pictures whose brightness tells their number."""
    return [np.full((96, 128, 3), 10 * number, np.uint8) for number in range(count)]


def remuxed(path: Path, target: Path, moved: Callable[[float], float]) -> Path:
    """The same packets at other times."""
    with av.open(str(path)) as source, av.open(str(target), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.pts is not None:
                packet.pts = packet.dts = round(moved(float(packet.pts * packet.time_base)) / packet.time_base)
                packet.stream = stream
                container.mux(packet)
    return target


def spoil(path: Path, number: int) -> None:
    """Overwrite the packet of that number, but for what says that it is a keyframe, with zeros."""
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][number]
        assert packet.pos is not None
        at, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[at + 6 : at + size] = bytes(size - 6)
    path.write_bytes(data)


def sampled(path: Path, every_s: float) -> list[tuple[float, int]]:
    every_us = int(every_s * SECOND_US)
    found = frames(path, every_us, plan_frames(path, every_us))
    return [(pts_us / SECOND_US, round(float(image.mean()) / 10)) for pts_us, image in found]


def decoded(path: Path, every_s: float) -> int:
    """How many of the pictures have to be decoded from an earlier keyframe on."""
    gops = plan_frames(path, int(every_s * SECOND_US)).gops
    return sum(moment != keyframe for keyframe, moments in gops.items() for moment in moments)


def test_keyframes_are_enough_where_they_come_often(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=4)
    plan = plan_frames(path, 2 * SECOND_US)
    assert (plan.frames, plan.length_us, decoded(path, 2)) == (5, 10 * SECOND_US, 0)
    assert sampled(path, 2) == [(0, 0), (2, 4), (4, 8), (6, 12), (8, 16)]


@pytest.mark.parametrize(("gop", "between"), [(20, 4), (8, 2), (6, 3), (5, 1), (3, 2), (2, 0)])
def test_no_two_pictures_are_far_apart_however_rare_the_keyframes(
    tmp_path: Path, make_video: Callable[..., Path], gop: int, between: int
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=gop)
    found = sampled(path, 2)
    assert all(number == 2 * at for at, number in found) and decoded(path, 2) == between
    assert all(1.75 <= later - at <= 2.5 for (at, _), (later, _) in itertools.pairwise(found))
    assert found[0][0] == 0 and found[-1][0] >= 7.5


def test_of_a_rare_keyframe_only_what_a_picture_needs_is_decoded(
    tmp_path: Path, make_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(24), fps=4, gop=12)
    plan, fed, decode = plan_frames(path, 2 * SECOND_US), [], sampling._decode
    monkeypatch.setattr(sampling, "_decode", lambda codec, packet: fed.append(packet) or decode(codec, packet))
    assert [pts_us / SECOND_US for pts_us, _ in frames(path, 2 * SECOND_US, plan)] == [0, 2, 4]
    assert len([packet for packet in fed if packet is not None]) == 9 + 5, "0 to 2 s and 3 to 4 s of 6 s"


def test_a_break_in_the_times_gives_no_pictures_that_are_not_there(
    tmp_path: Path, make_video: Callable[..., Path]
) -> None:
    path = remuxed(make_video(tmp_path / "a.mp4", grey(8), gop=8), tmp_path / "b.mp4", lambda s: s + 1000 * (s >= 4))
    assert plan_frames(path, SECOND_US).frames == 8
    assert [number for _, number in sampled(path, 1)] == list(range(8))


def test_pictures_out_of_their_order_of_time(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=20, between=3)
    found = sampled(path, 2)
    assert all(number == 2 * at for at, number in found)
    assert [at // 2 for at, _ in found] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("every_s", [0.5, 1, 1.5])
@pytest.mark.parametrize(("gop", "between"), [(20, 3), (20, 1), (7, 2)])
def test_no_picture_is_lost_among_those_that_need_a_later_one(
    tmp_path: Path, make_video: Callable[..., Path], gop: int, between: int, every_s: float
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=2, gop=gop, between=between)
    found, planned = sampled(path, every_s), plan_frames(path, int(every_s * SECOND_US))
    assert all(number == 2 * at for at, number in found)
    assert [round(at * SECOND_US) for at, _ in found] == [one for gop in planned.gops.values() for one in gop]
    assert every_s > 0.5 or [number for _, number in found] == list(range(20))


def test_of_pictures_that_need_a_later_one_none_is_decoded_in_vain(
    tmp_path: Path, make_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(24), fps=4, gop=24, between=3)
    plan, fed, decode = plan_frames(path, 4 * SECOND_US), [], sampling._decode
    monkeypatch.setattr(sampling, "_decode", lambda codec, packet: fed.append(packet) or decode(codec, packet))
    assert [pts_us / SECOND_US for pts_us, _ in frames(path, 4 * SECOND_US, plan)] == [0, 4]
    assert 17 <= len([packet for packet in fed if packet is not None]) <= 19, "of 24, and two that are waited for"


def test_a_picture_that_needs_the_keyframe_before_is_not_planned(tmp_path: Path) -> None:
    """H.265 with open GOPs: after a keyframe come pictures that are shown before it."""
    path, images = tmp_path / "open.mp4", grey(20)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=2)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.options = {"preset": "ultrafast", "x265-params": "keyint=8:min-keyint=8:scenecut=0:bframes=3:b-adapt=0:"
                                                                "open-gop=1:log-level=none"}
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = sampled(path, 0.5)
    assert all(number == 2 * at for at, number in found)
    assert len(found) == plan_frames(path, SECOND_US // 2).frames < 20
    assert max(later - at for (at, _), (later, _) in itertools.pairwise(found)) == 2, "the three before a keyframe"


def test_a_keyframe_that_cannot_be_decoded_gives_way_to_the_next(
    tmp_path: Path, make_video: Callable[..., Path]
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(12), fps=2, gop=2)
    spoil(path, 4)
    assert sampled(path, 2) == [(0, 0), (3, 6), (4, 8)]


def test_a_keyframe_may_come_a_little_early(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    path = make_video(tmp_path / "a.mp4", grey(20), fps=10, gop=2)
    assert [at for at, _ in sampled(path, 0.22)] == [0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8]


def test_time_counts_from_the_first_packet(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    video = make_video(tmp_path / "a.mp4", grey(4), gop=1)
    path = remuxed(video, tmp_path / "later.mp4", lambda seconds: seconds + 100)
    assert sampled(path, 1) == [(0, 0), (1, 1), (2, 2), (3, 3)]


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


@pytest.mark.parametrize("gop", [1, 4, 40])
def test_within_a_window_the_pictures_are_nearer_together(
    tmp_path: Path, make_video: Callable[..., Path], gop: int
) -> None:
    path = make_video(tmp_path / "a.mp4", grey(24), fps=2, gop=gop)
    plan = plan_frames(path, 2 * SECOND_US, Closer(SECOND_US // 2, [(4 * SECOND_US, 6 * SECOND_US)]))
    found = [pts_us / SECOND_US for pts_us, _ in frames(path, 2 * SECOND_US, plan)]
    assert found == [0, 2, 4, 4.5, 5, 5.5, 6, 8, 10] and plan.frames == 9
