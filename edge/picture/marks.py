"""Looks for the marks of a screen code in a finished segment: only in the seconds in which the terminal showed one."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from av.error import FFmpegError

from edge.video import bad_video, open_video
from evidence.bodies import CodeShown, MarkSeen, Segment
from evidence.times import SECOND

DICTIONARY = cv2.aruco.DICT_4X4_1000
EVERY_US = SECOND // 2
MARGIN_US = 2 * SECOND
"""A picture may be so late on its way from the screen through the camera."""
MOST_SAMPLES = 1000
Window = tuple[int, int]
"""From … to before, media time of the run."""


def windows(segment: Segment, shown: Sequence[CodeShown]) -> list[Window]:
    """When in the segment codes were shown. `shown` and `segment`: of the same boot."""
    found = []
    for code in shown:
        start_us = code.from_mono_us - segment.first_mono_us + segment.first_pts_us - MARGIN_US
        end_us = code.to_mono_us - segment.first_mono_us + segment.first_pts_us + MARGIN_US
        if start_us < segment.end_pts_us and segment.first_pts_us < end_us:
            found.append((max(start_us, segment.first_pts_us), min(end_us, segment.end_pts_us)))
    return found


def read_marks(path: Path, segment: Segment, wanted: Sequence[Window]) -> tuple[int, tuple[MarkSeen, ...]]:
    """How many frames were looked at, and the marks in them. Raises BadVideo, EmptyVideo."""
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARY))
    samples, seen = 0, dict[tuple[int, int], None]()
    for at_us, grey in _frames(path, segment.first_pts_us, wanted):
        samples += 1
        _, ids, _ = detector.detectMarkers(grey)
        seen |= {(at_us, int(mark)): None for mark in ([] if ids is None else ids.flatten())}
        if samples >= MOST_SAMPLES:
            break
    return samples, tuple(MarkSeen(at_us, mark) for at_us, mark in seen)


def _frames(path: Path, first_us: int, wanted: Sequence[Window]) -> Iterator[tuple[int, np.ndarray]]:
    """Grey pictures (uint8, height × width) inside the windows, about `EVERY_US` apart, with media time of the run."""
    container, stream = open_video(path)
    with container:
        stream.thread_type = "NONE"
        for start_us, end_us in wanted:
            due_us = start_us
            try:
                # A file begins at 0, its run did so earlier.
                container.seek(max(0, start_us - first_us), backward=True)
                for frame in container.decode(stream):
                    at_us = first_us + round((frame.time or 0) * SECOND)
                    if at_us >= end_us:
                        break
                    if at_us >= due_us:
                        due_us = at_us + EVERY_US
                        yield at_us, frame.to_ndarray(format="gray")
            except FFmpegError as error:
                raise bad_video(path, error) from None
