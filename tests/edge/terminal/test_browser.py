"""The page in a real browser, served by the real process: press, check in, put right, end early, lose the service."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from common.texts import translate
from edge.live.sign import NAME as TOLD
from edge.store import Store
from edge.terminal.code import mark_cells
from edge.terminal.seen import Seen, Unseen, late_notice, unseen
from edge.terminal.words import BARE, BARE_BY
from evidence.bodies import ClassOrder, OrderAccepted
from evidence.times import MINUTE
from tests.ending import end

from .conftest import START, order_body, sealed_order

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SIZES = [(1280, 800), (1024, 600)]
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.disabled) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(node.id + " " + node.textContent);
  }
  return bad;
}"""
SMALL = """() => [...document.querySelectorAll("button, a")].filter((node) => node.checkVisibility())
  .filter((node) => node.offsetWidth < 56 || node.offsetHeight < 56).map((node) => node.id)"""
CUT = """() => [...document.querySelectorAll("#title, #lesson, #guide, #deadline, h2, #alarms li, #banners li")]
  .filter((node) => node.checkVisibility() && (node.scrollWidth > node.clientWidth + 1
    || node.scrollHeight > node.clientHeight + parseFloat(getComputedStyle(node).fontSize) / 2))
  .map((node) => node.id + node.textContent)"""
BARE_CUT = """() => {
  const box = document.querySelector("#bare").getBoundingClientRect();
  return [...document.querySelectorAll("#bare p, #bare button")].filter((node) => {
    const own = node.getBoundingClientRect();
    return node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 4
      || own.left < box.left || own.right > box.right || own.top < box.top || own.bottom > box.bottom;
  }).map((node) => node.textContent);
}"""
LONG_NAMES = [
    "阿卜杜热西提·买买提江·吐尔逊", "Alexandria Montgomery-Featherstone", "欧阳建国", "迪丽拜尔·艾合买提江",
    "Christopher Throckmorton", "古丽巴哈尔·阿布都克里木"]
WIDER = """() => document.querySelector("#minutes").offsetWidth
  < document.querySelector(".progress svg").getBoundingClientRect().width * 94 / 120"""
SCROLLS = """() => {
  const page = document.documentElement, parts = [...document.querySelectorAll("main > section, footer")];
  return page.scrollHeight > innerHeight || page.scrollWidth > innerWidth
    || parts.some((node) => node.scrollHeight > node.clientHeight + 1);
}"""


PHONE = {"width": 390, "height": 844}
BEYOND = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  const parts = document.querySelectorAll("main, section, h1, h2, p, button, a, svg, input, li, time, dialog");
  return wide.concat([...parts].filter((node) => node.checkVisibility()).filter((node) => {
    const own = node.getBoundingClientRect();
    return own.width && (own.left < -1 || own.right > innerWidth + 1);
  }).map((node) => node.id || node.textContent));
}"""


class Service:
    """The terminal process of a box, as the supervisor starts it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "edge.cli", "process", "terminal", "--box", str(self._folder)]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[3])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if how == signal.SIGTERM:
            return end(self._process)[0]
        self._process.send_signal(how)
        return self._process.wait(60)


@pytest.fixture
def service(box_folder: tuple[Path, Store, int]) -> Iterator[Service]:
    service = Service(box_folder[0])
    yield service
    assert service.stop() == 0


@pytest.fixture
def page(service: Service, box_folder: tuple[Path, Store, int]) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        address, deadline = f"http://127.0.0.1:{box_folder[2]}/", time.monotonic() + 60
        while True:
            try:
                page.goto(address)
                break
            except Exception:
                assert time.monotonic() < deadline, "the terminal did not start"
                time.sleep(0.3)
        yield page
        browser.close()


def accept(store: Store, body: ClassOrder) -> None:
    """What the sync process does with another order."""
    sealed = sealed_order(body)
    store.put_order(sealed)
    store.append("order.accepted", OrderAccepted(body.class_id, sealed.hash))


