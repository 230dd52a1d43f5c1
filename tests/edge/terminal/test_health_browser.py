"""The page of the box's health in a real browser, from the real process, which tells the numbers of the box, too."""
from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from prometheus_client.parser import text_string_to_metric_families

from edge.store import Store

from .drawn import _free_port
from .test_browser import CONTRAST, SIZES, SMALL, Service, page

__all__ = ["page"]
pytestmark = pytest.mark.long


@pytest.fixture
def port(box_folder: tuple[Path, Store, int]) -> int:
    """Of the numbers."""
    free = _free_port()
    with (box_folder[0] / "box.toml").open("a") as toml:
        toml.write(f"\n[metrics]\nport = {free}\n")
    return free


@pytest.fixture
def service(port: int, box_folder: tuple[Path, Store, int]) -> Iterator[Service]:
    service = Service(box_folder[0])
    yield service
    assert service.stop() == 0


def test_health_is_one_touch_away_and_fits_every_screen(page: Page, port: int) -> None:
    page.click("#health")
    expect(page.locator(".whole.bad")).to_have_text("有问题须处理", timeout=30_000)
    assert page.locator(".checks li").first.get_attribute("class") == "bad"
    for lang in ("zh", "en"):
        for width, height in (*SIZES, (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(page.url.split("?")[0] + f"?lang={lang}")
            expect(page.locator(".whole.bad")).to_be_visible(timeout=30_000)
            assert page.evaluate(CONTRAST) == [] and page.evaluate(SMALL) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click(".back")
    expect(page.locator("#start")).to_be_visible()


def test_the_process_of_the_terminal_tells_the_numbers_of_the_box(page: Page, port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        families = {one.name: one for one in text_string_to_metric_families(answer.read().decode())}
    runs = {one.labels["role"]: one.value for one in families["zaitang_box_process_running"].samples}
    assert runs["terminal"] == 1 and runs["recorder"] == 0
    assert families["zaitang_box_records"].samples[0].value >= 1
