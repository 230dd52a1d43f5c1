"""A flag from the first look to the end in a real browser: reviewed, decided by one, objected to, answered, decided by
another; somebody pointed out with mouse and keyboard; a signature drawn."""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.classes.decisions import look_at
from central.wiring import Centre
from evidence.bodies import Decision, Inspection, Objection, Pointed, Review
from tests.central.case_pages import BASE, FIRST, PRACTICE, SCHOOL, belongs, kept
from tests.central.console import COOKIE, session_of
from tests.central.course import AWAY
from tests.central.site import Side, bring_sheet
from tests.central.test_browser import CHROMIUM, Console, say_why
from tests.central.test_reviews import CLASS, NOW

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
PASSWORD = "correct horse battery"


@pytest.fixture
def console(course_folder: Path, tmp_path: Path) -> Iterator[Console]:
    """A centre of its own for each test: what one decides ends what another looks at."""
    from central.wiring import open_centre

    shutil.copytree(course_folder, tmp_path / "centre")
    centre = open_centre(tmp_path / "centre")
    belongs(centre, tmp_path)
    bring_sheet(centre, Side(CLASS, SCHOOL, "box-1", "ab" * 16, ""))
    running = Console(centre)
    yield running
    running.stop()
    centre.store.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"])
        yield opened
        opened.close()


