"""Enrolling and signing in in a real browser, with drawn people before the camera: one browser, one site, one day.

The tests follow each other as a day does; each begins and ends at the check-in page with nobody before the camera.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from common.texts import translate
from edge import serving
from edge.terminal.words import ANSWERS, BY_HAND, CHECKIN, SIGNED_OUT

from .conftest import CLASS
from .drawn import CODE, TEACHER, Shows, Site, served
from .test_browser import ARGS, CHROMIUM, CONTRAST, LONG_NAMES, PHONE, SIZES, SMALL, at_each_size

pytestmark = pytest.mark.long

PIN, TEACHERS = "271828", "604817"
GESTURES = {"turn_left": {"yaw": 25}, "turn_right": {"yaw": -25}, "blink": {"shut": 80}, "open_mouth": {"jaw": 80}}
POSES = {"left": {"yaw": 20}, "right": {"yaw": -20}, "up": {"pitch": 15}, "down": {"pitch": -15}}
SCROLLS = """() => {
  const page = document.documentElement, parts = [...document.querySelectorAll(
    "main > section, footer, dialog[open], .pad, .centre, .side, .actions, .ask, .told, .choice, .key")];
  return [page.scrollHeight > innerHeight || page.scrollWidth > innerWidth ? "page" : "",
    ...parts.filter((node) => node.checkVisibility() && node.scrollHeight > node.clientHeight + 1)
      .map((node) => node.id || node.className || node.textContent)].filter(Boolean);
}"""

TYPE = """() => {
  const least = {"result-name": 26, "result-text": 26, guide: 26, hint: 18, "ask-left": 20, recording: 18, banners: 15};
  const size = (node) => parseFloat(getComputedStyle(node).fontSize), at = (id) => document.getElementById(id);
  const seen = (id) => at(id).checkVisibility();
  const small = Object.keys(least).filter((id) => seen(id) && size(at(id)) < least[id]);
  return [...small, ...["clock", "result-time"].filter((id) => seen(id) && size(at(id)) >= size(at("result-text")))];
}"""
"""Letters that are too small to be read by whoever stands a metre away; a time that is larger than a reason."""
COVERED = """() => {
  const box = (id) => document.getElementById(id).getBoundingClientRect(), [a, b] = [box("result"), box("picture")];
  return a.height && b.height > 60 && a.top >= b.bottom - 1 ? [] : [a.top, b.bottom, b.height];
}"""
"""An answer that lies over the picture, or leaves nothing of it."""
INERT = """() => [...document.querySelectorAll("button, a")].filter((node) => node.checkVisibility())
  .every((node) => node.closest("[inert]"))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, served(tmp_path_factory.mktemp("drawn")) as site:
        patch.setattr(serving, "STOP_S", 0.2)
        yield site


@pytest.fixture(scope="module")
def page(site: Site) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.emulate_media(reduced_motion="reduce")
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page.goto(site.address)
        yield page
        browser.close()


def fits(page: Page) -> None:
    """What is on the screen fits both panels, is legible and can be touched."""
    for width, height in reversed(SIZES):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(60)
        fits_now(page)


def fits_now(page: Page) -> None:
    assert page.evaluate(SCROLLS) == []
    assert page.evaluate(SMALL) == [] and page.evaluate(CONTRAST) == []


def press(page: Page, digits: str, pad: str = "#pin-pad") -> None:
    for digit in digits:
        page.click(f"{pad} [data-key='{digit}']")
    page.click(f"{pad} [data-key=done]")


def open_enrolment(page: Page, site: Site, name: str, lang: str = "zh") -> None:
    page.goto(f"{site.address}enrol?lang={lang}")
    page.click(".choice >> text=" + {"zh": "维护码", "en": "Maintenance code"}[lang])
    press(page, CODE, "#pad")
    page.click(f".choice >> text={name}")


def read_to_the_end(page: Page) -> None:
    expect(page.locator("#text p")).to_have_count(8)
    while not page.is_enabled("#agree"):
        page.click("#text-down")
        page.wait_for_timeout(100)


