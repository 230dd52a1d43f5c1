"""Replay in a real browser: a reason, then the picture; the bar, a check-in, where somebody was shown; a minute that is
asked from its box and plays when it has come; a changed file."""
from __future__ import annotations

import hashlib
import re
import time
import types
from collections.abc import Iterator

import httpx
import pytest

from central.orders.boxes import orders
from central.wiring import Centre
from evidence.box_orders import OrderAnswered
from evidence.story import SegmentFact
from evidence.times import MINUTE, SECOND
from tests.central.case_pages import kept
from tests.central.console import COOKIE, session_of
from tests.central.course import PEOPLE, Course
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of, sending
from tests.central.test_browser import CHROMIUM, Console, browser
from tests.central.test_replay import BLOCK, CLASS, Lived, course, facts, lived, lives, take_away

sync_api = pytest.importorskip("playwright.sync_api")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
PATH = f"/classes/{CLASS}/blocks/{BLOCK}/replay"
__all__ = ["browser", "course", "lived"]


@pytest.fixture
def console(lived: Lived) -> Iterator[Console]:
    running = Console(lived[0])
    yield running
    running.stop()


@pytest.fixture
def page(browser: sync_api.Browser, console: Console) -> Iterator[sync_api.Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
    token = session_of(console.centre, "supervisor", "410000", "li")
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def enter(page: sync_api.Page, console: Console, query: str = "") -> None:
    page.goto(f"{console.address}{PATH}{query or '?lang=en'}")
    assert page.locator("video").count() == 0
    page.get_by_label("check of a flag").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Open the replay").click()


def plays_at(page: sync_api.Page, clock: str) -> None:
    """The picture moves, and it is that time in it."""
    sync_api.expect(page.locator("#wall")).to_contain_text(re.compile(clock), timeout=30_000)
    before = page.eval_on_selector("video", "v => v.currentTime")
    end = time.monotonic() + 30
    while page.eval_on_selector("video", "v => v.currentTime") <= before:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def test_a_reason_then_the_picture_by_bar_check_in_and_where_somebody_was_shown(
    console: Console, page: sync_api.Page,
) -> None:
    enter(page, console)
    assert page.get_by_text("That you look, and why, is on record").count() == 1
    page.wait_for_load_state("networkidle")
    page.locator("#bar").scroll_into_view_if_needed()
    area = page.locator("#track svg[data-camera=room]").bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + area["width"] * .25, area["y"] + 8)
    plays_at(page, "14:1")
    page.locator("#bar").focus()
    page.keyboard.press("End")
    plays_at(page, "14:4[45]")
    assert "here; its hash" in (page.get_attribute("#bar", "aria-valuetext") or "")
    row = page.locator("table.seen-at tr", has_text=PEOPLE[1])
    moment = row.locator("a.to").first
    said = moment.inner_text()
    moment.click()
    plays_at(page, said[:5])
    link = page.locator("#signed ~ ul a.to").first
    said = link.inner_text()
    link.click()
    plays_at(page, said[:5])
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    plays_at(page, "14:20")
    looks = [one for one in kept(console.centre, "look.centre") if getattr(one, "what", "") == "replay"]
    assert [(one.account, one.block, one.why) for one in looks] == [("li", BLOCK, "check of a flag")]  # type: ignore[union-attr]


def answer_newest(centre: Centre, box: Box) -> None:
    """The box takes the newest order, as it would."""
    with centre.store.read() as tx:
        sealed, body = orders(tx, box.device)[-1]
    box.append(OrderAnswered(sealed.hash, body.number, "accepted"), box.sealed[-1].record.utc_us + MINUTE)
    centre.collector().take(box.messages()[-1:])


def send(console: Console, box: Box, data: bytes, first: int, last: int) -> int:
    sha256, now_us = hashlib.sha256(data).hexdigest(), console.centre.clock.stamp().utc_us
    return httpx.put(f"{console.address}/api/segments/{sha256}", content=data[first:last + 1],
                     headers=sending(box, data, now_us, first, last)).status_code


