"""The road with the centre's database in PostgreSQL, whose server is killed, held up, and shared by two collectors."""
from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.store.postgres import WRITE_LOCK
from tests.faults.road import SCALE, Part, Road, until
from tests.postgres import Server

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 * SCALE)]


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def road(server: Server, tmp_path: Path) -> Iterator[Road]:
    made = Road(tmp_path, broker="max_queued_messages 0", database=server.database())
    yield made
    made.close()


@contextmanager
def filling(road: Road) -> Iterator[None]:
    """The box goes on appending meanwhile."""
    stop = threading.Event()

    def append() -> None:
        while not stop.is_set():
            road.fill(50)
            stop.wait(0.1)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def noticed(*collectors: Part) -> int:
    """How often they failed to write. The tree beside a collector notices, too, and states no alarm."""
    lines = [line for part in collectors for line in part.said().splitlines()]
    return sum('"from": "collector"' in line and "database.unusable" in line for line in lines)


def ends_well(road: Road) -> None:
    """Everything is there once and has its receipt, nothing was refused, and the alarm tells what was."""
    road.arrives(300)
    until("the alarm", lambda: "database.failed" in road.told(), 90)
    road.judge(often=["database.failed"])
    assert road.quarantined() == {}


def test_kill_9_of_the_database_again_and_again(road: Road, server: Server) -> None:
    rng = random.Random(5)
    road.start()
    with filling(road):
        for at in range(4 * SCALE):
            time.sleep(rng.uniform(0.3, 1.5))
            seen = noticed(road.collector)
            server.kill()
            if at % 2:  # so short that nobody may have noticed, and until somebody has
                until("it is noticed", lambda seen=seen: noticed(road.collector) > seen, 60)
            server.start()
    assert road.collector.runs
    ends_well(road)
    assert road.box.store.head_seq() > 300


def test_a_busy_database_is_waited_for(road: Road, server: Server) -> None:
    road.start()
    until("the first record", lambda: road.receipted, 60)
    with filling(road), server.session(road.centre.config.database) as other:
        other.execute(f"SELECT pg_advisory_lock({WRITE_LOCK})")
        until("it is noticed", lambda: noticed(road.collector), 90)
        assert not road.receipted
    ends_well(road)


def test_connections_that_an_operator_ends_are_made_anew(road: Road, server: Server) -> None:
    road.start()
    with filling(road):
        for _ in range(5 * SCALE):
            time.sleep(0.4)
            with server.session() as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE application_name = 'zaitang'")
    road.arrives(300)
    road.judge(often=["database.failed"])


def test_two_collectors_share_it_while_one_and_the_database_die(road: Road, server: Server, tmp_path: Path) -> None:
    rng = random.Random(9)
    other = road.track(Part([sys.executable, "-m", "tests.faults.another", road.centre.folder], tmp_path / "other.log"))
    other.start()
    road.start()
    until("the other one", lambda: "broker.subscribed" in other.said(), 60)
    with filling(road):
        for victim in (road.collector, other, road.collector):
            time.sleep(rng.uniform(0.3, 1.5))
            victim.kill()
            time.sleep(rng.uniform(0.3, 1.0))
            before = victim.said().count("broker.subscribed")
            victim.start()
        until("both are back", lambda: road.collector.said().count("broker.subscribed") > before, 60)
        server.kill()
        until("it is noticed", lambda: noticed(road.collector, other), 60)
        server.start()
    ends_well(road)
    assert road.collector.runs and other.runs
