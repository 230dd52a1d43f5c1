"""Takes the pictures of the README: the top of the class page of a finished demo, in both languages, faces blurred.

Run beside a `make demo` that waits for Ctrl-C, with a link that it printed and nobody used:
`python -m provisioning.demo.pictures LINK docs/img`.
"""
from __future__ import annotations

import secrets
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = ("/usr/bin/chromium", ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"])
BLUR = "parts => parts.forEach(part => { part.style.filter = 'blur(18px)' })"


def main(link: str, folder: Path) -> None:
    """Write console.png (English) and console.zh.png, 1280×800."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM[0], args=CHROMIUM[1])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(link)
        password = secrets.token_urlsafe(16)
        for field in page.locator("input[type=password]").all():
            field.fill(password)
        page.locator("main button").click()
        url = page.url
        for lang, name in (("en", "console.png"), ("zh", "console.zh.png")):
            page.goto(f"{url}?lang={lang}")
            page.eval_on_selector_all("video, main img", BLUR)
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
