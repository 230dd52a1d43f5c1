"""Everything is killed again and again under the configuration of the product, and nothing is missing at the end."""
from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.recorder.conftest import make_film
from tests.faults.road import LONG, SCALE, until
from tests.faults.whole_road import WholeRoad

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 * SCALE)]
KILLS = 8 * SCALE


@pytest.fixture
def road(tmp_path: Path) -> Iterator[WholeRoad]:
    made = WholeRoad(tmp_path, make_film(tmp_path / "film.mp4", 1800 if LONG else 400, fps=5, gop=5))
    yield made
    made.close()


def test_kill_9_of_every_process_at_random_moments(road: WholeRoad) -> None:
    """Writer, recorder, sync and its uploader, broker and its Mosquitto, collector, the server for boxes."""
    rng = random.Random(5)
    until("a file is at the centre", lambda: len(road.without_file()) < len(road.segments()), 90)
    parts = [road.writer, road.recorder, road.sync, road.collector, road.broker, road.devices]
    victims = [*parts, None, *(rng.choice([*parts, None]) for _ in range(KILLS - len(parts) - 1))]
    rng.shuffle(victims)
    for victim in victims:
        time.sleep(rng.uniform(0.05, 1.5))
        if victim is None:  # Mosquitto alone: `zaitang-central broker` ends with it
            until("a Mosquitto", road.mosquitto, 30)
            os.kill(road.mosquitto()[0], signal.SIGKILL)
            continue
        road.kill(victim)
        time.sleep(rng.uniform(0, 0.5))
        road.again(victim)
    until("it records on", lambda: len(road.segments()) > 5 and road.box.store.head_seq() > 500, 90)
    road.settle()
    road.judge()
    assert road.quarantined() == {}
