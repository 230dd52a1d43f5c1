"""Every page of the console, as each role sees it, in Chinese on a telephone and in English on a screen: axe finds
nothing, and nothing is wider than the window."""
from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.central.test_access import CALLS
from tests.central.test_browser import CHROMIUM, browser

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytest.importorskip("av")

from tests.central.pictures import ACTS, PAGES, WIDTHS, Visitors, office  # noqa: E402

NO_PAGES = re.compile(
    r"/(api|log|media)/|/(check|envelope|file|schedule.xlsx|state|stream.m3u8|init.mp4|picture.jpg)$"
    r"|{(paper|camera|rule|which|key|number)}")
"""What programs read, and files."""
REFUSED = {"filter-wrong": 422, "error-403": 403, "error-404": 404, "me-over": 404,
           "replay-wrong": 200}  # the form comes back by an address of its own
SEEN = {"phone": "zh", "screen": "en"}
"""By window, which language: each of both is looked at once."""
__all__ = ["browser"]


def test_each_page_has_a_name_here() -> None:
    there = [path.split("?")[0].split("#")[0] for _, path in PAGES.values()]
    there += ["/records/centre/00/1"]
    ways = {path: re.compile(re.sub(r"{[^}]*}", "[^/]+", path)) for method, path in CALLS if method == "GET"}
    missing = [path for path, way in ways.items()
               if not NO_PAGES.search(path) and not any(way.fullmatch(one) for one in there)]
    sheet = "/classes/{class_id}/blocks/{block}/sheets/{device}"
    assert missing == ["/own/password", sheet], "test_case_browser.py looks at the sheet; the other is the same as /own"


@pytest.fixture(scope="module")
def visitors(browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Visitors]]:
    with office(tmp_path_factory.mktemp("office")) as (made, console):
        known = {screen: Visitors(browser, made, console, lang, WIDTHS[screen]) for screen, lang in SEEN.items()}
        yield known
        for one in known.values():
            one.close()


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("screen", SEEN)
@pytest.mark.parametrize("name", PAGES)
def test_nobody_meets_a_barrier(visitors: dict[str, Visitors], name: str, screen: str) -> None:
    page = visitors[screen].open(name)
    status = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    assert status == REFUSED.get(name, 422 if name in ACTS else 200)
    assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[SEEN[screen]]
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []
