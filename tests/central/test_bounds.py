"""How much one box may bring: no box fills the disk, an honest one never meets the bound, and nothing is lost."""
from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections import namedtuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from central import bounds
from central.bounds import DAY_US, FILES, RECORDS, Bound
from central.ingest import collector as collector_module
from central.ingest import intake
from central.ingest.collector import Message
from central.web import uploads
from central.wiring import Centre
from evidence.bodies import SessionStart
from evidence.receipts import peek_receipt
from evidence.times import HOUR
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, FixedClock, segment_of, sending, token


def filled(centre: Centre, count: int, chain: str = "ab" * 16, device: str = "box-1") -> Box:
    box = Box(centre, device, chain)
    box.genesis()
    for number in range(count):
        box.append(SessionStart("welder-1", f"s-{number}", "page"), MORNING + number)
    return box


def alarms(centre: Centre) -> list[tuple[object, object]]:
    with centre.store.read() as tx:
        return [(one.record.body["params"]["device"], one.record.body["params"]["why"])
                for one in tx.of_type("alarm") if one.record.body["code"] == "box.floods"]


def up_to(given: list) -> list[int]:
    return [peek_receipt(one.envelope).up_to for one in given]


@given(st.lists(st.tuples(st.integers(0, 3 * DAY_US), st.integers(0, FILES.day)), max_size=40))
def test_a_box_that_brings_what_it_filmed_is_never_above_what_lay_on_its_disk(days: list[tuple[int, int]]) -> None:
    """Whenever it brings it, late or at once; it films no more in any time than falls in that time."""
    at_us, known, disk, filmed = 0, None, FILES.most, 0
    for wait_us, wants in days:
        at_us += wait_us
        filmed += FILES.day * wait_us // DAY_US
        brings = min(wants, disk + filmed)
        filmed -= brings
        level = FILES.level(known, at_us) + brings
        assert level <= FILES.most
        known = (level, at_us)
        disk, filmed = disk + min(filmed, 0), max(filmed, 0)


def test_a_level_falls_with_time_and_a_clock_that_goes_back_lets_nothing_fall() -> None:
    bound = Bound("files", day=100, most=1000)
    assert [bound.level((500, DAY_US), at) for at in (0, DAY_US, 2 * DAY_US, 9 * DAY_US)] == [500, 500, 400, 0]
    assert bound.level(None, 5) == 0


def test_records_of_a_box_that_floods_wait_at_the_box_and_come_later(
    centre: Centre, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, collector = filled(centre, 60), centre.collector()
    each = sum(len(one.envelope) + intake.ROW for one in box.sealed) // len(box.sealed)
    monkeypatch.setattr(intake, "RECORDS", dataclasses.replace(RECORDS, day=10 * each, most=20 * each))
    other = filled(centre, 60, "cd" * 16, "box-2")
    (first,) = up_to(collector.take(box.messages()))
    assert 15 < first < 25
    assert up_to(collector.take(box.messages())) == [first], "what is here is receipted again"
    clock.utc_us += HOUR  # another batch, of which nothing is taken, and nothing is in quarantine
    collector.take(box.messages()[first + 3:])
    assert alarms(centre) == [("box-1", "records")]
    clock.utc_us += 10 * DAY_US
    (second,) = up_to(collector.take(box.messages()))
    assert second > first + 10
    clock.utc_us += 20 * DAY_US
    collector.take(box.messages())
    clock.utc_us += 20 * DAY_US
    assert up_to(collector.take(box.messages())) == [60]
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 99) == [one.envelope for one in box.sealed]
        assert tx.quarantined() == []
    assert max(up_to(collector.take(other.messages()))) > 10, "each box has its own"


