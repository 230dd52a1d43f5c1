"""Takes the picture of the README: the class page of a finished demo, every face made unrecognisable.

Run beside `make demo` that waits for Ctrl-C: `python -m provisioning.demo.pictures CONSOLE_URL docs/img/console.png`.
"""
from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = ("/usr/bin/chromium", ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"])
BLUR = "video, .poster, img.face { filter: blur(18px) }"


def main(url: str, target: Path) -> None:
    """Photograph the top of the page at 1280×800."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM[0], args=CHROMIUM[1])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.add_style_tag(content=BLUR)
        page.wait_for_timeout(1500)
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
