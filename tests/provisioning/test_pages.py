"""The demo looks at its own pages: whatever they do, one sentence comes out, never a traceback."""
from __future__ import annotations

import threading
from typing import Any

import pytest

from common.texts import words
from provisioning.demo import site as site_module
from provisioning.demo.site import PageRefused, PageSilent, Site


def test_a_page_that_is_gone_is_one_sentence(page: Any, site: Site) -> None:
    page.close()
    for ask in (site.state, site.shown, lambda: site.press("start", {})):
        with pytest.raises(PageSilent, match=rf"the page http://[^ ]*:{page.port}/.* does not answer: .*refused"):
            ask()


def test_a_page_that_hangs_is_one_sentence(page: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    page.answers["GET /state.json"] = lambda: (200, {"waited": go.wait(10)})
    monkeypatch.setattr(site_module, "ANSWER_S", 0.1)
    monkeypatch.setattr(site_module, "TRIES", 2)
    try:
        with pytest.raises(PageSilent, match="timed out"):
            site.state()
    finally:
        go.set()


@pytest.mark.parametrize("said", ["", "<html>somebody else</html>", "[1, 2]", "\xff"])
def test_something_else_that_answers_is_one_sentence(
    page: Any, site: Site, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_watcher", "zt_x")
    told = f"GET /api/v1/classes/{site.plan.class_id}/attendance"
    page.answers |= {"GET /": (200, said), "GET /state.json": (200, said), told: (200, said)}
    for ask in (site.state, site.shown, lambda: site.press("start", {})):
        with pytest.raises(PageSilent, match="something else than the page answers there"):
            ask()


def test_a_refusal_is_told_in_the_words_of_the_page(page: Any, site: Site) -> None:
    page.answers["POST /end"] = (409, {"error": "这个班次已经结束上课"})
    with pytest.raises(PageRefused) as refused:
        site.press("end", {"session": "s-1"}, "zh")
    address = f"http://127.0.0.1:{page.port}/"
    assert words(refused.value, "zh") == f"页面 {address} 拒绝（状态 409）：这个班次已经结束上课"
    assert words(refused.value, "en").startswith(f"the page {address} refused (status 409): ")


def test_an_error_without_words_is_told_by_its_status(page: Any, site: Site) -> None:
    page.answers["GET /state.json"] = (500, "Internal Server Error")
    with pytest.raises(PageRefused, match="status 500"):
        site.state()
    assert len(page.asked) == 1


def test_a_busy_page_is_asked_again(page: Any, site: Site) -> None:
    answers = [(503, {"error": "the database is locked"}), (200, {"session": None})]
    page.answers["GET /state.json"] = lambda: answers.pop(0)
    assert site.state() == {"session": None}
    page.answers["GET /state.json"] = (503, {"error": "the database is locked"})
    with pytest.raises(PageRefused, match="the database is locked"):
        site.state()


def test_a_proxy_is_not_asked_for_pages_of_this_machine(
    page: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    page.answers["GET /state.json"] = (200, {"session": None})
    assert site.state() == {"session": None}
