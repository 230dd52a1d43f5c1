"""The pages of administrators: accounts and institutions."""
from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.desk import AccountDesk
from central.classes.institutions import institutions_of
from central.errors import UnknownAccount
from central.web.access import Routes, actor_of, field
from central.web.people import person_view, roles_in_words
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.errors import BadInput, ZaitangError

A, M = Action.ACCOUNTS, Action.INSTITUTIONS


def administration(centre: Centre) -> APIRouter:
    """Routes of accounts and institutions."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/accounts", A)
    def accounts(request: Request) -> Response:
        return _accounts(request, centre)

    @routes.post("/accounts", A)
    def add(request: Request) -> Response:
        name, by = field(request, "account").strip(), actor_of(request).account
        try:
            _desk(request).add(name, field(request, "role"), field(request, "scope").strip(), by)
            return _link(request, centre, name)
        except BadInput as error:
            return _accounts(request, centre, error)

    @routes.get("/accounts/{account}", A)
    def account(request: Request, account: str) -> Response:
        return _account(request, centre, account)

    @routes.post("/accounts/{account}", A)
    def change(request: Request, account: str) -> Response:
        try:
            return _change(request, centre, account)
        except UnknownAccount:
            raise
        except BadInput as error:
            return _account(request, centre, account, error)

    @routes.get("/institutions", M)
    def institutions(request: Request) -> Response:
        return _institutions(request, centre)

    @routes.post("/institutions", M)
    def put(request: Request) -> Response:
        try:
            _desk(request).put_institution(field(request, "institution").strip(), field(request, "name"),
                                           field(request, "region").strip(), actor_of(request).account)
        except BadInput as error:
            return _institutions(request, centre, error)
        return RedirectResponse("/institutions", 303)

    return routes.router


def _change(request: Request, centre: Centre, account: str) -> Response:
    """What one of the buttons of an account's page asks for."""
    desk, by, what = _desk(request), actor_of(request).account, field(request, "do")
    if what == "link":
        return _link(request, centre, account)
    if what == "change":
        desk.change(account, field(request, "role"), field(request, "scope").strip(), by)
    elif what == "disable":
        desk.disable(account, by)
    elif what == "enable":
        desk.enable(account, by)
    elif what == "totp-off":
        desk.totp_off(account, by)
    return RedirectResponse(f"/accounts/{account}", 303)


def _accounts(request: Request, centre: Centre, error: ZaitangError | None = None) -> Response:
    lang = lang_of(request)
    with centre.store.read() as tx:
        institutions, kept = institutions_of(tx), tx.accounts()
    return page(request, centre, "accounts.html", 200 if error is None else 422,
                people=[person_view(one, institutions, lang) for one in kept], roles=roles_in_words(lang),
                institutions=institutions.values(), error="" if error is None else words(error, lang))


def _account(request: Request, centre: Centre, account: str, error: ZaitangError | None = None) -> Response:
    lang = lang_of(request)
    with centre.store.read() as tx:
        institutions, kept = institutions_of(tx), tx.account(account)
    if kept is None:
        raise UnknownAccount(account=account[:80])
    return page(request, centre, "account.html", 200 if error is None else 422,
                person=person_view(kept, institutions, lang), roles=roles_in_words(lang),
                institutions=institutions.values(), error="" if error is None else words(error, lang))


def _link(request: Request, centre: Centre, account: str) -> Response:
    """Shown once, to be handed over; only its hash is kept."""
    token = _desk(request).link(account, actor_of(request).account)
    link = str(request.url.replace(path=f"/welcome/{token}", query="", fragment=""))
    return page(request, centre, "link.html", account=account, link=link)


def _institutions(request: Request, centre: Centre, error: ZaitangError | None = None) -> Response:
    with centre.store.read() as tx:
        known = institutions_of(tx)
    return page(request, centre, "institutions.html", 200 if error is None else 422, known=known.values(),
                error="" if error is None else words(error, lang_of(request)))


def _desk(request: Request) -> AccountDesk:
    desk: AccountDesk = request.app.state.door.desk
    return desk