def test_what_comes_again_costs_nothing(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    box, collector = filled(centre, 10), centre.collector()
    for _ in range(5):
        collector.take(box.messages())
    with centre.store.read() as tx:
        level, _ = tx.brought("box-1", "records") or (0, 0)
    assert level == sum(len(one.envelope) + intake.ROW for one in box.sealed)


def test_a_box_begins_so_many_chains_in_a_day_and_the_others_wait(centre: Centre, clock: FixedClock) -> None:
    """Each makes a line on pages, and work for whoever looks at chains."""
    collector = centre.collector()
    chains = [filled(centre, 1, f"{number:032x}") for number in range(intake.MOST_CHAINS + 5)]
    sent = [up_to(collector.take(one.messages())) for one in chains]
    assert sent == [[1]] * intake.MOST_CHAINS + [[]] * 5
    assert alarms(centre) == [("box-1", "chains")]
    collector.take([Message("box-1", chains[0].append(SessionStart("welder-1", "s", "page"), MORNING).envelope)])
    clock.utc_us += DAY_US
    assert [up_to(collector.take(one.messages())) for one in chains[-5:]] == [[1]] * 5
    with centre.store.read() as tx:
        assert len(tx.heads("box-1")) == len(chains)


def test_a_batch_that_is_not_kept_has_brought_nothing(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    box, collector = filled(centre, 3), centre.collector()
    with monkeypatch.context() as broken:
        broken.setattr(collector_module, "state_reused", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            collector.take(box.messages())
    with centre.store.read() as tx:
        assert tx.brought("box-1", "records") is None and not tx.told("box-1", intake.BEGUN, box.chain)
    assert up_to(collector.take(box.messages())) == [3]


# --- files

usage = namedtuple("usage", "total used free")
FILMS = [b"film %d " % number * 100 for number in range(8)]


@pytest.fixture
def box(centre: Centre) -> Box:
    made = filled(centre, 0)
    for index, film in enumerate(FILMS):
        made.append(segment_of(film, MORNING, 60, index), MORNING + 61_000_000 * (index + 1))
    centre.collector().take(made.messages())
    return made


def put(client: TestClient, box: Box, film: bytes, now_us: int) -> int:
    sha256 = hashlib.sha256(film).hexdigest()
    return client.put(f"/api/segments/{sha256}", content=film, headers=sending(box, film, now_us)).status_code


def test_files_of_a_box_that_floods_wait_at_the_box_and_come_later(
    centre: Centre, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FILES", Bound("files", day=1700, most=2500))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 0, 1 << 39))
    client = signed_in(centre)
    assert [put(client, box, film, clock.utc_us) for film in FILMS] == [201, 201, 201] + [507] * 5
    sha256 = hashlib.sha256(FILMS[4]).hexdigest()
    asked = client.head(f"/api/segments/{sha256}", headers=token(box, FILMS[4], clock.utc_us))
    assert asked.status_code == 507
    assert put(client, box, FILMS[0], clock.utc_us) == 200, "what is here costs nothing"
    assert alarms(centre) == [("box-1", "files")]
    clock.utc_us += DAY_US
    assert [put(client, box, film, clock.utc_us) for film in FILMS] == [200] * 3 + [201] * 3 + [507] * 2
    clock.utc_us += 2 * DAY_US
    assert [put(client, box, film, clock.utc_us) for film in FILMS] == [200] * 6 + [201] * 2
    assert alarms(centre) == [("box-1", "files")] * 2


def test_the_last_of_the_disk_is_for_boxes_that_bring_what_they_film(
    centre: Centre, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FILES", Bound("files", day=1700, most=1 << 40))
    other = filled(centre, 0, "cd" * 16, "box-2")
    other.append(segment_of(b"of another box", MORNING, 60), MORNING)
    centre.collector().take(other.messages())
    client = signed_in(centre)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 0, 1 << 39))
    assert [put(client, box, film, clock.utc_us) for film in FILMS[:3]] == [201] * 3
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 0, 1 << 36))
    assert put(client, box, FILMS[3], clock.utc_us) == 507
    with centre.store.read() as tx:
        assert [one.record.body["code"] for one in tx.of_type("alarm")] == ["centre.full"]
    assert put(client, other, b"of another box", clock.utc_us) == 201
    clock.utc_us += DAY_US
    assert put(client, box, FILMS[3], clock.utc_us) == 201


def test_the_bounds_leave_room_for_what_classes_make() -> None:
    """A class day of eight hours: two cameras of 8 Mbit/s, and thirty of them at once."""
    day = 2 * 8 * 3600 * 8_000_000 // 8
    assert day < FILES.day / 3 and 30 * day <= FILES.most
    records = 2 * 8 * 5_000_000
    assert records < RECORDS.day / 10 and 30 * records < RECORDS.most / 3
    assert bounds.HOUR_OF_VIDEO * 8 // 3600 > 19_000_000
