"""A class in H.265 in a real browser that plays none: the replay has copies made, plays them, and says so."""
from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("av")
from central.wiring import Centre
from tests.central.console import COOKIE, session_of
from tests.central.derived.test_media import centre, recorded, shas
from tests.central.test_browser import CHROMIUM, Console, browser
from tests.central.test_replay import BASE
from tests.central.test_replay_browser import enter, plays_at

sync_api = pytest.importorskip("playwright.sync_api")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
__all__ = ["browser", "centre", "recorded"]
NOT_EVIDENCE = "What plays here is a copy in H.264 that the centre made of it: it is not evidence"


@pytest.fixture
def console(centre: Centre) -> Iterator[Console]:
    running = Console(centre)
    yield running
    running.stop()


@pytest.fixture
def page(browser: sync_api.Browser, console: Console) -> Iterator[sync_api.Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    token = session_of(console.centre, "supervisor", "410000", "li")
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    if opened.evaluate("document.createElement('video').canPlayType('video/mp4; codecs=\"hvc1.1.6.L120.B0\"')"):
        pytest.skip("this Chromium plays H.265 itself")
    yield opened
    context.close()
    assert complaints == []


def test_a_class_in_h265_plays_as_copies_and_says_so(console: Console, page: sync_api.Page) -> None:
    enter(page, console)
    sync_api.expect(page.locator("#says")).to_contain_text("copy in H.264")
    assert page.locator("#derived").is_hidden()
    plays_at(page, "1[34]:")
    note = page.locator("#derived")
    sync_api.expect(note).to_contain_text(NOT_EVIDENCE)
    assert note.is_visible()
    page.get_by_label("Time of day").fill("14:35")
    page.get_by_role("button", name="Go there").click()
    plays_at(page, "14:35")
    sync_api.expect(page.locator("#rows")).to_contain_text("what plays is a copy in H.264")
    page.locator("#rows tr.copy").first.wait_for(state="detached")
    assert console.centre.derived.all() == set(shas(console.centre))
    assert note.is_visible() and not Axe().run(page).response["violations"]


def test_the_page_of_the_recording_plays_the_copies_that_are_here(console: Console, page: sync_api.Page) -> None:
    enter(page, console)
    sync_api.expect(page.locator("#rows")).to_contain_text("what plays is a copy in H.264", timeout=60_000)
    page.goto(f"{console.address}{BASE}?lang=en")
    page.locator("#video").scroll_into_view_if_needed()
    page.wait_for_selector(".check.whole")
    page.eval_on_selector("article video", "v => v.play()")
    sync_api.expect(page.locator("article .derived")).to_contain_text(NOT_EVIDENCE)
    sync_api.expect(page.locator("article .derived")).to_be_visible(timeout=30_000)
