"""One request to somebody who is not trusted: whatever it does, an answer or our own error comes in time."""
from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from common import fetch
from evidence.errors import FetchFailed


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server on the loopback that reads a request and then does what the test wants."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                try:
                    answer(peer)
                except OSError as error:
                    assert isinstance(error, ConnectionError)  # the other side has gone

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        thread.join(60)
        assert not thread.is_alive()


def head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length


def test_an_answer_comes_back() -> None:
    with answering(lambda peer: peer.sendall(head(5) + b"hello")) as address:
        assert fetch.fetch(address, 5) == b"hello"


@pytest.mark.parametrize("answer", [
    head(6) + b"hello!", head(9) + b"cut", b"", b"nonsense\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
], ids=["oversized", "cut", "empty", "nonsense", "refused", "redirected to a file"])
def test_what_is_no_answer_is_our_own_error(answer: bytes) -> None:
    with answering(lambda peer: peer.sendall(answer)) as address, pytest.raises(FetchFailed):
        fetch.fetch(address, 5)


def test_nobody_is_sent_to_another_kind_of_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ftp:
        ftp.settimeout(5)
        greeted: list[bytes] = []

        def greet() -> None:
            try:
                peer, _ = ftp.accept()
            except OSError:
                return  # the test has shut it
            with peer:
                peer.sendall(b"500 no\r\n")
                greeted.append(b"x")

        thread = threading.Thread(target=greet)
        thread.start()
        moved = b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1:%d/x\r\n\r\n" % ftp.getsockname()[1]
        with answering(lambda peer: peer.sendall(moved)) as address, pytest.raises(FetchFailed, match="HTTP 302"):
            fetch.fetch(address, 5)
        ftp.shutdown(socket.SHUT_RDWR)
        thread.join(60)
    assert greeted == []


def test_who_sends_a_byte_now_and_then_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "WHOLE_S", 0.5)
    done = threading.Event()

    def drip(peer: socket.socket) -> None:
        while not done.wait(0.05):
            peer.sendall(b"H")

    with answering(drip) as address:
        with pytest.raises(FetchFailed, match="no whole answer in time"):
            fetch.fetch(address, 5)
        done.set()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:1/", "http://[", "nothing"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(FetchFailed):
        fetch.fetch(address, 1 << 20)
