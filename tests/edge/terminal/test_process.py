"""The end of the terminal: every part is asked at once, and none holds it up beyond what a supervisor waits."""
from __future__ import annotations

import socket
import threading

import pytest
from fastapi import FastAPI

from edge import serving, supervise
from edge.child import LONG_S
from edge.serving import LOOK_S, WEB_S, serve
from edge.terminal.process import ENDS_S, stop_all


class Slow:
    """Ends when all others were asked, too."""

    def __init__(self, asked: threading.Barrier) -> None:
        self._asked, self.ended = asked, False

    def stop(self) -> None:
        self._asked.wait(60)
        self.ended = True


class Broken:
    def stop(self) -> None:
        raise OSError(5, "the pins do not answer")


class Hangs:
    def __init__(self) -> None:
        self.free = threading.Event()

    def stop(self) -> None:
        self.free.wait()


def test_all_parts_are_asked_at_once_and_none_holds_up_the_others() -> None:
    asked, hangs = threading.Barrier(9), Hangs()
    slow = [Slow(asked) for _ in range(9)]
    stop_all([Broken(), *slow], 60)
    assert all(one.ended for one in slow)
    stop_all([hangs, hangs], 0.05)
    hangs.free.set()


def test_the_end_takes_less_than_the_supervisor_waits() -> None:
    assert LOOK_S + WEB_S + ENDS_S < LONG_S < supervise.END_S


def test_a_page_that_is_being_made_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that waits for a disk which does not answer."""
    asked, answer, stop = threading.Event(), threading.Event(), threading.Event()
    app = FastAPI()

    @app.get("/")
    def page() -> None:
        asked.set()
        answer.wait()

    monkeypatch.setattr(serving, "STOP_S", 1)
    monkeypatch.setattr(serving, "WEB_S", 0.05)
    listener = socket.create_server(("127.0.0.1", 0))
    web = threading.Thread(target=serve, args=(app, listener, stop, lambda: None), daemon=True)
    web.start()
    try:
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: box\r\n\r\n")
            assert asked.wait(60)
            stop.set()
            web.join(20)
            assert not web.is_alive()
    finally:
        answer.set()
