"""Pages from templates, in the language that somebody asked for: `?lang=` first, then their cookie, else Chinese."""
from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from central.web.links import record_words
from central.web.nav import entries
from central.wiring import Centre
from common.reasons import rule_words
from common.texts import LANGS, language, translate

COOKIE = "lang"
FIELD_HTML = '<input type="hidden" name="token" value="{}">'
YEAR_S = 365 * 24 * 3600


class Say:
    """The texts of a page in one language, which templates call `_`; records by what they are called."""

    def __init__(self, lang: str, own: str) -> None:
        self._lang, self._own = lang, own

    def __call__(self, msgid: str, **params: object) -> str:
        return translate(msgid, self._lang, **params)

    def rule(self, rule: str) -> str:
        """What a rule is called."""
        return rule_words(rule, self._lang)

    def record(self, device: str, seq: int) -> str:
        """What a record is called."""
        return record_words(device, seq, self._own, self._lang)


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
    """One page. Templates have `_` for texts, `lang`, where the language switch leads, `me` (the Actor, or None),
    `nav`, and `form_field()`, which every form with method="post" holds."""
    lang, me, cookies = lang_of(request), getattr(request.state, "actor", None), request.app.state.cookies
    html = environment().get_template(template).render(
        _=Say(lang, centre.store.device), lang=lang, centre=centre.config.name, test_keys=centre.keys.test,
        switch={code: _switch(request, code) for code in LANGS}, me=me,
        own_here=request.url.path.startswith("/own"), nav=[] if me is None else entries(me, request.url.path, lang),
        form_field=lambda: Markup(FIELD_HTML).format(cookies.form_token(request)), **content,
    )
    response = HTMLResponse(html, status)
    cookies.keep_visit(request, response)
    if request.query_params.get("lang"):
        response.set_cookie(COOKIE, lang, max_age=YEAR_S, secure=cookies.tls, samesite="strict", httponly=True)
    return response


def _switch(request: Request, lang: str) -> str:
    """The same page in another language; of what a form led to, the page that the form is on."""
    url = request.url
    return str(url.include_query_params(lang=lang) if request.method in ("GET", "HEAD") else
               url.replace(query="").include_query_params(lang=lang))
