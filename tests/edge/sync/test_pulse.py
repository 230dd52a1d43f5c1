"""The box's heartbeat, and what it does when the centre asks for records again."""
from __future__ import annotations

import dataclasses
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import StoreUnwritable, VolumeAway
from edge.sync import pulse as pulses
from edge.sync.inbox import Inbox
from edge.sync.link import Arrived, Connected
from edge.sync.process import GAP_S, Sync, make_inbox
from edge.sync.pulse import Pulse
from edge.wiring import Box
from evidence.bodies import Alarm, SessionStart, body_of
from evidence.gaps import Gap, seal_gap
from evidence.heartbeats import read_heartbeat
from evidence.seal import KeySigner
from evidence.times import utc_text

NOON = 1_772_424_000_000_000


@pytest.fixture
def ready(make_box: Callable[..., Box], centre: Any) -> tuple[Box, Inbox]:
    """A box that knows its centre and has ten records, half of them with a receipt."""
    box = make_box()
    (box.folder / "keys" / "centre.crt").write_text(centre.certificate)
    box.store.append_many([("session.start", SessionStart("welding-1", f"s-{n}", "button")) for n in range(9)])
    inbox = make_inbox(box, "centre")
    assert inbox.receipt(centre.receipt(box.store.records()[4], time=utc_text(NOON))) == 4
    return box, inbox


def codes(box: Box) -> list[str]:
    bodies = [body_of(sealed.record) for sealed in box.store.records_of("alarm")]
    return [body.code for body in bodies if isinstance(body, Alarm)]


def gap(who: Any, box: Box, first: int, at_us: int = NOON + 1, **changes: object) -> bytes:
    made = Gap(1, who.name, "box-1", box.store.chain, first, utc_text(at_us))
    return seal_gap(dataclasses.replace(made, **changes), KeySigner(who.key))  # type: ignore[arg-type]


def test_a_heartbeat_states_the_head_and_what_waits(ready: tuple[Box, Inbox], monkeypatch: pytest.MonkeyPatch) -> None:
    box, _ = ready
    gone = box.folder / "nas"

    def in_time(folder: Path, look: Callable[[], int]) -> int:
        if folder == gone:
            raise VolumeAway(folder=folder, why="it does not answer")
        return look()

    monkeypatch.setattr(pulses, "in_time", in_time)
    pulse = Pulse(box.store, KeySigner(box.keys.device), {"box": box.folder, "second": gone}, 60)
    envelope = pulse.beat(4, 0.0)
    assert envelope is not None
    beat = read_heartbeat(envelope, box.keys.device.public_key(), "heartbeat")
    head = box.store.head()
    assert (beat.up_to, beat.head_hash, beat.waiting) == (9, head.hash, 5)
    assert beat.mono_us >= head.record.mono_us and beat.boot_id == head.record.boot_id
    assert list(beat.free) == ["box"] and beat.free["box"] > 0
    assert pulse.beat(4, 59.0) is None and pulse.beat(4, 60.0) is not None
    pulse.at_once()
    assert pulse.beat(4, 61.0) is not None