def sessions(store: Store) -> list[str]:
    return [sealed.record.type for sealed in store.records() if sealed.record.type.startswith("session.")]


@pytest.mark.long
def test_a_class_day_at_the_screen(page: Page, service: Service, box_folder: tuple[Path, Store, int]) -> None:
    store = box_folder[1]
    expect(page.locator("#title")).to_have_text("焊工一班")
    expect(page.locator("#banners")).to_contain_text("照片不是活人")
    expect(page.locator("#recording-text")).to_have_text("录像程序没有应答，录像没有保存")
    expect(page.locator("#in")).to_contain_text("欧阳建国", timeout=30_000)
    expect(page.locator("#camera")).to_be_visible()
    assert store.records_of("checkin")[0].record.body["best"]["person"] == "p-7"
    expect(page.locator("#end")).to_be_disabled()

    page.click("#start")
    expect(page.locator("#end")).to_be_enabled()
    assert sessions(store) == ["session.start"]
    page.click("#end")
    page.click("#confirm-no")
    assert sessions(store) == ["session.start"]
    put_right(page, store)

    page.click("a[hreflang]")
    expect(page.locator("#end")).to_have_text("End class")
    expect(page.locator("#banners")).to_contain_text("a photograph is not a living person")

    service.stop(signal.SIGKILL)
    expect(page.locator("#lost")).to_be_visible(timeout=60_000)
    expect(page.locator("#end")).to_be_disabled()
    service.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=30_000)
    page.click("#end")
    expect(page.locator("#why")).to_contain_text("Why does it end now?")
    expect(page.locator("#confirm-yes")).to_be_disabled()
    page.fill("#confirm-text", "  ")
    expect(page.locator("#confirm-yes")).to_be_disabled()
    page.click("text=Power cut")
    expect(page.locator("#confirm-text")).to_have_value("Power cut")
    page.click("#confirm-yes")
    expect(page.locator("#start")).to_be_enabled()
    assert sessions(store) == ["session.start", "session.corrected", "session.corrected", "session.end"]
    assert store.records_of("session.end")[0].record.body["reason"] == "Power cut"


def put_right(page: Page, store: Store) -> None:
    """The wrong class was started: choose the right one, and back again."""
    expect(page.locator("#wrong")).to_be_hidden()
    accept(store, dataclasses.replace(order_body("cooking-1", after_minutes=30), title="中式烹调二班"))
    page.click("#wrong")
    expect(page.locator("#correct-title")).to_contain_text("焊工一班")
    expect(page.locator("#correct-yes")).to_be_disabled()
    page.click("text=误按了别的班次")
    expect(page.locator("#correct-yes")).to_be_disabled()
    page.click("#correct-classes >> text=中式烹调二班")
    page.click("#correct-yes")
    expect(page.locator("#title")).to_have_text("中式烹调二班")
    expect(page.locator("#end")).to_be_enabled()
    assert store.records_of("session.corrected")[0].record.body["reason"] == "误按了别的班次"
    page.click("#wrong")
    page.click("#correct-classes >> text=焊工一班")
    page.fill("#correct-text", "没有错")
    page.click("#correct-yes")
    expect(page.locator("#title")).to_have_text("焊工一班")


@contextlib.contextmanager
def watching(path: Path, since_us: int, form: str = "video") -> Iterator[None]:
    """Somebody looks into the room: what the live process writes meanwhile, every two seconds and whole each time."""
    over, fresh = threading.Event(), path.with_name(path.name + ".new")

    def tell() -> None:
        while not over.is_set():
            fresh.write_text(json.dumps({"form": form, "since_us": since_us, "told_us": since_us}))
            fresh.rename(path)
            over.wait(2)

    thread = threading.Thread(target=tell)
    path.parent.mkdir(exist_ok=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)
        path.unlink()


