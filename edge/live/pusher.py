"""The way of live pictures to the centre: one piece after the other, each with the box's signed word, always the newest
when the line is slow."""
from __future__ import annotations

import base64
import dataclasses
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import httpx

from common.backoff import Backoff
from common.logs import Log
from common.unreached import why_unreached
from edge.asking import Option, Within, heard
from edge.live.backlog import Backlog, Piece
from edge.sync.client import CentreTime
from evidence.canonical import sha256_hex
from evidence.live import LiveFragment, seal_live
from evidence.seal import Signer
from evidence.times import MINUTE, utc_text

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
WITHIN = Within(send_s=40.0, answer_s=15.0)
"""A centre takes no piece that is on its way for longer."""
SILENT_MS = 5000
SOCKET: tuple[Option, ...] = (
    # A line on which nothing is confirmed for so long is dead; one that is slow is not.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_MS),
    # What lies in the kernel cannot be left out any more.
    (socket.SOL_SOCKET, socket.SO_SNDBUF, 128 << 10),
    # Nor does it leave after a line was closed.
    (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
)
CHUNK, LONGEST_ANSWER = 32 << 10, 64 << 10
"""Bytes that are handed over at once, and that are read of an answer: nothing in it is wanted."""
WORD_US = MINUTE
"""So long a word for a piece holds, by the centre's clock."""
WAITS = Backoff(0.5, 5.0)
LOOK_S = 1.0
TYPES = {"init": "video/mp4", "video": "video/mp4", "picture": "image/jpeg"}
Next = Literal["on", "anew", "over", "away", "later"]


@dataclasses.dataclass(frozen=True)
class Way:
    """Where pieces go, and in whose name: `order` is the hash of the order's payload."""

    address: str
    device: str
    centre: str
    order: str
    signer: Signer


class _NotShown(Exception):
    """What may leave only while it is shown may not any more."""


class Line:
    """A backlog that one thread fills and another one empties."""

    def __init__(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.ready = threading.Condition()


class Pusher:
    """`run` in a thread of its own. `shown`: whether the terminal shows that somebody watches; without it nothing
    leaves, not the rest of a piece either. `now_us`: the box's wall clock."""

    def __init__(
        self, way: Way, client: httpx.Client, line: Line, shown: Callable[[], bool], now_us: Callable[[], int],
    ) -> None:
        self.nobody = False
        """The centre said that nobody watches any more."""
        self.pieces = self.bytes = 0
        """So many the centre took."""
        self.began_us: int | None = None
        """When pictures left the box first."""
        self._way, self._client, self._line, self._shown, self._now_us = way, client, line, shown, now_us
        self._time, self._log = CentreTime(), Log("live")
        self._failures, self._told = 0, ""

    def turn_to(self, way: Way) -> None:
        """Send for another order from now on, as a stream that begins. From any thread."""
        with self._line.ready:
            self._way, self.nobody = way, False
            self.pieces, self.bytes, self.began_us = 0, 0, None
            self._line.backlog.anew()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; nothing while nobody watches."""
        with self._client:
            while not stop.is_set():
                piece = self._next()
                if piece is not None and self._shown() and not self.nobody:
                    self._follow(piece, stop)
                elif piece is not None:
                    stop.wait(LOOK_S)

    def _next(self) -> Piece | None:
        with self._line.ready:
            self._line.ready.wait_for(lambda: self._line.backlog.head() is not None, LOOK_S)
            return self._line.backlog.head()

    def _follow(self, piece: Piece, stop: threading.Event) -> None:
        way = self._way
        answer = self._sent(way, piece)
        with self._line.ready:
            if way is not self._way:
                return  # what was said of another order says nothing of this one
            self._take(answer, piece)
        if answer in ("anew", "away", "later"):
            stop.wait(WAITS.wait(self._failures, random.random()) if self._failures or answer != "anew" else 0)
            self._failures += 1
            with self._line.ready:
                self._line.backlog.catch_up()

    def _take(self, answer: Next, piece: Piece) -> None:
        backlog = self._line.backlog
        self.nobody = answer == "over"
        if answer == "on":
            self._failures, self._told = 0, ""
            self.pieces, self.bytes = self.pieces + 1, self.bytes + len(piece.data)
            backlog.done(piece)
        elif answer == "away":
            backlog.leave_out(piece)
        elif answer == "anew":
            backlog.again()

    def _sent(self, way: Way, piece: Piece) -> Next:
        """Hand a piece over. A token may be refused for its time once: the answer tells the right one."""
        try:
            status = self._put(way, piece)
            if status == 401:
                status = self._put(way, piece)
        except _NotShown:
            return "later"
        except httpx.HTTPError as error:
            self._tell(why_unreached(error))
            return "later"
        if not 200 <= status < 300:
            self._tell(str(status))
        return judged(status, piece)

    def _put(self, way: Way, piece: Piece) -> int:
        fragment = LiveFragment(
            1, way.device, way.centre, way.order, piece.epoch, piece.number, utc_text(piece.at_us), piece.what,
            piece.skipped, sha256_hex(piece.data), len(piece.data), utc_text(self._time.now_us() + WORD_US))
        token = base64.b64encode(seal_live(fragment, way.signer)).decode("ascii")
        where = f"{way.address.rstrip('/')}/api/live/{way.order}/{piece.epoch}/{piece.number}"
        headers = {"Content-Type": TYPES[piece.what], "Content-Length": str(len(piece.data)),
                   "Authorization": f"Bearer {token}"}
        with self._client.stream("PUT", where, content=self._body(piece), headers=headers) as answer:
            self._time.learn(answer.headers.get("date"))
            heard(answer, LONGEST_ANSWER, self._shown)
            return answer.status_code

    def _body(self, piece: Piece) -> Iterator[bytes]:
        """A line may be so slow that a piece is on its way for longer than it may leave; one that leads nowhere takes
        none of it. Raises _NotShown."""
        for at in range(0, len(piece.data), CHUNK):
            if not self._shown():
                raise _NotShown
            if self.began_us is None and piece.what != "init":
                self.began_us = self._now_us()
            yield piece.data[at : at + CHUNK]

    def _tell(self, why: str) -> None:
        """Say once what is wrong."""
        if why != self._told:
            self._told = why
            self._log.warning("live.not_taken", why=why)


def judged(status: int, piece: Piece) -> Next:
    """What follows from the centre's answer to a piece: go `on`; begin `anew`, with a header; it is `over`; leave this
    piece out, it will never be taken (`away`); or try `later`."""
    if 200 <= status < 300:
        return "on"
    if status == 409:
        return "anew" if piece.what != "picture" else "later"
    if status == 410:
        return "over"
    if status in (413, 415, 422) and piece.what != "init":
        return "away"
    return "later"
