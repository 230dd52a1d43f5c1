"""The collector behind a real broker: acknowledged only when kept, receipts and orders delivered."""
from __future__ import annotations

import base64
import json
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.classes.moves import order_move
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import open_dispute
from central.errors import BrokerUnreachable, DatabaseUnusable
from central.ingest import broker as broker_module
from central.ingest.broker import IN_FLIGHT, BrokerLink
from central.ingest.collector import Collector, Given, Message
from central.wiring import Centre
from common.sheets import open_sheet
from evidence.bodies import ConsentWithdrawn, SessionStart
from evidence.checkpoint import open_checkpoint
from evidence.receipts import read_receipt
from evidence.seal import read_sealed
from tests.central.helpers import MORNING, Box, write_plan

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


class Broker:
    """A Mosquitto of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 50\n")
        self.start()

    def start(self) -> None:
        assert MOSQUITTO
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def runs(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Device:
    """The box's end of the broker."""

    def __init__(self, port: int, device: str) -> None:
        self.device, self.came = device, queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, device, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _c, _d, message: self.came.put((message.topic, message.payload))
        self.client.connect("127.0.0.1", port)
        topics = ("receipts", "orders/+", "stated/+", "withdrawn/+", "checkpoint")
        self.client.subscribe([(f"zaitang/v1/{device}/{topic}", 1) for topic in topics])
        self.client.loop_start()

    def send(self, payload: bytes) -> None:
        self.client.publish(f"zaitang/v1/{self.device}/records", payload, qos=1)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Running:
    """A collector in a thread."""

    def __init__(self, link: BrokerLink) -> None:
        self.link, self.thread = link, threading.Thread(target=link.run)
        self.thread.start()
        assert link.subscribed.wait(60)

    def stop(self) -> None:
        self.link.stop()
        self.thread.join(60)
        assert not self.thread.is_alive()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.skip("Mosquitto is not installed")
    running = Broker(tmp_path)
    yield running
    running.stop()


def link_to(centre: Centre, port: int) -> BrokerLink:
    return BrokerLink("127.0.0.1", port, "collector", centre.collector(), centre.store, centre.names,
                      centre.keys.certificate)


@pytest.fixture
def box(centre: Centre) -> Box:
    made = Box(centre)
    made.genesis()
    for number in range(300):
        made.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    return made


