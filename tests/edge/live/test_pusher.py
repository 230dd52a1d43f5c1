"""Pieces on their way: nothing leaves that is not shown, and no answer of a centre holds the box up."""
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.asking import Within
from edge.live.backlog import MOST_BYTES, Backlog
from edge.live.pusher import LONGEST_ANSWER, SOCKET, TIMEOUT, WITHIN, Line, Pusher, Way
from edge.sync.client import make_client
from evidence.seal import KeySigner
from tests.edge.live.conftest import until

PIECE = MOST_BYTES // 2
ENDLESS = b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Listening:
    """A centre of few words: reads what comes, at `pace` bytes a second, and says what it is told to."""

    def __init__(self) -> None:
        self.got = self.said = self.lines = 0
        self.pace: int | None = None
        self.says = b""
        self.goes_on = b""
        self.rest_s = 0.0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self.lines += 1
            threading.Thread(target=self._follow, args=(line,), daemon=True).start()

    def _follow(self, line: socket.socket) -> None:
        try:
            with line, line.makefile("rb") as file:
                while True:
                    self._hear(file)
                    line.sendall(self.says)
                    while self.goes_on:
                        line.sendall(self.goes_on)
                        self.said += len(self.goes_on)
                        time.sleep(self.rest_s)
        except (OSError, ValueError):
            return

    def _hear(self, file: object) -> None:
        length = 0
        while (head := file.readline()) != b"\r\n":  # type: ignore[attr-defined]
            if not head:
                raise OSError
            name, _, value = head.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        while length:
            part = file.read1(min(length, 16 << 10))  # type: ignore[attr-defined]
            if not part:
                raise OSError
            length -= len(part)
            self.got += len(part)
            if self.pace is not None:
                time.sleep(len(part) / self.pace)


class Pushing:
    """A pusher with one piece after the other."""

    def __init__(self, address: str) -> None:
        self.line, self.stop, self.shown = Line(Backlog(lambda before: before + 1)), threading.Event(), True
        self.way = Way(address, "box-1", "centre", "0" * 64, KeySigner(Ed25519PrivateKey.generate()))
        self.pusher = Pusher(
            self.way, make_client(None, None, TIMEOUT, SOCKET, WITHIN), self.line, lambda: self.shown,
            lambda: time.time_ns() // 1000)
        self.thread = threading.Thread(target=self.pusher.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def put(self, size: int) -> None:
        with self.line.ready:
            self.line.backlog.put("picture", bytes(size), 0, True)
            self.line.ready.notify_all()


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.close()


@pytest.fixture
def pushing(listening: Listening) -> Iterator[Pushing]:
    made = Pushing(listening.address)
    yield made
    made.stop.set()


def test_the_rest_of_a_piece_does_not_leave_once_it_is_not_shown(listening: Listening, pushing: Pushing) -> None:
    listening.pace = 256 << 10
    pushing.put(PIECE)
    until(lambda: listening.got > 64 << 10)
    pushing.shown = False
    before = listening.got
    time.sleep(4)
    assert listening.got - before < 512 << 10 < PIECE, "what lay in the kernel of the other end"
    pushing.stop.set()
    pushing.thread.join(5)
    assert not pushing.thread.is_alive()


def test_nothing_left_where_the_line_leads_nowhere(listening: Listening, pushing: Pushing) -> None:
    """Else the record of the end would name a moment at which pictures left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    pushing.pusher.turn_to(Way(nowhere, "box-1", "centre", "1" * 64, pushing.way.signer))
    pushing.put(1000)
    until(lambda: pushing.pusher._failures > 0)
    assert pushing.pusher.began_us is None
    listening.says = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
    pushing.pusher.turn_to(pushing.way)
    pushing.put(1000)
    until(lambda: pushing.pusher.pieces > 0)
    assert pushing.pusher.began_us is not None


def test_an_answer_without_an_end_is_cut(listening: Listening, pushing: Pushing) -> None:
    chunk = b"%x\r\n" % 4096 + bytes(4096) + b"\r\n"
    listening.says, listening.goes_on = ENDLESS[1], chunk
    for count in range(1, 4):
        pushing.put(1000)
        until(lambda count=count: pushing.pusher.pieces == count, 10)  # type: ignore[misc]
    assert listening.lines == 3 and listening.said < 3 * (LONGEST_ANSWER + (8 << 20))


def test_short_answers_leave_the_line_open_for_the_next_piece(listening: Listening, pushing: Pushing) -> None:
    for count, says in enumerate((ENDLESS[0], b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") * 2, 1):
        listening.says = says
        pushing.put(1000)
        until(lambda count=count: pushing.pusher.pieces == count, 10)  # type: ignore[misc]
    assert listening.lines == 1


def test_who_is_gone_may_come_back_with_another_order(listening: Listening, pushing: Pushing) -> None:
    """The centre may say that an order is over while the box is turning to the next one."""
    listening.says = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
    pushing.put(1000)
    until(lambda: pushing.pusher.nobody)
    time.sleep(0.2)
    listening.says = ENDLESS[0]
    pushing.pusher.turn_to(Way(pushing.way.address, "box-1", "centre", "1" * 64, pushing.way.signer))
    pushing.put(1000)
    until(lambda: pushing.pusher.pieces > 0, 10)


def test_attack_a_head_that_drips_is_given_up(pushing: Pushing, listening: Listening) -> None:
    pushing.pusher._client = make_client(None, None, TIMEOUT, SOCKET, Within(5.0, 0.5))
    listening.says, listening.goes_on, listening.rest_s = b"HTTP/1.1 204 No Content\r\n", b"a: b\r\n", 0.1
    pushing.put(1000)
    until(lambda: listening.lines > 1, 10)
    assert pushing.pusher.pieces == 0, "it is tried again, on another line"
