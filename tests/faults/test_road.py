"""The road from box to centre under faults: every record arrives exactly once, and nothing that is forged.

`make test-faults` runs these, `ZAITANG_FAULTS=long make test-faults` ten times as much.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.devices.spool import LOOK_S
from central.ingest.collector import MAX_MESSAGE
from central.wiring import init_centre
from edge.cli import main as edge_main
from edge.clock import SystemClock
from edge.wiring import open_box
from evidence.bodies import SessionStart
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.receipts import Receipt, seal_receipt
from evidence.seal import KeySigner, read_sealed
from evidence.times import utc_text
from tests.central.helpers import MORNING
from tests.central.helpers import Box as ForgedBox
from tests.faults.road import LONG, SCALE, Part, Road, Stranger, changed, lock, until
from tests.faults.tls_road import TlsRoad

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 * SCALE)]
Make = Callable[..., Road]
TOPIC = "zaitang/v1/box-1/records"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a road, and ends everything with the test."""
    made: list[Road] = []

    def make_road(**settings: object) -> Road:
        made.append(Road(tmp_path, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make_road
    for road in made:
        road.close()


def fill_up(folder: Path) -> Path:
    """Leave no byte free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


# --- processes that die


@pytest.mark.parametrize("persistence", ["persistence false", "persistence true\nautosave_interval 1"])
def test_kill_9_of_sync_broker_and_collector_at_random_moments(make: Make, tmp_path: Path, persistence: str) -> None:
    road = make(broker=f"{persistence}\npersistence_location {tmp_path}/\nmax_queued_messages 0")
    rng, stop = random.Random(7), threading.Event()
    road.start()

    def append() -> None:
        while not stop.is_set():
            road.fill(50)
            stop.wait(0.1)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        for _ in range(6 * SCALE):
            time.sleep(rng.uniform(0.05, 1.5))
            victim = rng.choice([road.sync, road.broker, road.collector])
            victim.kill()
            time.sleep(rng.uniform(0, 0.5))
            (road.start_broker if victim is road.broker else victim.start)()
    finally:
        stop.set()
        writer.join()

    def arrived() -> bool:
        if not road.collector.runs:  # it found no broker when it began, said so, and is started again
            road.collector.start()
        return road.receipted

    until("a receipt for every record", arrived, 300)
    road.judge()
    assert road.quarantined() == {} and road.box.store.head_seq() > 500


def test_a_broker_without_persistence_forgets_what_it_took(make: Make) -> None:
    """It says “taken” to everything, passes nothing on, and dies with it."""
    road = make(broker="persistence false\nmax_queued_messages 0")
    road.start_collector()
    os.kill(road.collector.pid, signal.SIGSTOP)
    road.fill(3000)
    road.sync.start()
    until("the broker has them", lambda: "broker.connected" in road.sync.said(), 60)
    time.sleep(2)
    assert road.box.store.receipted_up_to() == -1
    road.broker.kill()
    os.kill(road.collector.pid, signal.SIGCONT)
    road.start_broker()
    road.arrives()
    road.judge()


def test_a_broker_whose_queue_overflows_is_told_of(make: Make) -> None:
    road = make(broker="max_queued_messages 1\nmax_inflight_messages 1\nsys_interval 1")
    road.start()
    until("the first record", lambda: road.receipted, 60)
    road.collector.kill()
    road.fill(2000)
    time.sleep(8)
    assert not road.receipted
    road.start_collector()
    road.arrives()
    until("the alarm", lambda: "broker.dropped" in road.told(), 60)
    road.judge(often=["broker.dropped"])


# --- a network that fails


def test_a_network_that_is_cut_again_and_again(make: Make) -> None:
    road, rng = make(proxy=True), random.Random(3)
    assert road.proxy is not None
    road.start()
    for _ in range(8 * SCALE):
        road.fill(300)
        time.sleep(rng.uniform(0.02, 0.6))
        road.proxy.cut()
    road.proxy.refuses = True
    road.proxy.cut()
    road.fill(300)
    time.sleep(2)
    assert not road.receipted
    road.proxy.refuses = False
    road.arrives()
    road.judge()


def test_a_half_open_network_is_noticed_and_left(make: Make) -> None:
    """Connections stand, and nothing passes: only a deadline tells."""
    road = make(proxy=True)
    assert road.proxy is not None
    road.start()
    until("the first record", lambda: road.receipted, 60)
    road.proxy.freeze()
    road.fill(1000)
    until("it is noticed", lambda: "broker.lost" in road.sync.said(), 120)
    road.proxy.cut()
    road.proxy.thaw()
    road.arrives()
    road.judge()


# --- a month without a network


def test_a_backlog_of_thirty_days_drains_oldest_first_in_flat_memory(make: Make) -> None:
    road = make()
    road.fill(2000)
    road.start()
    road.arrives()
    before = road.sync.peak_mb(), road.collector.peak_mb()
    road.sync.kill(signal.SIGTERM)
    road.fill(300_000 if LONG else 10_000)
    road.sync.start()
    steps: list[int] = []

    def through() -> bool:
        steps.append(road.box.store.receipted_up_to())
        return road.receipted

    started = time.monotonic()
    until("the backlog is through", through, 3000)
    seconds = time.monotonic() - started
    assert steps == sorted(steps) and len(set(steps)) > 5, "receipts go up, oldest first"
    after = road.sync.peak_mb(), road.collector.peak_mb()
    print(f"{road.box.store.head_seq()} records in {seconds:.0f} s; MB of sync and collector {before} then {after}")
    assert after[0] < before[0] + 60 and after[1] < before[1] + 60
    road.judge()


def test_a_box_that_brings_more_than_it_may_is_told_of_and_loses_nothing(make: Make) -> None:
    """Here for a backlog; what it is not given a receipt for it keeps, and sends again."""
    road = make()
    words = [sys.executable, "-m", "tests.faults.bounded", "collect", "--centre", road.centre.folder]
    road.collector = Part(words, road.folder / "collect.log")
    road.fill(700)
    road.start()
    until("the alarm", lambda: "box.floods" in road.told(), 60)
    assert not road.receipted
    road.arrives()
    road.judge("box.floods")
    assert road.whys("box.floods") == ["records"] and road.quarantined() == {}


# --- messages that are not what they should be


def test_hostile_messages_change_nothing(make: Make) -> None:
    """Duplicated, reordered, gapped, truncated, corrupted, oversized, badly encoded, replayed, in another's name."""
    road, rng = make(), random.Random(11)
    road.fill(400)
    envelopes = [sealed.envelope for sealed in road.box.store.records()]
    road.start_collector()
    stranger = Stranger(road.port)
    try:
        mixed = [envelopes[at] for at in range(0, 300) if at % 7 != 3] * 2
        rng.shuffle(mixed)
        for at in range(0, len(mixed), 25):
            stranger.send(TOPIC, b"\n".join(mixed[at : at + 25]))
        other = read_sealed(envelopes[5])
        bad = {
            "truncated": envelopes[1][:-9], "corrupted": envelopes[1].replace(b"e", b"f", 3),
            "forged": changed(envelopes[2]), "empty": b"", "binary": rng.randbytes(2000),
            "utf-16": "{}".encode("utf-16"),
            "latin": b'{"payload":"\xe4"}', "too deep": b"[" * 5000, "many": b"\n" * 500,
            "a receipt": seal_receipt(
                Receipt(1, "centre", "box-1", road.box.store.chain, 1, other.hash, 0, utc_text(0)),
                road.centre.keys.signer),
        }
        for payload in bad.values():
            stranger.send(TOPIC, payload)
        stranger.send("zaitang/v1/box-2/records", envelopes[4])
        stranger.send("zaitang/v1/Box 1/records", envelopes[6])
        stranger.send("zaitang/v1/centre/records", envelopes[8])
        stranger.send("zaitang/v1/box-1/heartbeats", envelopes[4])
        stranger.send(TOPIC, b"x" * (MAX_MESSAGE + 4096))
        stranger.send(TOPIC, b'{"a":"' + b"x" * (MAX_MESSAGE - 100) + b'"}')
        until("all was looked at", lambda: road.quarantined().get("WrongTopic", 0) == 3, 60)
    finally:
        stranger.close()
    road.sync.start()
    road.arrives()
    road.judge()
    assert set(road.quarantined()) == {"BadRecord", "BadSeal", "WrongTopic"}


def test_a_forged_receipt_is_not_believed(make: Make) -> None:
    road = make()
    road.fill(100)
    road.sync.start()
    until("the box listens", lambda: "broker.connected" in road.sync.said(), 60)
    head = road.box.store.head()
    receipt = Receipt(1, "centre", "box-1", road.box.store.chain, 100, head.hash, 0, utc_text(0))
    stranger = Stranger(road.port)
    try:
        thief = KeySigner(road.box.keys.device)
        stranger.send("zaitang/v1/box-1/receipts", seal_receipt(receipt, thief))
        wrong = dataclasses.replace(receipt, head_hash="f" * 64)
        stranger.send("zaitang/v1/box-1/receipts", seal_receipt(wrong, road.centre.keys.signer))
        stranger.send("zaitang/v1/box-1/receipts", b"\xff" * 100)
        until("the alarms", lambda: road.box_told().count("receipt.refused") == 3, 60)
    finally:
        stranger.close()
    assert road.box.store.receipted_up_to() == -1
    road.start_collector()
    road.arrives()
    road.judge()


# --- copies


def test_what_is_replayed_from_an_earlier_chain_of_the_box_changes_nothing(make: Make) -> None:
    """Records, heartbeats and receipts of before `new-chain`: whoever kept them has no others."""
    road = make()
    road.start()
    road.fill(100)
    road.arrives()
    until("a heartbeat", lambda: heard_up_to(road) >= 0, 60)
    with road.centre.store.read() as tx:
        heard, head = tx.heard("box-1", road.box.store.chain), tx.head("box-1", road.box.store.chain)
        receipt = tx.receipt_for("box-1", road.box.store.chain, head.up_to) if head else None
    records = [sealed.envelope for sealed in road.box.store.each()]
    assert heard is not None and heard.highest is not None and receipt is not None
    road.sync.kill()
    new_chain(road, road.box.folder)
    road.sync.start()
    road.fill(100)
    road.arrives()
    before = road.box.store.receipted_up_to(), road.box.store.head_seq()
    stranger = Stranger(road.port)
    try:
        for _ in range(2):
            for envelope in (*records, records[-1] + b"\n" + changed(records[-1])):
                stranger.send(TOPIC, envelope)
            stranger.send("zaitang/v1/box-1/heartbeats", heard.highest)
            stranger.send("zaitang/v1/box-1/receipts", receipt)
        until("all was looked at", lambda: road.quarantined() == {"BadSeal": 1}, 60)
    finally:
        stranger.close()
    road.fill(10)
    road.arrives()
    road.judge()
    assert (road.box.store.receipted_up_to(), road.box.store.head_seq()) == (before[0] + 10, before[1] + 10)
    assert road.box_told() == []


def test_a_box_of_another_root_counts_nowhere(make: Make, tmp_path: Path) -> None:
    """It has everything but the root's word: a name of its own or that of a box, a genesis, records, heartbeats."""
    road = make()
    road.start()
    road.fill(50)
    road.arrives()
    foreign = init_centre(tmp_path / "foreign", test_keys=True)
    stranger = Stranger(road.port)
    try:
        for device, chain in (("box-1", road.box.store.chain), ("box-1", "ab" * 16), ("box-9", "cd" * 16)):
            forged = ForgedBox(foreign, device, chain)
            forged.genesis()
            for number in range(3):
                forged.append(SessionStart("welding-1", f"f-{number}", "page"), MORNING)
            for sealed in forged.sealed:
                stranger.send(f"zaitang/v1/{device}/records", sealed.envelope)
            beat = heartbeat_of(forged.sealed[-1], SystemClock().stamp(), 1, {"box": 1})
            stranger.send(f"zaitang/v1/{device}/heartbeats", seal_heartbeat(beat, forged.signer))
        until("all was looked at", lambda: sum(road.quarantined().values()) == 15, 60)
    finally:
        stranger.close()
        foreign.store.close()
    road.fill(50)
    road.arrives()
    road.judge()
    with road.centre.store.read() as tx:
        assert {head.device for head in tx.heads()} == {"box-1", "centre"}
    assert road.quarantined() == {"BadCertificate": 3, "UnknownSigner": 12}


def test_the_same_number_with_another_body_is_a_fork(make: Make, tmp_path: Path) -> None:
    """A cloned card: two boxes with one key and one chain run at the same time."""
    road = make()
    road.fill(50)
    shutil.copytree(road.box.folder, tmp_path / "clone")
    road.fill(20)
    road.start()
    road.arrives()
    clone = open_box(tmp_path / "clone")
    clone.store.append("session.start", SessionStart("welding-1", "s-other", "page"))
    envelope = clone.store.head().envelope
    clone.store.close()
    stranger = Stranger(road.port)
    try:
        for _ in range(3):
            stranger.send(TOPIC, envelope)
        until("the alarm", lambda: "chain.fork" in road.told(), 60)
    finally:
        stranger.close()
    road.judge("chain.fork")
    assert road.quarantined() == {"Fork": 1}


def test_a_restored_backup_is_told_and_arrives_whole_once_it_goes_on_in_a_new_chain(make: Make, tmp_path: Path) -> None:
    road = make()
    road.fill(50)
    shutil.copytree(road.box.folder, tmp_path / "backup")
    road.start()
    road.fill(200)
    road.arrives()
    until("a heartbeat of that head", lambda: heard_up_to(road) >= road.box.store.head_seq(), 60)
    road.sync.kill()
    backup = open_box(tmp_path / "backup")
    restored = road.track(road.sync_of(tmp_path / "backup"))
    restored.start()
    until("the cut tail", lambda: "chain.cut" in road.told(), 60)
    road.fill(5, backup)
    until("the fork", lambda: "chain.fork" in road.told(), 60)
    # The centre's receipt is for records that the backup never had.
    until("the receipt is refused", lambda: "receipt.refused" in road.box_told(backup), 60)
    backup.store.close()
    restored.kill()
    with road.centre.store.read() as tx:
        kept = tx.chain_envelopes("box-1", road.box.store.chain, 2**52)
    assert kept == [sealed.envelope for sealed in road.box.store.each()], "nothing was overwritten"
    new_chain(road, tmp_path / "backup")
    restored.start()
    road.fill(100)
    road.arrives()
    # What it made under numbers that were taken is at the box alone.
    road.judge("chain.cut", "chain.fork", "chain.left")
    assert set(road.quarantined()) == {"Fork"}


def new_chain(road: Road, folder: Path) -> None:
    """The box of the road is the one in this folder from now on, in a new chain."""
    road.box.store.close()
    assert edge_main(["new-chain", "--box", str(folder), "--reason", "restored from the backup of Monday"]) == 0
    road.box = open_box(folder)


def heard_up_to(road: Road) -> int:
    with road.centre.store.read() as tx:
        heard = tx.heard("box-1", road.box.store.chain)
    beat = heard.highest_heartbeat if heard else None
    return beat.up_to if beat else -1


def test_a_centre_that_was_set_back_to_a_backup_gets_everything_again(make: Make, tmp_path: Path) -> None:
    road = make()
    road.fill(100)
    road.start()
    road.arrives()
    road.collector.kill(signal.SIGTERM)
    paths = tmp_path / "backup.db", road.centre.folder / "zaitang.db"
    backup, database = map(sqlite3.connect, paths)
    with contextlib.closing(backup), contextlib.closing(database):
        database.backup(backup)
    road.start_collector()
    road.fill(300)
    road.arrives()
    road.collector.kill(signal.SIGTERM)
    road.centre.store.close()
    for path in road.centre.folder.glob("zaitang.db-*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", road.centre.folder / "zaitang.db")
    road.start_collector()
    road.fill(10)
    until("the box is told", lambda: "centre.lost" in road.box_told(), 90)
    road.arrives()
    road.judge()


# --- disks and databases


def test_a_full_disk_of_the_collector_stops_receipts_and_nothing_else(
    make: Make, small: Callable[[str], Path]
) -> None:
    road = make(centre=small("disk") / "centre")
    road.start()
    until("the first record", lambda: road.receipted, 60)
    ballast = fill_up(road.centre.folder.parent)
    road.fill(2000)
    until("it is noticed", lambda: "database.unusable" in road.collector.said(), 60)
    before = road.box.store.receipted_up_to()
    ballast.unlink()
    road.arrives()
    assert before < road.box.store.head_seq()
    until("the alarm", lambda: "database.failed" in road.told(), 60)
    road.judge("database.failed")


def test_a_full_disk_of_the_box_loses_no_receipt(make: Make, small: Callable[[str], Path]) -> None:
    road = make(box=small("card"))
    road.fill(1500)
    road.sync.start()
    until("the box is connected", lambda: "broker.connected" in road.sync.said(), 60)
    ballast = fill_up(road.box.folder)
    road.start_collector()
    until("it is noticed", lambda: "store.unwritable" in road.sync.said(), 90)
    ballast.unlink()
    road.arrives()
    until("the alarm", lambda: "store.full" in road.box_told(), 60)
    road.arrives()
    road.judge()


def test_a_disk_of_the_broker_that_is_full_and_then_read_only_is_told_and_loses_nothing(
    tmp_path: Path, small: Callable[[str], Path]
) -> None:
    """The broker of the product; what it had not saved is gone with it each time."""
    with contextlib.closing(TlsRoad(tmp_path)) as road:
        road.broker.kill(signal.SIGTERM)
        data = small(str((road.centre.folder / "broker" / "data").relative_to(tmp_path)))
        road.start_broker()
        road.start()
        ballast = fill_up(data)
        road.fill(2000)
        until("the alarm", lambda: "full" in road.whys("broker.disk"), 60)
        road.broker.kill()
        road.start_broker()
        road.arrives()
        ballast.unlink()
        time.sleep(LOOK_S + 1)
        subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (data / "probe").touch()
        road.fill(1000)
        until("the alarm", lambda: "read_only" in road.whys("broker.disk"), 60)
        road.broker.kill()
        road.start_broker()
        road.fill(100)
        road.arrives()
        subprocess.run(["mount", "-o", "remount,rw", str(data)], check=True)
        road.judge(often=["broker.disk"])
        assert road.quarantined() == {}


def test_a_read_only_disk_of_the_collector_is_one_sentence_and_it_starts_again(
    make: Make, small: Callable[[str], Path]
) -> None:
    disk = small("disk")
    road = make(centre=disk / "centre")
    road.fill(500)
    road.centre.store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    road.collector.start()
    assert road.collector.process is not None and road.collector.process.wait(60) == 1
    (sentence,) = road.collector.said().splitlines()
    assert str(road.centre.folder / "zaitang.db") in sentence
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    road.start()
    road.arrives()
    road.judge()


@pytest.mark.parametrize("which", ["collector", "sync"])
def test_a_disk_that_refuses_every_write_under_a_running_process_is_waited_for(make: Make, which: str) -> None:
    """As when the kernel turns a failing disk read-only under open files."""
    road = make()
    road.start()
    until("the first record", lambda: road.receipted, 60)
    part = getattr(road, which)
    with part.no_room(0):
        road.fill(500)
        time.sleep(6)
        assert part.runs and not road.receipted
    road.arrives()
    alarm = "database.failed" if which == "collector" else "store.full"
    until("the alarm", lambda: alarm in [*road.told(), *road.box_told()], 60)
    road.arrives()
    road.judge(*(["database.failed"] if which == "collector" else []))


def test_a_busy_database_of_the_collector_is_waited_for(make: Make) -> None:
    road = make()
    road.start()
    until("the first record", lambda: road.receipted, 60)
    held = lock(road.centre.folder / "zaitang.db")
    road.fill(500)
    until("it is noticed", lambda: "database.unusable" in road.collector.said(), 60)
    assert not road.receipted
    held.close()
    road.arrives()
    until("the alarm", lambda: "database.failed" in road.told(), 60)
    road.judge("database.failed")


def test_a_busy_database_of_the_box_is_waited_for(make: Make) -> None:
    road = make()
    road.fill(500)
    road.start()
    until("the box is connected", lambda: "broker.connected" in road.sync.said(), 60)
    held = lock(road.box.folder / "zaitang.db")
    until("it is noticed", lambda: "store.busy" in road.sync.said(), 60)
    held.close()
    road.arrives()
    road.judge()


def test_a_second_collector_is_refused(make: Make) -> None:
    """Two under one name would push each other off the broker for ever."""
    road = make()
    road.start()
    second = road.track(type(road.collector)(road.collector._command, road.folder / "second.log"))
    second.start()
    assert second.process is not None and second.process.wait(60) != 0
    road.fill(300)
    road.arrives()
    road.judge()
