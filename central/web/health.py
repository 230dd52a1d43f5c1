"""The page of the centre's health, for administrators: what is to mend first, and what to do."""
from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.doctor.gather import examiner
from central.web.access import Routes
from central.web.boxes import CHINA_MIN
from central.web.localtime import LocalTime
from central.web.render import lang_of, page
from central.wiring import Centre
from common.health import WHOLE, by_need, marked, shown, worst
from common.texts import translate

WAIT_S = 3.0
"""Real seconds that a visitor waits for a fresh look; then the last one is shown."""


def health(centre: Centre) -> APIRouter:
    """The page."""
    routes, looker = Routes(centre.store.device, default_response_class=HTMLResponse), examiner(centre)

    @routes.get("/health", Action.HEALTH)
    def show(request: Request) -> Response:
        lang, seen = lang_of(request), looker.lately(WAIT_S)
        checks = [] if seen is None else seen.checks
        return page(
            request, centre, "health.html", marked=marked, checks=[shown(one, lang) for one in by_need(checks)],
            state=worst(checks) if checks else "", whole=translate(WHOLE[worst(checks)], lang) if checks else "",
            at="" if seen is None else LocalTime(CHINA_MIN, lang).exact(seen.at_us))

    return routes.router
