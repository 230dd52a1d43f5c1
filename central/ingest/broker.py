"""The collector's side of the MQTT 5 broker: manual acknowledgement, bounded in flight, receipts and orders out.

A message is acknowledged only after its batch was committed and its receipt handed to the broker. Whatever happens in
between, the broker sends it again, and again is no harm.
"""
from __future__ import annotations

import contextlib
import math
import queue
import random
import re
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.classes.orders import OrderMessage
from central.errors import BrokerUnreachable, CannotRead, DatabaseUnusable
from central.ingest.collector import LINE, MAX_MESSAGE, Collector, Given, Message, Topic
from central.ingest.dropped import Dropped
from central.ingest.orders import Orders
from central.names import NameBox
from central.store.store import Store
from central.tree.announce import Announcer
from common.backoff import Backoff
from common.logs import Log
from common.mqtt import end
from common.notify import READY, Watchdog, tell

TOPICS = ("zaitang/v1/+/records", "zaitang/v1/+/heartbeats")
PRESENCE = "zaitang/v1/+/presence"
DROPPED = "$SYS/broker/publish/messages/dropped"
_TOPIC = re.compile(r"zaitang/v1/([a-z0-9][a-z0-9._-]{0,63})/(records|heartbeats|presence)", re.ASCII)
IN_FLIGHT, MOST_QUEUED = 50, 2000
MOST_RECORDS, MOST_BYTES = 1000, 4 << 20
"""A batch is what waits, but no more than this and one message."""
SESSION_S = 7 * 24 * 3600
MAX_PACKET = MAX_MESSAGE + 1024
TICK_S = 0.5
RETRY = Backoff(first=1.0, longest=60.0)
AWAY_S = 300.0
"""So long the broker cannot be reached until that is stated."""
LOOK_S, TIDY_S, PRESENCE_S = 30.0, 3600.0, 5.0
"""How often the silence of boxes, the losses of the broker and what must be removed are looked at; quarantine; and whom
the broker calls away."""
_LOG = Log("collector")


class Tls(Protocol):
    """How the collector connects. `refresh`: before it connects again, the newest certificate is loaded. `trouble`:
    what ails a certificate, so that it cannot connect."""

    @property
    def context(self) -> ssl.SSLContext: ...

    @property
    def trouble(self) -> str | None: ...

    def refresh(self) -> None: ...


Arrival = tuple[int, mqtt.MQTTMessage]
"""The number of the connection that it came on, and the message."""


