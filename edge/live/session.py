"""One order that is followed: a thread makes pieces of what the camera sends, another one brings them to the centre."""
from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Callable
from typing import Protocol

import httpx

from common.backoff import Backoff
from common.logs import Log
from edge.box_orders import Watch
from edge.cameras.port import Packet, Source, StreamInfo
from edge.clock import Clock
from edge.live.backlog import Backlog, What
from edge.live.outband import SetsChanged
from edge.live.pictures import EVERY_US, Pictures
from edge.live.pusher import Line, Pusher, Way
from edge.live.video import Made, Video
from edge.live.view import View
from evidence.box_orders import WantedLive
from evidence.records import Stamp
from evidence.times import SECOND

READ_S = 0.5
WAITS = Backoff(0.5, 20.0)
"""Real seconds after a stream broke until it is opened again: at once where it brought pictures; a camera of which none
can be made will most likely bring none the next time either."""


class Maker(Protocol):
    """Makes pieces of packets."""

    def add(self, packet: Packet) -> list[Made]: ...

    def finish(self) -> list[Made]: ...


@dataclasses.dataclass(frozen=True)
class Counts:
    """What an order came to. `began_us`: when pictures left first, wall clock, None: never."""

    began_us: int | None
    pieces: int
    bytes: int


class Session:
    """`start` it, and `stop` it: then nothing more is sent, at once. `since_us`: when it began, also before this
    process, UTC; `shown`: as for the pusher."""

    def __init__(
        self, watch: Watch, since_us: int, view: View, clock: Clock, way: Way, client: httpx.Client,
        shown: Callable[[], bool],
    ) -> None:
        self.watch, self.since_us = watch, since_us
        self._view, self._clock, self._log = view, clock, Log("live")
        self._stop, self._made, self._in_band = threading.Event(), 0, False
        self._line = Line(Backlog(lambda before: above(before, self.watch.taken, clock.stamp())))
        self._pusher = Pusher(
            way, client, self._line, lambda: shown() and not self._stop.is_set(), clock.utc_us)

    @property
    def nobody(self) -> bool:
        """The centre said that nobody watches any more."""
        return self._pusher.nobody

    @property
    def counts(self) -> Counts:
        """What it came to so far."""
        return Counts(self._pusher.began_us, self._pusher.pieces, self._pusher.bytes)

    def start(self) -> None:
        """Begin to send."""
        for name, work in (("view", self._make), ("push", lambda: self._pusher.run(self._stop))):
            threading.Thread(target=work, name=f"live.{name}", daemon=True).start()

    def turn_to(self, watch: Watch, way: Way) -> None:
        """Go on for another order that wants the same, without a break."""
        self.watch = watch
        self._pusher.turn_to(way)

    def stop(self) -> None:
        """End it; a line that does not answer is not waited for."""
        self._stop.set()

    # --- in the thread

    def _make(self) -> None:
        failures = 0
        while (source := self._view.open(self._stop)) is not None:
            made = self._made
            try:
                self._follow(source)
            except SetsChanged as error:
                self._log.failed("live.sets_changed", error)
                self._in_band = True
            # Whatever is wrong with a stream, the next one may be good.
            except Exception as error:
                self._log.failed("live.broken", error)
            finally:
                source.close()
            failures = 0 if self._made > made else failures + 1
            self._stop.wait(WAITS.wait(max(0, failures - 1), random.random()))

    def _follow(self, source: Source) -> None:
        """Until the stream breaks: what comes then is another one."""
        maker = self._maker(source.info)
        if isinstance(maker, Video):
            with self._line.ready:
                self._line.backlog.begin(maker.header, self._clock.utc_us())
        lost, hole = source.lost, False
        try:
            while not (self._stop.is_set() or source.ended):
                packet = source.read(READ_S)
                if packet is not None and (made := maker.add(packet)):
                    self._put(made, hole)
                    hole = False
                # What a packet completes lies before it, and so before a hole that it ends.
                hole, lost = hole or source.lost > lost, source.lost
        finally:
            self._put(maker.finish(), hole)

    def _maker(self, info: StreamInfo) -> Maker:
        rate = self._clock.rate
        return Video(info, rate, self._in_band) if self._wanted.form == "video" else Pictures(info, EVERY_US * rate)

    @property
    def _wanted(self) -> WantedLive:
        return self.watch.wanted

    def _put(self, made: list[Made], hole: bool = False) -> None:
        what: What = "video" if self._wanted.form == "video" else "picture"
        self._made += len(made)
        wall_us = self._clock.utc_us() - self._clock.mono_us()
        with self._line.ready:
            for one in made:
                self._line.backlog.put(what, one.data, one.mono_us + wall_us, one.key, hole)
                hole = False
            self._line.ready.notify_all()


def above(before: int, taken: Stamp, now: Stamp) -> int:
    """A number above `before`, and above those of a process that ended, which nobody kept: the seconds since the order
    was taken. Neither streams nor single pictures begin as often as that."""
    gone_us = now.mono_us - taken.mono_us if now.boot_id == taken.boot_id else now.utc_us - taken.utc_us
    return max(before + 1, gone_us // (SECOND * now.clock.rate))
