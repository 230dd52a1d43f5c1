"""Looking into a room in a real browser: reason, picture, how far behind it is, what happens when nothing comes, who
looks away, an inspection meanwhile, a browser without HLS of its own, the wall."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from central.web import static_files
from central.wiring import Centre, init_centre
from evidence.bodies import CentreLook, Inspection, body_of
from tests.central.case_pages import kept
from tests.central.console import COOKIE, session_of
from tests.central.live_box import LiveBox, RunningClock, begin_class
from tests.central.test_browser import CHROMIUM, Console, browser
from tests.central.test_player import NONE

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
__all__ = ["browser"]
FIRST_S, BEHIND_S = 8, 5
"""The goals for a first picture and for how far behind reality it is, in seconds."""
HIDE = """(hidden) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
ERRORS = """
  window.errors = [];
  document.addEventListener("error", (event) => window.errors.push(String(event.target.error?.message)), true);
"""
MOVES = """() => new Promise((done) => {
  const video = document.querySelector("video"), at = video.currentTime;
  setTimeout(() => done(video.currentTime !== at), 150);
})"""
TOLD = """window.told = [];
document.addEventListener("DOMContentLoaded", () => {
  const says = (name) => document.querySelector(name)?.textContent;
  new MutationObserver(() => window.told.push([says(".badge"), says(".words")])).observe(
    document.body, { subtree: true, childList: true, characterData: true });
});"""
"""Notes what stands in the picture and below it, whenever any of that is another one."""
Room = tuple[Centre, Console, LiveBox]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A class that goes on in a room, whose box sends what is ordered."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=RunningClock())
    box = begin_class(centre, tmp_path)
    console = Console(centre)
    sends = LiveBox(centre, box, console.address)
    yield centre, console, sends
    sends.stop()
    console.stop()
    centre.store.close()


@pytest.fixture
def page(browser: sync_api.Browser, room: Room) -> Iterator[sync_api.Page]:
    """Of a supervisor, in English."""
    centre, console, _ = room
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=console.address)
    for name, value in ((COOKIE, session_of(centre, "supervisor", "410000", "wang")), ("lang", "en")):
        context.add_cookies([{"name": name, "value": value, "url": console.address}])
    made = context.new_page()
    made.on("pageerror", lambda error: pytest.fail(str(error)))
    yield made
    context.close()


def look_in(page: sync_api.Page, address: str = "/live/box-1", button: str = "Look in") -> None:
    page.goto(address)
    page.get_by_label("routine inspection").check()
    page.get_by_role("button", name=button).click()


def badge(page: sync_api.Page, says: str, within_s: float = 30) -> None:
    sync_api.expect(page.locator(".badge")).to_have_text(says, timeout=within_s * 1000)


def looks(centre: Centre) -> list[CentreLook]:
    with centre.store.read() as tx:
        found = [body_of(one.record) for one in tx.of_type("look.centre")]
    return [body for body in found if isinstance(body, CentreLook)]


def test_a_reason_comes_first_then_the_picture_near_now(room: Room, page: sync_api.Page) -> None:
    centre, _, box = room
    page.goto("/live/box-1")
    assert page.locator("video").count() == 0 and box.sent == 0
    page.get_by_role("button", name="Look in").click()
    assert page.locator("input:invalid").count() > 0, "nothing is chosen"
    page.add_init_script(TOLD)
    look_in(page)
    badge(page, "live picture", FIRST_S)
    page.wait_for_timeout(4000)
    said = page.inner_text(".delay")
    found = re.fullmatch(r"about (\d+) s", said)
    assert found is not None and int(found[1]) <= BEHIND_S, said
    assert page.inner_text(".viewers") == "1" and "Live." in page.inner_text(".words")
    assert "shows now that somebody watches" in page.inner_text(".seen")
    seen = {tuple(one) for one in page.evaluate("() => window.told")}
    assert {one for one in seen if one[1] == "Live."} == {("live picture", "Live.")}, "no sooner than it moves"
    told = [one for one in looks(centre) if one.what == "live"]
    assert [one.class_id for one in told] == [None, "welder-1"], "asked for, and seen"
    assert {(one.account, one.why, one.device) for one in told} == {("wang", "routine inspection", "box-1")}


def test_what_stands_still_is_said_and_goes_on_by_itself(room: Room, page: sync_api.Page) -> None:
    *_, box = room
    look_in(page)
    badge(page, "live picture")
    box.cut.set()
    badge(page, "the picture stands still")
    sync_api.expect(page.locator(".words")).to_contain_text("Nothing comes from the box", timeout=20_000)
    box.cut.clear()
    badge(page, "live picture")


def test_the_player_of_the_browser_never_gives_up_and_goes_on_at_once_after_a_pause(
    room: Room, page: sync_api.Page,
) -> None:
    *_, box = room
    page.add_init_script(ERRORS)
    look_in(page)
    badge(page, "live picture")
    for pause_s in (3, 5):
        page.wait_for_timeout(4000)
        box.cut.set()
        page.wait_for_timeout(pause_s * 1000)
        sent = box.sent
        box.cut.clear()
        while box.sent == sent:
            page.wait_for_timeout(20)
        page.wait_for_function(MOVES, timeout=2500)
    assert page.evaluate("window.errors") == []


