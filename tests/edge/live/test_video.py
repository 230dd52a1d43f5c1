"""Packets as pieces that a player takes: every picture, from the header on, in pieces of about a second."""
from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from common.hls import TARGET_S, read_init, read_piece
from edge.cameras.file import open_file
from edge.cameras.port import Packet
from edge.clock import AutojumpClock
from edge.errors import BadVideo
from edge.live import pictures as pictures_module
from edge.live.pictures import Pictures
from edge.live.video import Made, Video
from evidence.times import SECOND
from tests.edge.recorder.conftest import START_US, make_film


def made_of(
    path: Path, rate: int = 1, kept: Callable[[int], bool] = lambda number: True,
) -> tuple[bytes, list[Made], list[Packet]]:
    """`kept`: which packets come at all, by their number."""
    source = open_file(f"file:{path}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    video, pieces, packets, count = Video(source.info, rate), [], [], 0
    while not source.ended:
        packet, count = source.read(0), count + 1
        assert packet is not None
        if not kept(count - 1):
            continue
        packets.append(packet)
        pieces += video.add(packet)
    pieces += video.finish()
    source.close()
    return video.header, pieces, packets


def shown(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), format="mp4") as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


def pictures_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize(("fps", "gop", "codec", "bframes"), [
    (10, 10, "libx264", 0), (25, 50, "libx264", 2), (25, 26, "libx264", 0), (25, 3, "libx264", 0),
    (10, 100, "libx264", 0), (10, 20, "libx265", 0)])