def test_a_minute_that_is_not_here_is_asked_from_the_box_and_plays_when_it_has_come(
    console: Console, page: sync_api.Page, lived: Lived,
) -> None:
    centre, box = lived
    wanted = facts(centre)[1]
    data = take_away(centre, wanted)
    enter(page, console)
    page.locator("#rows tr.away").first.wait_for(state="attached")
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    says = page.locator("#says")
    sync_api.expect(says).to_contain_text("asked of the box; it has not answered yet")
    with centre.store.read() as tx:
        (made,) = [body.upload.files for _, body in orders(tx, "box-1") if body.upload is not None]
    assert [one.sha256 for one in made] == [wanted.segment.sha256]
    answer_newest(centre, box)
    sync_api.expect(says).to_contain_text("the box has taken the order")
    middle = len(data) // 2
    assert send(console, box, data, 0, middle - 1) == 204
    sync_api.expect(says).to_contain_text(re.compile("4[89]% is here|50% is here"))
    assert page.eval_on_selector("video", "v => v.paused")
    sent = time.monotonic()
    assert send(console, box, data, middle, len(data) - 1) == 201
    plays_at(page, "14:2[01]")
    assert time.monotonic() - sent < 15
    with centre.store.read() as tx:
        assert len([one for one in orders(tx, "box-1") if one[1].upload is not None]) == 1


def test_a_minute_that_comes_after_its_order_had_its_time_plays_without_a_hand(
    console: Console, page: sync_api.Page, lived: Lived,
) -> None:
    centre, box = lived
    assert isinstance(centre.clock, FixedClock)
    wanted = facts(centre)[1]
    data = take_away(centre, wanted)
    enter(page, console)
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    says = sync_api.expect(page.locator("#says"))
    says.to_contain_text("it has not answered yet", timeout=10_000)
    answer_newest(centre, box)
    says.to_contain_text("sends it next", timeout=10_000)
    centre.clock.utc_us += 11 * MINUTE
    lives(lived)
    says.to_have_text("14:20:00: at the box", timeout=10_000)
    page.wait_for_timeout(1000)
    put(centre, data)
    plays_at(page, "14:20")


def test_what_comes_while_another_minute_plays_takes_nothing_from_it(
    console: Console, page: sync_api.Page, lived: Lived,
) -> None:
    centre, box = lived
    first = facts(centre)[0]
    data = take_away(centre, first)
    enter(page, console, f"?lang=en&at={facts(centre)[0].span.start_us + MINUTE}")
    sync_api.expect(page.locator("#says")).to_contain_text("asked of the box")
    answer_newest(centre, box)
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    plays_at(page, "14:20")
    assert send(console, box, data, 0, len(data) - 1) == 201
    page.locator("#rows tr.away, #rows tr.asked").first.wait_for(state="detached")
    plays_at(page, "14:2[01]")
    assert page.eval_on_selector("video", "v => !v.paused")


def test_a_changed_file_is_refused_in_words_the_rest_plays_and_it_can_be_asked_for_again(
    console: Console, page: sync_api.Page, lived: Lived,
) -> None:
    centre, box = lived
    bad = facts(centre)[1]
    good = spoil(centre, bad)
    enter(page, console)
    problems = page.locator("#problems")
    assert "was changed after it was recorded" in problems.inner_text() and bad.segment.file in problems.inner_text()
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    sync_api.expect(page.locator("#says")).to_contain_text("was changed after it was recorded")
    page.get_by_label("Time of day").fill("14:01")
    page.get_by_role("button", name="Go there").click()
    plays_at(page, "14:01")
    page.get_by_label("Time of day").fill("14:20")
    page.get_by_role("button", name="Go there").click()
    page.get_by_role("button", name="Fetch from the box").click()
    sync_api.expect(page.locator("#says")).to_contain_text("asked of the box")
    answer_newest(centre, box)
    assert send(console, box, good, 0, len(good) - 1) == 201
    plays_at(page, "14:2[01]")
    assert problems.inner_text() == ""
    assert len(list((centre.folder / "objects/aside").iterdir())) == 1


