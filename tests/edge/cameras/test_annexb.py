"""Parameter sets in what real encoders make, and in whatever else may come."""
from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.annexb import TICKS, format_of, is_key, is_whole, length_size, parameter_sets, parse
from tests.edge.recorder.conftest import make_film

from .conftest import annexb_packets


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_keyframe_tells_the_parameters_of_its_stream(tmp_path: Path, codec: str, encoder: str) -> None:
    units = annexb_packets(make_film(tmp_path / "film.mp4", 1, codec=encoder), codec)
    keyframe, other = units[0][0], units[1][0]
    sets = parameter_sets(codec, keyframe)
    assert is_whole(codec, sets) and format_of(codec, sets) and keyframe not in sets
    assert parameter_sets(codec, other) == b"" and not is_whole(codec, parameter_sets(codec, other))
    stream = parse(codec, keyframe).streams.video[0]
    assert (stream.codec_context.name, stream.width, stream.height, stream.time_base) == (codec, 64, 48, TICKS)
    larger = annexb_packets(make_film(tmp_path / "larger.mp4", 1, codec=encoder, size=(128, 96)), codec)[0][0]
    assert format_of(codec, larger) != format_of(codec, keyframe)


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_parameter_sets_that_are_repeated_are_no_other_format(tmp_path: Path, codec: str, encoder: str) -> None:
    keyframe = annexb_packets(make_film(tmp_path / "film.mp4", 1, codec=encoder), codec)[0][0]
    sets = parameter_sets(codec, keyframe)
    assert format_of(codec, sets + sets + keyframe) == format_of(codec, keyframe)


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_keyframe_is_what_a_decoder_can_begin_with(tmp_path: Path, codec: str, encoder: str) -> None:
    path = make_film(tmp_path / "film.mp4", 2, codec=encoder)
    units = annexb_packets(path, codec)
    assert [is_key(codec, unit) for unit, _ in units] == [key for _, key in units] and is_key(codec, units[0][0])
    with av.open(str(path)) as film:
        size = length_size(codec, film.streams.video[0].codec_context.extradata or b"")
        packets = [packet for packet in film.demux(video=0) if packet.size]
        assert size == 4 and [is_key(codec, bytes(one), size) for one in packets] == [key for _, key in units]
    assert length_size(codec, parameter_sets(codec, units[0][0])) == length_size(codec, b"") == 0


def test_a_recovery_point_is_no_keyframe_whatever_ffmpeg_calls_it(tmp_path: Path) -> None:
    units = annexb_packets(make_film(tmp_path / "film.mp4", 3, refresh=True))
    assert sum(key for _, key in units) == 3
    assert [number for number, (unit, _) in enumerate(units) if is_key("h264", unit)] == [0]


@pytest.mark.parametrize(("header", "key"), [
    (15, False), (16, True), (19, True), (21, True), (23, True), (24, False), (1, False)])
def test_every_kind_of_random_access_picture_of_h265_is_a_keyframe(header: int, key: bool) -> None:
    assert is_key("hevc", b"\0\0\1\x40\1\0\0\1" + bytes([header << 1, 1, 9])) == key


@given(st.sampled_from(["h264", "hevc"]), st.binary(max_size=80), st.integers(0, 4))
def test_any_bytes_are_a_keyframe_or_none(codec: str, unit: bytes, size: int) -> None:
    assert is_key(codec, unit, size) in (True, False) and length_size(codec, unit) in range(5)


@given(st.sampled_from(["h264", "hevc"]), st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\0\0\1", b"\0", b"\x67", b"\x68\x01", b"\x65", b"\x42\x01"]), max_size=40).map(b"".join))
def test_any_bytes_have_some_or_no_parameter_sets(codec: str, unit: bytes) -> None:
    sets = parameter_sets(codec, unit)
    assert parameter_sets(codec, sets) == sets
    assert format_of(codec, unit) == format_of(codec, sets)
