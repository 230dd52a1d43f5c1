"""Signing in: password, code of an app, the one-time link that leads to a password; and signing out."""
from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.door import Door, Entered
from central.accounts.passwords import LEAST
from central.errors import NotSignedIn
from central.web.access import Public, Routes, actor_if_any, field
from central.web.cookies import Cookies
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadInput, ZaitangError

HERE = Public("whoever signs in has not signed in yet", form=True)
LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1500}")
"""A path of ours: a browser reads // and \\ as the beginning of another machine's address."""
TWICE = N_("what was typed is not twice the same")


def signing_in(centre: Centre) -> APIRouter:
    """Routes of the door."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/sign-in", HERE)
    def ask(request: Request) -> Response:
        if actor_if_any(request) is not None:
            return RedirectResponse(local(request.query_params.get("next")), 303)
        return _form(request, centre)

    @routes.post("/sign-in", HERE)
    def enter(request: Request) -> Response:
        try:
            name, password = field(request, "account").strip(), field(request, "password")
            entered = _door(request).enter(name, password, address(request))
        except BadInput as error:
            return _form(request, centre, error)
        return _in(request, entered)

    @routes.get("/sign-in/code", HERE)
    def ask_code(request: Request) -> Response:
        if _half(request) is None:
            return RedirectResponse("/sign-in", 303)
        return page(request, centre, "code.html", next=local(request.query_params.get("next")), error="")

    @routes.post("/sign-in/code", HERE)
    def code(request: Request) -> Response:
        try:
            entered = _door(request).code(_cookies(request).read(request) or "", field(request, "code"))
        except NotSignedIn:
            return RedirectResponse("/sign-in", 303)
        except BadInput as error:
            return page(request, centre, "code.html", 403, next=_next(request), error=words(error, lang_of(request)))
        return _in(request, entered)

    @routes.get("/welcome/{link}", HERE)
    def welcome(request: Request, link: str) -> Response:
        owner = _door(request).desk.owner_of_link(link)
        wanted = local(request.query_params.get("next"))
        return page(request, centre, "welcome.html", account=owner.name, error="", least=LEAST, next=wanted)

    @routes.post("/welcome/{link}", HERE)
    def begin(request: Request, link: str) -> Response:
        owner = _door(request).desk.owner_of_link(link)
        error = twice(request)
        if not error:
            try:
                return _in(request, _door(request).enter_by_link(link, field(request, "password")))
            except BadInput as refused:
                error = words(refused, lang_of(request))
        return page(request, centre, "welcome.html", 422, account=owner.name, error=error, least=LEAST,
                    next=_next(request))

    @routes.post("/sign-out", Action.OWN)
    def leave(request: Request) -> Response:
        _door(request).leave(_cookies(request).read(request) or "")
        response = RedirectResponse("/sign-in", 303)
        _cookies(request).take(response)
        return response

    return routes.router


def local(path: str | None) -> str:
    """Where to go after signing in: a path of this console, else its first page."""
    if path is None or not LOCAL.fullmatch(path) or path.startswith("/sign-"):
        return "/"
    return path


def to_sign_in(request: Request) -> Response:
    """Ask who it is, and come back."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = local(path) if request.method in ("GET", "HEAD") else "/"
    more = [*([] if wanted == "/" else [("next", wanted)]),
            *(("lang", lang) for lang in request.query_params.getlist("lang")[:1])]
    return RedirectResponse("/sign-in" + ("?" + urlencode(more) if more else ""), 303)


def address(request: Request) -> str:
    """Whence a request comes, as far as tries are counted."""
    return request.client.host if request.client is not None else ""


def twice(request: Request) -> str:
    """What is wrong with a new password that was to be typed twice; nothing if nothing is."""
    same = field(request, "password") == field(request, "again")
    return "" if same else translate(TWICE, lang_of(request))


def _form(request: Request, centre: Centre, error: ZaitangError | None = None) -> Response:
    with centre.store.read() as tx:
        first = tx.count_accounts() == 0
    wanted = local(request.query_params.get("next")) if error is None else _next(request)
    said = "" if error is None else words(error, lang_of(request))
    return page(request, centre, "sign_in.html", 200 if error is None else 403, next=wanted, error=said, first=first,
                folder=str(centre.folder), account=field(request, "account")[:64] if error is not None else "")


def _in(request: Request, entered: Entered) -> Response:
    """A fresh cookie, and on: the one from before is worth nothing."""
    _door(request).leave(_cookies(request).read(request) or "")
    wanted = _next(request)
    if not entered.whole:
        wanted = "/sign-in/code" + ("" if wanted == "/" else "?" + urlencode({"next": wanted}))
    response = RedirectResponse(wanted, 303)
    _cookies(request).give(response, entered.token)
    return response


def _next(request: Request) -> str:
    return local(field(request, "next"))


def _half(request: Request) -> str | None:
    return _door(request).half(_cookies(request).read(request) or "")


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies
