"""A trainee's way from the terminal in the classroom to the own record on a telephone, an objection and a survey.

A real terminal page and a real console in Chromium; the code on the screen is read from its picture, as a telephone
does. Only the people before the camera are drawn.
"""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, Page, expect, sync_playwright

from central.accounts.people import Actor
from central.classes.objections import list_objections
from central.classes.stories import tell
from central.classes.survey import close_survey, open_survey, results
from central.devices.issue import issue
from central.ingest.collector import Message
from central.wiring import Centre, init_centre
from common.policies import policy_bytes
from common.sheets import Name
from evidence.bodies import CentreLook, ClassOrder, body_of
from evidence.records import Sealed
from tests.central.test_browser import Console
from tests.edge.terminal.conftest import CLASS
from tests.edge.terminal.drawn import NAMES, Shows, Site
from tests.edge.terminal.test_browser import ARGS
from tests.edge.terminal.test_people_browser import fits

CHROMIUM = shutil.which("chromium")
PIN = "271828"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"), pytest.mark.long,
    pytest.mark.timeout(120)]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    centre = init_centre(tmp_path / "centre", test_keys=True)
    served = Console(centre)
    yield served
    served.stop()
    centre.store.close()


@pytest.fixture
def site(console: Console, tmp_path: Path) -> Iterator[Site]:
    """A box that the centre has certified, with a class that the centre has signed."""
    centre = console.centre

    def signed(order: ClassOrder) -> Sealed:
        with centre.store.write() as tx:
            tx.know_policy(order.policy.sha256, policy_bytes(order.policy.id))
            for person, name in NAMES.items():
                tx.put_name(CLASS, person, centre.names.seal(CLASS, person, Name(name, "0" * 32)))
            return centre.store.append(tx, order)

    root = centre.keys.root.public_bytes(serialization.Encoding.PEM).decode()
    (tmp_path / "box").mkdir()
    site = Site(tmp_path / "box", lambda key: (issue(centre, "box-1", key), root), console.address, signed)
    yield site
    site.end()
    site.store.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        expect.set_options(timeout=60_000)
        yield opened
        opened.close()


@pytest.fixture
def terminal(browser: Browser, site: Site) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    page.goto(site.address)
    return page


def phone_at(browser: Browser, address: str) -> Page:
    """A telephone of its own that has scanned an address."""
    page = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def scanned(terminal: Page) -> str:
    """What a telephone reads from the screen."""
    terminal.wait_for_selector("#own-code:not([hidden])")
    picture = cv2.imdecode(np.frombuffer(terminal.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    found = zxingcpp.read_barcode(picture)
    assert found is not None, "the code on the screen cannot be read"
    return str(found.text)


def is_fit(page: Page) -> None:
    """Nothing is wider than the telephone, large enough to touch, and axe finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.eval_on_selector_all(
        "main button, .choice, summary", "all => all.filter(e => e.offsetHeight < 44).map(e => e.textContent)")
    assert small == []
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []


def received(site: Site, centre: Centre) -> None:
    centre.collector().take([Message("box-1", one.envelope) for one in site.store.records()])


def press(page: Page, digits: str) -> None:
    for digit in digits:
        page.click(f"#own-pad [data-key='{digit}']")
    page.click("#own-pad [data-key=done]")


def test_from_the_terminal_to_the_own_record_an_objection_and_a_survey(
    terminal: Page, site: Site, console: Console, browser: Browser,
) -> None:
    centre = console.centre
    expect(terminal.locator("#own-open")).to_have_text("我的记录")
    expect(terminal.locator("#own-now")).to_be_hidden()
    site.frames.shows = Shows(2)
    expect(terminal.locator("#result-name")).to_have_text("李强")
    expect(terminal.locator("#own-now")).to_be_visible()
    fits(terminal)
    terminal.click("#own-now")
    expect(terminal.locator("#own-title")).to_have_text("李强")
    fits(terminal)
    address = scanned(terminal)
    assert address.startswith(f"{console.address}/me/open/")
    site.frames.shows = Shows(3)
    expect(terminal.locator("#own")).to_be_hidden()  # the next in the queue has an answer: the code is gone
    assert terminal.get_attribute("#own-path", "d") is None
    site.frames.shows = Shows()
    received(site, centre)

    phone = phone_at(browser, address)
    is_fit(phone)
    phone.get_by_role("button", name="打开我的记录").click()
    phone.wait_for_url(f"{console.address}/me")
    page = phone.inner_text("main")
    assert "李强" in page and "刷脸签到" in page
    assert [name for name in NAMES.values() if name != "李强" and name in page] == []
    is_fit(phone)
    phone.get_by_label("哪里不对").fill("3月2日上午我在场，请核对")
    phone.get_by_role("button", name="提出异议").click()
    phone.wait_for_url("**/me?done=objection*")
    expect(phone.locator("#objections + article, section[aria-labelledby=objections] article")).to_contain_text("o-1")
    is_fit(phone)
    (objection,) = list_objections(centre.store, CLASS)
    assert (objection.person, objection.source, objection.text) == ("p-2", "trainee", "3月2日上午我在场，请核对")
    stranger = phone_at(browser, address)
    assert "链接已失效" in stranger.inner_text("main")
    phone.get_by_role("button", name="现在关闭").click()
    assert "查看已结束" in phone.inner_text("main")
    phone.goto(f"{console.address}/me")
    assert "李强" not in phone.inner_text("body")
    with centre.store.read() as tx:
        looks = [body_of(one.record) for one in tx.of_type("look.centre")]
        told = tell(centre.store, tx, CLASS, centre.clock.stamp().utc_us)
    assert looks == [CentreLook("p-2", "own", None, CLASS, person="p-2")]

    now_us = centre.clock.stamp().utc_us
    open_survey(centre.store, told, "page", "", True, Actor("li", "supervisor", "410000"), now_us)
    site.people.pins.choose(CLASS, "p-1", PIN)
    terminal.click("a.lang >> text=English")
    terminal.click("#own-open")
    expect(terminal.locator("#own-names .choice", has_text="陈静")).to_be_disabled()
    fits(terminal)
    terminal.click("#own-names >> text=王秀英")
    press(terminal, "314159")
    expect(terminal.locator("#own-pad .problem")).to_contain_text("Wrong PIN")
    press(terminal, PIN)
    expect(terminal.locator("#own-title")).to_have_text("王秀英")
    fits(terminal)
    phone = phone_at(browser, scanned(terminal))
    terminal.click("#own-close")
    phone.click("text=English")
    phone.get_by_role("button", name="Open my record").click()
    phone.get_by_role("button", name="Take my ticket and answer").click()
    phone.wait_for_url("**/survey/*")
    is_fit(phone)
    for number, choice in enumerate(("I agree completely", "Neither", "I rather agree", "Neither", "I rather agree")):
        phone.locator("fieldset").nth(number).get_by_text(choice, exact=True).click()
    phone.get_by_label("What else you want to say").fill("more practice")
    phone.get_by_role("button", name="Send my answers").click()
    expect(phone.locator("h1")).to_have_text("Thank you")
    is_fit(phone)
    phone.goto(f"{console.address}/me")
    expect(phone.get_by_role("button", name="Take my ticket and answer")).to_have_count(0)
    counts = close_survey(centre.store, CLASS, "li", centre.clock.stamp().utc_us)
    assert (counts.respondents, counts.satisfied, counts.denominator) == (1, 1, 5)
    with centre.store.read() as tx:
        assert results(tx, tx.surveys(CLASS)[0]) is not None
