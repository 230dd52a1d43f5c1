"""An archive is pulled while its video lies at a box alone: real processes on both sides, a real broker between."""
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest

from evidence.bodies import SessionStart, body_of
from evidence.box_orders import OrderAnswered
from tests.central.helpers import MORNING, segment_of
from tests.central.test_classes import add
from tests.faults.road import BOX_TOML, ROOT, Part, Road, free_port, until
from verify.cli import verify

pytestmark = pytest.mark.long
FILMS = [bytes([at]) * 200_000 for at in range(6)]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    """A box that keeps its video until it is asked for, and recorded six files of a class."""
    road, port = Road(tmp_path), free_port()
    try:
        add(road.centre, tmp_path)
        asked = f'{BOX_TOML.format(port=road.port)}segments = "http://127.0.0.1:{port}"\nupload = "asked"\n'
        (road.box.folder / "box.toml").write_text(asked)
        road.box.store.append("session.start", SessionStart("welder-1", "s-1", "button"))
        for index, data in enumerate(FILMS):
            film(road, index, data)
        serve = [sys.executable, "-m", "central.cli", "serve", "--centre", road.centre.folder, "--port", port]
        road.track(Part(serve, tmp_path / "serve.log")).start()
        road.start()
        road.arrives()
        yield road
    finally:
        road.close()


def film(road: Road, index: int, data: bytes) -> None:
    body = segment_of(data, MORNING, 60, index)
    path = road.box.segments / body.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    road.box.store.append("segment", body)


def pulled(road: Road, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "central.cli", "--lang", "en", "archive", "pull", "welder-1", "--centre",
               str(road.centre.folder), "--to", str(road.folder / "bag"), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})


def answers(road: Road) -> list[OrderAnswered]:
    bodies = [body_of(one.record) for one in road.box.store.records_of("order.answered")]
    return [one for one in bodies if isinstance(one, OrderAnswered)]


def test_a_box_brings_its_files_during_the_pull_and_a_dead_one_when_it_is_back(road: Road) -> None:
    bag = road.folder / "bag"
    assert not list(road.centre.objects.all()) and answers(road) == []
    done = pulled(road, "--wait", "0.02")
    assert done.returncode == 0 and "video files 6" in done.stdout, done.stderr
    assert {one.result for one in answers(road)} == {"accepted"} and verify(bag, None, "en").whole
    bag.rename(road.folder / "first")
    film(road, 6, b"a seventh file")
    road.arrives()
    road.sync.kill()
    away = pulled(road, "--wait", "0")
    assert away.returncode == 1 and "Files that are still at box-1: 1. The box was last heard" in away.stderr
    without = pulled(road, "--wait", "0", "--without-missing")
    assert without.returncode == 0 and "video files that are named in it as missing: 1." in without.stdout
    result = verify(bag, None, "en")
    assert (result.ok, result.whole, len(result.missing)) == (True, False, 1)
    bagit.Bag(str(bag)).validate()
    orders = len(answers(road))
    road.sync.start()
    whole = pulled(road, "--wait", "0.02")
    assert whole.returncode == 0 and "incomplete" not in whole.stdout, whole.stderr
    assert verify(bag, None, "en").whole
    until("an answer to the order for the seventh", lambda: len(answers(road)) > orders)
