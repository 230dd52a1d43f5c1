"""Class videos with exact truth, and a whole course of them on a real box: the test says who sits where and when.

A still, drawn or of a dependency, is put into a room that is drawn; the file is H.264 in the recorder's container.
"""
from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from common.policies import load_policy
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.picture.codes import Codes
from edge.picture.live import Live
from edge.picture.process import Worker as PictureWorker
from edge.picture.told import TOLD, Board
from edge.recorder.segment_file import FLAGS
from edge.rollcall.attempts import Attempts
from edge.rollcall.process import Worker
from edge.vision.pack import Pack
from edge.wiring import Box, open_store
from evidence.bodies import (
    Alarm,
    Candidate,
    CheckIn,
    ClassOrder,
    Enrolled,
    Genesis,
    Hour,
    PassiveLook,
    Place,
    PolicyRef,
    Segment,
)
from evidence.fold import fold
from evidence.records import NO_PREV, ClockState, Record
from evidence.rules import R3Finding, findings
from evidence.shape import encode
from evidence.story import Story
from evidence.times import MINUTE, SECOND, utc_text
from tests.edge.storage.conftest import START, HandClock

CLASS, POLICY = "class-1", "sanmenxia-2023"
SHA = "a" * 64
DAY_US = 1440 * MINUTE
ALIVE = PassiveLook(5, 0, 5, 500_000, 900_000)
EVERY_S = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Head:
    """A still in the picture: BGR uint8, put so wide with its left upper corner at `x`, `y` from `from_s` to before
    `to_s` seconds of the file."""

    still: np.ndarray
    x: int
    y: int
    width: int
    from_s: float = 0.0
    to_s: float = 1e9


