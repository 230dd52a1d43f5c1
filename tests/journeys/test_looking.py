"""R5 from a desk: somebody logs in, looks into a room that is filmed now, looks back at it, and puts on record what was
seen. Box, centre and office are machines apart, with a network between them; the browser is a real one."""
from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.secure_site import CHROMIUM, PASSWORD
from tests.faults.road import until
from tests.journeys.apart import CLASS, DEVICE, PEOPLE, Apart, office, somebody
from tests.journeys.course import Course
from tests.journeys.looking import until_seen
from tests.journeys.network import Network

pytestmark = [
    pytest.mark.long, pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
SUPERVISOR = "li"


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, network: Network) -> Iterator[Apart]:
    made = Apart(tmp_path, network, "recorder", "sync", "storage")
    yield made
    made.close()


@pytest.fixture
def browser(site: Apart) -> Iterator[Browser]:
    with office(site) as opened:
        yield opened


def log_in(page: Page, account: str, then: str) -> float:
    """Log in, and come to a page. When the button was pressed (monotonic seconds)."""
    page.goto(then)
    page.fill("[name=account]", account)
    page.fill("[name=password]", PASSWORD)
    pressed = time.monotonic()
    with page.expect_navigation():
        page.locator("form[action='/sign-in'] button").click()
    return pressed


def replay(page: Page, site: Apart, course: Course) -> float:
    """A chosen moment of the recording plays, which the box must send first. Seconds from asking to the picture."""
    first, wanted, *_ = course.segments()
    page.goto(f"/classes/{CLASS}/blocks/{site.block}/replay")
    assert page.locator("video").count() == 0, "nothing plays without a reason"
    with page.expect_navigation():
        page.get_by_role("button", name="Open the replay").click()
    moment_us = course.began_us(wanted) + 4_000_000
    page.locator("#at").fill(site.time_of_day(moment_us))
    asked = time.monotonic()
    page.get_by_role("button", name="Go there").click()
    picture = until_seen(page, 30, moment_us / 1000 - 2000)
    took_s = time.monotonic() - asked
    assert abs(picture.taken_ms - moment_us / 1000) < 3000
    return took_s


def jump(page: Page, section: str, name: str, moment_ms: float) -> None:
    """A link leads to the picture of that moment."""
    page.locator(f"section[aria-labelledby={section}]").locator("tr, li", has_text=name).locator("a.to").first.click()
    picture = until_seen(page, 30, moment_ms - 2000)
    assert abs(picture.taken_ms - moment_ms) < 3000, (picture.taken_ms - moment_ms) / 1000


def test_somebody_looks(site: Apart, browser: Browser, tmp_path: Path) -> None:
    site.supervisors(SUPERVISOR)
    course = Course(site.box, CLASS)
    page = somebody(browser).new_page()
    log_in(page, SUPERVISOR, f"/classes/{CLASS}")
    checked_ms = course.check_in(PEOPLE[0])
    files = course.until_files(3)
    course.show(PEOPLE[1], files[1], 5)
    course.arrives()
    print("replay", replay(page, site, course))
    jump(page, "signed", PEOPLE[0], checked_ms)
    jump(page, "seen", PEOPLE[1], course.began_us(files[1]) / 1000 + 5000)
    course.close()
