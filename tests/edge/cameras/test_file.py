"""A file as a camera: packets when they are due, holes as silence, and one sentence for whatever cannot be played."""
from __future__ import annotations

import contextlib
import itertools
from fractions import Fraction
from pathlib import Path

import av
import pytest

from edge.cameras.file import FileSource, open_file
from edge.cameras.port import Packet
from edge.clock import AutojumpClock, SystemClock
from edge.errors import BadVideo, EmptyVideo, WrongCodec
from evidence.errors import BadInput
from evidence.times import SECOND
from tests.edge.recorder.conftest import START_US, HandClock, make_film

MONO = 1000 * SECOND


def opened(path: Path, start_us: int | None = None) -> tuple[FileSource, HandClock]:
    clock = HandClock()
    return open_file(f"file:{path}", clock, start_us), clock


def everything(path: Path) -> list[Packet]:
    source = open_file(f"file:{path}", AutojumpClock(START_US, MONO, "ab"))
    packets = []
    while not source.ended:
        packet = source.read(0)
        assert packet is not None
        packets.append(packet)
    return packets


def test_a_packet_comes_when_it_is_due_and_not_before(film: Path) -> None:
    source, clock = opened(film)
    first = source.read(0)
    assert first is not None and first.key and first.mono_us == MONO
    assert source.read(0) is None
    clock.forward(0.25)
    times = [packet.mono_us - MONO for packet in iter(lambda: source.read(0), None)]
    assert times == [100_000, 200_000]


def test_a_late_reader_does_not_change_when_a_packet_came(film: Path) -> None:
    source, clock = opened(film)
    clock.forward(100)
    packets = list(iter(lambda: source.read(0), None))
    assert len(packets) == 200 and source.ended
    assert [packet.mono_us - MONO for packet in packets] == [number * 100_000 for number in range(200)]


def test_a_file_whose_start_is_past_has_been_running(film: Path) -> None:
    source, clock = opened(film, MONO - 7_050_000)
    assert source.read(0) is None
    clock.forward(0.05)
    packet = source.read(0)
    assert packet is not None and packet.mono_us == MONO + 50_000 and packet.media_us == 7_100_000
    later, _ = opened(film, MONO + SECOND)
    assert later.read(0) is None
    over, _ = opened(film, MONO - 60 * SECOND)
    assert over.ended and over.read(0) is None


@pytest.mark.parametrize("name", ["hole.mp4", "hole.mkv"])
def test_a_hole_is_silence_whatever_the_container_says_of_durations(tmp_path: Path, name: str) -> None:
    packets = everything(make_film(tmp_path / name, 6, fps=2, gop=4, holes={3: 600}))
    assert {packet.duration_us for packet in packets} == {500_000}
    steps = {after.media_us - before.media_us for before, after in itertools.pairwise(packets)}
    assert steps == {500_000, 600_500_000}


def test_b_frames_come_in_decoding_order(tmp_path: Path) -> None:
    packets = everything(make_film(tmp_path / "b.mp4", 3, bframes=2))
    times = [packet.media_us for packet in packets]
    assert times == sorted(times) and len(times) == 30


@pytest.mark.parametrize(("name", "codec", "wanted"), [
    ("x.mp4", "mpeg4", WrongCodec), ("x.mkv", "mpeg4", WrongCodec), ("x.mp4", "libx265", None),
])
def test_only_h264_and_h265(tmp_path: Path, name: str, codec: str, wanted: type[BadInput] | None) -> None:
    path = make_film(tmp_path / name, 1, codec=codec)
    if wanted is None:
        assert opened(path)[0].info.codec == "hevc"
        return
    with pytest.raises(wanted, match=r"H\.264 or H\.265"):
        opened(path)


def test_what_cannot_be_played_is_said_in_one_sentence(tmp_path: Path, film: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video" * 100)
    (tmp_path / "half.mp4").write_bytes(film.read_bytes()[:-3000])
    for name, wanted in (
        ("empty.mp4", EmptyVideo), ("text.mp4", BadVideo), ("half.mp4", BadVideo), ("none.mp4", BadVideo),
        (".", BadVideo),
    ):
        with pytest.raises(wanted) as caught:
            opened(tmp_path / name)
        assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_recovery_points_are_no_keyframes_in_any_kind_of_file(tmp_path: Path) -> None:
    for name in ("x.mp4", "x.mkv", "x.ts"):
        packets = everything(make_film(tmp_path / name, 3, refresh=True))
        assert [number for number, packet in enumerate(packets) if packet.key] == [0], name
        assert [bool(packet.av.is_keyframe) for packet in packets] == [packet.key for packet in packets]


def test_a_film_that_says_that_its_frames_last_no_time_is_read(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=9_000_000)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", Fraction(1, 9_000_000)
        for number in range(3):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 9_000_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    source = open_file(f"file:{tmp_path / 'a.mp4'}", SystemClock())
    with contextlib.closing(source):
        assert source.read(0.0) is not None