def test_a_name_server_that_does_not_answer_holds_up_no_end(
    centre: Centre, broker: Broker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when a line goes down: the broker is lost first, and then its name cannot be looked up."""
    asked, answer, real = threading.Event(), threading.Event(), socket.getaddrinfo

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if host == "127.0.0.1" and not broker.runs():
            asked.set()
            answer.wait()
        return real(host, *more, **named)

    monkeypatch.setattr("common.mqtt.STOP_S", 0.1)
    collector = Running(link_to(centre, broker.port))
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    broker.stop()
    assert asked.wait(60)
    collector.link.stop()
    collector.thread.join(20)
    held_up = collector.thread.is_alive()
    answer.set()
    collector.thread.join(20)
    assert not held_up


def test_every_record_is_receipted(centre: Centre, broker: Broker, box: Box) -> None:
    collector, device = Running(link_to(centre, broker.port)), Device(broker.port, "box-1")
    try:
        for sealed in box.sealed:
            device.send(sealed.envelope)
        highest = -1
        while highest < 300:
            _, envelope = device.came.get(timeout=60)
            highest = max(highest, read_receipt(envelope, centre.keys.public_key, "test").up_to)
    finally:
        device.stop()
        collector.stop()
    with centre.store.read() as tx:
        assert len(tx.chain_envelopes("box-1", box.chain, 999)) == 301
        assert tx.quarantined() == []


def test_a_box_hears_of_the_newest_checkpoint_also_when_it_was_away(centre: Centre, broker: Broker, box: Box) -> None:
    centre.collector().take(box.messages())
    stated = centre.tree().issue(MORNING // 1_000_000)
    collector = Running(link_to(centre, broker.port))
    try:
        until(lambda: collector.link._announcer._told)
    finally:
        collector.stop()
    device = Device(broker.port, "box-1")
    try:
        topic, note = device.came.get(timeout=60)
    finally:
        device.stop()
    assert topic == "zaitang/v1/box-1/checkpoint"
    assert open_checkpoint(note, centre.tree().key) == stated


class Crowded:
    """In place of the client: there is room for a receipt at the third try; it notes what is said in which order."""

    def __init__(self, lost: Callable[[], object] | None = None) -> None:
        self.said: list[str] = []
        self._lost = lost

    def publish(self, topic: str, _payload: bytes, qos: int) -> mqtt.MQTTMessageInfo:
        self.said.append("receipt")
        info = mqtt.MQTTMessageInfo(1)
        info.rc = mqtt.MQTT_ERR_QUEUE_SIZE if self.said.count("receipt") < 3 else mqtt.MQTT_ERR_SUCCESS
        if self._lost is not None:
            self._lost()
        return info

    def ack(self, _mid: int, _qos: int) -> None:
        self.said.append("ack")


def arrival(link: BrokerLink, box: Box) -> tuple[int, mqtt.MQTTMessage]:
    message = mqtt.MQTTMessage(7, b"zaitang/v1/box-1/records")
    message.payload = box.sealed[0].envelope
    return link._session, message


def test_a_message_is_acknowledged_once_its_receipt_found_room(centre: Centre, box: Box) -> None:
    link, crowded = link_to(centre, 1), Crowded()
    link._client = crowded  # type: ignore[assignment]
    link._take([arrival(link, box)])
    assert crowded.said == ["receipt", "receipt", "receipt", "ack"]


def test_nothing_is_acknowledged_on_another_connection(centre: Centre, box: Box) -> None:
    """There the number may be another message's, which nobody has kept yet."""
    link = link_to(centre, 1)
    crowded = Crowded(link._disconnected)
    link._client = crowded  # type: ignore[assignment]
    link._take([arrival(link, box)])
    assert crowded.said == ["receipt"]
    crowded.said += ["receipt"] * 2
    link._take([(link._session - 1, arrival(link, box)[1])])
    assert crowded.said == ["receipt"] * 4


def test_what_was_not_acknowledged_comes_again(centre: Centre, broker: Broker, box: Box) -> None:
    """A collector that dies between receiving and keeping loses nothing: the broker still has it."""
    taken = threading.Event()

    dying = mqtt.Client(CallbackAPIVersion.VERSION2, "collector", protocol=mqtt.MQTTv5, manual_ack=True)
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 600
    subscribed: list[bool] = []
    dying.on_subscribe = lambda *_: subscribed.append(True)
    dying.on_message = lambda *_: taken.set()
    dying.connect("127.0.0.1", broker.port, clean_start=False, properties=session)
    dying.subscribe("zaitang/v1/+/records", qos=1)
    dying.loop_start()
    until(lambda: subscribed)
    device = Device(broker.port, "box-1")
    device.send(box.sealed[0].envelope)
    assert taken.wait(60)
    dying.loop_stop()  # without a word to the broker
    collector = Running(link_to(centre, broker.port))
    try:
        _, envelope = device.came.get(timeout=60)
        assert read_receipt(envelope, centre.keys.public_key, "test").up_to == 0
    finally:
        device.stop()
        collector.stop()


def test_the_order_reaches_a_box_with_names_only_it_can_read(
    centre: Centre, broker: Broker, box: Box, tmp_path: Path
) -> None:
    plan, names = write_plan(tmp_path)
    collector, device = Running(link_to(centre, broker.port)), Device(broker.port, "box-1")
    try:
        order = add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
        device.send(box.sealed[0].envelope)
        came = dict(device.came.get(timeout=60) for _ in range(2))
        open_dispute(centre.store, "welder-1", "unfair")
        topic, payload = device.came.get(timeout=60)
    finally:
        device.stop()
        collector.stop()
    assert topic == "zaitang/v1/box-1/stated/welder-1"
    assert [read_sealed(base64.b64decode(one)).record.type for one in json.loads(payload)["stated"]] == ["dispute"]
    message = json.loads(came["zaitang/v1/box-1/orders/welder-1"])
    sealed = read_sealed(base64.b64decode(message["order"]))
    assert sealed.record.type == "order.class"
    assert message["certificate"] == centre.keys.certificate
    sheet = open_sheet(base64.b64decode(message["names"]), box.sealing_key, "welder-1")
    assert {sheet[one.person].name for one in order.roster} == {"张伟", "王芳", "李娜", "陈老师"}


def test_a_withdrawal_at_one_box_reaches_the_box_to_which_the_face_moved(
    centre: Centre, broker: Broker, box: Box, tmp_path: Path
) -> None:
    plan, names = write_plan(tmp_path)
    order = add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    other, person = Box(centre, "box-2", "b2" * 16), order.roster[0].person
    other.genesis()
    for one in (box, other):
        centre.collector().take(one.messages())
    order_move(centre.store, "welder-1", "box-2", "box-1", (person,), 7, MORNING)
    collector, device = Running(link_to(centre, broker.port)), Device(broker.port, "box-1")
    try:
        assert device.came.get(timeout=60)[0] == "zaitang/v1/box-1/orders/welder-1"
        withdrawn = other.append(ConsentWithdrawn("welder-1", person, "terminal"), MORNING)
        device.client.publish("zaitang/v1/box-2/records", withdrawn.envelope, qos=1)
        topic, payload = device.came.get(timeout=60)
    finally:
        device.stop()
        collector.stop()
    assert topic == "zaitang/v1/box-1/withdrawn/welder-1"
    assert base64.b64decode(json.loads(payload)["withdrawn"][0]["record"]) == withdrawn.envelope


def test_a_broker_that_comes_back_is_used_again(centre: Centre, broker: Broker, box: Box) -> None:
    collector = Running(link_to(centre, broker.port))
    try:
        broker.stop()
        until(lambda: not collector.link.subscribed.is_set())
        broker.start()
        device = Device(broker.port, "box-1")
        try:
            # The broker has forgotten the subscription.
            assert collector.link.subscribed.wait(30)
            device.send(box.sealed[0].envelope)
            _, envelope = device.came.get(timeout=60)
            assert read_receipt(envelope, centre.keys.public_key, "test").up_to == 0
        finally:
            device.stop()
    finally:
        collector.stop()


def test_a_database_that_fails_for_a_while_loses_nothing(
    centre: Centre, broker: Broker, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, broken = Collector.take, threading.Event()

    def taking(self: Collector, batch: Sequence[Message]) -> list[Given]:
        if broken.is_set():
            raise DatabaseUnusable(why="the disk is full")
        return take(self, batch)

    monkeypatch.setattr(Collector, "take", taking)
    broken.set()
    collector, device = Running(link_to(centre, broker.port)), Device(broker.port, "box-1")
    try:
        for sealed in box.sealed:
            device.send(sealed.envelope)
        time.sleep(1.5)
        broken.clear()
        highest = -1
        while highest < 300:
            _, envelope = device.came.get(timeout=60)
            highest = max(highest, read_receipt(envelope, centre.keys.public_key, "test").up_to)
    finally:
        device.stop()
        collector.stop()


def test_a_flood_does_not_keep_the_collector_from_stopping(
    centre: Centre, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(_self: Collector, _batch: Sequence[Message]) -> list[Given]:
        raise DatabaseUnusable(why="the disk is full")

    monkeypatch.setattr(Collector, "take", unusable)
    collector, device = Running(link_to(centre, broker.port)), Device(broker.port, "box-1")
    try:
        for number in range(5 * IN_FLIGHT):
            device.client.publish("zaitang/v1/box-1/records", b"%d" % number, qos=0)
        until(collector.link._inbox.full)
    finally:
        device.stop()
        collector.stop()


def test_no_broker_is_one_sentence(centre: Centre) -> None:
    port = free_port()
    with pytest.raises(BrokerUnreachable, match=f"the broker at 127.0.0.1:{port} cannot be reached"):
        link_to(centre, port).run()


def test_a_broker_that_is_away_is_stated_once(
    centre: Centre, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No box is silent then, for nobody could hear it."""
    monkeypatch.setattr(broker_module, "AWAY_S", 0.3)

    def told() -> int:
        with centre.store.read() as tx:
            return [one.record.body["code"] for one in tx.of_type("alarm")].count("broker.away")

    link = link_to(centre, broker.port)
    collector = Running(link)
    try:
        broker.stop()
        until(lambda: told() == 1)
        broker.start()
        until(link.subscribed.is_set)
    finally:
        collector.stop()
    assert told() == 1


def test_that_the_broker_is_away_is_stated_though_the_database_was_busy_first(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "AWAY_S", 0.0)
    link, said, busy = link_to(centre, 1), list[str](), [True]

    def tell(code: str) -> None:
        if busy:
            busy.clear()
            raise DatabaseUnusable(why="busy")
        said.append(code)

    monkeypatch.setattr(link._collector, "tell", tell)
    with pytest.raises(DatabaseUnusable):
        link._tell_away()
    for _ in range(3):
        link._tell_away()
    assert said == ["broker.away"]
