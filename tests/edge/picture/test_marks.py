"""Marks of a screen code in real H.264: found where they are shown, small and re-encoded too, and nowhere else."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.errors import BadVideo
from edge.picture.marks import DICTIONARY, read_marks, windows
from evidence.bodies import CodeShown, Segment
from evidence.times import SECOND

FIRST_US = 60 * SECOND
SEGMENT = Segment(
    "c-1", "s-1", "room", "r-1", 1, "r-1/000001.mp4", 1, "0" * 64, "h264", 1280, 720, 100, 5, FIRST_US,
    FIRST_US + 20 * SECOND, 1000 * SECOND, 1020 * SECOND, 100_000, (), False, "start")
SHOWN = CodeShown("c-1", "s-1", (12, 940), 1006 * SECOND, 1014 * SECOND)


def film(path: Path, marks: tuple[int, int], px: int = 24) -> Path:
    """20 s at 5 frames a second; from second 6 on each of two marks for 4 s, `px` wide, on a screen in the room."""
    noise = np.random.default_rng(3)
    room = cv2.GaussianBlur(noise.integers(0, 255, (720, 1280), dtype=np.uint8), (0, 0), 9)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5, width=1280, height=720, pix_fmt="yuv420p")
        stream.options = {"preset": "ultrafast", "crf": "27", "x264-params": "keyint=20:scenecut=0"}
        for number in range(100):
            picture = room.copy()
            if 6 <= number / 5 < 14:
                _paste(picture, marks[int((number / 5 - 6) // 4)], px)
            picture = cv2.add(picture, noise.integers(0, 12, picture.shape, dtype=np.uint8))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode())
    return path


def _paste(picture: np.ndarray, mark: int, px: int) -> None:
    large = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(DICTIONARY), mark, 8 * px)
    framed = cv2.copyMakeBorder(large, *(4 * px,) * 4, cv2.BORDER_CONSTANT, value=255)
    small = cv2.GaussianBlur(cv2.resize(framed, (2 * px, 2 * px), interpolation=cv2.INTER_AREA), (0, 0), 0.6)
    picture[300:300 + 2 * px, 700:700 + 2 * px] = small


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "shown.mp4", (12, 940))


def test_marks_are_read_where_they_are_shown(shown: Path) -> None:
    samples, marks = read_marks(shown, SEGMENT, windows(SEGMENT, [SHOWN]))
    assert 20 <= samples <= 26 and {one.mark for one in marks} == {12, 940}
    assert all(FIRST_US + 6 * SECOND <= one.at_us < FIRST_US + 10 * SECOND for one in marks if one.mark == 12)
    assert all(FIRST_US + 10 * SECOND <= one.at_us < FIRST_US + 14 * SECOND for one in marks if one.mark == 940)


def test_a_window_is_what_of_the_showing_lies_in_the_segment() -> None:
    assert windows(SEGMENT, [SHOWN]) == [(FIRST_US + 4 * SECOND, FIRST_US + 16 * SECOND)]
    early = dataclasses.replace(SHOWN, from_mono_us=990 * SECOND, to_mono_us=998 * SECOND)
    late = dataclasses.replace(SHOWN, from_mono_us=1019 * SECOND, to_mono_us=1027 * SECOND)
    assert windows(SEGMENT, [early, late]) == [(FIRST_US + 17 * SECOND, FIRST_US + 20 * SECOND)]


def test_outside_of_the_windows_nobody_looks(shown: Path) -> None:
    assert read_marks(shown, SEGMENT, []) == (0, ())
    samples, marks = read_marks(shown, SEGMENT, [(FIRST_US, FIRST_US + 5 * SECOND)])
    assert samples > 5 and marks == ()


def test_a_file_that_is_no_video_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(BadVideo):
        read_marks(tmp_path / "x.mp4", SEGMENT, windows(SEGMENT, [SHOWN]))
