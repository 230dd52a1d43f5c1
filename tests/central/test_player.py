"""static/player.js in a real browser: the same playlist by the browser itself and by hls.js."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.web import static_files
from central.web.static_files import Files
from central.wiring import Centre
from tests.central.console import COOKIE, session_of, signed_in
from tests.central.test_browser import CHROMIUM, Console, browser, console, sync_api, until_advances

__all__ = ["browser", "console"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
npm = pytest.mark.skipif(not static_files.HLS.is_file(), reason="set-up found no npm")
NONE = "HTMLMediaElement.prototype.canPlayType = () => '';"
BLOCK = "/classes/welder-1/blocks/2026-03-02-am"
ATTACH = """async (address) => {
  const { attach, native } = await import("/static/player.js");
  const video = document.createElement("video");
  video.id = "here";
  video.muted = true;
  document.querySelector("main").prepend(video);
  window.lost = 0;
  window.stop = await attach(video, address, { lost: () => { window.lost += 1; } });
  video.play().catch(() => {});
  return native(video);
}"""


@pytest.fixture
def page(browser: sync_api.Browser, console: Console) -> Iterator[sync_api.Page]:
    context = browser.new_context()
    token = session_of(console.centre, "supervisor", "410000")
    context.add_cookies([{"name": COOKIE, "value": token, "url": console.address}])
    yield context.new_page()
    context.close()


def _attach(console: Console, page: sync_api.Page, address: str = f"{BLOCK}/box-1/room.m3u8") -> bool:
    page.goto(f"{console.address}/own")
    native: bool = page.evaluate(ATTACH, address)
    return native


def test_the_browser_plays_it_itself_and_loads_no_library(console: Console, page: sync_api.Page) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    assert _attach(console, page)
    until_advances(page, "#here")
    page.evaluate("() => window.stop()")
    assert page.eval_on_selector("#here", "v => v.getAttribute('src')") is None
    assert not [one for one in asked if "hls.js" in one] and page.evaluate("() => window.lost") == 0


@npm
def test_hls_js_plays_it_where_the_browser_does_not_within_the_rules_of_the_pages(
    console: Console, page: sync_api.Page,
) -> None:
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
    page.add_init_script(NONE)
    assert not _attach(console, page)
    until_advances(page, "#here")
    assert page.eval_on_selector("#here", "v => v.currentSrc").startswith("blob:")
    page.evaluate("() => window.stop()")
    assert complaints == [] and page.evaluate("() => window.lost") == 0


@pytest.mark.parametrize("by", ["browser", pytest.param("hls.js", marks=npm)])
def test_what_cannot_be_played_is_told_once(console: Console, page: sync_api.Page, by: str) -> None:
    if by == "hls.js":
        page.add_init_script(NONE)
    assert _attach(console, page, f"{BLOCK}/box-9/room.m3u8") == (by == "browser")
    page.wait_for_function("() => window.lost > 0", timeout=60_000)
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.lost") == 1


def test_a_browser_that_plays_no_hls_is_told_where_npm_was_missing(console: Console, page: sync_api.Page) -> None:
    page.route("**/static/hls.js", lambda route: route.fulfill(status=404))
    page.add_init_script(NONE)
    with pytest.raises(sync_api.Error):
        _attach(console, page)


def test_the_console_serves_hls_js_from_where_npm_put_it(centre: Centre, tmp_path: Path) -> None:
    folder = tmp_path / "npm"
    folder.mkdir()
    files = Files(folder / "hls.mjs")
    assert files.lookup_path("hls.js") == ("", None)
    (folder / "hls.mjs").write_text("export default 1;")
    assert files.lookup_path("hls.js")[0] == str(folder / "hls.mjs")
    assert files.lookup_path("player.js")[0].endswith("static/player.js")
    if static_files.HLS.is_file():
        answer = signed_in(centre).get("/static/hls.js")
        assert answer.status_code == 200 and "javascript" in answer.headers["content-type"]