def at_each_size(page: Page) -> Iterator[None]:
    """The same page on every screen, one after the other."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        yield


@pytest.mark.long
@pytest.mark.parametrize("watched", [False, True])
def test_everything_fits_is_legible_and_can_be_touched(
    page: Page, box_folder: tuple[Path, Store, int], watched: bool,
) -> None:
    """`watched`: below the sign that somebody looks into the room, too."""
    with watching(box_folder[0] / "run" / TOLD, START + MINUTE) if watched else contextlib.nullcontext():
        expect(page.locator("#live-sign")).to_be_visible(visible=watched)
        everything_fits(page, box_folder)


def everything_fits(page: Page, box_folder: tuple[Path, Store, int]) -> None:
    expect(page.locator("#in")).to_contain_text("欧阳建国", timeout=30_000)
    for lang in ("zh", "en"):
        page.goto(page.url.split("?")[0] + f"?lang={lang}")
        expect(page.locator("#banners li")).to_have_count(3)
        page.wait_for_timeout(700)
        for _ in at_each_size(page):
            check_view(page)
    accept(box_folder[1], dataclasses.replace(order_body("cooking-1", after_minutes=30), title="中式烹调二班"))
    page.click("#start")
    for lang in ("zh", "en"):
        page.goto(page.url.split("?")[0] + f"?lang={lang}")
        for opener, dialog in (("#end", "#confirm"), ("#wrong", "#correct")):
            expect(page.locator(opener)).to_be_visible()
            for _ in at_each_size(page):
                check_view(page)
            on_a_telephone(page)
            page.click(opener)
            expect(page.locator(dialog)).to_be_visible()
            on_a_telephone(page)
            for _ in at_each_size(page):
                check_view(page)
                assert not page.evaluate(f"(() => {{ const d = document.querySelector('{dialog}');"
                                         " return d.scrollHeight > d.clientHeight + 1; })()"), "the question scrolls"
            page.click(f"{dialog}-no")
    who_was_not_seen(page)
    with_the_longest_words(page)


def who_was_not_seen(page: Page) -> None:
    """Of forty some names can be read, each with its word, below one line of advice; and a notice across the top."""
    seen = Seen("some", 44, tuple(Unseen(f"p-{n}", "small" if n % 2 else "never", True) for n in range(40)), late=True)
    names = {f"p-{n}": ("王秀英", "李强", "欧阳建国")[n % 3] for n in range(40)}

    def tell(route: Route) -> None:
        state = route.fetch().json()
        state["unseen"] = unseen(seen, True, 17 * 60_000_000, names, state["lang"])
        state["banners"] += late_notice(seen, True, state["lang"])
        route.fulfill(json=state)

    page.route("**/state.json*", tell)
    for lang, advice in (("zh", "未入镜：请他们坐到"), ("en", "Never in view: seat them")):
        page.goto(page.url.split("?")[0] + f"?lang={lang}")
        for _ in at_each_size(page):
            expect(page.locator("#unseen-text.advice")).to_contain_text(advice)
            page.wait_for_timeout(700)
            check_view(page)
            words = page.locator("#unseen li small").all_text_contents()
            assert len(words) == page.locator("#unseen li:not(.more)").count() >= 2
            assert words[:2] == (["未入镜", "脸太小"] if lang == "zh" else ["never in view", "too small"])
    page.unroute_all(behavior="wait")  # one that is being answered must not meet the next one


def with_the_longest_words(page: Page) -> None:
    """Long titles, alarms, a deadline; then a code, which lies before the question that is open."""
    told: list[str] = []

    def tell(route: Route) -> None:
        state = route.fetch().json()
        told.append(route.request.url.partition("shows=")[2])
        state["lesson"] |= {"title": title[0], "room": "湖滨区职业教育中心三号楼二层电工实训室"}
        state["banners"] += [{"code": "refused", "text": "Nothing is recorded: have the video disk put right. " * 3}]
        state["recording"] |= {"needed_s": 9000, "shown_s": 3661, "share": 406, "unit": "without a break"}
        state["recording"] |= {"deadline": "The recording must start by 09:09:30, or this class-hour does not comply"}
        state["alarms"] = [
            {"code": str(number), "time": "09:05", "text": "A camera shows what was recorded earlier: no use"}
            for number in range(4)]
        state["earlier"] = []
        state["code"], state["bareface"] = code[0], bare[0]
        route.fulfill(json=state)

    code: list[dict[str, object] | None] = [None]
    bare: list[dict[str, object] | None] = [None]
    title = ["三门峡市二〇二六年第三期电工（初级）职业技能提升培训班（企业职工 B 组）"]
    page.route("**/state.json*", tell)
    expect(page.locator("#title")).to_contain_text("三门峡市")
    expect(page.locator("#deadline")).to_contain_text("09:09:30")
    for _ in at_each_size(page):
        check_view(page)
        assert page.evaluate(CUT) == []
        assert page.evaluate(WIDER), "the number lies on its ring"
    on_a_telephone(page)
    title[0] = "Maintenance Electrician (Beginner), Skills Upgrading Course, Third Session 2026, Group B"
    expect(page.locator("#title")).to_contain_text("Group B")
    for _ in at_each_size(page):
        assert page.evaluate(CUT) == []
        assert page.evaluate("""() => {
          const bottom = Math.max(...[...document.querySelectorAll(".said p")].filter((node) => node.checkVisibility())
            .map((node) => node.getBoundingClientRect().bottom));
          return bottom <= document.querySelector("#deadline").getBoundingClientRect().top + 1;
        }"""), "one text lies over another"
    asking: dict[str, object] = {}
    for lang in ("zh", "en"):
        for names in (["欧阳建国"] * 2, LONG_NAMES):
            asking = {"phase": "asking", "left_s": None, "text": translate(BARE_BY, lang), "begin": [
                {"person": f"t-{number}", "text": name} for number, name in enumerate(names)]}
            bare[0] = asking
            expect(page.locator("#bare-text")).to_have_text(translate(BARE_BY, lang))
            expect(page.locator("#bare-begin button")).to_have_text(names)
            for _ in at_each_size(page):
                check_view(page)
                assert page.evaluate(BARE_CUT) == [], "a text of the question is cut"
        on_a_telephone(page)
    bare[0] = asking | {"phase": "showing", "left_s": 42, "text": translate(BARE["showing"], "en")}
    expect(page.locator("#bare-now")).to_be_visible()
    for _ in at_each_size(page):
        check_view(page)
    bare[0] = None
    expect(page.locator("#bare-now")).to_be_hidden()
    page.click("#more-alarms")
    expect(page.locator("#all-alarms li")).to_have_count(4)
    for _ in at_each_size(page):
        check_view(page)
    page.click("#alarm-close")
    page.click("#end")
    code[0] = {"id": "7-0", "cells": mark_cells(12)}
    expect(page.locator("#code")).to_be_visible()
    middle = "document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('#code') !== null"
    for _ in at_each_size(page):
        assert page.evaluate(middle), "the code lies before the question"
    page.keyboard.press("Escape")
    page.wait_for_timeout(700)
    assert page.evaluate(middle) and told[-1] == "7-0"
    code[0] = None
    expect(page.locator("#code")).to_be_hidden()
    expect(page.locator("#confirm")).to_be_visible()


def on_a_telephone(page: Page) -> None:
    """One column as narrow as the window, in which a name is no column of single characters."""
    page.set_viewport_size(PHONE)
    assert page.evaluate(BEYOND) == [], "something is wider than a telephone"
    assert page.evaluate("document.querySelector('#title').offsetWidth") > PHONE["width"] // 2
    assert page.evaluate(SMALL) == [] and page.evaluate(CONTRAST) == []
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    page.wait_for_timeout(700)  # lists are fitted anew when the next state comes


def check_view(page: Page) -> None:
    """What is on the screen fits, is legible and can be touched."""
    assert not page.evaluate(SCROLLS), "something does not fit"
    assert page.evaluate(SMALL) == [] and page.evaluate(CONTRAST) == []
