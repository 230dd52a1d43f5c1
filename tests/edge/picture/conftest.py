"""Films of a room with people who move, and of everything that may happen to its picture; decisions over them."""
from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from common.policies import load_policy
from edge.picture.history import History
from edge.picture.reader import RunState, SegmentReader
from evidence.bodies import Picture
from evidence.looped import Earlier, looped
from evidence.picture import Look, Seen, seen
from evidence.policy import PictureRules
from evidence.times import SECOND

WIDTH, HEIGHT, FPS = 480, 270, 5
FLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
SEGMENT_US = 60 * SECOND
RULES: PictureRules = load_policy("sanmenxia-2023").picture  # type: ignore[assignment]


class Room:
    """A room of which every frame is another: people who walk, and the noise of a sensor."""

    def __init__(self, scene: np.ndarray, seed: int = 1, noise: float = 1.5) -> None:
        self.scene = cv2.resize(scene, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._chance = np.random.default_rng(seed)
        # Each twice side by side and twice one under the other: rolled, it is a part of that.
        self._noise = [np.tile(self._chance.normal(0, noise, self.scene.shape).astype(np.float32), (2, 2, 1))
                       for _ in range(7)]
        self._sum = np.empty_like(self.scene)
        self._walks = self._chance.uniform(0.06, 0.4, (5, 2)), self._chance.uniform(0, 6, (5, 2))

    def noisy(self, image: np.ndarray, number: int) -> np.ndarray:
        top, left = HEIGHT - number * 37 % HEIGHT, WIDTH - number * 91 % WIDTH
        np.add(image, self._noise[number % 7][top:top + HEIGHT, left:left + WIDTH], out=self._sum)
        return np.clip(self._sum, 0, 255, out=self._sum).astype(np.uint8)

    def still(self, number: int) -> np.ndarray:
        return self.noisy(self.scene, number)

    def people(self, number: int) -> np.ndarray:
        """People who never stand the same way twice."""
        image, at = self.scene.copy(), number / FPS
        speed, phase = self._walks
        for person in range(5):
            across, down = 0.5 + 0.5 * np.sin(speed[person] * at * np.array([1, 0.61]) + phase[person])
            x, y = int(across * (WIDTH - 50)), int(down * (HEIGHT - 90))
            cv2.rectangle(image, (x, y), (x + 44, y + 84), (30 + 40 * person, 90, 220 - 40 * person), -1)
        return self.noisy(image, number)


@pytest.fixture(scope="session")
def room(pictures) -> Room:
    return Room(pictures.group)


@pytest.fixture(scope="session")
def empty_room(pictures) -> Room:
    """The same with a very good sensor."""
    return Room(pictures.group, noise=0.8)


def write_film(path: Path, images: Iterable[np.ndarray], gop: int = 2 * FPS, **options: str) -> Path:
    """H.264 in fragments, as the recorder writes it."""
    with av.open(str(path), "w", format="mp4", options={"movflags": FLAGS}) as container:
        stream = container.add_stream("libx264", rate=FPS, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "superfast", "crf": "28", "bf": "0",
                          "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0", **options}
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode(None))
    return path


def again(source: Path, path: Path, times: int, *encoding: str) -> Path:
    """The film so many times over: the same bytes, or encoded anew."""
    command = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-stream_loop", str(times - 1), "-i", str(source), "-an",
               "-map", "0:v:0", *(encoding or ("-c", "copy")), "-movflags", FLAGS, str(path)]
    subprocess.run(command, check=True)
    return path


def looks_of(path: Path, history: History | None = None, run: str = "r-1", wall_us: int = 0) -> list[Look]:
    """A fragmented film, measured as the box does, in segments of a minute."""
    history = History() if history is None else history
    reader = SegmentReader(path, 0, 5 * SECOND, RunState())
    reader.read(path.stat().st_size)
    keys = [(int(reader.keys[at:at + 8], 16), reader.keys[at + 8:at + 24]) for at in range(0, len(reader.keys), 24)]
    end_us = keys[-1][0] * 1000 + SECOND
    looks: list[Look] = []
    before = None
    for start_us in range(0, end_us, SEGMENT_US):
        until_us = min(end_us, start_us + SEGMENT_US)
        samples = tuple(one for one in reader.samples if start_us <= one.at_us < until_us)
        like = history.like(run, samples, before)
        before = like or before
        history.add(run, samples)
        text = "".join(f"{at - start_us // 1000:08x}{name}" for at, name in keys if start_us <= at * 1000 < until_us)
        sha = hashlib.sha256(f"{run} {start_us}".encode()).hexdigest()
        picture = Picture("c-1", run, sha, 5 * SECOND, samples, text, like)
        looks.append(Look("box-1", sha, start_us, until_us, wall_us, picture))
    return looks


def judged(looks: Sequence[Look], earlier: Earlier | None = None) -> list[Seen]:
    return list(seen(looks, RULES, looped(looks, earlier or Earlier(looks), RULES)))


def kinds(path: Path) -> list[tuple[str, int, int]]:
    """What a film shows: what, from which second to which."""
    return [(one.what, one.start_us // SECOND, one.end_us // SECOND) for one in judged(looks_of(path))]


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Writes a film of a function from frame number to picture."""
    def make(seconds: int, of: Callable[[int], np.ndarray], **options: str) -> Path:
        return write_film(tmp_path / "film.mp4", (of(number) for number in range(seconds * FPS)), **options)

    yield make
