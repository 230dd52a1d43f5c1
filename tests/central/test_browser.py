"""The console in a real browser: pages, language, playing a recording, a file that was changed."""
from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from central.web.app import create_app
from central.web.server import listen
from central.wiring import Centre
from tests.central.console import COOKIE, session_of
from tests.central.course import AWAY

Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


class Console:
    """A centre served on a free port in a thread."""

    def __init__(self, centre: Centre, port: int = 0) -> None:
        self.centre = centre
        listening = listen("127.0.0.1", port)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(create_app(centre), log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, args=([listening],))
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)


@pytest.fixture
def console(played: Centre) -> Iterator[Console]:
    running = Console(played)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required",
        ])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: sync_api.Browser, console: Console) -> Iterator[sync_api.Page]:
    """Of somebody who is logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    token = session_of(console.centre, "supervisor", "410000")
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def until_after(page: sync_api.Page, video: str, seconds: float) -> float:
    """Wait until a video has played beyond a moment. (The page's own rules forbid scripts made from text.)"""
    end = time.monotonic() + 60
    while (now := page.eval_on_selector(video, "v => v.currentTime")) <= seconds:
        assert time.monotonic() < end, page.eval_on_selector(video, "v => String(v.error && v.error.message)")
        page.wait_for_timeout(50)
    return now


def until_advances(page: sync_api.Page, video: str) -> None:
    until_after(page, video, until_after(page, video, 0.5) + 0.5)


def test_the_class_page_says_what_the_day_contained(console: Console, page: sync_api.Page) -> None:
    page.goto(console.address)
    page.get_by_role("link", name=re.compile("焊工")).first.click()
    text = page.inner_text("body")
    for said in ("预警", "模拟时钟", "测试密钥", "未做活体检测", AWAY, "09:40:00", "2026年3月2日下午"):
        assert said in text
    missing = page.locator(".matrix tr", has_text=AWAY).locator(".cell.absent")
    assert missing.count() == 3
    page.get_by_role("link", name="English").click()
    assert "Recordings show everyone on the roster" in page.inner_text("body")
    assert page.eval_on_selector("html", "h => h.lang") == "en"


def into_replay(page: sync_api.Page) -> None:
    """Say why one looks, on the page that asks."""
    page.wait_for_url("**/replay**", wait_until="load")
    page.locator("input[name=reason]").first.check()
    with page.expect_navigation():
        page.locator("main form button").click()


def say_why(page: sync_api.Page) -> None:
    """On the page of a recording, where nobody said it within the hour."""
    if page.locator("form.reason").count():
        page.locator("form.reason input[name=reason]").first.check()
        with page.expect_navigation():
            page.locator("form.reason button").click()


def test_a_recording_plays_across_files(console: Console, page: sync_api.Page) -> None:
    page.goto(f"{console.address}/classes/welder-1")
    article = "#rec-2026-03-02-am"
    page.locator(article).scroll_into_view_if_needed()
    page.wait_for_selector(f"{article} .check.whole", timeout=20_000)
    assert page.locator("video").count() == 0
    page.locator(f"{article} a.button").click()
    into_replay(page)
    # The first file ends after 15 minutes; the next one begins anew at time 0.
    page.fill("#at", "08:42:58")
    page.locator(".goto button").click()
    until_after(page, "video", 897)
    until_after(page, "video", 901)
    sync_api.expect(page.locator("#wall")).to_contain_text("08:43:", timeout=20_000)


def test_a_sight_in_the_matrix_plays_its_moment(console: Console, page: sync_api.Page) -> None:
    page.goto(f"{console.address}/classes/welder-1")
    link = page.locator(".matrix a.seek[data-block='2026-03-02-pm']").first
    moment = link.inner_text()
    link.click()
    into_replay(page)
    until_after(page, "video", 60)
    sync_api.expect(page.locator("#wall")).to_contain_text(moment[:5], timeout=20_000)


def test_a_sight_that_is_pressed_before_its_recording_is_checked_plays_too(
    console: Console, page: sync_api.Page,
) -> None:
    def late(route: sync_api.Route) -> None:
        page.wait_for_timeout(1000)
        route.continue_()

    page.goto(f"{console.address}/classes/welder-1/blocks/2026-03-02-pm")
    say_why(page)
    page.route("**/check", late)
    page.goto(f"{console.address}/classes/welder-1/blocks/2026-03-02-pm", wait_until="domcontentloaded")
    page.locator("a.seek").first.click()
    until_after(page, "#rec-2026-03-02-pm video", 60)
    assert page.url == f"{console.address}/classes/welder-1/blocks/2026-03-02-pm"
    page.unroute_all(behavior="wait")


def test_a_changed_file_is_refused_in_words_and_the_rest_plays(console: Console, page: sync_api.Page) -> None:
    block = "/classes/welder-1/blocks/2026-03-03-pm"
    files = sorted(console.centre.folder.glob("objects/*/*.mp4"))
    told = page.request.get(f"{console.address}{block}/check").json()
    assert told["cameras"][0]["problems"] == []
    page.goto(f"{console.address}{block}/replay")
    into_replay(page)
    playlist = page.request.get(f"{console.address}{block}/box-1/room.m3u8").text()
    first = next(path for path in files if path.name in playlist.split("#EXT-X-DISCONTINUITY")[0])
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    page.goto(f"{console.address}/classes/welder-1")
    article = "#rec-2026-03-03-pm"
    page.locator(article).scroll_into_view_if_needed()
    page.wait_for_selector(f"{article} .check.broken", timeout=20_000)
    assert "被改动" in page.inner_text(f"{article} .check")
    assert page.request.get(f"{console.address}/media/{first.name}?class=welder-1&block=2026-03-03-pm").status == 404
    page.goto(f"{console.address}{block}/replay")
    assert "被改动" in page.inner_text("#problems")
    page.wait_for_load_state("networkidle")
    page.eval_on_selector("video", "v => v.play()")
    until_advances(page, "video")


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(console: Console, page: sync_api.Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.context.add_cookies([{"name": COOKIE, "value": session_of(console.centre), "url": console.address}])
    for path in ("/", "/search?q=焊", "/boxes", "/classes/welder-1", "/own", "/own/codes", "/accounts",
                 "/accounts/administrator", "/institutions", "/audit", "/classes/welder-1?lang=en"):
        page.goto(console.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".records a").first.click()
    page.wait_for_url("**/records/**", wait_until="load")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "The seal holds" in page.inner_text("body")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_overview_and_the_search_are_usable_by_everybody(
    console: Console, browser: sync_api.Browser, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    token = session_of(console.centre, "supervisor", "410000")
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    page = context.new_page()
    for path in ("/", "/?lang=en", "/search?q=焊", "/boxes"):
        page.goto(console.address + path)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found
                if one["impact"] in ("serious", "critical")] == [], path
    context.close()


def test_the_overview_leads_to_a_class_that_needs_somebody(console: Console, page: sync_api.Page) -> None:
    """The verdict stands there the first time that somebody looks; from it to the class, and by search."""
    page.goto(f"{console.address}/?lang=en")
    section = page.locator("section[aria-labelledby=flags]")
    assert "Flag" in section.inner_text() and "simulated clock: no evidence" in section.inner_text()
    section.get_by_role("link").first.click()
    page.wait_for_url("**/classes/welder-1", wait_until="load")
    page.goto(f"{console.address}/?lang=en")
    page.get_by_role("searchbox").fill("welder")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=welder", wait_until="load")
    assert page.locator("section[aria-labelledby=classes] a").first.get_attribute("href") == "/classes/welder-1"


def test_everything_is_reached_with_the_keyboard(console: Console, page: sync_api.Page) -> None:
    page.goto(f"{console.address}/classes/welder-1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(30):  # the head of the page has links, too
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "SUMMARY"} <= reached


def test_one_logs_in_and_out_with_the_keyboard_alone(console: Console, browser: sync_api.Browser) -> None:
    console.centre.account_desk().add("li", "supervisor", "410000", None, "correct horse battery")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{console.address}/classes/welder-1?lang=en")
    assert page.url.startswith(f"{console.address}/sign-in?next=")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.activeElement.name") == "account"
    for said in ("wrong horse battery", "correct horse battery"):
        page.keyboard.press("Control+a")
        page.keyboard.type("li")
        page.keyboard.press("Tab")
        page.keyboard.type(said)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if said.startswith("wrong"):
            assert "the account or the password is not right" in page.inner_text("[role=alert]")
    assert page.url == f"{console.address}/classes/welder-1?lang=en" and AWAY in page.inner_text("body")
    assert page.inner_text(".me a") == "li"
    button = page.get_by_role("button", name="Log out")
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("b => b === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")
    page.go_back()
    assert AWAY not in page.inner_text("body")
    page.close()
