"""`python -m tests.edge.terminal.pictures`: makes docs/img/terminal.png and terminal.zh.png anew.

Six screens of a terminal that is served for it, seen by a browser, with drawn people before the camera.
"""
from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from common.texts import translate

from .conftest import CLASS
from .drawn import CODE, Shows, Site, served
from .test_browser import ARGS, CHROMIUM

OUT = Path(__file__).parents[3] / "docs" / "img"
FILES = {"en": "terminal.png", "zh": "terminal.zh.png"}
PANEL, HALF, GAP = {"width": 1280, "height": 800}, (640, 400), 12
GREY = (160, 148, 140)
COLOURS = 128
"""Drawn pictures need no more, and are a third as large."""
WAITING = {"recording": False, "session": None, "silent": False, "refused": None, "alarms": []}


def attract(page: Page, site: Site, lang: str) -> None:
    """Nobody is there; the instructor has signed in before."""
    page.goto(f"{site.address}?lang={lang}")
    site.frames.shows = Shows(9)
    expect(page.locator("#in")).to_contain_text("张敏")
    site.frames.shows = Shows()
    expect(page.locator("#result")).to_be_hidden(timeout=10_000)


def asked(page: Page, site: Site, lang: str) -> None:
    """A gesture is asked, for the passive check is unsure."""
    site.frames.shows = Shows(3, unsure=True)
    expect(page.locator("#figure:not([data-pose=front])")).to_be_visible()


def signed_in(page: Page, site: Site, lang: str) -> None:
    """A face has its answer."""
    site.frames.shows = Shows()
    expect(page.locator("#ask")).to_be_hidden()
    site.frames.shows = Shows(2)
    expect(page.locator("#result-name")).to_have_text("李强")


def pin(page: Page, site: Site, lang: str) -> None:
    """The pad."""
    site.frames.shows = Shows()
    page.click("#no-face")
    page.click("#pin-names >> text=陈静")
    for digit in "271":
        page.click(f"#pin-pad [data-key='{digit}']")


def consent(page: Page, site: Site, lang: str) -> None:
    """The text that is read before the camera looks."""
    page.goto(f"{site.address}enrol?lang={lang}")
    page.click(".choice >> text=" + translate("Maintenance code", lang))
    for digit in CODE:
        page.click(f"#pad [data-key='{digit}']")
    page.click("#pad [data-key=done]")
    page.click(".choice >> text=王秀英")
    expect(page.locator("#text p")).to_have_count(8)


def shots(page: Page, site: Site, lang: str) -> None:
    """The second of the guided pictures."""
    while not page.is_enabled("#agree"):
        page.click("#text-down")
        page.wait_for_timeout(100)
    page.click("#agree")
    page.click("#unanchored")
    site.frames.shows = Shows(1)
    expect(page.locator("#taken .done")).to_have_count(1)
    expect(page.locator("#figure[data-pose=left]")).to_be_visible()


SCREENS: tuple[Callable[[Page, Site, str], None], ...] = (attract, asked, signed_in, pin, consent, shots)


def prepared(site: Site) -> None:
    """A recorder that waits, and somebody with a PIN."""
    site.recorder = WAITING
    site.people.pins.choose(CLASS, "p-4", "271828")


def sheet(pictures: list[np.ndarray]) -> np.ndarray:
    """Two columns of screens at half their size, BGR."""
    (width, height), rows = HALF, -(-len(pictures) // 2)
    whole = np.full((rows * (height + GAP) - GAP, 2 * width + GAP, 3), GREY, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, 2)
        x, y = column * (width + GAP), row * (height + GAP)
        whole[y : y + height, x : x + width] = cv2.resize(picture, HALF, interpolation=cv2.INTER_AREA)
    return whole


def screens(page: Page, folder: Path, lang: str) -> list[np.ndarray]:
    """The six screens in a language, BGR (800, 1280, 3)."""
    found = []
    with served(folder) as site:
        prepared(site)
        for show in SCREENS:
            show(page, site, lang)
            page.wait_for_timeout(300)
            found.append(cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR))
    return found


def main() -> int:
    """Exit status 2 without a browser."""
    if not CHROMIUM.exists():
        print(f"{CHROMIUM} is not here: apt-get install chromium", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for lang, name in FILES.items():
            page = browser.new_page(viewport=PANEL, reduced_motion="reduce")  # type: ignore[arg-type]
            with tempfile.TemporaryDirectory() as folder:
                picture = sheet(screens(page, Path(folder), lang))
            page.close()
            few = Image.fromarray(picture[:, :, ::-1]).quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(OUT / name, optimize=True)
            print(OUT / name)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