def test_a_request_of_the_centre_is_followed_once(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    asked = gap(centre, box, 7)
    assert inbox.gap(asked) == 7 and inbox.gap(asked) is None
    assert inbox.gap(gap(centre, box, 7, NOON)) is None, "older than the newest receipt"
    assert make_inbox(box, "centre").gap(gap(centre, box, 6)) == 6
    assert codes(box) == []


def test_a_centre_that_lost_what_it_had_gets_it_again_and_that_is_told(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    assert inbox.gap(gap(centre, box, 2)) == 2 and inbox.gap(gap(centre, box, 2, NOON + 2)) == 2
    assert codes(box) == ["centre.lost"] and box.store.receipted_up_to() == 4


@pytest.mark.parametrize("bad", [
    lambda centre, box: gap(centre, box, 99), lambda centre, box: gap(centre, box, 3, chain="0" * 32),
    lambda centre, box: gap(centre, box, 3, device="box-2"), lambda centre, box: gap(centre, box, 3, centre="other"),
    lambda centre, box: seal_gap(Gap(1, "centre", "box-1", box.store.chain, 3, utc_text(NOON + 1)),
                                 KeySigner(box.keys.device)),
    lambda centre, box: centre.receipt(box.store.head()), lambda centre, box: b"\xff",
])
def test_a_request_that_is_not_the_centres_is_refused_with_one_alarm(
    ready: tuple[Box, Inbox], centre: Any, bad: Callable[[Any, Box], bytes]
) -> None:
    box, inbox = ready
    message = bad(centre, box)
    assert inbox.gap(message) is None and inbox.gap(message) is None
    assert codes(box) == ["gap.refused"]


class Wire:
    """A link that only notes what it is given."""

    unacknowledged = 0

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Never:
    """A stop that is never asked for, and waits for nothing."""

    def wait(self, _seconds: float) -> None:
        """At once."""


def synced(box: Box, inbox: Inbox) -> tuple[Sync, Wire, queue.Queue[Any], Time]:
    events: queue.Queue[Any] = queue.Queue()
    wire, time = Wire(), Time()
    pulse = Pulse(box.store, KeySigner(box.keys.device), {}, 60)
    return Sync(box.store, inbox, wire, events, None, pulse, time), wire, events, time  # type: ignore[arg-type]


def test_records_are_sent_again_from_where_the_centre_asks_and_not_too_often(
    ready: tuple[Box, Inbox], centre: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sync.process.TICK_S", 0.01)
    box, inbox = ready
    sync, wire, events, time = synced(box, inbox)
    events.put(Connected(True))
    turns = []
    for number, seconds in enumerate((0.0, 1.0, 1.0, GAP_S)):
        time.now += seconds
        if number:
            events.put(Arrived("gaps", gap(centre, box, 2, NOON + number)))
        sync._turn(Never())  # type: ignore[arg-type]
        turns.append([len(payload.split(b"\n")) for topic, payload in wire.sent if topic == "records"])
        wire.sent.clear()
    assert turns == [[5], [8 + 1], [], [8 + 1]], "the first time; asked; asked too soon; asked again: 2 to 10"


def test_heartbeats_go_out_when_there_is_a_connection(
    ready: tuple[Box, Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sync.process.TICK_S", 0.01)
    box, inbox = ready
    sync, wire, events, time = synced(box, inbox)
    sync._turn(Never())  # type: ignore[arg-type]
    assert wire.sent == []
    for seconds in (0, 30, 30, 30):
        time.now += seconds
        if seconds == 0:
            events.put(Connected(True))
        sync._turn(Never())  # type: ignore[arg-type]
    assert [topic for topic, _ in wire.sent].count("heartbeats") == 2


def test_a_database_that_cannot_be_written_is_waited_for_and_told(
    ready: tuple[Box, Inbox], centre: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt that came meanwhile is taken once there is room."""
    monkeypatch.setattr("edge.sync.process.TICK_S", 0.01)
    box, inbox = ready
    sync, _, events, time = synced(box, inbox)
    keep = box.store.keep_receipt

    def full(*_: object) -> None:
        raise StoreUnwritable(path=box.store.path, why="database or disk is full")

    monkeypatch.setattr(box.store, "keep_receipt", full)
    events.put(Arrived("receipts", centre.receipt(box.store.head())))
    sync._turn(Never())  # type: ignore[arg-type]
    time.now += 90
    sync._turn(Never())  # type: ignore[arg-type]
    monkeypatch.setattr(box.store, "keep_receipt", keep)
    sync._turn(Never())  # type: ignore[arg-type]
    assert box.store.receipted_up_to() == 9 and codes(box) == ["store.full"]
    (alarm,) = box.store.records_of("alarm")
    assert alarm.record.body["params"] == {"seconds": 90}
