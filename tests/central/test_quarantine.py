"""What the collector does not believe: kept as evidence of an attack, bounded whatever comes."""
from __future__ import annotations

import pytest
from sqlalchemy import select

from central.ingest import quarantine
from central.ingest.collector import Message
from central.ingest.quarantine import KEEP_US
from central.store.schema import quarantine as table
from central.wiring import Centre
from evidence.bodies import SessionStart
from tests.central.helpers import MORNING, Box, FixedClock

HOUR = 3_600_000_000


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST", 5)
    monkeypatch.setattr(quarantine, "FIRST", 2)


@pytest.fixture
def box(centre: Centre) -> Box:
    """One that the centre knows."""
    made = Box(centre)
    made.genesis()
    made.append(SessionStart("welder-1", "s-1", "page"), MORNING)
    centre.collector().take(made.messages())
    return made


def junk(centre: Centre, clock: FixedClock, device: str, first: int, last: int, size: int = 0) -> None:
    """So many different messages, a second apart."""
    collector = centre.collector()
    for number in range(first, last):
        clock.utc_us += 1_000_000
        collector.take([Message(device, b"junk %05d of %s" % (number, device.encode()) + b"x" * size)])


def kept(centre: Centre, device: str) -> list[bytes]:
    """The beginnings of the messages in the room of a box, oldest first."""
    with centre.store.read() as tx:
        rows = select(table.c.message).where(table.c.device == device).order_by(table.c.first_us)
        return [bytes(row)[:10] for row in tx._db.execute(rows).scalars()]


def told(centre: Centre) -> list[dict[str, object]]:
    with centre.store.read() as tx:
        return [sealed.record.body["params"] for sealed in tx.of_type("alarm")  # type: ignore[misc]
                if sealed.record.body["code"] == "quarantine.full"]


def test_of_a_flood_the_first_and_the_newest_are_kept_and_the_rest_is_counted(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    junk(centre, clock, "box-1", 0, 30)
    assert kept(centre, "box-1") == [b"junk %05d" % number for number in (0, 1, 27, 28, 29)]
    with centre.store.read() as tx:
        assert (tx.quarantine_size(), tx.let_go(), tx.let_go("box-1"), tx.let_go("box-2")) == (5, 25, 25, 0)
    assert told(centre) == [{"device": "box-1", "messages": 1}]
    junk(centre, clock, "box-1", 30, 33)
    assert len(told(centre)) == 1
    clock.utc_us += 24 * HOUR
    junk(centre, clock, "box-1", 33, 36)
    assert told(centre)[1:] == [{"device": "box-1", "messages": 29}], "what goes on is told again, once in a day"


def test_a_flood_hides_no_attack_of_another_kind_nor_of_another_box(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    """The other record under a number is signed: who can show it has the proof that a key was used twice."""
    box.sealed.pop()
    fork = box.append(SessionStart("welder-1", "s-other", "page"), MORNING + 99)
    centre.collector().take([Message("box-1", fork.envelope)])
    other = Box(centre, "box-2", "cd" * 16)
    centre.collector().take([Message("box-2", other.genesis().envelope), Message("box-2", b"junk of box-2")])
    junk(centre, clock, "box-1", 0, 30)
    with centre.store.read() as tx:
        assert {error for error, _, _ in tx.quarantined()} == {"Fork", "BadRecord"}
        assert tx.refused_of_boxes() == {"box-1": 6, "box-2": 1}


def test_what_is_kept_of_a_box_is_bounded_in_bytes(
    centre: Centre, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MOST", 50)
    monkeypatch.setattr(quarantine, "MOST_BYTES", 400_000)
    junk(centre, clock, "box-1", 0, 20, 100_000)
    assert kept(centre, "box-1") == [b"junk %05d" % number for number in (0, 1, 16, 17, 18, 19)]
    with centre.store.read() as tx:
        assert tx.quarantine_room("box-1", "BadRecord") == (6, 6 * 65536)


def test_names_of_no_box_that_is_known_share_one_room(centre: Centre, box: Box, clock: FixedClock) -> None:
    """Where a broker asks nobody for a certificate, names cost nothing."""
    for number in range(30):
        junk(centre, clock, f"invented-{number}", number, number + 1)
    junk(centre, clock, "box-1", 0, 1)
    assert len(kept(centre, "")) == 5 and len(kept(centre, "box-1")) == 1
    assert told(centre) == [{"device": "invented-5", "messages": 1}]


def test_what_is_old_is_removed_and_counted(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    junk(centre, clock, "box-1", 0, 3)
    clock.utc_us += KEEP_US - HOUR
    junk(centre, clock, "box-1", 3, 4)
    collector.tidy()
    assert len(kept(centre, "box-1")) == 4
    clock.utc_us += 2 * HOUR
    collector.tidy()
    assert kept(centre, "box-1") == [b"junk 00003"]
    with centre.store.read() as tx:
        assert tx.let_go("box-1") == 3
    assert told(centre) == []


def test_the_same_message_again_takes_no_more_room(centre: Centre, box: Box, clock: FixedClock) -> None:
    for _ in range(9):
        junk(centre, clock, "box-1", 0, 1)
    with centre.store.read() as tx:
        assert [times for _, _, times in tx.quarantined()] == [9] and tx.let_go() == 0