def test_who_enrols_before_a_class_is_planned_is_told_so(page: Page, site: Site) -> None:
    page.route("**/enrol/classes*", lambda route: route.fulfill(json={"code": True, "classes": []}))
    page.goto(f"{site.address}enrol?lang=zh")
    expect(page.locator("#problem")).to_contain_text("还没有班次")
    expect(page.locator(".none")).to_be_hidden()
    page.unroute("**/enrol/classes*")
    expect(page.locator(".choice >> text=维护码")).to_be_visible()  # the plan came
    expect(page.locator("#problem")).to_be_hidden()


def test_enrol(page: Page, site: Site) -> None:
    open_enrolment(page, site, "王秀英")
    expect(page.locator("#text")).to_contain_text("某职业培训学校")
    fits(page)
    read_to_the_end(page)
    page.click("#agree")
    expect(page.locator("#vouch")).to_be_visible()
    fits(page)
    page.click("#vouch")
    fits(page)
    press(page, "410088", "#pad")
    expect(page.locator("#advice")).to_have_text("请看摄像头")
    site.frames.shows = Shows(1, live=0)
    expect(page.locator("#advice")).to_have_text("需要真人面部，不能用照片或屏幕")
    site.frames.shows = Shows(1)
    for taken, (pose, head) in enumerate(POSES.items(), 1):
        expect(page.locator("#taken .done")).to_have_count(taken)
        expect(page.locator(f"#figure[data-pose={pose}]")).to_be_visible()
        if pose == "left":
            fits(page)
        site.frames.shows = Shows(1, **head)
    expect(page.locator("[data-state=enrolled]")).to_be_visible()
    expect(page.locator("[data-state=enrolled] .name")).to_have_text("王秀英")
    site.frames.shows = Shows()
    body = site.records("enrolment")[-1]
    assert (body["person"], body["anchor_by"], len(body["shots"])) == ("p-1", "410088", 5)
    fits(page)
    page.click("[data-state=enrolled] .by-pin")
    press(page, PIN, "#pad")
    press(page, "314159", "#pad")
    expect(page.locator("#pad .problem")).to_contain_text("两次输入不一致")
    for _ in range(2):
        press(page, PIN, "#pad")
    expect(page.locator("[data-state=pin_set]")).to_be_visible()
    page.click("#leave")
    expect(page.locator("#guide")).to_have_text("请看摄像头")


