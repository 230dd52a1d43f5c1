"""Parameter sets in what real encoders make, and in whatever else may come."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.annexb import TICKS, format_of, is_whole, parameter_sets, parse
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


@given(st.sampled_from(["h264", "hevc"]), st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\0\0\1", b"\0", b"\x67", b"\x68\x01", b"\x65", b"\x42\x01"]), max_size=40).map(b"".join))
def test_any_bytes_have_some_or_no_parameter_sets(codec: str, unit: bytes) -> None:
    sets = parameter_sets(codec, unit)
    assert parameter_sets(codec, sets) == sets
    assert format_of(codec, unit) == format_of(codec, sets)
