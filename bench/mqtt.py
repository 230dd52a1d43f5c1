"""`python -m bench.mqtt publish|count PORT …`: the bare ends of an MQTT road, each a process of its own.

Both do no more than paho needs: QoS 1, one session, 100 messages in flight. `publish PORT` publishes, for each line
`TOPIC FILE` that it reads, the messages of the file. `count PORT TOPIC` waits, for each line with a number, until so
many more have come, and says so.
"""
from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

IN_FLIGHT = 100
_LENGTH = struct.Struct(">I")


def write_messages(path: Path, messages: Iterable[bytes]) -> None:
    """Each with its length before it."""
    with path.open("wb") as file:
        for message in messages:
            file.write(_LENGTH.pack(len(message)) + message)


def read_messages(path: Path) -> Iterator[bytes]:
    """What `write_messages` wrote."""
    with path.open("rb") as file:
        while head := file.read(_LENGTH.size):
            yield file.read(*_LENGTH.unpack(head))


def client(name: str) -> mqtt.Client:
    """A client as both ends use it."""
    made = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
    made.max_inflight_messages_set(IN_FLIGHT)
    return made


def publish(port: int) -> None:
    """Publish what the lines name."""
    made = client("bench-publisher")
    made.connect("127.0.0.1", port)
    made.loop_start()
    _say("ready")
    for line in sys.stdin:
        topic, path = line.split()
        for message in read_messages(Path(path)):
            made.publish(topic, message, qos=1)


def count(port: int, topic: str) -> None:
    """Say when so many have come as the lines say."""
    came, subscribed, made = threading.Semaphore(0), threading.Event(), client("bench-subscriber")
    made.on_message = lambda *_: came.release()
    made.on_subscribe = lambda *_: subscribed.set()
    made.connect("127.0.0.1", port)
    made.loop_start()
    made.subscribe(topic, 1)
    subscribed.wait()
    _say("ready")
    for line in sys.stdin:
        for _ in range(int(line)):
            came.acquire()
        _say("counted")


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish(int(sys.argv[2]))
    else:
        count(int(sys.argv[2]), sys.argv[3])
