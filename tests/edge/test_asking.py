"""Asking a centre that is slow on purpose, or talks without an end."""
from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from edge.asking import Transport, Within, heard
from tests.edge.live.conftest import tls_of_loopback

DRIP_S, PATIENT = 0.05, httpx.Timeout(5.0)
Serve = Callable[[socket.socket], None]


@contextmanager
def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on the loopback, with a thread for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)

        def follow(peer: socket.socket) -> None:
            try:
                with peer if tls is None else tls.wrap_socket(peer, server_side=True) as line:
                    serve(line)
            except OSError:
                return  # the other end has gone, as it should

        def accept() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=follow, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def dripping(begin: bytes, drop: bytes) -> Serve:
    def serve(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(begin)
        while True:
            time.sleep(DRIP_S)
            line.sendall(drop)

    return serve


def client(within: Within, context: ssl.SSLContext | None = None) -> httpx.Client:
    context = context or ssl.create_default_context()
    return httpx.Client(transport=Transport(context, within), timeout=PATIENT, trust_env=False)


DRIPS = {
    "a status": (b"", b"H"), "headers": (b"HTTP/1.1 204 No Content\r\n", b"a: b\r\n"),
    "a header": (b"HTTP/1.1 204 No Content\r\na: ", b"b"),
    "words before the answer": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "an endless body": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
}


@pytest.mark.parametrize("what", DRIPS)
@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_drips_ends_in_time(tmp_path: Path, what: str, tls: bool) -> None:
    context, root = tls_of_loopback(tmp_path) if tls else (None, "")
    trusted = ssl.create_default_context(cadata=root) if tls else None
    with serving(dripping(*DRIPS[what]), context) as address, client(Within(5.0, 0.5), trusted) as asking:
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout), asking.stream("GET", address) as answer:
            heard(answer, 1 << 20)
        assert time.monotonic() - began < 3


def test_what_is_not_taken_ends_in_time() -> None:
    """It reads a little now and then: each write goes on in time, and all of them never end."""

    def sip(line: socket.socket) -> None:
        while line.recv(4096):
            time.sleep(DRIP_S)

    with serving(sip) as address, client(Within(1.0, 5.0)) as asking:
        began = time.monotonic()
        with pytest.raises(httpx.WriteTimeout):
            asking.put(address, content=(bytes(32 << 10) for _ in range(1000)))
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("size", [0, 10, 11, 12, 1 << 20])
def test_no_more_of_an_answer_is_read_than_it_may_have(size: int) -> None:
    def serve(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))

    with serving(serve) as address, client(Within(5.0, 5.0)) as asking, asking.stream("GET", address) as answer:
        assert len(heard(answer, 10)) == min(size, 11)


def test_each_request_on_a_line_has_its_own_time() -> None:
    def serve(line: socket.socket) -> None:
        while line.recv(65536):
            time.sleep(0.4)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    lines: list[socket.socket] = []
    with serving(lambda line: (lines.append(line), serve(line))[1]) as address, client(Within(1.0, 1.0)) as asking:
        for pause in (0.0, 1.5, 0.0, 0.0):
            time.sleep(pause)
            assert asking.get(address).content == b"ok"
        assert len(lines) == 1
