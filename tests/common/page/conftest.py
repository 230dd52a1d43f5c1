"""The page as a clerk has it: opened from a file, in a real Chromium without a network."""
from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.page import verify_page

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclasses.dataclass(frozen=True)
class Said:
    """What the page says of a folder. `whole` None: it is no bag."""

    whole: bool | None
    problems: tuple[str, ...]
    text: str


class Reader:
    """One opened page, asked again and again."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def check(self, folder: Path, root: str = "", *witnesses: str) -> Said:
        """Choose a folder and wait for the verdict, in English."""
        self.page.fill("#root", root)
        self.page.fill("#witnesses", "\n".join(witnesses))
        self.page.set_input_files("#folder", str(folder))
        return self.said()

    def said(self) -> Said:
        """What it says when it has done."""
        verdict = self.page.locator("#progress[hidden] ~ #result #verdict")
        verdict.wait_for(timeout=90_000)
        problems = tuple(self.page.locator("#result ol > li").all_inner_texts())
        whole = None if verdict.inner_text().startswith("This ") else "whole" in str(verdict.get_attribute("class"))
        return Said(whole, problems or (verdict.inner_text(),) * (not whole), self.page.inner_text("#result"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_bytes(verify_page())
    return path


def opened(browser: Any, page_file: Path) -> Iterator[Any]:
    """The page; whatever its browser complains of fails the test, and so does anything that it asks for."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda one: re.match("file:|blob:", one.url) or complaints.append(one.url))
    page.goto(page_file.as_uri())
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    yield from opened(browser, page_file)


@pytest.fixture(scope="module")
def reader(browser: Any, page_file: Path) -> Iterator[Reader]:
    """One page for many folders."""
    for one in opened(browser, page_file):
        one.get_by_role("button", name="English").click()
        one.locator("main > details").evaluate("one => { one.open = true; }")
        yield Reader(one)
