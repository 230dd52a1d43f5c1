"""The connection to the broker: its end, and what stands at the broker of it."""
from __future__ import annotations

import queue
import socket
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.sync.link import Link
from tests.edge.sync.conftest import Broker


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


def test_the_broker_keeps_whether_the_box_is_connected(broker: Broker) -> None:
    """Said when it connects, when it goes, and by its last will when it cannot say it any more."""
    said: queue.Queue[bytes] = queue.Queue()
    ear = mqtt.Client(CallbackAPIVersion.VERSION2, "ear", protocol=mqtt.MQTTv5)
    ear.on_message = lambda _client, _data, message: said.put(message.payload)
    ear.connect("127.0.0.1", broker.port)
    ear.subscribe("zaitang/v1/box-1/presence")
    ear.loop_start()
    try:
        one = Link("127.0.0.1", broker.port, "box-1", lambda event: None)
        one.start()
        assert said.get(timeout=60) == b"here"
        one.stop()
        assert said.get(timeout=60) == b"away"
        again = Link("127.0.0.1", broker.port, "box-1", lambda event: None)
        again.start()
        assert said.get(timeout=60) == b"here"
        end = time.monotonic() + 60
        while again.unacknowledged and time.monotonic() < end:  # Others hear it before the broker's word is here.
            time.sleep(0.01)
        assert again.unacknowledged == 0
        sock = again._client.socket()
        assert sock is not None
        sock.shutdown(socket.SHUT_RDWR)
        assert [said.get(timeout=60) for _ in range(2)] == [b"away", b"here"], "and it comes back by itself"
        again.stop()
    finally:
        ear.disconnect()
        ear.loop_stop()
