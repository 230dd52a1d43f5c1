"""The screen of a new box in a real browser: all of it there, readable, and it presses what it should."""
from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from edge.firstboot.view import State
from edge.models.choice import Choice
from edge.terminal.guard import TOKEN_HEADER
from tests.edge.firstboot.pictures import CAMERAS, Shown, see, served
from tests.edge.terminal.test_browser import ARGS, CHROMIUM, CONTRAST, SIZES, SMALL

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser")


@pytest.fixture(scope="module")
def screen() -> Iterator[tuple[Shown, str, Page]]:
    with sync_playwright() as play, served() as (shown, address):
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield shown, address, browser.new_page()
        browser.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("width", "height"), [*(pytest.param(*one, marks=pytest.mark.long) for one in SIZES[:-1]), SIZES[-1]])
def test_all_of_it_is_on_the_screen(screen: tuple[Shown, str, Page], lang: str, width: int, height: int) -> None:
    shown, address, page = screen
    page.set_viewport_size({"width": width, "height": height})
    for state in get_args(State):
        see(page, shown, address, lang, state)
        assert page.evaluate(CONTRAST) == [] and page.evaluate(SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if state != "approved":  # a list of cameras may be longer
            assert page.evaluate("document.querySelector('.words').scrollHeight <= "
                                 "document.querySelector('.words').clientHeight + 1"), state
            assert page.evaluate("(document.querySelector('.who')?.scrollHeight ?? 0) <= "
                                 "(document.querySelector('.who')?.clientHeight ?? 0) + 1"), state


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_telephone_shows_all_of_it(screen: tuple[Shown, str, Page], lang: str) -> None:
    shown, address, page = screen
    page.set_viewport_size({"width": 390, "height": 844})
    for state in ("introduced", "no_centre", "waiting", "approved"):
        see(page, shown, address, lang, state, choice=Choice("builtin"))
        assert "`" not in page.inner_text("main")
        cut = page.evaluate("""[...document.querySelectorAll("section, .claim strong, .fingerprint span")].filter(
            (node) => node.clientWidth && node.scrollWidth > node.clientWidth + 1
              || node.clientHeight && node.scrollHeight > node.clientHeight + 1
              || node.getBoundingClientRect().right > 370).map((node) => node.textContent)""")
        assert cut == [], state


def test_the_cameras_are_given_places_and_the_box_begins(screen: tuple[Shown, str, Page]) -> None:
    shown, address, page = screen
    see(page, shown, address, "en", "approved")
    expect(page.locator("#maintenance")).to_have_text("493 027")
    page.select_option("select[name='v4l2:/dev/video0']", "room")
    page.click("#begin button")
    expect(page.locator("#problem")).to_contain_text("one camera for the room")
    expect(page.locator("#without")).to_be_visible()
    page.select_option("select[name='picamera2:0']", "terminal")
    expect(page.locator("#without")).to_be_hidden()
    page.click("#begin button")
    expect(page.locator("#starts")).to_be_visible()
    assert [[(one.role, one.source) for one in cameras] for cameras in shown.began] == [  # type: ignore[attr-defined]
        [("terminal", "picamera2:0"), ("room", "v4l2:/dev/video0")]]


def test_without_a_camera_only_who_knows_it_goes_on(screen: tuple[Shown, str, Page]) -> None:
    assert screen[2].context.browser is not None
    page = screen[2].context.browser.new_page(viewport={"width": 390, "height": 844})
    with served() as (shown, address):
        shown.cameras = []
        see(page, shown, address, "en", "approved")
        expect(page.locator("#main")).to_contain_text("No camera is found")
        page.click("#begin button")
        expect(page.locator("#problem")).to_contain_text("nothing would be recorded")
        page.fill("#network", "rtsp://10.0.0.9/a")
        page.check("#without")
        shown.cameras = CAMERAS[1:]  # it is plugged in; what was typed and ticked stays
        page.evaluate("look()")
        expect(page.locator("select")).to_have_value("terminal")
        expect(page.locator("#network")).to_have_value("rtsp://10.0.0.9/a")
        expect(page.locator("#without")).to_be_hidden()
        page.fill("#network", "")
        expect(page.locator("#without")).to_be_checked()
        page.click("#begin button")
        expect(page.locator("#starts")).to_be_visible()
        assert [[one.role for one in cameras] for cameras in shown.began] == [["terminal"]]  # type: ignore[attr-defined]
        page.close()


def test_a_camera_of_the_network_that_is_silent_is_told_and_only_who_knows_it_goes_on(
        screen: tuple[Shown, str, Page]) -> None:
    _, _, page = screen
    with served() as (shown, address):
        see(page, shown, address, "en", "approved")
        page.select_option("select[name='picamera2:0']", "")
        page.fill("#network", "http://127.0.0.1/a")
        page.click("#begin button")
        expect(page.locator("#problem")).to_contain_text("no source of video")
        expect(page.locator("#without")).to_be_hidden()
        page.fill("#network", " rtsp://me:secret@127.0.0.1:1/a ")
        page.click("#begin button")
        expect(page.locator("#problem")).to_contain_text("rtsp://127.0.0.1:1/a cannot be reached")
        expect(page.locator("#problem")).not_to_contain_text("secret")
        page.check("#without")
        page.fill("#network", "rtsp://127.0.0.1:1/b")  # another address: nobody knows of that one
        expect(page.locator("#without")).to_be_hidden()
        page.click("#begin button")
        expect(page.locator("#problem")).to_contain_text("127.0.0.1:1/b cannot be reached")
        assert shown.began == []
        expect(page.locator("#without")).to_be_checked()
        page.click("#begin button")
        expect(page.locator("#starts")).to_be_visible()
        assert ("room", "rtsp://127.0.0.1:1/b") in [
            (one.role, one.source) for one in shown.began[0]]  # type: ignore[attr-defined]


def test_a_refused_box_asks_again(screen: tuple[Shown, str, Page]) -> None:
    shown, address, page = screen
    see(page, shown, address, "zh", "refused")
    page.click("#again")
    expect(page.locator("[data-state=introduced]")).to_be_visible()


def test_a_centre_is_typed_and_what_is_typed_stays_while_the_screen_changes(screen: tuple[Shown, str, Page]) -> None:
    shown, address, page = screen
    see(page, shown, address, "en", "no_centre")
    page.fill("#address", " https://centre.example:8471 ")
    page.fill("#pin", "9f86 d081")
    shown.be("away")
    page.wait_for_selector("[data-state=away]")
    expect(page.locator("#pin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=introduced]")).to_be_visible()
    assert shown.told == [("https://centre.example:8471", "9f86 d081")]


def test_a_page_from_elsewhere_presses_nothing(screen: tuple[Shown, str, Page]) -> None:
    shown, address, page = screen
    shown.began.clear()
    shown.told.clear()
    for headers in ({}, {TOKEN_HEADER: "x.y"}):
        for path in ("begin", "again", "centre"):
            said = page.request.post(address + path, headers=headers, data={
                "roles": {}, "address": "https://x.example", "pin": "9f"})
            assert said.status == 403
    assert page.request.get(address, headers={"Host": "evil.example"}).status == 421
    long = {"address": "https://x.example", "pin": "9" * 201}
    token = page.locator("meta[name=token]").get_attribute("content") or ""
    assert page.request.post(f"{address}centre", headers={TOKEN_HEADER: token}, data=long).status == 422
    assert shown.began == [] and shown.told == []
