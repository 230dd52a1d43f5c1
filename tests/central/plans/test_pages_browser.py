"""The pages of class management in a real browser: nothing wider than a telephone, in English either."""
from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from central.plans.plans import Plans
from central.plans.roster_changes import Why
from central.wiring import Centre
from evidence.times import HOUR
from tests.central.console import COOKIE, session_of
from tests.central.plans.making import BEFORE, PEOPLE, roster, schedule, spec
from tests.central.test_browser import Console

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
PATHS = ("", "/new", *(f"/welder-1{path}" for path in (
    "", "/add", "/hours/h1", "/pattern", "/events/instead", "/leave", "/tables", "/class", "/publish", "/discard",
    "/forget")))


@pytest.fixture
def console(centre: Centre, plans: Plans) -> Iterator[Console]:
    """A published class with changes that are not, and a draft that cannot be published."""
    centre.account_desk().put_institution("school-a", "三门峡职业培训学校", "411202", None)
    plans.take(spec(institution="school-a", policy="sanmenxia-2023"), schedule(), roster(*PEOPLE))
    plans.publish("welder-1", None)
    plans.event("welder-1", None, "withdrawal", "张伟", None, BEFORE + HOUR, Why("搬到外地", "王主任"))
    plans.take(spec("welder-2", institution="school-a"), schedule(), roster(*PEOPLE))
    running = Console(centre)
    yield running
    running.stop()


@pytest.fixture
def page(console: Console) -> Iterator[sync_api.Page]:
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 390, "height": 800})
        token = session_of(console.centre, "institution", "school-a")
        context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
        yield context.new_page()
        browser.close()


def spoil(page: sync_api.Page, console: Console) -> None:
    """Send a table with mistakes."""
    page.goto(f"{console.address}/plans/welder-2/tables")
    page.set_input_files("[name=schedule]", {
        "name": "课程表.csv", "mimeType": "text/csv", "buffer": schedule("2026-03-02,x,09:15,啥").data})
    page.locator("main form button").click()
    assert page.locator(".wrongs tbody tr").count() == 2


@pytest.mark.long
def test_no_page_is_wider_than_a_telephone(console: Console, page: sync_api.Page) -> None:
    for path in PATHS:
        answer = page.goto(f"{console.address}/plans{path}?lang=en", wait_until="domcontentloaded")
        assert answer is not None and answer.status == 200
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    spoil(page, console)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
