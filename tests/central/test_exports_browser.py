"""Dossiers, exports and tokens in a real browser: to the file without a script, and readable for everybody."""
from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.dossier import desk
from central.dossier.layout import laid_out
from central.wiring import Centre
from tests.central.console import COOKIE, session_of
from tests.central.site import furnish
from tests.central.test_browser import CHROMIUM, Console, browser

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
PASSWORD = "a long enough sentence"
__all__ = ["browser"]


@pytest.fixture
def console(centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    pytest.importorskip("av")
    monkeypatch.setattr(desk, "by_process", laid_out)
    furnish(centre, tmp_path)
    centre.account_desk().add("li", "supervisor", "410000", None, PASSWORD)
    running = Console(centre)
    yield running
    running.stop()


def checked(page: sync_api.Page) -> None:
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 390)])
def test_from_the_class_to_the_files_and_a_token(
    console: Console, browser: sync_api.Browser, lang: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    token = session_of(console.centre, "supervisor", "410000", "li")
    context.add_cookies([{"name": name, "value": value, "url": console.address}
                         for name, value in ((COOKIE, token), ("lang", lang))])
    page = context.new_page()
    page.goto(f"{console.address}/classes/class-a")
    page.click('a[href="/classes/class-a/dossier"]')
    checked(page)
    with page.expect_download() as got:
        page.click('button[value=".zip"]')
    assert got.value.suggested_filename == f"class-a.{lang}.zip" and zipfile.is_zipfile(got.value.path())
    checked(page)
    page.goto(f"{console.address}/exports")
    checked(page)
    with page.expect_download() as got:
        page.click("main button")
    assert zipfile.ZipFile(got.value.path()).namelist() == ["class-a.json", "class-b.json", "class-none.json"]
    page.goto(f"{console.address}/own")
    page.fill("input[name=label]", "省")
    page.fill('form[action="/own/tokens"] input[name=password]', PASSWORD)
    page.click('form[action="/own/tokens"] button')
    assert page.inner_text("#token").startswith("zt_")
    checked(page)
    page.goto(f"{console.address}/own")
    checked(page)
    page.click('form[action="/own/tokens/revoke"] button')
    assert page.url.endswith("done=revoked") and page.locator('form[action="/own/tokens/revoke"]').count() == 0
    context.close()
