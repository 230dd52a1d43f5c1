"""Boxes and the collector at a real Mosquitto under TLS: who may come, what may be said, who is shut out at once."""
from __future__ import annotations

import contextlib
import dataclasses
import queue
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.authority import issue_box, load_authority, sign_intermediates
from central.devices.broker import Broker, write_for_others
from central.devices.connections import DAYS, issue_client
from central.devices.errors import BrokerEnded
from central.devices.own import client_context
from central.files import private_pem
from central.ingest.broker import BrokerLink
from central.wiring import Centre, init_centre, open_centre
from common.reaching import NOT_TAKEN, unreached
from common.tls import client_context as client_of
from edge.sync.link import Arrived, Connected, Event, Link
from evidence.bodies import SessionStart
from evidence.certs import pem
from evidence.receipts import peek_receipt
from evidence.times import SECOND
from tests.central.helpers import MORNING, Box
from tests.central.test_broker import free_port, until

DAY = 86_400 * SECOND
PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed")


class Site:
    """A centre with its broker; certificates for connections as a test wants them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        centre = init_centre(folder / "centre", test_keys=True)
        centre.store.close()
        toml = folder / "centre" / "centre.toml"
        toml.write_text(toml.read_text().replace("port = 1883\ntls = false", f"port = {self.port}\ntls = true"))
        self.centre: Centre = open_centre(folder / "centre")
        self.keys = self.centre.folder / "keys"
        self.broker = Broker(self.centre)
        self._thread = threading.Thread(target=self.broker.run)
        self._thread.start()
        until(self._answers)

    def _answers(self) -> bool:
        if not self._thread.is_alive():
            raise AssertionError("the broker ended")
        with contextlib.suppress(OSError):
            return bool(Client(self, "probe", self.context("probe")).stop())
        return False

    def stop(self) -> None:
        self.broker.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.centre.store.close()

    def context(
        self, device: str, evidence_keyid: str = "", days_ago: int = 0, keys: Path | None = None
    ) -> ssl.SSLContext:
        """What a box with such a certificate connects by. `keys`: of the centre that certified it."""
        key, authority = Ed25519PrivateKey.generate(), load_authority((keys or self.keys) / "tls-ca.pem")
        now_us = self.centre.clock.stamp().utc_us - days_ago * DAY
        own = issue_client(authority, key.public_key(), device, now_us)
        file = self.folder / f"{device}-{own.serial_number}.pem"
        file.write_bytes(private_pem(key) + pem(own).encode() + pem(authority.certificate).encode())
        if evidence_keyid:
            with self.centre.store.write() as tx:
                tx.know_connection(own.serial_number, device, evidence_keyid, now_us, pem(own))
        context = ssl.create_default_context(cafile=str(self.keys / "tls-root.pem"))
        context.load_cert_chain(file)
        return context


class Client:
    """Somebody at the broker. Raises OSError where the broker does not let it in."""

    def __init__(self, site: Site, client_id: str, tls: ssl.SSLContext | None, hears: str = "zaitang/v1/#") -> None:
        self.came: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.acks: queue.Queue[int] = queue.Queue()
        self.lost, up = threading.Event(), threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5,
                                  reconnect_on_failure=False)
        if tls is not None:
            self.client.tls_set_context(tls)
        self.client.on_message = lambda _c, _d, message: self.came.put((message.topic, message.payload))
        self.client.on_publish = lambda _c, _d, _mid, code, _p: self.acks.put(int(code.value))
        self.client.on_disconnect = lambda *_: self.lost.set()
        self.client.on_connect = lambda _c, _d, _f, code, _p: None if code.is_failure else up.set()
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 600
        self.client.connect("127.0.0.1", site.port, clean_start=False, properties=session)
        self.client.loop_start()
        until(lambda: up.is_set() or self.lost.is_set())
        if not up.is_set():
            self.client.loop_stop()
            raise ConnectionRefusedError
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.subscribe(hears, 1)
        until(lambda: subscribed.is_set() or self.lost.is_set())

    def says(self, topic: str, payload: bytes = b"x") -> int:
        """The broker's answer: 0 it took it, 16 nobody hears it, 135 not allowed, 149 too large."""
        self.client.publish(topic, payload, qos=1)
        return self.acks.get(timeout=60)

    def stop(self) -> bool:
        self.client.disconnect()
        self.client.loop_stop()
        return True


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    yield running
    running.stop()


