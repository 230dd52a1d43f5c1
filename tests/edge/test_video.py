"""Opening a video file that somebody else made: what it is called, and of which codec, whatever it says."""
from __future__ import annotations

from pathlib import Path

import av
import pytest

from edge.errors import BadVideo
from edge.video import open_video
from tests.common.test_hls import FILM


def test_a_film_whose_name_is_in_another_encoding_is_read(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w", metadata_encoding="gb18030") as out:
        out.metadata["title"] = "焊工一班"
        stream = out.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(UnicodeDecodeError):
        av.open(str(tmp_path / "a.mp4"))
    container, stream = open_video(tmp_path / "a.mp4")
    with container:
        assert (stream.width, stream.height) == (64, 48)


def test_a_codec_that_nobody_knows_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(FILM.replace(b"avc1", b"zzzz", 2))
    with pytest.raises(BadVideo):
        open_video(tmp_path / "a.mp4")