class BrokerLink:
    """Runs until `stop`. `client_id` keeps the broker's session for this collector between runs; with `tls` the name in
    the certificate does."""

    def __init__(self, host: str, port: int, client_id: str, collector: Collector, store: Store, names: NameBox,
                 certificate: str, silent_min: int = 10, tls: Tls | None = None,
                 sweep: Callable[[], None] = lambda: None) -> None:
        self._host, self._port = host, port
        self._collector, self._orders = collector, Orders(store, names, certificate)
        self._inbox: queue.Queue[Arrival] = queue.Queue(maxsize=2 * IN_FLIGHT)
        self._held: list[Arrival] = []
        self._dropped, self._silent_min, self._look_at = Dropped(store), silent_min, 0.0
        self._presence_at = 0.0
        self._failures, self._failing_since = 0, 0.0
        self._session, self._tls = 0, tls
        self._ailing: str | None = None
        self._away_since: float | None = None
        self._sweep, self._sweep_at, self._tidy_at = sweep, 0.0, 0.0
        self._announcer = Announcer(store, time.monotonic)
        self._acknowledging = threading.RLock()
        """Held while `_session` is looked at for an acknowledgement, and while it changes."""
        self._stopping = threading.Event()
        self.subscribed = threading.Event()
        """Set while the broker passes records on to us."""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        self._client.on_connect, self._client.on_message = self._connected, self._came
        self._client.max_queued_messages_set(MOST_QUEUED)
        if tls is not None:
            self._client.tls_set_context(tls.context)
        self._client.on_disconnect, self._client.on_subscribe = self._disconnected, self._ready

    def stop(self) -> None:
        """End `run` soon; from any thread, but not from a signal handler (common/signals.py)."""
        self._stopping.set()

    def run(self) -> None:
        """Connect, and again whenever the connection is lost. Raises BrokerUnreachable if the first attempt fails."""
        try:
            self._client.connect(self._host, self._port, keepalive=30, clean_start=False, properties=_connect_limits())
        except (OSError, ValueError) as error:
            raise BrokerUnreachable(host=self._host, port=self._port, why=error) from None
        self._client.loop_start()
        tell(READY)
        watchdog = Watchdog()
        try:
            while not self._stopping.is_set():
                self._turn()
                watchdog.step()
        finally:
            end(self._client)

    def _turn(self) -> None:
        self._held = self._held or self._batch()
        try:
            if self._held:
                self._take(self._held)
                self._held = []
            if self._client.is_connected():
                self._orders.send(self._publish_order)
            self._tidy()
            self._watch()
            if self._client.is_connected():
                self._announcer.turn(self._publish_kept)
        except DatabaseUnusable as error:
            # What is held stays unacknowledged and is tried again; meanwhile the broker sends no more than fits.
            self._failing_since = self._failing_since if self._failures else time.monotonic()
            _LOG.failed("database.unusable", error, failures=self._failures)
            self._stopping.wait(RETRY.wait(self._failures, random.random()))
            self._failures += 1

    def _watch(self) -> None:
        """What nobody sends: holes that stay, boxes that are silent, what the broker lost, what ailed us."""
        if self._failures:
            seconds = int(time.monotonic() - self._failing_since)
            self._collector.tell("database.failed", seconds=seconds, times=self._failures)
            self._failures = 0
        if not self._client.is_connected():
            self._tell_trouble()
            self._tell_away()
            return
        self._ailing = None
        for given in self._collector.gaps():
            self._give(given)  # one that finds no room comes again later
        if time.monotonic() >= self._presence_at:
            self._presence_at = time.monotonic() + PRESENCE_S
            self._collector.presence.keep()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_S
            self._collector.pulse.tell_silent(self._silent_min)
            self._dropped.tell()

    def _tidy(self) -> None:
        """Remove what may not lie here any more, also while the broker is away."""
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + LOOK_S
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            self._collector.tidy()
        try:
            self._sweep()
        except (CannotRead, OSError) as error:
            _LOG.failed("sheets.later", error)

    def _tell_trouble(self) -> None:
        """State once that the broker and we do not take each other's certificates: only a person can mend that."""
        trouble = None if self._tls is None else self._tls.trouble
        if trouble is not None and trouble != self._ailing:
            _LOG.warning("broker.untrusted", why=trouble)
            self._collector.tell(f"broker.{trouble}")
            self._ailing = trouble

    def _tell_away(self) -> None:
        """State once that the broker cannot be reached: nobody hears the boxes meanwhile, so none of them is silent."""
        now, since = time.monotonic(), self._away_since
        since = now if since is None else since
        if now - since < AWAY_S:
            self._away_since = since
            return
        self._away_since = math.inf
        try:
            self._collector.tell("broker.away")
        except DatabaseUnusable:
            self._away_since = since
            raise
        _LOG.warning("broker.away")

    def _give(self, given: Given) -> bool:
        """False when there is no room now."""
        sent = self._client.publish(f"zaitang/v1/{given.device}/{given.topic}", given.envelope, qos=1)
        return sent.rc != mqtt.MQTT_ERR_QUEUE_SIZE

    def _batch(self) -> list[Arrival]:
        """What has come, up to a bound; it never waits for more when there is something."""
        batch: list[Arrival] = []
        records = size = 0
        with contextlib.suppress(queue.Empty):
            while records < MOST_RECORDS and size < MOST_BYTES:
                session, message = self._inbox.get(timeout=TICK_S) if not batch else self._inbox.get_nowait()
                batch.append((session, message))
                records, size = records + message.payload.count(LINE) + 1, size + len(message.payload)
        return batch

    def _take(self, batch: list[Arrival]) -> None:
        now = self._session
        for given in self._collector.take([_message(message) for _, message in batch]):
            while not self._give(given):
                if now != self._session or self._stopping.wait(TICK_S):
                    return  # nothing is acknowledged: the broker sends it again, and the receipts go with it
        for session, message in batch:
            with self._acknowledging:
                if session == self._session:
                    self._client.ack(message.mid, message.qos)

    def _publish_order(self, message: OrderMessage) -> bool:
        return self._publish_kept(message.topic, message.payload)

    def _publish_kept(self, topic: str, payload: bytes) -> bool:
        return self._client.publish(topic, payload, qos=1, retain=True).rc != mqtt.MQTT_ERR_QUEUE_SIZE

    def _connected(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _props: object) -> None:
        if reason.is_failure:
            _LOG.warning("broker.refused", reason=str(reason.value))
            return
        self._collector.presence.listen()  # before what the broker keeps of it comes
        # A broker without persistence has forgotten retained orders and our subscription.
        self._orders.forget()
        self._announcer.forget()
        client.subscribe([*((topic, 1) for topic in TOPICS), (DROPPED, 0), (PRESENCE, 0)])

    def _ready(self, *_: object) -> None:
        self._collector.pulse.listen()
        self._away_since = None
        self.subscribed.set()
        _LOG.info("broker.subscribed")

    def _disconnected(self, *_: object) -> None:
        # Message ids of the old connection mean nothing on the next one.
        self._collector.pulse.deaf()
        self._collector.presence.deaf()
        self.subscribed.clear()
        with self._acknowledging:
            self._session += 1
        if self._tls is not None:
            self._tls.refresh()

    def _came(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == DROPPED:
            self._dropped.hear(bytes(message.payload))
            return
        match = _TOPIC.fullmatch(message.topic)
        if match is not None and match[2] == "presence":
            self._collector.presence.hear(match[1], bytes(message.payload[:16]))
            return
        while not self._stopping.is_set():
            try:
                self._inbox.put((self._session, message), timeout=TICK_S)
                return
            except queue.Full:
                continue  # the broker waits meanwhile


def _message(message: mqtt.MQTTMessage) -> Message:
    """What came on one of the topics; the name of a box that cannot be one is kept out of everything."""
    match = _TOPIC.fullmatch(message.topic)
    topic: Topic = "heartbeats" if message.topic.endswith("/heartbeats") else "records"
    return Message(match.group(1) if match else "(unreadable)", bytes(message.payload), topic)


def _connect_limits() -> Properties:
    limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    limits.SessionExpiryInterval = SESSION_S
    limits.ReceiveMaximum = IN_FLIGHT
    limits.MaximumPacketSize = MAX_PACKET
    return limits
