"""The connection to the broker: MQTT 5 by paho, one session that survives disconnections. Decides nothing."""
from __future__ import annotations

import contextlib
import dataclasses
import queue
import random
import ssl
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from common.logs import Log
from common.mqtt import end

SESSION_S = 7 * 24 * 3600
KEEPALIVE_S = 30
IN_FLIGHT = 50
MOST_EVENTS, LOOK_S = 100, 0.2
"""Events that wait for the loop; seconds between two looks whether it still takes any."""
MOST_PACKET = 4 << 20
"""Bytes of the largest message that the broker may send: no order of a centre is larger."""
RETRY_S = (1, 60)
ROOT = "zaitang/v1"
PRESENCE, HERE, AWAY = "presence", b"here", b"away"
"""Where the broker keeps whether we are connected, for whoever asks, and what stands there. Nobody signs it, so it is
no evidence: it lets the centre see a box that is gone before its heartbeats are missed."""
TOPICS = ("receipts", "gaps", "orders/+", "stated/+", "moves/+", "withdrawn/+", "checkpoint")


@dataclasses.dataclass(frozen=True)
class Connected:
    """The broker answers. `resumed`: it still had our session."""

    resumed: bool


@dataclasses.dataclass(frozen=True)
class Arrived:
    """A message; `topic` without the box's prefix: `receipts`, `gaps`, `orders/CLASS`, `orders/_box` (orders to the
    box, of no class), `stated/CLASS`, `moves/CLASS`, `withdrawn/CLASS` or `checkpoint`."""

    topic: str
    payload: bytes


@dataclasses.dataclass(frozen=True)
class Lost:
    """The connection is gone; the link tries again by itself."""


@dataclasses.dataclass(frozen=True)
class NotTaken:
    """The broker refused a message of ours. `code`: its reason (MQTT 5, 3.4.2.1), as 135: we may not say that."""

    code: int


Event = Connected | Arrived | Lost | NotTaken


class Mailbox(queue.Queue[Event]):
    """Events on their way to the loop. No more than a few wait: then whoever brings one waits, and so does the broker.
    After `close` nobody waits, and what comes is dropped."""

    def __init__(self, most: int = MOST_EVENTS) -> None:
        super().__init__(most)
        self._closed = threading.Event()

    def bring(self, event: Event) -> None:
        """Put an event behind the others."""
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self.put(event, timeout=LOOK_S)
                return

    def close(self) -> None:
        """Nobody takes events any more."""
        self._closed.set()


class Link:
    """Publishes to and hears from `zaitang/v1/{device}/…`. Events go to `put`, from the link's own thread. `tls`: how
    it connects; a certificate that is loaded into it later is shown from the next connection on."""

    def __init__(
        self, host: str, port: int, device: str, put: Callable[[Event], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self._put, self._prefix, self._log = put, f"{ROOT}/{device}/", Log("sync.link")
        self._given = self._taken = 0
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=mqtt.MQTTv5)
        client.max_inflight_messages_set(IN_FLIGHT)
        first, longest = RETRY_S
        client.reconnect_delay_set(first + random.random(), longest + random.random() * longest)  # type: ignore[arg-type]
        client.on_connect, client.on_disconnect = self._connected, self._lost
        client.on_message, client.on_publish = self._arrived, self._published
        if tls is not None:
            client.tls_set_context(tls)
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_S
        session.MaximumPacketSize = MOST_PACKET
        client.will_set(self._prefix + PRESENCE, AWAY, qos=1, retain=True)
        client.connect_async(host, port, KEEPALIVE_S, clean_start=False, properties=session)
        self._client = client

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.loop_start()

    def stop(self) -> None:
        """Say that we go, disconnect and end the thread; the session stays at the broker."""
        self._tell(AWAY)
        end(self._client)

    @property
    def unacknowledged(self) -> int:
        """Messages that the broker has not taken yet."""
        return self._given - self._taken

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand one message to the broker, QoS 1. Whether it arrives is for receipts to say."""
        self._given += 1
        self._client.publish(self._prefix + topic, payload, qos=1)

    def _tell(self, presence: bytes) -> None:
        """By QoS 0: a broker that does not know this topic yet says nothing, and states no trouble."""
        self._given += 1
        if self._client.publish(self._prefix + PRESENCE, presence, qos=0, retain=True).rc != mqtt.MQTT_ERR_SUCCESS:
            self._given -= 1

    def _connected(self, client: mqtt.Client, _: Any, flags: Any, code: Any, __: Any) -> None:
        if code.is_failure:
            self._log.warning("broker.refused", code=int(code.value))
            return
        self._tell(HERE)
        client.subscribe([(self._prefix + topic, 1) for topic in TOPICS])
        self._log.info("broker.connected", resumed=bool(flags.session_present))
        self._put(Connected(bool(flags.session_present)))

    def _lost(self, _: mqtt.Client, __: Any, ___: Any, code: Any, ____: Any) -> None:
        self._log.warning("broker.lost", code=int(code.value))
        self._put(Lost())

    def _arrived(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith(self._prefix):
            self._put(Arrived(message.topic[len(self._prefix):], bytes(message.payload)))

    def _published(self, _: mqtt.Client, __: Any, ___: int, code: Any, ____: Any) -> None:
        self._taken += 1
        if code is not None and code.is_failure:
            self._log.warning("broker.not_taken", code=int(code.value))
            self._put(NotTaken(int(code.value)))
