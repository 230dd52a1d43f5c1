"""`python -m tests.edge.firstboot.pictures`: makes docs/img/first-boot.png and first-boot.zh.png anew.

With a FOLDER: the screen of a new box in each state and both languages, on both sizes of screens, to be looked at.
"""
from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from edge.firstboot.app import make_app
from edge.firstboot.cameras import Found
from edge.firstboot.newcomer import UNTOLD
from edge.firstboot.view import Known, State
from edge.models.choice import Choice
from edge.serving import listen, serve
from tests.edge.terminal.test_browser import ARGS, CHROMIUM, SIZES

OUT, DOCS = Path(__file__).parents[3] / "docs" / "img", {"en": "first-boot.png", "zh": "first-boot.zh.png"}
COLOURS = 64
TELEPHONE = 390, 844
LACKING = {"network": False, "clock": False, "choice": Choice("builtin")}
KNOWN = Known("introduced", "TCZR-12RR-TYW1", "100000003d1d1c36", "9f86d081884c7d65" * 4, True, True,
              "box-101", "实训楼 101", {"en": "connection refused", "zh": "连接被拒绝"}, "https://centre.example:8470")
CAMERAS = [Found("picamera2:0", "imx708_wide", "room"), Found("v4l2:/dev/video0", "HD Pro Webcam C920", "terminal")]


class Shown:
    """In the place of a `Newcomer`: it is in the state that is set."""

    code = "493027"
    asks_cameras = True

    def __init__(self) -> None:
        self.now = KNOWN
        self.began: list[object] = []
        self.told: list[tuple[str, str]] = []
        self.cameras = CAMERAS

    def known(self) -> Known:
        return self.now

    def begin(self, cameras: object) -> None:
        self.began.append(cameras)

    def tell(self, centre: str, pin: str) -> None:
        self.told.append((centre, pin))
        self.be("introduced")

    def again(self) -> None:
        self.be("introduced")

    def be(self, state: State, **more: object) -> None:
        self.now = dataclasses.replace(KNOWN, state=state, asks_centre=state in UNTOLD, **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def served() -> Iterator[tuple[Shown, str]]:
    """A screen and its address."""
    shown, stop, listener = Shown(), threading.Event(), listen("127.0.0.1", 0)
    app = make_app(shown, lambda: shown.cameras, "zh", "127.0.0.1")  # type: ignore[arg-type]
    thread = threading.Thread(target=serve, args=(app, listener, stop, lambda: None))
    thread.start()
    try:
        yield shown, f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        thread.join()


def see(page: Page, shown: Shown, address: str, lang: str, state: State, **more: object) -> None:
    """The page in that state."""
    shown.be(state, **more)
    page.goto(f"{address}?lang={lang}")
    page.wait_for_selector(f"[data-state={state}]")


def main(args: list[str]) -> int:
    """Exit status 2 without a browser."""
    if not CHROMIUM.exists():
        return 2
    with sync_playwright() as playwright, served() as (shown, address):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        shown.cameras = [] if args else CAMERAS  # once two were found they are not looked for again
        for width, height in [*SIZES, TELEPHONE] if args else SIZES[:1]:
            page = browser.new_page(viewport={"width": width, "height": height})
            for lang, name in DOCS.items():
                for state in get_args(State) if args else ["introduced"]:
                    see(page, shown, address, lang, state, **(LACKING if args else {}))
                    page.screenshot(path=Path(args[0]) / f"{state}.{lang}.{width}.png" if args else OUT / name)
        browser.close()
    for name in () if args else DOCS.values():
        with Image.open(OUT / name) as picture:
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(OUT / name, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