def test_records_and_receipts_travel_between_a_box_and_the_collector(site: Site) -> None:
    box, events = Box(site.centre, "box-road"), queue.Queue[Event]()
    box.genesis()
    box.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    collector: BrokerLink = site.centre.broker_link()
    thread = threading.Thread(target=collector.run)
    thread.start()
    link = Link("127.0.0.1", site.port, "box-road", events.put, site.context("box-road"))
    try:
        assert collector.subscribed.wait(60)
        link.start()
        assert isinstance(events.get(timeout=60), Connected)
        for sealed in box.sealed:
            link.publish("records", sealed.envelope)
        up_to = -1
        while up_to < 1:
            arrived = events.get(timeout=60)
            assert isinstance(arrived, Arrived) and arrived.topic == "receipts"
            up_to = peek_receipt(arrived.payload).up_to
    finally:
        link.stop()
        collector.stop()
        thread.join(60)


def test_who_shows_no_certificate_or_one_of_another_site_is_not_let_in(site: Site, tmp_path: Path) -> None:
    other = init_centre(tmp_path / "other", test_keys=True)
    other.store.close()
    without = ssl.create_default_context(cafile=str(site.keys / "tls-root.pem"))
    for tls in (without, site.context("box-1", keys=other.folder / "keys"), None):
        with pytest.raises(OSError):
            Client(site, "box-1", tls)


def test_an_evidence_key_is_no_key_for_connections(site: Site) -> None:
    box, key = Box(site.centre, "box-e"), Ed25519PrivateKey.generate()
    chain = issue_box(site.keys, "box-e", key.public_key(), site.centre.clock.stamp().utc_us)
    file = site.folder / "evidence.pem"
    file.write_bytes(private_pem(key) + chain.encode())
    context = ssl.create_default_context(cafile=str(site.keys / "tls-root.pem"))
    context.load_cert_chain(file)
    with pytest.raises(OSError):
        Client(site, box.device, context)


def test_an_expired_certificate_is_not_let_in(site: Site) -> None:
    Client(site, "box-old", site.context("box-old", days_ago=DAYS - 1)).stop()
    with pytest.raises(OSError):
        Client(site, "box-old", site.context("box-old", days_ago=DAYS + 1))


def test_a_box_speaks_only_in_its_own_name_and_hears_only_what_is_its_own(site: Site) -> None:
    centre = Client(site, "centre", client_context(site.keys), "zaitang/v1/+/records")
    one, two = (Client(site, name, site.context(name)) for name in ("box-1", "box-2"))
    try:
        assert one.says("zaitang/v1/box-2/records", b"forged") == 135
        assert one.says("zaitang/v1/box-1/receipts", b"forged") == 135
        assert one.says("zaitang/v1/box-2/receipts", b"forged") == 135
        assert one.says("zaitang/v1/box-1/orders/c", b"forged") == 135
        assert one.says("zaitang/v1/box-1/records/more", b"forged") == 135
        assert one.says("zaitang/v1/box-1/records", b"own") == 0
        assert centre.came.get(timeout=60) == ("zaitang/v1/box-1/records", b"own")
        for topic in ("receipts", "orders/c-1", "stated/c-1", "moves/c-1", "withdrawn/c-1", "checkpoint", "gaps"):
            assert centre.says(f"zaitang/v1/box-1/{topic}", topic.encode()) == 0
            assert one.came.get(timeout=60) == (f"zaitang/v1/box-1/{topic}", topic.encode())
        assert centre.came.empty() and two.came.empty()
    finally:
        for client in (centre, one, two):
            client.stop()


def test_nobody_takes_over_the_session_of_another_box(site: Site) -> None:
    one = Client(site, "box-1", site.context("box-1"))
    thief = Client(site, "box-1", site.context("box-2"))
    centre = Client(site, "centre", client_context(site.keys), "zaitang/v1/+/records")
    try:
        assert centre.says("zaitang/v1/box-1/receipts", b"for box-1") == 0
        assert one.came.get(timeout=60) == ("zaitang/v1/box-1/receipts", b"for box-1")
        assert not one.lost.is_set() and thief.came.empty()
    finally:
        for client in (one, thief, centre):
            client.stop()


def test_what_is_larger_than_any_record_is_not_passed_on(site: Site) -> None:
    centre = Client(site, "centre", client_context(site.keys), "zaitang/v1/+/records")
    one = Client(site, "box-1", site.context("box-1"))
    try:
        one.client.publish("zaitang/v1/box-1/records", b"x" * (3 << 20), qos=1)
        until(lambda: one.lost.is_set() or not one.acks.empty())
        assert one.lost.is_set() or one.acks.get() == 149
        assert centre.came.empty()
    finally:
        for client in (one, centre):
            client.stop()


