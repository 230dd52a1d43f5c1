"""While somebody looks into a room, or back, the network is slow, then cut; the box and the centre are killed. The page
says how it stands and goes on by itself, and nothing of it touches the recording. Many who look cost one upload."""
from __future__ import annotations

import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from evidence.bodies import Segment
from evidence.times import SECOND
from tests.contract.secure_site import CHROMIUM
from tests.faults.judging import assert_whole
from tests.faults.road import ROOT
from tests.journeys.apart import CLASS, CONSOLE, DEVICE, Apart, office, somebody
from tests.journeys.course import Course
from tests.journeys.looking import (
    go_to,
    log_in,
    look_back,
    look_in,
    seen,
    until_plays,
    until_says,
    until_seen,
)
from tests.journeys.network import CENTRE_FOR_OFFICE, Network

pytestmark = [
    pytest.mark.faults, pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
ONE, OTHER = "li", "zhao"
CUT_S, SLOW_KBIT, FETCH_KBIT = 20, 300, 1000
"""The stream is of some 1000 kbit/s."""
SILENT, SLOW, AWAY, LIVE = (
    "Nothing comes from the box at the moment", "The line of the box is slow", "The centre does not answer", "Live.")
VIEWERS, WATCH_S = 20, 10
HOLE_US = SECOND // 2
"""A file begins where the one before ends, as far as the pace of pictures on a busy machine tells."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, network: Network) -> Iterator[Apart]:
    made = Apart(tmp_path_factory.mktemp("apart"), network, "recorder", "sync", "storage", "live")
    made.supervisors(ONE, OTHER, *(f"v{number}" for number in range(VIEWERS)))
    yield made
    made.close()


@pytest.fixture
def browser(site: Apart) -> Iterator[Browser]:
    with office(site) as opened:
        yield opened


@pytest.fixture
def course(site: Apart) -> Iterator[Course]:
    opened = Course(site.box, CLASS)
    yield opened
    opened.close()


def now_ms() -> float:
    return time.time() * 1000


def goes_on(page: Page, seconds: float) -> None:
    """By itself, with what is now."""
    until_seen(page, seconds, now_ms())


def is_whole(found: list[Segment], runs: int) -> None:
    """The recording: so many runs, each without a hole and in files that follow each other."""
    told = {run: list(files) for run, files in itertools.groupby(found, lambda one: one.run)}
    assert len(told) == runs, [(one.run, one.index, one.began, one.cut) for one in found]
    for files in told.values():
        assert [one.index for one in files] == list(range(len(files)))
        holes = [after.first_pts_us - before.end_pts_us for before, after in itertools.pairwise(files)]
        assert all(abs(hole) < HOLE_US for hole in holes), holes


def test_twenty_who_look_cost_one_upload(site: Apart, network: Network) -> None:
    names = [f"v{number}" for number in range(VIEWERS)]
    words = network.command("office", sys.executable, "-m", "tests.journeys.viewers",
                            f"https://{CENTRE_FOR_OFFICE}:{CONSOLE}", site.ca, DEVICE, WATCH_S)
    before = site.sent_bytes()
    done = subprocess.run(words, input="\n".join(names), capture_output=True, text=True, cwd=ROOT, timeout=120,
                          check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    up = site.sent_bytes() - before
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    once = max(one["bytes"] for one in told)
    assert all(one["pieces"] for one in told) and len({piece for one in told for piece in one["pieces"]}) < 2 * WATCH_S
    assert once < up < 2 * once, f"{up} bytes went up, and each of {VIEWERS} got {once}"
    assert statistics.median(told[0]["delays_ms"]) < 5000


def test_a_centre_that_is_killed_and_a_file_that_was_changed_there(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    page = somebody(browser).new_page()
    log_in(page, ONE, f"/live/{DEVICE}")
    look_in(page)
    until_seen(page, 60)
    site.console.kill()
    until_says(page, AWAY, 30)
    site.start_console()
    goes_on(page, 60)
    is_whole(course.segments(), 1)

    files = course.until_files(5)
    look_back(page, site)
    network.slow(FETCH_KBIT)
    wanted, other = (course.began_us(files[place]) + 4 * SECOND for place in (3, 1))
    go_to(page, site, wanted)
    until_says(page, "the box sends it", 30)
    site.console.kill()
    until_says(page, "the centre does not answer", 30)
    assert seen(page) is None
    site.start_console()
    until_plays(page, wanted, 60)
    network.fast()

    go_to(page, site, other)
    until_plays(page, other)
    change(site, files[1])
    page.reload()
    until_says(page, "was changed after it was recorded", 30, "#problems")
    go_to(page, site, other)
    page.wait_for_timeout(3000)
    assert seen(page) is None
    go_to(page, site, wanted)
    until_plays(page, wanted)
    is_whole(course.segments(), 1)


def change(site: Apart, segment: Segment) -> None:
    """One byte of a file that is at the centre."""
    with site.opened() as centre:
        path = centre.objects.path(segment.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_line_that_is_cut_or_slow_and_a_box_that_is_killed(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    page = somebody(browser).new_page()
    log_in(page, OTHER, f"/live/{DEVICE}")
    look_in(page)
    until_seen(page, 60)

    network.slow(SLOW_KBIT)
    until_says(page, SLOW, 60)
    until_seen(page, 30, now_ms() - 15_000)
    network.fast()
    goes_on(page, 30)

    network.pull()
    cut = time.monotonic()
    until_says(page, SILENT, 30)
    page.wait_for_timeout(max(0.0, cut + CUT_S - time.monotonic()) * 1000)
    network.plug()
    goes_on(page, 30)

    os.kill(site.pid_of("live"), signal.SIGKILL)
    until_seen(page, 40, now_ms() + 1000)
    is_whole(course.segments(), 1)

    site.kill_box()
    until_says(page, SILENT, 30)
    site.running.start()
    goes_on(page, 60)
    until_says(page, LIVE, 40)
    course.until_files(len(course.segments()) + 2)
    is_whole(course.segments(), 2)
    page.close()
    site.running.kill(signal.SIGTERM)
    assert_whole(site.box)
