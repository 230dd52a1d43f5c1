"""Films for the file cameras: a still that drifts, with daylight that wanders, noise and a visible clock.

No two stretches of them are alike: a film that repeated itself would be found to.
"""
from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from provisioning.demo.day import CHECK_IN_PAUSE_S
from provisioning.demo.people import WALL

TIME_BASE = Fraction(1, 1000)
DRIFT = 7
"""The picture wanders by up to so many pixels in each direction."""
LIGHT = 9.0
"""Standard deviation, in grey levels of 255, of the light that clouds and blinds take or give a part of the room."""
LIGHT_CELLS = (6, 4)
MIDDLE = 128
LIGHT_S = 20
"""So often, in seconds, the light is another one; in between it goes over, in steps."""
LIGHT_STEP_S = 2


def room_film(path: Path, scene: np.ndarray, start: datetime.datetime, seconds: int, fps: int,
              progress: Callable[[int], None]) -> None:
    """Write H.264 of a classroom. `start` is the local time that the clock in the picture shows first."""
    def frames() -> Iterator[tuple[float, np.ndarray]]:
        padded, noise = _padded(scene), _noise(scene.shape)
        light = Light(round(start.timestamp()), scene.shape)
        for number in range(seconds * fps):
            at = number / fps
            image = light.on(_drifted(padded, noise, number), at)
            _clock(image, start + datetime.timedelta(seconds=at))
            yield at, image
            progress(1)

    write(path, frames(), scene.shape, keyframe_every=10 * fps)


def terminal_film(
    path: Path, portraits: Sequence[np.ndarray], seconds_each: float, step: float, empty_s: float,
) -> None:
    """Write H.264 of people who step before the terminal one after the other, then of nobody for `empty_s`.

    `step`: seconds between frames; ten times as long while nobody is there.
    """
    size = (480, 640, 3)

    def frames() -> Iterator[tuple[float, np.ndarray]]:
        noise, wall = _noise(size), _padded(np.full(size, WALL, np.uint8))
        at, number = 0.0, 0
        visits = [(_padded(_before_wall(portrait)), seconds_each, step) for portrait in portraits]
        views = [view for visit in visits for view in (visit, (wall, CHECK_IN_PAUSE_S, step))]
        for view, length, pause in [*views, (wall, empty_s, 10 * step)]:
            for _ in range(round(length / pause)):
                yield at, _drifted(view, noise, number)
                at, number = at + pause, number + 1

    write(path, frames(), size, keyframe_every=4)


def join(path: Path, parts: Sequence[tuple[Path, float]], kept: Callable[[float], bool] = lambda at: True) -> None:
    """One film of several, copied packet by packet; each part begins at its second of the whole.

    Where `kept` says no the picture is missing until the next keyframe, as that of a camera that was unplugged.
    """
    part_path = path.with_suffix(".part")
    with av.open(str(part_path), "w", format="mp4") as target:
        stream = None
        for source_path, begins in parts:
            with av.open(str(source_path)) as source:
                video = source.streams.video[0]
                stream = stream or target.add_stream_from_template(video)
                missing = False
                for packet in source.demux(video):
                    if packet.pts is None:
                        continue
                    at = begins + float(packet.pts * packet.time_base)
                    missing = not kept(at) or (missing and not packet.is_keyframe)
                    if not missing:
                        packet.pts = packet.dts = packet.pts + round(begins / packet.time_base)
                        packet.stream = stream
                        target.mux(packet)
    os.replace(part_path, path)


class Light:
    """Daylight in a room, different in each of its parts and never the same again. `seed`: which day it is."""

    def __init__(self, seed: int, shape: tuple[int, ...]) -> None:
        self._random, self._size = np.random.default_rng(seed), (shape[1], shape[0])
        self._at, self._before, self._after = 0, self._next(), self._next()
        self._field, self._until = np.empty(0, np.uint8), 0.0

    def on(self, image: np.ndarray, at: float) -> np.ndarray:
        """The uint8 BGR picture in the light of that second; seconds must not go back."""
        if at >= self._until:
            self._field, self._until = self._field_of(at), at + LIGHT_STEP_S
        return cv2.addWeighted(image, 1, self._field, 1, -MIDDLE)

    def _field_of(self, at: float) -> np.ndarray:
        while self._at + LIGHT_S <= at:
            self._at, self._before, self._after = self._at + LIGHT_S, self._after, self._next()
        share = (1 - math.cos(math.pi * (at - self._at) / LIGHT_S)) / 2
        cells = np.clip(self._before * (1 - share) + self._after * share, 0, 255).astype(np.uint8)
        return cv2.cvtColor(cv2.resize(cells, self._size, interpolation=cv2.INTER_LINEAR), cv2.COLOR_GRAY2BGR)

    def _next(self) -> np.ndarray:
        return self._random.normal(MIDDLE, LIGHT, LIGHT_CELLS[::-1])


def _before_wall(portrait: np.ndarray) -> np.ndarray:
    side = 400
    scene = np.full((480, 640, 3), WALL, np.uint8)
    scene[40:40 + side, 120:120 + side] = cv2.resize(portrait, (side, side))
    return scene


def _noise(shape: tuple[int, ...]) -> np.ndarray:
    # A third wider and higher than the picture, so that each frame sees another part of it.
    noise = np.random.default_rng(7).normal(3, 1.3, (shape[0] + 64, shape[1] + 64, 3))
    return np.clip(noise, 0, 6).astype(np.uint8)


def _padded(scene: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(scene, DRIFT, DRIFT, DRIFT, DRIFT, cv2.BORDER_REPLICATE)


def _drifted(padded: np.ndarray, noise: np.ndarray, number: int) -> np.ndarray:
    height, width = padded.shape[0] - 2 * DRIFT, padded.shape[1] - 2 * DRIFT
    x, y = DRIFT + round(DRIFT * math.sin(number / 37)), DRIFT + round(DRIFT * math.sin(number / 53 + 1))
    left, top = number * 29 % 64, number * 17 % 64
    return cv2.add(padded[y:y + height, x:x + width], noise[top:top + height, left:left + width])


def _clock(image: np.ndarray, at: datetime.datetime) -> None:
    text = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-5]
    cv2.rectangle(image, (0, 0), (430, 40), (0, 0, 0), -1)
    cv2.putText(image, text, (8, 29), cv2.FONT_HERSHEY_SIMPLEX, 0.95, (255, 255, 255), 2, cv2.LINE_AA)


def write(path: Path, frames: Iterable[tuple[float, np.ndarray]], shape: tuple[int, ...], keyframe_every: int) -> None:
    """Write H.264 of (seconds, uint8 BGR picture) without a B-frame; the file appears when it is whole."""
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        stream.codec_context.gop_size = keyframe_every
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "31", "tune": "zerolatency"}
        for at, image in frames:
            planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = round(at / TIME_BASE), TIME_BASE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    os.replace(part, path)
