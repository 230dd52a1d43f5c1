"""The connection to the broker: its end."""
from __future__ import annotations

import socket
import threading

import pytest

from edge.sync.link import Link


def test_a_name_server_that_does_not_answer_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        asked.set()
        answer.wait()
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("common.mqtt.STOP_S", 0.1)
    one = Link("broker.example", 8883, "box-1", lambda event: None)
    one.start()
    assert asked.wait(60)
    stopping = threading.Thread(target=one.stop, daemon=True)
    stopping.start()
    stopping.join(20)
    held_up = stopping.is_alive()
    answer.set()
    stopping.join(20)
    assert not held_up
