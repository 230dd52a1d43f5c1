"""Films for the file cameras: a still that drifts, with noise and a visible clock, in constant or missing time."""
from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

TIME_BASE = Fraction(1, 1000)
Hole = tuple[float, float]


def room_film(path: Path, scene: np.ndarray, start: datetime.datetime, seconds: int, fps: int,
              holes: Sequence[Hole], progress: Callable[[int], None]) -> None:
    """Write H.264 of a classroom. `start` is the local time that the clock in the picture shows first.

    Within `holes` (seconds) nothing is written: a camera whose cable was pulled.
    """
    def frames() -> Iterator[tuple[float, np.ndarray]]:
        noise = _noise(scene.shape)
        for number in range(seconds * fps):
            at = number / fps
            if any(low <= at < high for low, high in holes):
                continue
            image = _drifted(scene, noise, number)
            _clock(image, start + datetime.timedelta(seconds=at))
            yield at, image
            progress(1)

    _write(path, frames(), scene.shape, keyframe_every=10 * fps)


def terminal_film(path: Path, portraits: Sequence[np.ndarray], seconds_each: float, pause: float, step: float,
                  progress: Callable[[int], None]) -> None:
    """Write H.264 of people who step before the terminal one after the other. `step`: seconds between frames."""
    size = (480, 640, 3)
    def frames() -> Iterator[tuple[float, np.ndarray]]:
        noise, wall, number = _noise(size), np.full(size, (92, 104, 118), np.uint8), 0
        for portrait in portraits:
            scene = _before_wall(wall, portrait)
            for view, length in ((scene, seconds_each), (wall, pause)):
                for _ in range(max(1, round(length / step))):
                    yield number * step, _drifted(view, noise, number)
                    progress(1)
                    number += 1

    _write(path, frames(), size, keyframe_every=4)


def _before_wall(wall: np.ndarray, portrait: np.ndarray) -> np.ndarray:
    side = 400
    scene = wall.copy()
    scene[40:40 + side, 120:120 + side] = cv2.resize(portrait, (side, side))
    return scene


def _noise(shape: tuple[int, ...]) -> np.ndarray:
    # A third wider and higher than the picture, so that each frame sees another part of it.
    noise = np.random.default_rng(7).normal(0, 1.3, (shape[0] + 64, shape[1] + 64, 3))
    return np.clip(noise, -6, 6).astype(np.int8)


def _drifted(scene: np.ndarray, noise: np.ndarray, number: int) -> np.ndarray:
    dx, dy = 6 * math.sin(number / 37), 4 * math.sin(number / 53 + 1)
    moved = cv2.warpAffine(scene, np.float32([[1, 0, dx], [0, 1, dy]]), scene.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    x, y = number * 29 % 64, number * 17 % 64
    return cv2.add(moved, noise[y:y + scene.shape[0], x:x + scene.shape[1]], dtype=cv2.CV_8U)


def _clock(image: np.ndarray, at: datetime.datetime) -> None:
    text = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-5]
    cv2.rectangle(image, (0, 0), (430, 40), (0, 0, 0), -1)
    cv2.putText(image, text, (8, 29), cv2.FONT_HERSHEY_SIMPLEX, 0.95, (255, 255, 255), 2, cv2.LINE_AA)


def _write(path: Path, frames: Iterator[tuple[float, np.ndarray]], shape: tuple[int, ...], keyframe_every: int) -> None:
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        stream.codec_context.gop_size = keyframe_every
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "31", "tune": "zerolatency"}
        for at, image in frames:
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            frame.pts, frame.time_base = round(at / TIME_BASE), TIME_BASE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    os.replace(part, path)