def test_a_centre_that_does_not_answer_is_said_and_it_goes_on_by_itself(room: Room, page: sync_api.Page) -> None:
    look_in(page)
    badge(page, "live picture")
    page.context.route("**/live/box-1/**", lambda route: route.abort())
    sync_api.expect(page.locator(".words")).to_contain_text("The centre does not answer", timeout=20_000)
    sync_api.expect(page.locator(".seen")).to_be_hidden()
    sync_api.expect(page.locator(".viewers")).to_have_text("—")
    page.context.unroute("**/live/box-1/**")
    badge(page, "live picture")
    sync_api.expect(page.locator(".words")).to_contain_text("Live.")


def test_what_the_centre_says_is_shown_whether_it_passes_or_not(room: Room, page: sync_api.Page) -> None:
    look_in(page)
    badge(page, "live picture")
    said = sync_api.expect(page.locator(".words"))
    page.route("**/state", lambda one: one.fulfill(status=503, json={"error": "so many rooms"}))
    said.to_contain_text("so many rooms", timeout=20_000)
    page.unroute("**/state")
    said.to_contain_text("Live.", timeout=20_000)
    page.route("**/state", lambda one: one.fulfill(status=403, json={"error": "no class-hour runs in this room"}))
    said.to_contain_text("no class-hour runs in this room", timeout=20_000)
    sync_api.expect(page.locator(".again")).to_be_visible()


def test_a_box_that_begins_anew_is_shown_on(room: Room, page: sync_api.Page) -> None:
    *_, box = room
    look_in(page)
    badge(page, "live picture")
    for _ in range(2):
        box.begin_anew()
        page.wait_for_timeout(6000)
    badge(page, "live picture")
    before = page.eval_on_selector("video", "v => v.currentTime")
    page.wait_for_timeout(3000)
    assert page.eval_on_selector("video", "v => v.currentTime") > before


def test_a_centre_that_starts_anew_is_joined_again(room: Room, page: sync_api.Page) -> None:
    centre, console, _ = room
    look_in(page)
    badge(page, "live picture")
    console.stop()
    badge(page, "the picture stands still")
    again = Console(centre, urlsplit(console.address).port or 0)
    try:
        badge(page, "live picture")
        sync_api.expect(page.locator(".words")).to_contain_text("Live.", timeout=20_000)
    finally:
        page.context.close()
        again.stop()


@pytest.mark.parametrize("native", [True, False])
def test_a_player_that_finds_no_stream_for_a_while_is_not_taken_for_one_that_somebody_paused(
    room: Room, page: sync_api.Page, native: bool,
) -> None:
    if not native:
        page.add_init_script(NONE)
    tries: set[str] = set()

    def refuse(one: sync_api.Route) -> None:
        tries.add(one.request.url)
        one.fulfill(status=502)

    page.route("**/stream.m3u8*", refuse)
    look_in(page)
    with page.expect_request(lambda one: "stream.m3u8" in one.url and len(tries) > 1):
        pass
    page.unroute("**/stream.m3u8*")
    badge(page, "live picture")


def test_who_pauses_goes_on_with_what_is_now_and_is_sent_nothing_after_a_while(room: Room, page: sync_api.Page) -> None:
    page.clock.install()
    look_in(page)
    badge(page, "live picture")
    page.eval_on_selector("video", "v => v.pause()")
    badge(page, "paused")
    page.eval_on_selector("video", "v => v.play()")
    badge(page, "live picture")
    page.eval_on_selector("video", "v => v.pause()")
    badge(page, "paused")
    page.clock.fast_forward(5 * 60_000 + 1)
    badge(page, "ended")


def test_a_box_that_refuses_says_why(room: Room, page: sync_api.Page) -> None:
    *_, box = room
    box.refuses = True
    look_in(page)
    sync_api.expect(page.locator(".words")).to_contain_text("The box refused at", timeout=20_000)
    assert page.get_by_role("button", name="Ask the box again").is_visible()


def test_who_ends_the_look_is_sent_nothing_any_more(room: Room, page: sync_api.Page) -> None:
    look_in(page)
    badge(page, "live picture")
    page.get_by_role("button", name="End the look").click()
    badge(page, "ended")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/live/" in one.url else None)
    page.wait_for_timeout(5000)
    assert asked == [] and page.eval_on_selector("video", "v => v.readyState") == 0
    page.get_by_role("button", name="Go on looking").click()
    badge(page, "live picture")
    page.reload()
    assert page.locator("video").count() == 0 and "routine inspection" in page.inner_text("main")
    page.get_by_role("button", name="Look in for this reason").click()
    badge(page, "live picture")


