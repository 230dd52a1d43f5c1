"""Pages from templates, in the language that somebody asked for: `?lang=` first, then their cookie, else Chinese."""
from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from central.wiring import Centre
from common.texts import LANGS, language, translate

COOKIE = "lang"
YEAR_S = 365 * 24 * 3600


@functools.cache
def environment() -> Environment:
    """Every text is escaped; a name that a template misspells is an error."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def lang_of(request: Request) -> str:
    """zh or en."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    return language(asked)


def page(request: Request, centre: Centre, template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """One page. Templates have `_` for texts, `lang`, and where the language switch leads."""
    lang = lang_of(request)
    html = environment().get_template(template).render(
        _=functools.partial(translate, lang=lang), lang=lang, centre=centre.config.name, test_keys=centre.keys.test,
        switch={code: str(request.url.include_query_params(lang=code)) for code in LANGS}, **content,
    )
    response = HTMLResponse(html, status)
    if request.query_params.get("lang"):
        response.set_cookie(COOKIE, lang, max_age=YEAR_S, samesite="strict", httponly=True)
    return response
