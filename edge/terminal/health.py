"""The page of this box's health: what is bad first, and what to do. It names nobody, changes nothing and waits for
nothing, so that whoever stands there may read it, also when no PIN could be checked any more."""
from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Template

from common.examining import Examiner
from common.health import WHOLE, by_need, marked, shown, worst
from common.texts import LANGS, translate
from edge.enrol.guided import Lang
from edge.terminal.notices import DEFAULT_OFFSET_MIN
from edge.wiring import Box
from evidence.blocks import local
from evidence.times import SECOND

AGAIN_S, BACK_S = 2, 180
"""Seconds until the page is loaded anew while the box is looked at; until a page that is left open is the check-in
again."""


class Health:
    """`utc_us`: the box's clock."""

    def __init__(self, examiner: Examiner[Box], utc_us: Callable[[], int]) -> None:
        self._examiner, self._utc_us = examiner, utc_us

    def view(self, lang: str) -> dict[str, object]:
        """What the page shows."""
        seen = self._examiner.lately()
        looking = self._examiner.looking
        if seen is None:
            return {"looking": looking, "checks": [], "state": "", "whole": "", "at": "", "ago_s": 0}
        state = worst(seen.checks)
        return {
            "looking": looking, "checks": [shown(check, lang) for check in by_need(seen.checks)], "state": state,
            "whole": translate(WHOLE[state], lang), "at": f"{local(seen.at_us, DEFAULT_OFFSET_MIN):%Y-%m-%d %H:%M:%S}",
            "ago_s": max(0, self._utc_us() - seen.at_us) // SECOND}


def health_routes(health: Health, page: Callable[[str], Template], language: Callable[[Request], Lang]) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/health")
    def show(request: Request) -> HTMLResponse:
        lang = language(request)
        view = health.view(lang)
        return HTMLResponse(page("health.html").render(
            _=lambda msgid, **params: translate(msgid, lang, **params), lang=lang,
            other=next(code for code in LANGS if code != lang), again_s=AGAIN_S, back_s=BACK_S, marked=marked, **view))

    return routes
