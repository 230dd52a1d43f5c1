"""A real pull that is killed at random moments, and goes on: the bag is the same, byte for byte."""
from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import bagit
import pytest

from central.archive.pieces import work_folder
from central.wiring import Centre
from evidence.bodies import Export, SessionStart, body_of
from tests.central.archive.test_pull import files
from tests.central.helpers import MORNING, SIMULATED, Box, put, segment_of
from tests.central.test_classes import add
from verify.cli import verify

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
KILLS, EARLY = 20, 6
RUN = "import sys; from central.cli import main; sys.exit(main())"
SIZES = [2_500_000] * 6 + [200_000] * 30


@pytest.fixture
def filmed(centre: Centre, tmp_path: Path) -> Centre:
    """A class with 21 MB of video that is here."""
    add(centre, tmp_path)
    box = Box(centre, clock=SIMULATED)
    box.genesis()
    box.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    drawn = random.Random(1)
    for index, size in enumerate(SIZES):
        data = drawn.randbytes(size)
        box.append(segment_of(data, MORNING, 60, index), MORNING + 61_000_000 * (index + 1))
        put(centre, data)
    centre.collector().take(box.messages())
    return centre


def start(centre: Centre, target: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "--lang", "en", "archive", "pull", "welder-1", "--centre", str(centre.folder),
         "--to", str(target), *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ})


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def ended(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def wait_for(path: Path) -> None:
    for _ in range(3000):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} did not come")


def exports(centre: Centre) -> int:
    with centre.store.read() as tx:
        return sum(isinstance(body_of(one.record), Export) for one in tx.of_type("export"))


def test_killed_at_twenty_moments_it_ends_with_the_same_bag(filmed: Centre, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    drawn = random.Random(seed)
    (tmp_path / "a").mkdir()
    target = tmp_path / "a" / "bag"
    first = start(filmed, target, "--rate", "0.3")
    wait_for(work_folder(target) / "plan.json")
    kill(first)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    ended(start(filmed, tmp_path / "b" / "bag"))
    unkilled = files(tmp_path / "b" / "bag")
    for number in range(KILLS):
        process = start(filmed, target, "--rate", "0.3")
        mark = work_folder(target) / "progress.json"
        before = mark.stat().st_mtime_ns if mark.exists() else 0
        if number % 4:  # most while it copies, some while it begins
            for _ in range(3000):
                if mark.exists() and mark.stat().st_mtime_ns != before:
                    break
                time.sleep(0.02)
        time.sleep(drawn.uniform(0, 2))
        assert process.poll() is None and not target.exists(), f"seed {seed}: nothing was left to kill"
        kill(process)
    assert not target.exists()
    ended(start(filmed, target))
    assert files(target) == unkilled, f"seed {seed}"
    assert sorted(path.name for path in target.parent.iterdir()) == ["bag"] and exports(filmed) == 1
    bagit.Bag(str(target)).validate()
    assert verify(target / "data" / "class", None, "en").problems == ()


def test_killed_before_it_is_decided_it_is_stated_once(filmed: Centre, tmp_path: Path) -> None:
    drawn, target = random.Random(), tmp_path / "a" / "bag"
    for _ in range(EARLY):
        process = start(filmed, target)
        wait_for(work_folder(target))
        time.sleep(drawn.uniform(0, 1))
        kill(process)
        if target.exists():
            break
    if not target.exists():
        ended(start(filmed, target))
    assert exports(filmed) == 1
    bagit.Bag(str(target)).validate()
    assert verify(target / "data" / "class", None, "en").problems == ()