def test_the_second_press_of_two_does_not_begin_to_look_again(room: Room, page: sync_api.Page) -> None:
    centre, *_ = room
    look_in(page)
    badge(page, "live picture")
    before = len(looks(centre))
    place = page.get_by_role("button", name="End the look").bounding_box()
    assert place is not None
    page.mouse.dblclick(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.wait_for_timeout(500)
    badge(page, "ended")
    assert len(looks(centre)) == before
    page.go_back()
    page.goto("/live/box-1")
    assert page.locator("video").count() == 0 and len(looks(centre)) == before


def test_a_tab_that_is_forgotten_watches_nobody(room: Room, page: sync_api.Page) -> None:
    page.clock.install()
    look_in(page)
    badge(page, "live picture")
    page.evaluate(HIDE, True)
    page.clock.fast_forward(4 * 60_000)
    page.evaluate(HIDE, False)
    page.clock.fast_forward(2 * 60_000)
    badge(page, "live picture")
    page.evaluate(HIDE, True)
    page.clock.fast_forward(5 * 60_000 + 1)
    badge(page, "ended")
    assert "out of view or paused for five minutes" in page.inner_text(".words")


def test_an_inspection_goes_on_record_while_the_picture_plays(room: Room, page: sync_api.Page) -> None:
    centre, *_ = room
    look_in(page)
    badge(page, "live picture")
    form = page.locator("[data-inspect]")
    form.get_by_label("Trainees you count").fill("3")
    form.get_by_label("Teachers you see").fill("1")
    form.get_by_label("Inspector").fill("王建国")
    form.get_by_role("button", name="Put the inspection on record").click()
    assert "Sign it" in form.locator(".answer-line").inner_text() and kept(centre, "inspection") == []
    form.get_by_label("Remark").fill("安全帽佩戴齐全")
    form.locator("[name=typed]").fill("王建国")
    before = page.eval_on_selector("video", "v => v.currentTime")
    form.get_by_role("button", name="Put the inspection on record").click()
    sync_api.expect(form.locator(".answer-line")).to_contain_text("On record as i-1")
    (said,) = kept(centre, "inspection")
    assert isinstance(said, Inspection)
    assert (said.kind, said.place, said.headcount, said.teachers, said.workplaces) == ("remote", "101 教室", 3, 1, None)
    assert said.by == "wang" and said.signature is not None and said.start < said.end
    page.wait_for_timeout(1500)
    assert page.eval_on_selector("video", "v => v.currentTime") > before


@pytest.mark.skipif(not static_files.HLS.is_file(), reason="set-up found no npm")
def test_hls_js_plays_the_same_where_the_browser_does_not(room: Room, page: sync_api.Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if "Content Security" in one.text else None)
    page.add_init_script(NONE)
    look_in(page)
    badge(page, "live picture")
    page.wait_for_timeout(4000)
    badge(page, "live picture", 1)
    assert page.eval_on_selector("video", "v => v.currentSrc").startswith("blob:") and complaints == []


def test_the_wall_shows_pictures_that_renew_themselves_and_leads_to_the_room(room: Room, page: sync_api.Page) -> None:
    centre, *_ = room
    look_in(page, "/wall", "Show the classrooms")
    card = page.locator(".room")
    sync_api.expect(card.locator("img")).to_be_visible(timeout=20_000)
    first = card.get_attribute("data-at")
    sync_api.expect(card).not_to_have_attribute("data-at", first or "", timeout=20_000)
    assert card.locator("img").evaluate("i => i.naturalWidth") == 320
    told = [one for one in looks(centre) if one.what == "wall"]
    assert {(one.why, one.device) for one in told} >= {("routine inspection", "box-1")}
    card.get_by_role("link").click()
    sync_api.expect(page.get_by_label("routine inspection")).to_be_checked()  # What was said at the wall.
    page.get_by_role("button", name="Look in").click()
    badge(page, "live picture")


def test_without_javascript_the_way_back_from_a_refused_reason_leads_to_the_form(
    browser: sync_api.Browser, room: Room,
) -> None:
    """Chromium keeps no answer to a form: an error of its own (ERR_CACHE_MISS) stood there."""
    centre, console, _ = room
    context = browser.new_context(java_script_enabled=False, base_url=console.address)
    for name, value in ((COOKIE, session_of(centre, "supervisor", "410000", "wang")), ("lang", "en")):
        context.add_cookies([{"name": name, "value": value, "url": console.address}])
    page = context.new_page()
    page.goto("/live/box-1")
    page.get_by_label("another reason").first.check()
    page.get_by_role("button", name="Look in").click()
    sync_api.expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("another reason").first.is_checked()
    page.get_by_label("routine inspection").check()
    page.get_by_role("button", name="Look in").click()
    sync_api.expect(page.locator("video")).to_have_count(1)
    page.go_back()
    sync_api.expect(page.locator("main")).to_contain_text(re.compile(r"Why do you look\?|Look in for this reason"))
    context.close()