def test_sign_in_by_face(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    expect(page.locator("#hint")).to_contain_text("排队不算迟到")
    expect(page.locator("#direction")).to_have_text("签到")
    fits(page)
    site.frames.shows = Shows(2)
    expect(page.locator("#result-name")).to_have_text("李强")
    fits(page)
    site.frames.shows = Shows(9)
    expect(page.locator("#in .teacher")).to_contain_text("教师 张敏")
    site.frames.shows = Shows(5)
    expect(page.locator("#result-text")).to_contain_text("没有认出")
    fits(page)
    for _ in at_each_size(page):
        assert page.evaluate(TYPE) == [] and page.evaluate(COVERED) == []
    site.frames.shows = Shows()
    expect(page.locator("#in-count")).to_have_text("1 / 5")
    assert [body["best"]["person"] for body in site.records("checkin")][:2] == ["p-2", TEACHER]


def test_a_challenge_is_shown_and_answered(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=en")
    site.frames.shows = Shows(3, unsure=True)
    expect(page.locator("#ask-step")).to_have_text("1 / 2")
    fits(page)
    for step in ("1 / 2", "2 / 2"):
        figure = page.locator("#figure:not([data-pose=front])")
        expect(page.locator("#ask-step")).to_have_text(step)
        expect(figure).to_be_visible()
        expect(page.locator("#ask-left")).to_contain_text("s left")
        site.frames.shows = Shows(3, unsure=True, **GESTURES[str(figure.get_attribute("data-pose"))])
        page.wait_for_timeout(700)
        site.frames.shows = Shows(3, unsure=True)
    expect(page.locator("#result-name")).to_have_text("欧阳建国")
    expect(page.locator("#ask")).to_be_hidden()
    site.frames.shows = Shows()
    body = site.records("checkin")[-1]
    assert body["liveness"] == "live" and len(body["challenge"]["asked"]) == 2
    site.frames.shows = Shows(4, live=0)
    expect(page.locator("#result-text")).to_contain_text("Not recognised")
    site.frames.shows = Shows()


def test_a_refusal_leads_to_a_pin(page: Page, site: Site) -> None:
    open_enrolment(page, site, "陈静", "en")
    fits(page)
    page.click("a[hreflang]")
    expect(page.locator("#refuse")).to_contain_text("不同意")
    page.click("#refuse")
    press(page, "1234", "#pad")
    press(page, "1234", "#pad")
    expect(page.locator("#pad .problem")).to_contain_text("密码")
    for _ in range(2):
        press(page, PIN, "#pad")
    expect(page.locator("[data-state=pin_set]")).to_be_visible()
    expect(page.locator("[data-state=pin_set] .name")).to_have_text("陈静")
    fits(page)
    page.click("#leave")
    assert [body["given"] for body in site.records("consent")] == [True, False]


def test_the_pin_path(page: Page, site: Site) -> None:
    site.people.pins.choose(CLASS, TEACHER, TEACHERS)
    page.goto(f"{site.address}?lang=en")
    page.click("#no-face")
    fits(page)
    page.click("#pin-names >> text=陈静")
    expect(page.locator("#pin-title")).to_contain_text("enter your PIN")
    fits(page)
    press(page, "314159")
    expect(page.locator("#pin-pad .problem")).to_contain_text("Wrong PIN")
    expect(page.locator("#pin-title")).to_contain_text("陈静: enter your PIN")
    fits(page)
    press(page, PIN)
    expect(page.locator("#pin-title")).to_have_text("Instructor 张敏: enter your own PIN")
    fits(page)
    press(page, TEACHERS)
    expect(page.locator("#pin-done-name")).to_have_text("陈静")
    fits(page)
    page.click("#pin-done")
    expect(page.locator("#in")).to_contain_text("陈静(PIN)")
    expect(page.locator("#pin-share")).to_contain_text("by PIN: 1 (33 %)")
    body = site.records("checkin.pin")[-1]
    assert (body["person"], body["confirmed_by"], body["why"], body["failed"]) == ("p-4", TEACHER, "no_consent", 1)


def test_an_instructor_confirms_by_the_own_pin(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    page.click("#no-face")
    page.click("#pin-names >> text=王秀英")
    press(page, PIN)
    expect(page.locator("#pin-title")).to_contain_text("教师 张敏")
    press(page, "111222")
    expect(page.locator("#pin-pad .problem")).to_contain_text("教师：")
    press(page, TEACHERS)
    expect(page.locator("#pin-done-name")).to_have_text("王秀英")
    assert site.records("checkin.pin")[-1]["confirmed_by"] == TEACHER
    assert not any(PIN in text or TEACHERS in text for text in (page.url, page.content()))


def test_a_locked_pin_is_marked_and_unlocked(page: Page, site: Site) -> None:
    row = site.store.pin(CLASS, "p-4")
    assert row is not None
    site.store.put_pin(CLASS, "p-4", dataclasses.replace(row, failed=7, locked=True))
    page.goto(f"{site.address}?lang=zh")
    page.click("#no-face")
    expect(page.locator("#pin-names .choice >> text=陈静")).to_contain_text("密码已锁定")
    page.click("#pin-names >> text=陈静")
    expect(page.locator("#pin-note")).to_have_text("陈静 的密码已锁定：由教师解锁")
    fits(page)
    press(page, TEACHERS)
    expect(page.locator("#pin-title")).to_have_text("陈静：请输入密码")
    page.click("#pin-back")


LONG = ["买买提·阿不都热合曼·吐尔逊江", "Abdurahman Tursunjan Muhammad", "欧阳建国"]


def test_all_names_in_pages_none_cut(page: Page, site: Site) -> None:
    """Eighty people, some with long names: whoever has no room in the lists is a touch away."""
    def tell(route: Route) -> None:
        state = route.fetch().json()
        people = [{"person": f"p-{n}", "name": LONG[n % 3], "time": "", "left": "10:18", "mark": ""} for n in range(80)]
        state["people"] |= {"in": people, "trainees_in": 80, "due": 80}
        state["unseen"] |= {"names": [one["name"] for one in people]}
        route.fulfill(json=state)

    page.route("**/state.json*", tell)
    page.goto(f"{site.address}?lang=en")
    expect(page.locator("#in")).to_contain_text("–10:18")
    for opener, count in (("#in .more", 81), ("#in-title", 81), ("#unseen .more", 80)):  # the instructor came, too
        page.click(opener)
        for _ in at_each_size(page):
            page.wait_for_timeout(600)
            fits_now(page)
        seen = page.locator("#everybody-names .choice").count()
        while page.is_enabled("#everybody-names .after"):
            page.click("#everybody-names .after")
            seen += page.locator("#everybody-names .choice").count()
        assert seen == count
        page.click("#everybody-close")
    page.unroute_all(behavior="ignoreErrors")

    def list_them(route: Route) -> None:
        told = route.fetch().json()
        told["people"] = [{**told["people"][0], "name": name, "came": True} for name in LONG] * 4
        route.fulfill(json=told)

    page.route("**/pin/people*", list_them)
    page.click("#no-face")
    expect(page.locator("#pin-names .choice")).to_have_count(12)
    fits(page)
    page.unroute_all(behavior="ignoreErrors")
    page.click("#pin-back")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_longest_answers_fit_beside_the_picture(page: Page, site: Site, lang: str) -> None:
    told: dict[str, object] = {}

    def tell(route: Route) -> None:
        state = route.fetch().json()
        state["checkin"] |= told
        route.fulfill(json=state)

    result = {"attempt": "a-1", "answer": "x", "good": False, "time": "08:36", "name": ""}
    long = max(ANSWERS.values(), key=lambda text: len(translate(text, lang)))
    page.route("**/state.json*", tell)
    page.goto(f"{site.address}?lang={lang}")
    for more in (
        {"result": result | {"text": translate(long, lang)}},
        {"result": result | {"text": translate(ANSWERS["second_factor_missing"], lang), "name": LONG[2]}},
        {"result": result | {"text": translate(SIGNED_OUT["accepted"], lang), "name": LONG[0], "good": True}},
        {"text": translate(CHECKIN["no_liveness"], lang), "hint": translate(BY_HAND, lang), "result": None},
    ):
        told |= more
        expected = more["result"]["text"] if more["result"] else ""  # type: ignore[index]
        expect(page.locator("#result-text" if expected else "#guide")).to_have_text(expected or str(told["text"]))
        for _ in at_each_size(page):
            fits_now(page)
            assert page.evaluate(TYPE) == [] and (not expected or page.evaluate(COVERED) == [])
    page.unroute_all(behavior="ignoreErrors")


def test_the_instructor_has_time_to_come(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    page.clock.install()
    page.click("#no-face")
    page.click("#pin-names >> text=王秀英")
    press(page, PIN)
    expect(page.locator("#pin-title")).to_contain_text("教师 张敏")
    page.clock.fast_forward(85_000)
    expect(page.locator("#pins")).to_be_visible()
    page.clock.fast_forward(10_000)
    expect(page.locator("#pins")).to_be_hidden()
    page.click("#no-face")
    page.click("#pin-names >> text=欧阳建国")
    expect(page.locator("#pin-done-text")).to_contain_text("登记人脸")
    page.clock.fast_forward(9_000)
    expect(page.locator("#pin-done")).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(page.locator("#pins")).to_be_hidden()


def test_a_wrong_address_leads_back(page: Page, site: Site) -> None:
    page.goto(f"{site.address}nothing?lang=zh")
    expect(page.locator("h1")).to_contain_text("没有这个页面")
    fits_now(page)
    page.click("a")
    expect(page.locator("#guide")).to_be_visible()


def test_look_alikes_give_their_pin_beside_the_face(page: Page, site: Site) -> None:
    site.enrolled(7)
    site.people.pins.choose(CLASS, "p-7", PIN)
    page.goto(f"{site.address}?lang=zh")
    site.frames.shows = Shows(7)
    expect(page.locator("#pin-title")).to_contain_text("杨桂兰")
    fits(page)
    press(page, "111222")
    expect(page.locator("#pin-pad .problem")).to_contain_text("密码")
    press(page, PIN)
    expect(page.locator("#pins")).to_be_hidden()
    expect(page.locator("#result-name")).to_have_text("杨桂兰")
    site.frames.shows = Shows()
    assert site.records("checkin")[-1]["pin"] is True


def test_a_lost_camera_leaves_the_pin(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    site.frames.silent = True
    expect(page.locator("#guide")).to_have_text("签到摄像头没有画面")
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#no-face")).to_be_visible()
    site.frames.silent = False
    expect(page.locator("#camera")).to_be_visible()
    expect(page.locator("#guide")).to_have_text("请看摄像头")


def test_a_restart_amid_the_pin_and_amid_the_enrolment(page: Page, site: Site) -> None:
    before = len(site.store.records())
    page.goto(f"{site.address}?lang=zh")
    page.click("#no-face")
    page.click("#pin-names >> text=王秀英")
    site.end()
    press(page, PIN)
    expect(page.locator("#pin-pad .problem")).to_be_visible()
    site.begin()
    press(page, PIN)
    press(page, TEACHERS)
    expect(page.locator("#pin-done-name")).to_have_text("王秀英")
    assert len(site.store.records()) == before, "who has signed in already signs in once"

    open_enrolment(page, site, "陈静")
    read_to_the_end(page)
    page.click("#agree")
    page.click("#unanchored")
    site.frames.shows = Shows(4)
    expect(page.locator("#taken .done")).to_have_count(1)
    site.end()
    expect(page.locator("#lost")).to_be_visible()
    assert page.evaluate(INERT)
    fits(page)
    site.frames.shows = Shows()
    site.begin()
    expect(page.locator("#guide")).to_have_text("请看摄像头")
    assert not site.people.guide.active and len(site.store.records()) == before


def test_while_the_box_does_not_answer_nothing_is_promised(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=en")
    expect(page.locator("#direction")).to_be_visible()
    site.end()
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#guide")).to_have_text("Reconnecting to this box …")
    expect(page.locator("#direction")).to_be_hidden()
    assert page.evaluate(INERT)
    for _ in at_each_size(page):
        fits_now(page)
        assert page.evaluate("""() => { const bar = document.getElementById("lost").getBoundingClientRect();
          return [...document.querySelectorAll("button, a")].filter((node) => node.checkVisibility())
            .every((node) => { const one = node.getBoundingClientRect();
              return one.bottom <= bar.top || one.top >= bar.bottom; }); }"""), "the bar lies over a button"
    site.begin()
    expect(page.locator("#guide")).to_have_text("Please look into the camera")
    expect(page.locator("#start")).to_be_enabled()
    assert not page.evaluate(INERT)


def test_consent_is_withdrawn_at_the_terminal(page: Page, site: Site) -> None:
    open_enrolment(page, site, "李强")
    page.click("#withdraw")
    expect(page.locator("#sure-no")).to_have_text("不删除，返回")
    fits(page)
    page.click("#sure-yes")
    press(page, TEACHERS, "#pad")
    expect(page.locator("[data-state=withdrawn]")).to_be_visible()
    site.erase()
    expect(page.locator("#erased")).to_have_text("人脸数据已删除")
    assert "p-2" not in site.store.enrolled(CLASS)
    page.click("#leave")
    expect(page.locator("#guide")).to_be_visible()


def test_a_screen_that_nobody_touches_returns(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?lang=zh")
    page.clock.install()
    page.click("#no-face")
    page.click("#pin-names >> text=王秀英")
    page.click("#pin-pad [data-key='2']")
    page.clock.fast_forward(31_000)
    expect(page.locator("#pins")).to_be_hidden()
    page.click("#no-face")
    page.click("#pin-names >> text=王秀英")
    expect(page.locator("#pin-pad .dots")).to_have_text("")


def test_nothing_of_it_is_a_picture_in_the_folder(site: Site) -> None:
    assert not [path for path in Path(site.folder).rglob("*") if path.suffix in (".jpg", ".png")]


NARROW = """(name) => {
  const box = (id) => document.getElementById(id).getBoundingClientRect();
  document.getElementById("result-name").textContent = name;
  document.getElementById("own-now").hidden = false;
  const said = document.querySelector("#result > div").getBoundingClientRect();
  return [said.width / box("result").width, box("own-now").top >= said.bottom - 1, said.height];
}"""


def test_on_a_telephone_the_button_of_the_own_record_leaves_an_answer_its_width(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    site.frames.shows = Shows(2)
    expect(page.locator("#result")).to_be_visible()
    for name in LONG_NAMES:
        share, below, height = page.evaluate(NARROW, name)
        assert share > 0.5 and below and height < 190, name
    site.frames.shows = Shows()
    expect(page.locator("#result")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
