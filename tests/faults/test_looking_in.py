"""While somebody looks into a room, or waits for a file of a replay, the network is slow, then cut; the box and the
centre are killed. The page says how it stands and goes on by itself, and nothing of it touches the recording. Many who
look cost one upload."""
from __future__ import annotations

import hashlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from central.aside import CHANGED
from evidence.bodies import Alarm, Segment, body_of
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
ONE, OTHER, BACK = "li", "zhao", ("qian", "sun", "zhou")
CUT_S, SLOW_KBIT, FETCH_KBIT, FETCH_SLOW_KBIT = 20, 300, 1000, 200
"""The stream is of some 1000 kbit/s."""
SILENT, SLOW, AWAY, LIVE = (
    "Nothing comes from the box at the moment", "The line of the box is slow", "The centre does not answer", "Live.")
SENDS, SENDS_SLOWLY, STOPPED, HEARD = (
    "the box sends it", "The line is slow: some", "nothing has come since", "the box was last heard")
"""Of a file that somebody waits for."""
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
    made.supervisors(ONE, OTHER, *BACK, *(f"v{number}" for number in range(VIEWERS)))
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


def runs_of(found: list[Segment]) -> dict[str, list[Segment]]:
    return {run: list(files) for run, files in itertools.groupby(found, lambda one: one.run)}


def is_whole(site: Apart, found: list[Segment], runs: int) -> None:
    """The recording: so many runs, each without a hole and in files that follow each other; every byte of them is what
    was hashed when it was recorded."""
    told = runs_of(found)
    assert len(told) == runs, [(one.run, one.index, one.began, one.cut) for one in found]
    for one in found:
        data = (site.box / "video" / "segments" / one.file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one.sha256, one.file
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
    is_whole(site, course.segments(), 1)

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
    go_to(page, site, other)
    page.get_by_role("button", name="Fetch from the box").click()
    until_plays(page, other)
    with site.opened() as centre, centre.store.read() as tx:
        told = [body_of(one.record) for one in tx.of_type("alarm")]
    assert [one.params["segment"] for one in told if isinstance(one, Alarm) and one.code == CHANGED] == [
        files[1].sha256]
    is_whole(site, course.segments(), 1)


def change(site: Apart, segment: Segment) -> None:
    """One byte of a file that is at the centre."""
    with site.opened() as centre:
        path = centre.objects.path(segment.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def looks_back(browser: Browser, account: str, site: Apart, course: Course) -> tuple[Page, int, int]:
    """A page that waits for nothing yet, a moment of a file that only the box has, and how many runs there are."""
    files = course.segments()
    with site.opened() as centre:
        there = [one for one in files if centre.objects.has(one.sha256)]
    asked = max((files.index(one) for one in there), default=0)
    files = course.until_files(asked + 4)  # the neighbours of what was asked for come, too
    page = somebody(browser).new_page()
    log_in(page, account, f"/live/{DEVICE}")
    look_back(page, site)
    return page, course.began_us(files[asked + 2]) + 4 * SECOND, len(runs_of(files))


@contextmanager
def waited_for(
    account: str, site: Apart, network: Network, browser: Browser, course: Course, kbit: int, says: str,
) -> Iterator[tuple[Page, int]]:
    """A file that only the box has is on its way, on a line of so many kbit/s, and the page says how: the page, and how
    many runs there are. Whatever happens then, it plays in the end."""
    page, wanted, runs = looks_back(browser, account, site, course)
    network.slow(kbit)
    go_to(page, site, wanted)
    until_says(page, says, 30, "#says")
    yield page, runs
    until_plays(page, wanted, 50)
    page.close()


def nothing_comes(page: Page) -> None:
    """The page says that it stopped, and since when nothing was heard, and shows nothing."""
    until_says(page, STOPPED, 20, "#says")
    until_says(page, HEARD, 5, "#says")
    assert seen(page) is None


def test_a_line_that_is_cut_during_the_fetch_of_a_file(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    with waited_for(BACK[0], site, network, browser, course, FETCH_KBIT, SENDS) as (page, runs):
        network.pull()
        nothing_comes(page)
        network.fast()
        network.plug()
    is_whole(site, course.segments(), runs)


def test_a_line_that_is_slow_during_the_fetch_of_a_file(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    with waited_for(BACK[1], site, network, browser, course, FETCH_SLOW_KBIT, SENDS_SLOWLY) as (page, runs):
        assert seen(page) is None
    network.fast()
    is_whole(site, course.segments(), runs)


def test_a_box_that_is_killed_during_the_fetch_of_a_file(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    with waited_for(BACK[2], site, network, browser, course, FETCH_KBIT, SENDS) as (page, runs):
        network.pull()
        site.kill_box()
        network.forget()
        nothing_comes(page)
        network.fast()
        network.plug()
        site.running.start()
    course.until_files(len(course.segments()) + 1)
    is_whole(site, course.segments(), runs + 1)


def test_a_line_that_is_cut_or_slow_and_a_box_that_is_killed(
    site: Apart, network: Network, browser: Browser, course: Course,
) -> None:
    runs = len(runs_of(course.until_files(1)))
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
    is_whole(site, course.segments(), runs)

    site.kill_box()
    until_says(page, SILENT, 30)
    site.running.start()
    goes_on(page, 60)
    until_says(page, LIVE, 40)
    course.until_files(len(course.segments()) + 2)
    is_whole(site, course.segments(), runs + 1)
    page.close()
    site.running.kill(signal.SIGTERM)
    assert_whole(site.box)