def write_class(
    path: Path, heads: Sequence[Head], seconds: int, size: tuple[int, int], fps: int = 1, seed: int = 0
) -> None:
    """A fragmented MP4 of a room of `size` (width, height) in which heads come, sway a little and go; a keyframe every
    second. The same seed gives the same pictures."""
    with av.open(str(path), "w", format="mp4", options={"movflags": FLAGS}) as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = "yuv420p", fps
        stream.options = {"preset": "ultrafast", "crf": "20", "sc_threshold": "0"}
        for number, bgr in enumerate(_pictures(heads, seconds * fps, size, fps, seed)):
            frame = av.VideoFrame.from_ndarray(bgr, "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _pictures(heads: Sequence[Head], count: int, size: tuple[int, int], fps: int, seed: int) -> Sequence[np.ndarray]:
    lot = np.random.default_rng(seed)
    made = []
    for number in range(count):
        bgr = _room(size).copy()
        for head in heads:
            if head.from_s <= number / fps < head.to_s:
                _put(bgr, head, *(int(sway) for sway in lot.integers(-2, 3, 2)))
        noise = lot.integers(-5, 6, (size[1], size[0], 1), np.int8)
        made.append(np.clip(bgr + noise, 0, 255).astype(np.uint8))
    return made


@functools.cache
def _room(size: tuple[int, int]) -> np.ndarray:
    """A wall that is lit from one side, with a board, a door and tables."""
    width, height = size
    light = np.linspace(70, 150, width, dtype=np.float32)[None, :, None]
    bgr = np.repeat(np.repeat(light, height, axis=0), 3, axis=2) * np.float32([0.95, 1.0, 1.05])
    cv2.rectangle(bgr, (width // 3, 4), (2 * width // 3, height // 12), (52, 70, 44), -1)
    cv2.rectangle(bgr, (width - width // 12, height // 20), (width - 4, height // 2), (60, 90, 120), -1)
    cv2.rectangle(bgr, (0, height - height // 14), (width, height), (80, 110, 140), -1)
    return bgr.astype(np.int16)


def _put(bgr: np.ndarray, head: Head, right: int, down: int) -> None:
    height = round(head.still.shape[0] * head.width / head.still.shape[1])
    small = cv2.resize(head.still, (head.width, height), interpolation=cv2.INTER_AREA)
    y, x = max(0, head.y + down), max(0, head.x + right)
    part = bgr[y : y + height, x : x + head.width]
    part[:] = small[: part.shape[0], : part.shape[1]]


class Course:
    """A class of some people on a box of its own, one block of `seconds` a day. Its clock is in the test's hand.

    `pack` describes `stills` for the gallery and reads the videos; the recorder alone is left out."""

    def __init__(
        self, folder: Path, pack: Pack, stills: Mapping[str, np.ndarray], templates: Mapping[str, np.ndarray],
        size: tuple[int, int], width: int, sessions: int, seconds: int, teacher: str | None = None,
    ) -> None:
        """`teacher`: one of `stills`, an instructor, who is always in view."""
        self._stills, self._size, self._width, self._seconds = stills, size, width, seconds
        self._teacher = teacher
        self._days = [START + (day + 1) * DAY_US for day in range(sessions)]
        self._clock, self._held = HandClock(), 0
        self.box = _box(folder, self._clock)
        self.box.store.put_templates(CLASS, pack.name, dict(templates))
        run = self.box.run_folder
        live = Live(self.box.store, self._clock, Board(run / TOLD), POLICY)
        codes = Codes(self.box.store, self.box.find_segment, Attempts(run / "codes"))
        self._workers = (
            Worker(self.box.store, self.box.find_segment, pack, EVERY_S, Attempts(run / "try.json")),
            PictureWorker(self.box.store, self.box.video, self.box.find_segment, 1, run, live, codes))

    def hold(self, in_view: Mapping[str, tuple[float, float]], signed: Collection[str]) -> str:
        """The next session: who is in view from when to before when, as shares of it, and who signs in. The id of its
        block. Everything that the box makes of it is recorded before this returns."""
        start_us = self._days[self._held]
        self._until(start_us - 10 * SECOND)
        self.box.store.append_many([("checkin", self._check_in(person, number))
                                    for number, person in enumerate(sorted(signed))])
        self._until(start_us + (self._seconds + 2) * SECOND)
        self.box.store.append("segment", self._film(in_view, start_us))
        self._clock.forward(SECOND)
        for worker in self._workers:
            while worker.turn():
                pass
        self._held += 1
        return f"{utc_text(start_us)[:10]}-am"

    def story(self) -> Story:
        """What all records so far come to; the box has gone on for an hour after the last session."""
        self._clock.forward(60 * MINUTE)
        self.box.store.append("alarm", Alarm("camera.silent", {}, None))
        records = [*self._centre(), *(sealed.record for sealed in self.box.store.each())]
        return fold(records, CLASS, load_policy(POLICY))

    def r3(self) -> R3Finding:
        """The finding about all sessions so far; those to come are not over."""
        found = next(one for one in findings(self.story(), load_policy(POLICY), self._clock.now) if one.rule == "R3")
        assert isinstance(found, R3Finding)
        return found

    def close(self) -> None:
        self.box.store.close()

    def _until(self, utc_us: int) -> None:
        self._clock.forward(utc_us - self._clock.now)

    def _check_in(self, person: str, number: int) -> CheckIn:
        return CheckIn(
            CLASS, None, f"a-{self._held}-{number}", "lab", SHA, "cpu", 400_000, 50_000, 5, 5, 120,
            self._clock.mono - SECOND, "live", Candidate(person, 900_000), passive=ALIVE)

    def _film(self, in_view: Mapping[str, tuple[float, float]], start_us: int) -> Segment:
        """A file from a second before the block to a second after it."""
        whole = self._seconds + 2
        name = f"r-{self._held}/000000.mp4"
        path = self.box.segments / name
        path.parent.mkdir()
        there = {**in_view, **({self._teacher: (0.0, 1.0)} if self._teacher else {})}
        heads = [self._head(place, person, *there[person]) for place, person in enumerate(self._stills)
                 if person in there]
        write_class(path, heads, whole, self._size, seed=self._held)
        data = path.read_bytes()
        mono = self._clock.mono_at(start_us - SECOND)
        return Segment(
            CLASS, None, "room", f"r-{self._held}", 0, name, len(data), hashlib.sha256(data).hexdigest(), "h264",
            *self._size, whole, whole, 0, whole * SECOND, mono, mono + (whole - 1) * SECOND, 500_000, (), False,
            "start", "end")

    def _head(self, place: int, person: str, since: float, until: float) -> Head:
        """Somebody in the own seat, no earlier or later than the block: a best sight outside shows nobody in it. Seats
        stand in rows with some room between them."""
        across = self._size[0] // (self._width + self._width // 4)
        step = self._size[0] // across
        x, y = place % across * step + self._width // 8, place // across * step + self._size[1] // 10
        whole = self._seconds + 2
        return Head(self._stills[person], x, y, self._width, max(1.0, since * whole), min(whole - 1.0, until * whole))

    def _centre(self) -> list[Record]:
        """The chain of a centre that ordered the class the day before it began."""
        hours = tuple(Hour(f"h-{day}", "practical", utc_text(start), utc_text(start + self._seconds * SECOND))
                      for day, start in enumerate(self._days))
        policy = load_policy(POLICY)
        people = tuple(Enrolled(person, "instructor" if person == self._teacher else "trainee", SHA)
                       for person in self._stills)
        order = ClassOrder(
            CLASS, 1, "焊工", PolicyRef(POLICY, policy.sha256), 480, (Place("box-1", "一"),), people, hours)
        bodies = (("genesis", Genesis(SHA, "PEM", SHA, "test", None)), ("order.class", order))
        clock = ClockState(True, 1000, "kernel", 1)
        return [Record(1, type, "centre", "c" * 32, seq, "b" * 64 if seq else NO_PREV, "0", seq, utc_text(START), clock,
                       encode(body)) for seq, (type, body) in enumerate(bodies)]


def _box(folder: Path, clock: HandClock) -> Box:
    """An empty box of that class."""
    (folder / "video" / "segments").mkdir(parents=True)
    (folder / "run").mkdir()
    text = f'device = "box-1"\npolicy = "{POLICY}"\n'
    (folder / "box.toml").write_text(text)
    keys = make_box_keys(folder / "keys", self_certified("box-1", clock.utc_us()))
    config = parse_box(text.encode(), "box.toml")
    return Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
