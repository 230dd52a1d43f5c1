"""Looks at the small stream of the room camera, recorded or not: is its picture black or covered?

Only that is told from it, and only to the terminal: what counts is measured from the bytes that are recorded. A frozen
picture is known by the noise that it lacks. The limit for it was measured on full-size pictures: shrinking takes most
of the noise away, and how much of it the small encoder of a camera leaves was not measured. So no sample is compared
with the one before, and a small stream never says "frozen" or "looped".
"""
from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Protocol

import av

from common.logs import Log
from edge.cameras.again import Opening, Waits
from edge.cameras.lores import Lores
from edge.cameras.port import Source
from edge.clock import Clock
from edge.errors import BadVideo
from edge.picture.fragments import MAX_PIXELS, TOO_LARGE, decode
from edge.picture.measure import measure
from edge.picture.reader import SLACK
from edge.picture.told import Board, Trouble
from evidence.bodies import Picture, PictureSample
from evidence.errors import BadInput
from evidence.picture import Look, Seen, What, seen
from evidence.policy import PictureRules
from evidence.times import SECOND

TOLD_OF: tuple[What, ...] = ("black", "covered")
WAIT_S = 0.5
WINDOW = 24
"""So many samples are judged together: two minutes."""
STALE_US = 20 * SECOND
"""Real time without a picture after which nothing is said of it: that no picture comes, the recorder tells."""
STOP_S = 2.0
Small = tuple[int, av.VideoFrame]
"""When a picture came (`mono_us` of the box's clock), and the picture."""


class Pictures(Protocol):
    """Where small pictures come from."""

    def take(self, stop: threading.Event) -> Iterator[Small | None]:
        """Pictures as they come, until `stop` is set; None about every second while none comes."""


class SubStream:
    """A small stream with a connection of its own; at most one keyframe in `every_us` is decoded."""

    def __init__(self, open: Callable[[], Source], every_us: int) -> None:
        self._open, self._every_us, self._log = open, every_us, Log("picture.sub")

    def take(self, stop: threading.Event) -> Iterator[Small | None]:
        """As `Pictures`. It is opened again, after longer and longer pauses, whenever it breaks."""
        waits = Waits(0.0)
        while not stop.is_set():
            source = yield from self._opened(waits, stop)
            if source is None:
                return
            waits.opened()
            try:
                yield from self._keyframes(source, stop)
            except BadInput as error:
                self._log.failed("sub.broken", error)
            finally:
                source.close()

    def _opened(self, waits: Waits, stop: threading.Event) -> Generator[Small | None, None, Source | None]:
        opening = Opening(self._open, waits)
        failure: BadInput | None = None
        try:
            while not stop.wait(WAIT_S):
                if (source := opening.take()) is not None:
                    return source
                if opening.failure is not failure and (failure := opening.failure) is not None:
                    self._log.failed("sub.broken", failure)
                yield None
        finally:
            opening.close()
        return None

    def _keyframes(self, source: Source, stop: threading.Event) -> Iterator[Small | None]:
        info, due_us, quiet_us = source.info, 0, 0
        if info.width * info.height > MAX_PIXELS:
            raise BadVideo(source="sub", why=TOO_LARGE)
        codec = info.template.codec_context
        codec.thread_type = "NONE"
        while not stop.is_set() and not source.ended:
            packet = source.read(WAIT_S)
            if packet is None:
                yield None
            elif packet.key and packet.mono_us >= due_us and (frame := decode(codec, bytes(packet.av))) is not None:
                due_us = packet.mono_us + self._every_us - self._every_us // SLACK
                yield packet.mono_us, frame
            elif packet.mono_us >= quiet_us:
                quiet_us = packet.mono_us + SECOND
                yield None


class LoresPictures:
    """The small pictures of a Pi camera, which the recorder hands over as a file."""

    def __init__(self, path: Path, clock: Clock, every_us: int) -> None:
        self._lores, self._clock, self._every_us = Lores(path), clock, every_us

    def take(self, stop: threading.Event) -> Iterator[Small | None]:
        """As `Pictures`."""
        due_us = 0
        while not stop.wait(WAIT_S):
            now_us = self._clock.mono_us()
            luma = self._lores.newest() if now_us >= due_us else None
            if luma is None:
                yield None
            else:
                due_us = now_us + self._every_us - self._every_us // SLACK
                yield now_us, av.VideoFrame.from_ndarray(luma, "gray")


class SubLook:
    """Looks in a thread of its own: the work on finished files may take long. `rules`: of the box's own policy, since
    what is not recorded belongs to no class."""

    def __init__(self, pictures: Pictures, camera: str, clock: Clock, rules: PictureRules, board: Board) -> None:
        self._pictures, self._camera, self._clock, self._rules, self._board = pictures, camera, clock, rules, board
        self._log = Log("picture.sub")
        self._samples: deque[PictureSample] = deque(maxlen=WINDOW)
        self._trouble: Trouble | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sub", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; one that waits for a dead network ends with the process."""
        self._stop.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        for small in self._pictures.take(self._stop):
            if small is not None:
                self._look_at(*small)
            self._judge(self._clock.mono_us())

    def _look_at(self, at_us: int, frame: av.VideoFrame) -> None:
        try:
            self._samples.append(measure(frame, at_us, None))
        except Exception as error:
            # However odd a camera's small picture is, it must not end the process that measures what counts.
            self._log.failed("sub.odd", error)

    def _judge(self, now_us: int) -> None:
        if self._samples and now_us - self._samples[-1].at_us > STALE_US * self._clock.rate:
            self._samples.clear()
        span, before = self._lasting(now_us), self._trouble
        if span is None:
            self._trouble = None
        elif before is None or before.what != span.what:
            self._trouble = Trouble(span.what, self._camera, None, span.start_us)
        self._board.tell("sub", [] if self._trouble is None else [self._trouble])

    def _lasting(self, now_us: int) -> Seen | None:
        """What the newest picture shows, if it has lasted long enough."""
        if not self._samples:
            return None
        first_us, newest_us = self._samples[0].at_us, self._samples[-1].at_us
        picture = Picture("", "", "0" * 64, 0, tuple(self._samples), "")
        end_us = max(now_us, newest_us + 1)
        spans = seen([Look("", "", first_us, end_us, 0, picture)], self._rules)
        return next((span for span in spans if span.what in TOLD_OF and span.end_us > newest_us), None)
