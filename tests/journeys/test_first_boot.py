"""From an empty folder to a box that runs and has its plan: at its screen and in the console, each in a browser."""
from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.wiring import Centre, init_centre, open_centre
from edge.config import load_box
from edge.wiring import open_box
from tests.central.console import COOKIE, session_of
from tests.central.helpers import write_plan
from tests.central.test_browser import CHROMIUM, Console
from tests.faults.road import Part, free_port, until
from tests.faults.whole_road import CENTRE_TOML, SERIAL, _listens

pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no browser")]


class Site:
    """A centre whose services run, and a machine on which a box was just installed."""

    def __init__(self, folder: Path) -> None:
        self.folder, broker, devices = folder, free_port(), free_port()
        init_centre(folder / "centre", test_keys=True).store.close()
        (folder / "centre" / "centre.toml").write_text(CENTRE_TOML.format(port=broker, devices=devices))
        self.centre: Centre = open_centre(folder / "centre")
        self.console, self.port = Console(self.centre), free_port()
        self.parts = {name: self._part(name, "central.cli", name, "--centre", folder / "centre")
                      for name in ("broker", "devices", "collect")}
        for part in self.parts.values():
            part.start()
        until("the centre", lambda: _listens(broker) and _listens(devices), 90)
        (folder / "box-centre.toml").write_text(
            f'centre = "https://localhost:{devices}"\npin = "{self.centre.root_fingerprint}"\n'
            f'console = "{self.console.address}"\n')
        self.first = self._part(
            "first-boot", "edge.cli", "first-boot", "--box", folder / "box", "--told", folder / "box-centre.toml",
            "--port", self.port, "--serial", SERIAL)
        self.box = self._part("run", "edge.cli", "run", "--box", folder / "box", "--only", "terminal", "sync")

    def _part(self, name: str, *words: object) -> Part:
        return Part([sys.executable, "-m", *words], self.folder / f"{name}.log")

    def close(self) -> None:
        for part in (self.first, self.box, *self.parts.values()):
            part.kill()
        self.console.stop()
        self.centre.store.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def person(site: Site, browser: Browser, role: str, scope: str | None) -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="en-GB")
    for name, value in ((COOKIE, session_of(site.centre, role, scope)), ("lang", "en")):
        context.add_cookies([{"name": name, "value": value, "url": site.console.address}])
    return context.new_page()


def fingerprint(page: Page) -> str:
    return re.sub(r"\s", "", page.locator(".fingerprint").first.inner_text())


def test_a_box_that_was_just_installed_becomes_one_of_a_school(site: Site, browser: Browser) -> None:
    site.centre.account_desk().put_institution("school-a", "三门峡技工学校", "411202", None)
    site.first.start()
    until("the screen", lambda: _listens(site.port), 60)
    screen = browser.new_page(viewport={"width": 1280, "height": 800})
    screen.goto(f"http://127.0.0.1:{site.port}/?lang=en")
    expect(screen.locator("[data-state=introduced]")).to_be_visible(timeout=30_000)
    code, shown = screen.locator("#code").inner_text(), fingerprint(screen)

    school = person(site, browser, "institution", "school-a")
    school.goto(f"{site.console.address}/boxes")
    school.get_by_role("link", name="Add a box").first.click()
    school.fill("[name=code]", code.lower())
    school.get_by_text("Look for it").click()
    assert fingerprint(school) == shown and SERIAL in school.inner_text("main")
    school.fill("[name=device]", "box-1")
    school.fill("[name=room]", "101")
    school.select_option("[name=policy]", "demo")
    school.check("[name=same]")
    school.locator("form[action='/boxes/new'] button").click()
    expect(school.locator("main")).to_contain_text("An administrator of the centre approves it")
    expect(screen.locator("[data-state=waiting]")).to_contain_text("box-1", timeout=30_000)
    assert not (site.folder / "box" / "keys").exists()

    admin = person(site, browser, "administrator", None)
    admin.goto(f"{site.console.address}/boxes")
    admin.get_by_text("Boxes that wait for approval").click()
    assert fingerprint(admin) == fingerprint(screen) == shown
    admin.check("[name=same]")
    admin.get_by_role("button", name="Approve box-1").click()
    expect(screen.locator("[data-state=approved]")).to_be_visible(timeout=30_000)
    maintenance = screen.locator("#maintenance").inner_text().replace(" ", "")
    screen.check("#without")  # this machine has no camera
    screen.locator("#begin button").click()
    assert site.first.process is not None and site.first.process.wait(60) == 0, site.first.said()

    config = load_box(site.folder / "box")
    assert (config.device, config.room, config.policy, config.enrol.code) == ("box-1", "101", "demo", maintenance)
    with (site.folder / "box" / "box.toml").open("a") as file:
        file.write(f"\n[terminal]\nport = {site.port}\nvoice = false\n")
    site.box.start()
    expect(screen.locator("#start")).to_be_visible(timeout=90_000)  # the same screen, by itself
    paths = write_plan(site.folder)
    add_class(site.centre.store, site.centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    box = open_box(site.folder / "box")
    until("the plan", lambda: any(order.record.type == "order.class" for order in box.store.orders()), 120)
    box.store.close()
