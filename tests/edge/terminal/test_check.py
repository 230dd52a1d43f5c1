"""The check of the box at its screen: who may open it, what it starts, and that a trial keeps nothing."""
from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from common.texts import translate
from edge.handover.errors import CheckLocked, CheckRuns, ClassIsOn, NoSheet
from edge.handover.results import FACE
from edge.handover.sheet import read_sheet
from edge.terminal.check import IDLE_S, WITHIN_S, CheckPage
from edge.terminal.errors import CodeWait, WrongCode
from edge.terminal.maintenance import Maintenance
from edge.terminal.trial import WITHIN_S as LOOK_S
from edge.terminal.trial import Either, Trial

from .drawn import CODE, DrawnPack, Shows, Site, served
from .test_browser import ARGS, CHROMIUM, CONTRAST, SIZES, SMALL

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("check")) as made:
        yield made


def page_of(site: Site, clock: Clock, command: list[str], trial: Trial | None = None) -> CheckPage:
    return CheckPage(site.box, Maintenance(CODE, clock), trial, lambda: site.in_class, clock, command)


def test_only_the_maintenance_code_opens_it_and_who_guesses_waits(site: Site) -> None:
    clock = Clock()
    page = page_of(site, clock, SLEEPS)
    for key in ("", "x" * 24):
        with pytest.raises(CheckLocked):
            page.view(key, "en")
    with pytest.raises(WrongCode):
        page.unlock("\ud800")  # half a character, as JSON can say it
    tries = []
    for _ in range(8):
        try:
            page.unlock("000000")
        except (WrongCode, CodeWait) as error:
            tries.append(type(error))
    assert tries[0] is WrongCode and tries[-1] is CodeWait
    with pytest.raises(CodeWait):
        page.unlock(CODE)
    clock.now += 3600
    assert page.view(page.unlock(CODE), "en")["runs"] is False


def test_a_page_that_was_left_is_closed(site: Site) -> None:
    clock = Clock()
    page = page_of(site, clock, SLEEPS)
    key = page.unlock(CODE)
    clock.now += IDLE_S
    page.view(key, "zh")
    clock.now += IDLE_S + 1
    for ask in (lambda: page.view(key, "zh"), lambda: page.begin(key), lambda: page.face(key), lambda: page.room(key)):
        with pytest.raises(CheckLocked):
            ask()
    key = page.unlock(CODE)
    page.close(key)
    with pytest.raises(CheckLocked):
        page.view(key, "zh")


def test_no_class_is_disturbed(site: Site) -> None:
    clock = Clock()
    page = page_of(site, clock, SLEEPS)
    key = page.unlock(CODE)
    site.in_class = True
    try:
        for ask in (lambda: page.unlock(CODE), lambda: page.begin(key), lambda: page.face(key)):
            with pytest.raises(ClassIsOn):
                ask()
    finally:
        site.in_class = False


def test_one_check_runs_at_a_time_and_one_that_hangs_is_ended(site: Site) -> None:
    clock = Clock()
    page = page_of(site, clock, SLEEPS)
    key = page.unlock(CODE)
    with pytest.raises(NoSheet):
        page.face(key)
    page.begin(key)
    with pytest.raises(CheckRuns):
        page.begin(key)
    assert page.view(key, "en")["runs"]
    clock.now += WITHIN_S + 1
    assert not page.view(key, "en")["runs"]
    page.begin(key)
    page.stop()
    assert not page.view(key, "en")["runs"]


def test_a_trial_measures_a_face_and_compares_it_with_nobody() -> None:
    clock, pack = Clock(), DrawnPack()
    trial = Trial(lambda: pack, clock)  # type: ignore[arg-type,return-value]
    trial.frame(None)
    assert not trial.active and trial.result is None
    trial.begin()
    for _ in range(3):
        trial.frame(None)
    clock.now += LOOK_S
    trial.frame(None)
    assert trial.result is not None and (trial.result.step, trial.result.state) == (FACE, "bad") and not trial.active


def test_the_enrolment_goes_before_a_trial() -> None:
    class Wants:
        active, got = False, 0

        def frame(self, bgr: object) -> None:
            self.got += 1

    first, second = Wants(), Wants()
    either = Either(first, second)
    assert not either.active
    second.active = True
    either.frame(None)
    first.active = True
    either.frame(None)
    assert either.active and (first.got, second.got) == (1, 1)


@pytest.mark.long
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser")
def test_in_a_browser_a_box_is_checked_and_a_face_is_tried(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.desk, "_target", lambda: None)  # no class is open
    before = site.store.head_seq()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        for lang, (width, height) in zip(("zh", "en"), SIZES, strict=True):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{site.address}check?lang={lang}")
            _open(page)
            assert page.evaluate(CONTRAST) == [] and page.evaluate(SMALL) == []
            assert page.evaluate("document.documentElement.scrollHeight") <= height
        page.click("#begin")
        expect(page.locator("#lines li")).to_have_count(4, timeout=60_000)
        assert "`" not in page.inner_text("#lines")
        site.frames.shows = Shows(3)
        page.click("#face")
        expect(page.locator("#lines li", has_text="alive")).to_be_visible(timeout=60_000)
        site.frames.shows = Shows()
        expect(page.locator("#verdict")).to_have_text(
            translate("Every step was made, and nothing is to be mended", "en"))
        page.click("#sheet")
        expect(page.locator("h1")).to_have_text("Acceptance of the box box-1")
        assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderTopWidth") == "2px"
        browser.close()
    assert read_sheet(Path(site.folder)).passed and site.store.head_seq() == before


def _open(page: Page) -> None:
    for digit in CODE:
        page.click(f"#pad [data-key='{digit}']")
    page.click("#pad [data-key=done]")
    expect(page.locator("#begin")).to_be_visible()
