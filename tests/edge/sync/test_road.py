"""The road over a real broker: everything arrives once receipts come, whatever the broker loses meanwhile."""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from common.backoff import Backoff
from edge.sync import outbox
from edge.sync.process import make_sync
from edge.wiring import Box
from evidence.bodies import ConsentWithdrawn, Dispute, Segment, SessionStart
from evidence.canonical import canonical
from evidence.records import Sealed
from evidence.seal import read_sealed

MakeBox = Callable[..., Box]


class Collector:
    """Takes records from the broker; while `answers` it sends a receipt for the longest run without a hole."""

    def __init__(self, centre: Any, port: int, answers: bool = True) -> None:
        self._centre, self.answers = centre, answers
        self.arrived: list[int] = []
        self.have: dict[int, Sealed] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="collector", protocol=mqtt.MQTTv5)
        self.client.on_connect = lambda client, *_: client.subscribe("zaitang/v1/+/records", 1)
        self.client.on_message = self._record
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _record(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        for envelope in message.payload.split(b"\n"):
            sealed = read_sealed(envelope)
            self.arrived.append(sealed.record.seq)
            self.have[sealed.record.seq] = sealed
        up_to = next(seq for seq in range(len(self.have) + 1) if seq not in self.have) - 1
        if self.answers and up_to >= 0:
            client.publish("zaitang/v1/box-1/receipts", self._centre.receipt(self.have[up_to]), qos=1)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextlib.contextmanager
def syncing(box: Box) -> Iterator[None]:
    stop = threading.Event()
    assert box.config.sync is not None
    thread = threading.Thread(target=make_sync(box, box.config.sync).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "RESEND", Backoff(1.0, 2.0))


@pytest.fixture
def box(make_box: MakeBox, centre: Any, broker: Any) -> Box:
    """A box with an order (so that it knows its centre) and fifty records more."""
    box = make_box(f'[sync]\nbroker = "127.0.0.1"\nport = {broker.port}\n')
    (box.folder / "keys" / "centre.crt").write_text(centre.certificate)
    box.store.append_many([("session.start", SessionStart("welding-1", f"s-{n}", "button")) for n in range(50)])
    return box


def delivered(box: Box) -> bool:
    return box.store.receipted_up_to() == box.store.head().record.seq


def test_records_travel_oldest_first_and_are_done_with_the_receipt(box: Box, centre: Any, broker: Any) -> None:
    collector = Collector(centre, broker.port)
    with syncing(box):
        until(lambda: delivered(box))
        box.store.append("session.start", SessionStart("welding-1", "s-late", "button"))
        until(lambda: delivered(box))
    collector.stop()
    assert collector.arrived == list(range(52))


def test_a_puback_without_a_receipt_is_not_enough(box: Box, centre: Any, broker: Any) -> None:
    collector = Collector(centre, broker.port, answers=False)
    with syncing(box):
        until(lambda: len(collector.arrived) >= 51)
        assert box.store.receipted_up_to() == -1
        collector.answers = True
        until(lambda: delivered(box))
    collector.stop()
    assert len(collector.arrived) > 51 and set(collector.arrived) == set(range(51))


@pytest.mark.long
def test_a_broker_that_took_everything_and_lost_it_changes_nothing(box: Box, centre: Any, broker: Any) -> None:
    """Nobody is subscribed, so the broker says "taken" to all fifty; then it dies with them."""
    with syncing(box):
        time.sleep(1.5)
        broker.stop()
        broker.start()
        collector = Collector(centre, broker.port)
        until(lambda: delivered(box))
        broker.stop()
        box.store.append("session.start", SessionStart("welding-1", "s-late", "button"))
        broker.start()
        until(lambda: delivered(box), 30)
    collector.stop()
    assert set(collector.arrived) == set(range(52))


def test_the_box_may_start_before_the_broker(box: Box, centre: Any, broker: Any) -> None:
    broker.stop()
    with syncing(box):
        time.sleep(0.5)
        broker.start()
        collector = Collector(centre, broker.port)
        until(lambda: delivered(box))
    collector.stop()


def test_an_order_waits_at_the_broker_for_the_box(make_box: MakeBox, centre: Any, broker: Any, sheet: Any) -> None:
    box = make_box(f'[sync]\nbroker = "127.0.0.1"\nport = {broker.port}\n')
    collector = Collector(centre, broker.port)
    message = centre.message(centre.order(), sheet(box))
    collector.client.publish("zaitang/v1/box-1/orders/welding-1", message, qos=1, retain=True).wait_for_publish(60)
    dispute = centre.record("dispute", Dispute("welding-1", "d-1", "opened", "unfair"))
    said = canonical({"stated": [base64.b64encode(dispute.envelope).decode()], "certificate": centre.certificate})
    collector.client.publish("zaitang/v1/box-1/stated/welding-1", said, qos=1, retain=True).wait_for_publish(60)
    other = dataclasses.replace(centre, name="box-2")
    gone = other.record("consent.withdrawn", ConsentWithdrawn("welding-1", "p-1", "terminal"))
    item = {"record": base64.b64encode(gone.envelope).decode(), "certificate": other.certificate}
    passed = canonical({"withdrawn": [item]})
    collector.client.publish("zaitang/v1/box-1/withdrawn/welding-1", passed, qos=1, retain=True).wait_for_publish(60)
    with syncing(box):
        until(lambda: len(box.store.orders()) == 2 and bool(box.store.records_of("consent.withdrawn"))
              and delivered(box))
    with syncing(box):
        time.sleep(1.0)
    collector.stop()
    assert sorted(sealed.record.type for sealed in box.store.records(after=0)) == [
        "consent.withdrawn", *["order.accepted"] * 3]
    assert box.store.names("welding-1")["p-1"] == "王秀英"


class Shelf(ThreadingHTTPServer):
    """Takes segments by PUT; refuses each the first time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Put)
        self.tries: list[str] = []
        self.files: dict[str, bytes] = {}


class _Put(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer(200, {"Upload-Offset": "0", "Upload-Complete": "?0"})

    def do_PUT(self) -> None:
        shelf = self.server
        assert isinstance(shelf, Shelf)
        data = self.rfile.read(int(self.headers["Content-Length"]))
        sha256 = self.path.removeprefix("/api/segments/")
        again = sha256 in shelf.tries
        shelf.tries.append(sha256)
        if again and hashlib.sha256(data).hexdigest() == sha256:
            shelf.files[sha256] = data
        self._answer(*((201, {"Upload-Complete": "?1"}) if again else (503, {})))

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def segment(data: bytes, file: str) -> Segment:
    return Segment(
        class_id="welding-1", session="s-1", camera="room", run="r-1", index=0, file=file, size=len(data),
        sha256=hashlib.sha256(data).hexdigest(), codec="h264", width=640, height=360, packets=1, keyframes=1,
        first_pts_us=0, end_pts_us=1, first_mono_us=0, last_mono_us=1, gap_floor_us=1, gaps=(), recovered=False,
        began="start",
    )


def test_segments_follow_their_receipts_and_are_sent_again_when_refused(
    make_box: MakeBox, centre: Any, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sync.uploads.RETRY", Backoff(0.2, 0.5))
    shelf = Shelf()
    threading.Thread(target=shelf.serve_forever, daemon=True).start()
    box = make_box(
        f'[sync]\nbroker = "127.0.0.1"\nport = {broker.port}\nsegments = "http://127.0.0.1:{shelf.server_port}"\n')
    (box.folder / "keys" / "centre.crt").write_text(centre.certificate)
    data = b"moof" * 200_000
    (box.segments / "r-1").mkdir(parents=True)
    (box.segments / "r-1" / "000000.mp4").write_bytes(data)
    box.store.append("segment", segment(data, "r-1/000000.mp4"))
    box.store.append("segment", segment(b"gone", "r-1/000001.mp4"))
    with syncing(box):
        time.sleep(1.0)
        assert not shelf.tries, "a file was sent before the centre had its record"
        collector = Collector(centre, broker.port)
        until(lambda: box.store.uploaded(hashlib.sha256(data).hexdigest()))
        until(lambda: bool(box.store.records_of("alarm")))
    collector.stop()
    shelf.shutdown()
    shelf.server_close()
    assert list(shelf.files.values()) == [data] and len(shelf.tries) == 2
    assert [sealed.record.body["code"] for sealed in box.store.records_of("alarm")] == ["segment.lost"]


def test_receipts_that_came_before_the_centre_was_known_are_asked_for_again(
    make_box: MakeBox, centre: Any, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RESEND", Backoff(600.0, 600.0))
    box = make_box(f'[sync]\nbroker = "127.0.0.1"\nport = {broker.port}\n')
    collector = Collector(centre, broker.port)
    with syncing(box):
        until(lambda: collector.arrived == [0])
        time.sleep(0.5)
        assert box.store.receipted_up_to() == -1
        message = centre.message(centre.order())
        collector.client.publish("zaitang/v1/box-1/orders/welding-1", message, qos=1, retain=True)
        until(lambda: delivered(box))
    collector.stop()
