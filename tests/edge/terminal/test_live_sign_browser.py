"""The sign that somebody looks into the room, in a real browser: on every page, over every question, and gone again."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from edge import serving
from edge.terminal.live_sign import FRESH_S
from evidence.bodies import LiveEnded
from evidence.box_orders import BoxOrder, OrderAnswered, WantedLive
from evidence.chain import next_record
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, utc_text

from .drawn import CODE, Shows, Site, served
from .test_browser import ARGS, BEYOND, CHROMIUM, CONTRAST, PHONE, SIZES, SMALL, watching

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.long

SEEN = """() => {
  const sign = document.getElementById("live-sign"), box = sign.getBoundingClientRect();
  const clear = (x, y) => sign.contains(document.elementFromPoint(x, y));
  const corners = [[box.left + 2, box.top + 2], [box.right - 2, box.bottom - 2], [box.width / 2, box.height / 2]];
  const modal = !!document.querySelector("dialog[open]");
  const texts = [...sign.querySelectorAll("svg, strong, span")];
  return { top: box.top, width: box.width, height: box.height, clear: modal || corners.every(([x, y]) => clear(x, y)),
    cut: texts.filter((node) => node.checkVisibility()).map((node) => node.getBoundingClientRect())
      .some((own) => own.bottom > box.bottom + 1 || own.right > innerWidth + 1),
    covers: [...document.querySelectorAll("dialog[open], header, #picture, main")]
      .filter((node) => node.checkVisibility())
      .filter((node) => node.getBoundingClientRect().top < box.bottom - 1).map((node) => node.id || node.tagName) };
}"""
LETTERS = "() => parseFloat(getComputedStyle(document.getElementById('live-text')).fontSize)"
TEXT = {"zh": "有人正在远程查看本教室画面（自 08:3", "en": "Somebody is looking into this room live (since 08:3"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, served(tmp_path_factory.mktemp("watched")) as site:
        patch.setattr(serving, "STOP_S", 0.2)
        yield site


@pytest.fixture(scope="module")
def page(site: Site) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page.set_default_timeout(30_000)
        yield page
        browser.close()


def at_every_size(page: Page) -> Iterator[dict[str, int]]:
    for width, height in (*SIZES, (1920, 1080), tuple(PHONE.values())):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(120)
        yield {"width": width, "height": height}


def stands(page: Page) -> None:
    """The sign is whole, at the top, across the screen, and lies over nothing; what is below it can be read."""
    expect(page.locator("#live-sign")).to_be_visible()
    for size in at_every_size(page):
        seen = page.evaluate(SEEN)
        assert (seen["top"], seen["width"]) == (0, size["width"]) and seen["clear"] and not seen["cut"]
        assert seen["covers"] == [] and 36 <= seen["height"] <= 0.13 * size["height"]
        assert page.evaluate(LETTERS) >= (24 if size["width"] > PHONE["width"] else 20)
        assert page.evaluate(SMALL) == [] and page.evaluate(CONTRAST) == []
        assert size["width"] > PHONE["width"] or page.evaluate(BEYOND) == []


def barriers(page: Page) -> list[str]:
    return [one["id"] for one in axe.Axe().run(page).response["violations"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_stands_on_every_page_and_above_every_question(page: Page, site: Site, lang: str) -> None:
    with watching(site.live, site.clock.utc_us() - MINUTE):
        page.goto(f"{site.address}?lang={lang}")
        expect(page.locator("#live-text")).to_contain_text(TEXT[lang])
        stands(page)
        assert barriers(page) == []
        for opens, question, closes in (
                ("#no-face", "#pins", "#pin-back"), ("#in-list h2", "#everybody", "#everybody-close")):
            page.click(opens)
            expect(page.locator(question)).to_be_visible()
            stands(page)
            page.click(closes)
        page.evaluate("document.getElementById('code').showModal()")
        stands(page)
        page.evaluate("document.getElementById('code').close()")
        page.goto(f"{site.address}nowhere?lang={lang}")
        expect(page.locator("#live-text")).to_contain_text(TEXT[lang])
        stands(page)
        assert barriers(page) == ["meta-refresh"], "it leads back by itself, and says so"


FULL = {
    "banners": [{"code": "test_keys", "text": text} for text in (
        "Simulated time: nothing here is real", "Test keys: these records prove nothing",
        "Liveness is not checked here: a photograph is not a living person, yet it would pass")],
    "session": {"text": "Began by itself at 08:40: please press start"},
    "recording": {"deadline": "Too much of this class-hour is not recorded", "chance": "lost"},
}
"""What the terminal of a demonstration says at its longest, by the parts of its state."""
OVER = """() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  const below = box("#deadline").top + 1;
  return [".progress svg", ".said"].filter((name) => box(name).bottom > below)
    .concat(box(".progress svg").top < box(".class").top ? ["above"] : []);
}"""


@pytest.mark.parametrize("height", [800, 861, 900, 1001])
def test_all_that_a_demonstration_says_fits_below_it(page: Page, site: Site, height: int) -> None:
    def full(route: Route) -> None:
        told = route.fetch().json()
        for part, said in FULL.items():
            told[part] = said if isinstance(said, list) else {**(told[part] or {}), **said}
        route.fulfill(json=told)

    page.set_viewport_size({"width": 1280, "height": height})
    page.route("**/state.json*", full)
    with watching(site.live, site.clock.utc_us() - MINUTE):
        page.goto(f"{site.address}?lang=en")
        expect(page.locator("#live-text")).to_contain_text(TEXT["en"])
        expect(page.locator("#deadline")).to_contain_text("Too much")
        expect(page.locator("#banners li")).to_have_count(3)
        assert page.evaluate(OVER) == []
    page.unroute("**/state.json*")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_stands_over_an_enrolment(page: Page, site: Site, lang: str) -> None:
    site.frames.shows = Shows()
    with watching(site.live, site.clock.utc_us() - MINUTE, "pictures"):
        page.goto(f"{site.address}enrol?lang={lang}")
        expect(page.locator("#live-text")).to_contain_text(TEXT[lang])
        stands(page)
        page.click(".choice >> text=" + {"zh": "维护码", "en": "Maintenance code"}[lang])
        stands(page)
        for digit in CODE:
            page.click(f"#pad [data-key='{digit}']")
        page.click("#pad [data-key=done]")
        page.click(".choice >> text=王秀英")
        expect(page.locator("#text p")).to_have_count(8)
        stands(page)
        assert barriers(page) == []
        page.set_viewport_size({"width": 1024, "height": 600})
        while not page.is_enabled("#agree"):
            page.click("#text-down")
            page.wait_for_timeout(100)
        page.click("#agree")
        page.click("#unanchored")
        expect(page.locator("#camera")).to_be_visible()
        stands(page)
    page.click("#leave")


def test_it_comes_at_once_survives_a_reload_and_goes(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    expect(page.locator("#clock")).to_contain_text("08:")
    expect(page.locator("#live-sign")).to_be_hidden()
    assert page.evaluate("document.documentElement.className") == ""
    with watching(site.live, site.clock.utc_us()):
        expect(page.locator("#live-sign")).to_be_visible(timeout=4000)
        page.reload()
        expect(page.locator("#live-sign")).to_be_visible(timeout=2000)
    expect(page.locator("#live-sign")).to_be_hidden(timeout=4000)
    site.live.write_bytes(b"{ torn")
    expect(page.locator("#live-text")).to_have_text("有人正在远程查看本教室画面", timeout=4000)
    expect(page.locator("#live-sign")).to_be_visible()
    expect(page.locator("#live-sign")).to_be_hidden(timeout=(FRESH_S + 4) * 1000)
    site.live.unlink()


def test_it_is_announced_once_and_where_it_is_heard(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=en")
    page.set_viewport_size({"width": 1024, "height": 600})
    page.evaluate("""() => {
      window.heard = [];
      const node = document.getElementById("live-heard");
      new MutationObserver(() => { if (node.textContent) heard.push([node.textContent, node.parentElement.id]); })
        .observe(node, { childList: true, characterData: true, subtree: true });
    }""")
    page.click("#no-face")
    with watching(site.live, site.clock.utc_us() - MINUTE):
        expect(page.locator("#live-heard")).to_contain_text(TEXT["en"])
        page.wait_for_timeout(3500)
        (text, where), = page.evaluate("heard")
        assert text.startswith(TEXT["en"]) and where == "pins", "outside of the question nobody would hear it"
        page.click("#pin-back")
        expect(page.locator("#live-sign")).to_be_visible()
    expect(page.locator("#live-heard")).to_have_text("")
    assert len(page.evaluate("heard")) == 1


def test_while_the_box_does_not_answer_the_sign_stands(page: Page, site: Site) -> None:
    with watching(site.live, site.clock.utc_us() - MINUTE):
        page.goto(f"{site.address}?lang=en")
        expect(page.locator("#live-sign")).to_be_visible()
        site.end()
        try:
            expect(page.locator("#lost")).to_be_visible(timeout=60_000)
            expect(page.locator("#live-sign")).to_be_visible()
        finally:
            site.begin()
        expect(page.locator("#lost")).to_be_hidden()
        expect(page.locator("#live-sign")).to_be_visible()
    expect(page.locator("#live-sign")).to_be_hidden()


def order(site: Site, number: int) -> str:
    """The box takes an order for live video."""
    wanted = WantedLive("room", "video", 600, "zhang")
    body = BoxOrder("box-1", number, "2030-01-01T00:00:00.000000Z", "watch", watch=wanted)
    record: Any = next_record(site.store.head(), device="box-1", chain=site.store.chain, type="order.box",
                              body=encode(body), stamp=site.clock.stamp())
    sealed = seal_record(record, KeySigner(site.box.keys.device))
    site.store.answer(sealed, OrderAnswered(sealed.hash, number, "accepted"), ())
    return str(sealed.hash)


def test_whoever_was_in_the_room_can_see_afterwards_when_it_was_looked_at(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=en")
    expect(page.locator("#clock")).to_contain_text("08:")
    expect(page.locator("#looks-open")).to_be_hidden()
    for number in range(1, 13):
        at_us = site.clock.utc_us()
        ended = LiveEnded(order(site, number), "room", "video", utc_text(at_us), 9, 9000, "nobody")
        site.clock.utc += MINUTE // 4
        site.store.append("live.ended", ended)
        site.clock.utc += MINUTE // 4
    for lang, title, line in (("en", "Looked at live today: 12", " · live video · order 12"),
                              ("zh", "今日远程查看：12 次", " · 实时视频 · 第 12 号指令")):
        page.goto(f"{site.address}?lang={lang}")
        with watching(site.live, site.clock.utc_us()):
            expect(page.locator("#live-sign")).to_be_visible()
            expect(page.locator("#looks-open")).to_have_text(title)
            stands(page)
            page.click("#looks-open")
            expect(page.locator("#looks-list li")).to_have_count(12)
            expect(page.locator("#looks-list li").first).to_contain_text(line)
            stands(page)
            assert barriers(page) == []
            assert "zhang" not in page.content()
            page.click("#looks-close")


def test_a_list_that_nobody_touches_makes_room_for_the_buttons(page: Page, site: Site) -> None:
    at_us = site.clock.utc_us()
    site.store.append("live.ended", LiveEnded(order(site, 21), "room", "video", utc_text(at_us), 9, 9000, "nobody"))
    page.clock.install()
    page.goto(f"{site.address}?lang=en")
    page.clock.run_for(1000)
    page.click("#looks-open")
    page.clock.run_for(20_000)
    page.keyboard.press("Tab")
    page.clock.run_for(20_000)
    expect(page.locator("#looks")).to_be_visible()
    page.clock.run_for(11_000)
    expect(page.locator("#looks")).to_be_hidden()


def test_what_is_heard_of_the_sign_is_what_it_says(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=en")
    at_us = site.clock.utc_us()
    with watching(site.live, at_us - 2 * MINUTE):
        heard = page.locator("#live-heard")
        expect(heard).to_contain_text("since")
        first = heard.inner_text()
    with watching(site.live, at_us):
        expect(heard).not_to_have_text(first)
        expect(heard).to_have_text(page.locator("#live-text").inner_text())