def test_a_revoked_box_is_shut_out_at_once_and_for_good(site: Site) -> None:
    thief, honest = Box(site.centre, "box-r", "d1" * 16), Box(site.centre, "box-h", "d2" * 16)
    tls = site.context("box-r", thief.signer.keyid)
    stolen, other = Client(site, "box-r", tls), Client(site, "box-h", site.context("box-h", honest.signer.keyid))
    site.centre.desk().revoke("box-r", "stolen")
    until(stolen.lost.is_set)
    try:
        for _ in range(2):
            with pytest.raises(OSError):
                Client(site, "box-r", tls)
        assert not other.lost.is_set()
        Client(site, "box-h2", site.context("box-h2")).stop()
    finally:
        other.stop()


def test_the_list_of_the_revoked_outlives_a_restart_and_a_new_authority(tmp_path: Path) -> None:
    site = Site(tmp_path)
    box = Box(site.centre, "box-r")
    tls, fine = site.context("box-r", box.signer.keyid), site.context("box-1")
    site.stop()
    site.centre = open_centre(site.centre.folder)
    site.centre.desk().revoke("box-r", "stolen")
    sign_intermediates(site.centre.folder / "root", None, site.keys, "centre", site.centre.clock.stamp().utc_us)
    site.broker = Broker(site.centre)
    site._thread = threading.Thread(target=site.broker.run)
    site._thread.start()
    try:
        until(site._answers)
        with pytest.raises(OSError):
            Client(site, "box-r", tls)
        Client(site, "box-1", fine).stop()
    finally:
        site.stop()


def test_an_authority_whose_key_may_be_stolen_is_forgotten(tmp_path: Path) -> None:
    """The thief's certificates are worth nothing; the centre's own is made anew, and boxes renew theirs."""
    site = Site(tmp_path)
    thief, before = site.context("box-1"), (site.keys / "tls.pem").read_bytes()
    site.stop()
    site.centre = open_centre(site.centre.folder)
    now_us = site.centre.clock.stamp().utc_us
    for forget in (False, True):
        sign_intermediates(site.centre.folder / "root", None, site.keys, "centre", now_us, forget)
        assert bool(list(site.keys.glob("tls-ca-*.pem"))) is not forget
    site.broker = Broker(site.centre)
    site._thread = threading.Thread(target=site.broker.run)
    site._thread.start()
    try:
        until(site._answers)
        with pytest.raises(OSError):
            Client(site, "box-1", thief)
        Client(site, "box-1", site.context("box-1")).stop()
        Client(site, "centre", client_context(site.keys)).stop()
        assert (site.keys / "tls.pem").read_bytes() != before
    finally:
        site.stop()


def test_a_broker_that_ends_by_itself_is_told_with_its_last_words(site: Site) -> None:
    taken = dataclasses.replace(site.centre, folder=site.folder / "second")
    shutil.copytree(site.keys, taken.folder / "keys")
    with pytest.raises(BrokerEnded, match="Address already in use"):
        Broker(taken).run()


def test_a_folder_for_a_broker_of_ones_own_holds_all_it_needs(site: Site, tmp_path: Path) -> None:
    write_for_others(site.centre, tmp_path / "mine")
    names = {path.name for path in (tmp_path / "mine").iterdir()}
    assert names == {"mosquitto.conf", "acl.txt", "tls.pem", "tls-root.pem", "revoked.pem", "data"}
    said = (tmp_path / "mine" / "mosquitto.conf").read_text()
    assert "allow_anonymous false" in said and str(site.centre.folder) not in said


def test_the_doctor_tries_the_broker_without_ending_the_session_of_its_box(site: Site) -> None:
    client = Client(site, "box-ill", site.context("box-ill"), hears="zaitang/v1/box-ill/receipts")

    def tried(days_ago: int, device: str = "box-ill") -> str | None:
        before = set(site.folder.glob("*.pem"))
        site.context(device, days_ago=days_ago)
        (file,) = set(site.folder.glob("*.pem")) - before
        context = client_of()
        context.load_verify_locations(site.keys / "tls-root.pem")
        context.load_cert_chain(file)
        return unreached("127.0.0.1", site.port, context)

    assert tried(0) is None and not client.lost.wait(1)
    assert tried(DAYS + 1) == NOT_TAKEN
    assert client.says("zaitang/v1/box-ill/heartbeats") in (0, 16)
    client.stop()
    assert unreached("127.0.0.1", free_port()) == "Connection refused"
