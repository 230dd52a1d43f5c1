"""Fragments that somebody garbled: what cannot be read is told as such, whatever stands in the boxes."""
from __future__ import annotations

import struct
from pathlib import Path

import pytest

from edge.errors import BadVideo
from edge.picture.fragments import Fragments
from tests.common.test_hls import FILM


def emptied(data: bytes, kind: bytes) -> bytes:
    """The file with the first box of that kind empty; the boxes that hold it keep their length."""
    at = data.index(kind) - 4
    length = struct.unpack_from(">I", data, at)[0]
    return data[:at] + struct.pack(">I4s", 8, kind) + struct.pack(">I4s", length - 8, b"free") + data[at + 16:]


def read(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    list(Fragments(path).read(len(data)))


@pytest.mark.parametrize("kind", [b"tfhd", b"tfdt", b"trun"])
def test_a_fragment_with_an_empty_box_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(BadVideo):
        read(tmp_path / "a.mp4", emptied(FILM, kind))


def test_a_codec_that_nobody_knows_is_no_video(tmp_path: Path) -> None:
    strange = FILM.replace(b"avc1", b"zzzz", 2)
    assert strange != FILM
    with pytest.raises(BadVideo):
        read(tmp_path / "a.mp4", strange)