def test_the_pieces_are_the_film(tmp_path: Path, fps: int, gop: int, codec: str, bframes: int) -> None:
    path = make_film(tmp_path / "film.mp4", 10, fps=fps, gop=gop, codec=codec, bframes=bframes)
    header, pieces, packets = made_of(path)
    assert header[4:8] == b"ftyp" and b"moov" in header and b"moof" not in header
    assert all(piece.data[4:8] == b"moof" for piece in pieces)
    assert shown(header + b"".join(piece.data for piece in pieces)) == pictures_of(path)
    times = [piece.mono_us for piece in pieces]
    spans = np.diff([*times, packets[-1].mono_us])
    assert times[0] == packets[0].mono_us and max(spans) <= 1.3 * SECOND and len(pieces) <= 21
    keys = {packet.mono_us for packet in packets if packet.key}
    assert [piece.key for piece in pieces] == [time in keys for time in times] and pieces[0].key
    if codec == "libx264":
        assert sum(piece.key for piece in pieces) >= min(10, 10 * fps // gop), "a player can begin at each of them"


def entry(header: bytes) -> bytes:
    """The name of the one sample entry of a header: ISO/IEC 14496-12, 8.5.2."""
    stsd = header.index(b"stsd") + 4
    assert header[stsd + 4 : stsd + 8] == (1).to_bytes(4, "big")
    return header[stsd + 12 : stsd + 16]


@pytest.mark.parametrize(("codec", "name"), [("libx264", b"avc1"), ("libx265", b"hvc1")])
def test_the_header_names_the_codec_as_every_browser_takes_it(tmp_path: Path, codec: str, name: bytes) -> None:
    header, pieces, _ = made_of(path := make_film(tmp_path / "film.mp4", 3, codec=codec))
    assert entry(header) == name
    assert shown(header + b"".join(piece.data for piece in pieces)) == pictures_of(path)


def test_a_piece_with_its_header_plays_by_itself(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mp4", 6, fps=10, gop=10)
    header, pieces, _ = made_of(path)
    assert shown(header + b"".join(piece.data for piece in pieces[3:])) == pictures_of(path)[30:]


@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_a_camera_whose_clock_is_set_goes_on_where_it_was(tmp_path: Path, step_s: int) -> None:
    path = make_film(tmp_path / "film.mp4", 10, fps=25, gop=25, bframes=2)
    source = open_file(f"file:{path}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    video, pieces, count = Video(source.info), [], 0
    while (packet := source.read(0)) is not None:
        assert packet.av.time_base and packet.av.dts is not None and packet.av.pts is not None
        if count >= 125:
            packet.av.dts += int(step_s / packet.av.time_base)
            packet.av.pts += int(step_s / packet.av.time_base)
        count += 1
        pieces += video.add(packet)
    pieces += video.finish()
    init = read_init(video.header)
    found = [read_piece(init, piece.data) for piece in pieces]
    assert all(0.5 < one.duration / init.timescale < 1.5 for one in found[:-1])
    assert abs((found[-1].start - found[0].start) / init.timescale - 9) < 0.5
    assert shown(video.header + b"".join(piece.data for piece in pieces)) == pictures_of(path)


def lengths(header: bytes, pieces: list[Made]) -> list[float]:
    """Seconds of each piece; all of them are such as a centre takes."""
    init = read_init(header)
    return [read_piece(init, piece.data).duration / init.timescale for piece in pieces]


@pytest.mark.parametrize(("fps", "gop"), [(10, 120), (25, 13), (10, 14), (1, 1), (1, 15)])
def test_however_long_the_gops_of_a_camera_are_no_piece_is_longer_than_about_a_second(
    tmp_path: Path, fps: int, gop: int,
) -> None:
    header, pieces, _ = made_of(make_film(tmp_path / "film.mp4", 30, fps=fps, gop=gop))
    found = lengths(header, pieces)
    assert max(found) <= 1.1 and abs(sum(found) - 30) < 0.01


@pytest.mark.parametrize("gone", [(35, 80), (30, 70), (30, 125)])
def test_a_hole_makes_no_piece_longer(tmp_path: Path, gone: tuple[int, int]) -> None:
    path = make_film(tmp_path / "film.mp4", 15, fps=10, gop=10)
    header, pieces, packets = made_of(path, kept=lambda number: not gone[0] <= number < gone[1])
    found = lengths(header, pieces)
    assert max(found) <= 1.5 and abs(sum(found) - len(packets) / 10) < 0.01
    assert [piece.mono_us for piece in pieces] == sorted(piece.mono_us for piece in pieces)


@pytest.mark.parametrize(("fps", "stride"), [(1, 3), (2, 5), (1, 9)])
def test_pictures_that_come_far_apart_are_pieces_that_a_centre_takes(tmp_path: Path, fps: int, stride: int) -> None:
    path = make_film(tmp_path / "film.mp4", 45, fps=fps, gop=1)
    header, pieces, packets = made_of(path, kept=lambda number: number % stride == 0)
    assert max(lengths(header, pieces)) < TARGET_S + 0.5
    assert len(shown(header + b"".join(piece.data for piece in pieces))) == len(packets)


@pytest.mark.parametrize("gop", [2, 19, 38, 400])
def test_of_a_clock_that_runs_fast_the_pieces_are_of_a_second_that_a_viewer_has(tmp_path: Path, gop: int) -> None:
    path = make_film(tmp_path / "film.mp4", 600, fps=2, gop=gop)
    header, pieces, _ = made_of(path, rate=120)
    found = lengths(header, pieces)
    assert max(found) <= 1.5 and abs(sum(found) - 5) < 0.1 and len(pieces) <= 20
    assert shown(header + b"".join(piece.data for piece in pieces)) == pictures_of(path)


@pytest.mark.long
def test_single_pictures_come_every_three_seconds_and_nothing_else_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = make_film(tmp_path / "film.mp4", 20, fps=10, gop=10, size=(1280, 720))
    real, decoded = pictures_module.decode, []

    def counted(codec: av.VideoCodecContext, data: bytes) -> av.VideoFrame | None:
        decoded.append(len(data))
        return real(codec, data)

    monkeypatch.setattr(pictures_module, "decode", counted)
    source = open_file(f"file:{path}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    maker, made = Pictures(source.info), []
    while not source.ended:
        packet = source.read(0)
        assert packet is not None
        made += maker.add(packet)
    assert len(made) == len(decoded) == 7 and maker.finish() == []
    assert [round(one.mono_us / SECOND) for one in made] == [1000 + 3 * number for number in range(7)]
    for one in made:
        image = cv2.imdecode(np.frombuffer(one.data, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None and image.shape[:2] == (270, 480)


def test_what_is_small_stays_and_what_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    source = open_file(f"file:{make_film(tmp_path / 'film.mp4', 8)}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    maker, made = Pictures(source.info), []
    for number in range(80):
        packet = source.read(0)
        assert packet is not None
        if number == 0:
            packet.av.update(bytes(packet.av.size))
        made += maker.add(packet)
    image = cv2.imdecode(np.frombuffer(made[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape[:2] == (48, 64)
    assert [round(one.mono_us / SECOND) for one in made] == [1001, 1004, 1007]


def test_an_odd_picture_is_left_out_and_the_next_one_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, count = cv2.imencode, iter(range(10))

    def odd(*words: object) -> object:
        if next(count) == 0:
            raise cv2.error("no such format")
        return real(*words)

    monkeypatch.setattr(cv2, "imencode", odd)
    source = open_file(f"file:{make_film(tmp_path / 'film.mp4', 8)}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    maker, made = Pictures(source.info), []
    while (packet := source.read(0)) is not None:
        made += maker.add(packet)
    assert [round(one.mono_us / SECOND) for one in made] == [1003, 1006]


def test_pictures_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures_module, "MAX_PIXELS", 1000)
    source = open_file(f"file:{make_film(tmp_path / 'film.mp4', 2)}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    with pytest.raises(BadVideo):
        Pictures(source.info)


def test_pictures_that_become_too_large_are_looked_at_as_rarely_as_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, decoded = pictures_module.decode, []
    monkeypatch.setattr(pictures_module, "decode", lambda codec, data: decoded.append(1) or real(codec, data))
    source = open_file(f"file:{make_film(tmp_path / 'film.mp4', 8)}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    maker, made = Pictures(source.info), []
    monkeypatch.setattr(pictures_module, "MAX_PIXELS", 1000)
    while (packet := source.read(0)) is not None:
        made += maker.add(packet)
    assert made == [] and len(decoded) == 3


def test_a_tall_picture_is_made_as_small_as_a_centre_takes(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mp4", 1, size=(120, 2400))
    source = open_file(f"file:{path}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    packet = source.read(0)
    assert packet is not None
    (made,) = Pictures(source.info).add(packet)
    image = cv2.imdecode(np.frombuffer(made.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape[:2] == (960, 48)