def spoil(centre: Centre, fact: SegmentFact) -> bytes:
    """Change a file; what it was."""
    path = centre.objects.path(fact.segment.sha256)
    good = path.read_bytes()
    path.write_bytes(good[:-9] + b"\0" * 9)
    return good


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_usable_by_everybody(
    console: Console, browser: sync_api.Browser, lived: Lived, lang: str
) -> None:
    take_away(lived[0], facts(lived[0])[1])
    context = browser.new_context(viewport={"width": 390, "height": 800}, bypass_csp=True)
    context.add_cookies([{"name": COOKIE, "value": session_of(console.centre, "supervisor", "410000"),
                          "url": console.address}])
    page = context.new_page()
    page.goto(f"{console.address}{PATH}?lang={lang}")
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        if page.locator("#bar").count() == 0:
            page.locator("input[value=routine]").check()
            with page.expect_navigation():
                page.locator("main form button").click()
    assert page.locator("#rows tr.away").count() == 1
    context.close()


def test_two_cameras_have_lanes_and_the_other_one_shows_the_same_moment(
    console: Console, page: sync_api.Page, lived: Lived
) -> None:
    centre, box = lived
    start_us = facts(centre)[0].span.start_us + 5 * MINUTE
    film = Course.film(types.SimpleNamespace(shade=40), 900)  # type: ignore[arg-type]
    box.append(segment_of(film, start_us, 900, run="r-back", session="s-2", camera="back",
                          last_mono_us=start_us - MORNING + (7200 + 900) * SECOND), start_us + 15 * MINUTE)
    centre.collector().take(box.messages()[-1:])
    put(centre, film)
    enter(page, console, f"?lang=en&at={facts(centre)[0].span.start_us + 10 * MINUTE}&device=box-1&camera=room")
    plays_at(page, "14:08")
    page.locator(".cameras a", has_text="back").click()
    plays_at(page, "14:08")
    assert "back.m3u8" in page.eval_on_selector("video", "v => v.src")
    assert page.locator("#track svg[data-camera]").count() == 2
    page.locator("table.seen-at tr", has_text=PEOPLE[1]).locator("a.to").first.click()
    plays_at(page, "14:13")
    assert "room.m3u8" in page.eval_on_selector("video", "v => v.src"), "the camera that showed them"


def test_a_key_that_is_held_down_asks_for_the_last_minute_alone(
    console: Console, page: sync_api.Page, lived: Lived
) -> None:
    centre, _ = lived
    for one in facts(centre):
        take_away(centre, one)
    enter(page, console)
    page.wait_for_load_state("networkidle")
    page.locator("#bar").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    sync_api.expect(page.locator("#says")).to_contain_text("asked of the box")
    with centre.store.read() as tx:
        (made,) = [body.upload.files for _, body in orders(tx, "box-1") if body.upload is not None]
    assert [one.sha256 for one in made] == [facts(centre)[number].segment.sha256 for number in (1, 2, 0)]


def test_a_page_that_nobody_sees_asks_for_nothing_until_it_is_seen(
    console: Console, page: sync_api.Page, lived: Lived,
) -> None:
    centre, _ = lived
    take_away(centre, facts(centre)[0])
    enter(page, console, f"?lang=en&at={facts(centre)[0].span.start_us + MINUTE}")
    sync_api.expect(page.locator("#says")).to_contain_text("asked of the box")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/state" in request.url else None)
    see = """(hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    page.wait_for_timeout(1500)
    assert asked, "while it is seen"
    page.evaluate(see, True)
    page.wait_for_timeout(1000)
    before = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == before
    with page.expect_request("**/state*"):
        page.evaluate(see, False)


def test_whoever_is_logged_in_no_more_is_told_and_the_page_asks_no_more(
    console: Console, browser: sync_api.Browser, lived: Lived,
) -> None:
    centre, _ = lived
    take_away(centre, facts(centre)[0])
    context = browser.new_context()
    context.add_cookies([{
        "name": COOKIE, "value": session_of(centre, "supervisor", "410000", "li"), "url": console.address}])
    page = context.new_page()
    enter(page, console, f"?lang=en&at={facts(centre)[0].span.start_us + MINUTE}")
    sync_api.expect(page.locator("#says")).to_contain_text("asked of the box")
    context.clear_cookies()
    sync_api.expect(page.locator("#says")).to_contain_text("logged in no more", timeout=10_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2000)
    assert asked == []
    context.close()