def person(
    browser: sync_api.Browser, console: Console, name: str, role: str = "supervisor", scope: str = "411200",
) -> sync_api.Page:
    """Somebody who is logged in, in a browser of their own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    token = session_of(console.centre, role, scope, name)
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.set_default_timeout(30_000)
    return page


def press(page: sync_api.Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def decide(page: sync_api.Page, console: Console, reason: str) -> None:
    page.goto(f"{console.address}{BASE}/decision?lang=en")
    page.locator("input[name=answer][value=withdraw]").check()
    page.locator("textarea[name=reason]").fill(reason)
    press(page, "Put the decision on record")


def records(centre: Centre, kind: str) -> list[object]:
    return list(kept(centre, kind))


def test_from_a_flag_to_its_end(browser: sync_api.Browser, console: Console) -> None:
    centre = console.centre
    centre.account_desk().add("chen", "supervisor", "411200", None, PASSWORD)
    first = browser.new_page(viewport={"width": 1280, "height": 900})
    first.goto(f"{console.address}/sign-in?lang=en")
    first.locator("input[name=account]").fill("chen")
    first.locator("input[name=password]").fill(PASSWORD)
    with first.expect_navigation():
        first.keyboard.press("Enter")
    first.get_by_role("link", name="焊工（初级）2026 年第 3 期").first.click()
    first.locator(f"#rec-{PRACTICE} h3 a").click()
    assert AWAY in first.inner_text("#people ~ .scroll")
    assert first.locator("video").count() == 0, "nothing plays without a reason"
    say_why(first)
    first.locator("a.seek").first.click()
    sync_api.expect(first.locator(".wall")).to_contain_text("14:13:", timeout=30_000)
    first.get_by_label("not everyone shown").check()
    first.locator("textarea[name=reason]").fill("整段看过，未见该学员")
    press(first, "Put it on record")
    assert "chen answers: not everyone shown" in first.inner_text("body")

    second, third = person(browser, console, "wang"), person(browser, console, "zhao")
    mine = person(browser, console, "school", "institution", SCHOOL)
    decide(second, console, "三次录像均未显示全员")
    assert "One person has decided" in second.inner_text("body")
    assert second.locator("input[name=answer]").count() == 0, "not both decisions"
    mine.goto(f"{console.address}{BASE}/objections?lang=en")
    mine.get_by_label("To what, and why").fill("名册有误")
    press(mine, "Put the objection on record")
    third.goto(f"{console.address}{BASE}/decision?lang=en")
    assert "objection o-1" in third.inner_text("body") and third.locator("input[name=answer]").count() == 0
    third.goto(f"{console.address}{BASE}/objections?lang=en")
    third.get_by_label("reject it").check()
    third.get_by_label("Answer (kept").fill("名册无误")
    press(third, "Put it on record")
    first.goto(f"{console.address}{BASE}/decision?lang=en")
    assert "chen reviewed a recording" in first.inner_text("body"), "who reviewed is not the second"
    decide(third, console, "同意初审")
    said = third.inner_text("body")
    assert "Two persons have decided the same: “" in said

    (review,), made = records(centre, "review"), records(centre, "decision")
    assert isinstance(review, Review) and (review.reviewer, review.answer) == ("chen", "missing")
    assert [(one.stage, one.by) for one in made if isinstance(one, Decision)] == [("first", "wang"), ("second", "zhao")]
    assert [one.state for one in records(centre, "objection") if isinstance(one, Objection)] == ["raised", "rejected"]
    case = look_at(centre.store, CLASS, NOW)
    assert case.r3 is not None and f"{len(case.r3.recordings)} / 3" in said.replace("\n", " ")
    for page in (first, second, third, mine):
        page.close()


def test_a_contact_sheet_is_shown_once_its_reader_says_why(browser: sync_api.Browser, console: Console) -> None:
    page = person(browser, console, "zhou", "auditor")
    page.goto(f"{console.address}{BASE}/blocks/{FIRST}?lang=en")
    assert page.get_by_role("button", name="Ask the box").count() == 0, "an auditor asks nothing of a box"
    page.get_by_role("link", name="Look at the sheet").click()
    assert page.locator("main img").count() == 0
    page.locator("textarea[name=why]").fill("R3 says that somebody is missing")
    press(page, "Show the sheet")
    page.wait_for_function("[...document.querySelectorAll('main img')].every(one => one.complete && one.naturalWidth)")
    assert page.get_by_alt_text("Page 1 of 1 of the contact sheet").count() == 1
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.close()


def test_somebody_is_pointed_out_with_the_mouse_and_with_the_keyboard(
    browser: sync_api.Browser, console: Console,
) -> None:
    page = person(browser, console, "li")
    page.goto(f"{console.address}{BASE}/blocks/{PRACTICE}?lang=en")
    say_why(page)
    grab = page.get_by_role("button", name="Take the picture that the video shows")
    grab.click()
    assert page.locator("#grab-none").is_visible()
    page.locator("a.seek").first.click()
    sync_api.expect(page.locator(".wall")).to_contain_text("14:13:", timeout=30_000)
    grab.click()
    frame = page.locator("#frame")
    assert frame.is_visible() and float(page.input_value("#at")) > 0
    area = frame.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] * .25, area["y"] + area["height"] * .25)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * .5, area["y"] + area["height"] * .75, steps=3)
    page.mouse.up()
    x, y, wide, high = map(int, page.input_value("#box").split(","))
    size = frame.evaluate("c => [c.width, c.height]")
    assert (x, y) == pytest.approx((size[0] / 4, size[1] / 4), abs=2)
    assert (wide, high) == pytest.approx((size[0] / 4, size[1] / 2), abs=3)
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.input_value("#box") == f"{x + 8},{y},{wide},{high + 8}"
    page.locator("select[name=person]").select_option(label=f"{AWAY} · absent")
    page.locator("#point ~ form button").click()
    page.wait_for_url("**#people")
    assert "pointed out by li" in page.inner_text("body")
    (body,) = records(console.centre, "pointed")
    assert isinstance(body, Pointed) and body.box == (x + 8, y, wide, high + 8)
    page.close()


def test_an_inspection_is_signed_with_the_mouse(browser: sync_api.Browser, console: Console) -> None:
    page = person(browser, console, "li")
    page.goto(f"{console.address}{BASE}/inspections?lang=en")
    page.locator("#hour").select_option(index=1)
    page.get_by_label("Trainees who were there").fill("6")
    page.get_by_label("Teachers who were there").fill("1")
    page.locator("input[name=inspector]").fill("李强")
    pad = page.locator("#sign")
    pad.scroll_into_view_if_needed()
    area = pad.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 40, area["y"] + 90)
    page.mouse.down()
    page.mouse.move(area["x"] + 300, area["y"] + 40, steps=8)
    page.mouse.up()
    press(page, "Put it on record")
    (body,) = records(console.centre, "inspection")
    assert isinstance(body, Inspection) and body.signature is not None
    assert (body.headcount, body.inspector) == (6, "李强")
    path, media = console.centre.papers().find(body.signature)
    assert media == "image/png" and path.stat().st_size > 200
    assert page.get_by_role("link", name="see it").get_attribute("href") == f"{BASE}/papers/{body.signature}"
    page.close()
