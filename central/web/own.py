"""The own account: a new password, codes of an app, tokens for programs."""
from __future__ import annotations

import base64
import binascii
import dataclasses

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from central.accounts import codes
from central.accounts.actions import Action
from central.accounts.door import Door
from central.accounts.passwords import LEAST
from central.classes.institutions import institutions_of
from central.errors import NotSignedIn, NotTheCode
from central.store.accounts import Kept
from central.web.access import Routes, actor_of, field
from central.web.localtime import LocalTime
from central.web.own_alarms import mails_in_words
from central.web.people import person_view
from central.web.render import lang_of, page
from central.web.signing_in import address, twice
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadInput

DONE = N_("The password is changed. Whoever was logged in elsewhere with the old one is out.")
CODES_ON = N_("From now on a code of the app is asked for when you log in. Whoever was logged in elsewhere is out.")
REVOKED = N_("The token lets nobody in any more.")
SAID = {"password": DONE, "codes": CODES_ON, "revoked": REVOKED}


def own(centre: Centre) -> APIRouter:
    """Routes of one's own account."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/own", Action.OWN)
    def show(request: Request) -> Response:
        return _own(request, centre)

    @routes.get("/own/password", Action.OWN)
    def ask_password(request: Request) -> Response:
        return _own(request, centre)

    @routes.post("/own/password", Action.OWN)
    def password(request: Request) -> Response:
        error = twice(request)
        if not error:
            try:
                entered = _door(request).change_password(
                    actor_of(request), field(request, "old"), field(request, "password"), address(request),
                    field(request, "code"))
            except BadInput as refused:
                error = words(refused, lang_of(request))
            else:
                response = RedirectResponse("/own?done=password", 303)
                request.app.state.cookies.give(response, entered.token)
                return response
        return _own(request, centre, error)

    @routes.get("/own/codes", Action.OWN)
    def offer(request: Request) -> Response:
        if person_view(_kept(request, centre), {}, lang_of(request)).codes:
            return RedirectResponse("/own", 303)
        secret, sealed = _door(request).offer_codes(actor_of(request))
        return _codes(request, centre, secret, sealed)

    @routes.post("/own/codes", Action.OWN)
    def take(request: Request) -> Response:
        sealed = _sealed(field(request, "sealed"))
        secret = _door(request).offered(actor_of(request), sealed)
        try:
            entered = _door(request).take_codes(
                actor_of(request), sealed, field(request, "code"), field(request, "password"), address(request))
        except BadInput as error:
            return _codes(request, centre, secret, sealed, words(error, lang_of(request)))
        response = RedirectResponse("/own?done=codes", 303)
        request.app.state.cookies.give(response, entered.token)
        return response

    @routes.post("/own/tokens", Action.OWN)
    def make_token(request: Request) -> Response:
        try:
            token = _door(request).make_token(
                actor_of(request), field(request, "label"), field(request, "password"), address(request),
                field(request, "code"))
        except BadInput as error:
            return _own(request, centre, words(error, lang_of(request)), field(request, "label"))
        return page(request, centre, "token.html", token=token)

    @routes.post("/own/tokens/revoke", Action.OWN)
    def revoke_token(request: Request) -> Response:
        who = actor_of(request).account
        _door(request).desk.revoke_token(who, field(request, "hash"), who)
        return RedirectResponse("/own?done=revoked", 303)

    return routes.router


@dataclasses.dataclass(frozen=True)
class TokenView:
    """A token as the page shows it; `over`: it holds no longer."""

    hash: str
    label: str
    made: str
    until: str
    used: str
    over: bool


def _tokens(request: Request, centre: Centre) -> list[TokenView]:
    local, now_us = LocalTime(480, lang_of(request)), centre.clock.stamp().utc_us
    with centre.store.read() as tx:
        found = tx.api_tokens(actor_of(request).account)
    return [TokenView(one.token, one.label, local.date(one.made_us), local.date(one.until_us),
                      "" if one.used_us is None else local.full(one.used_us), one.until_us <= now_us) for one in found]


def _own(request: Request, centre: Centre, error: str = "", label: str = "") -> Response:
    done = SAID.get(request.query_params.get("done", ""), "")
    lang = lang_of(request)
    with centre.store.read() as tx:
        institutions = institutions_of(tx)
    return page(request, centre, "own.html", 422 if error else 200, person=person_view(
        _kept(request, centre), institutions, lang), error=error, done=translate(done, lang), least=LEAST,
        tokens=_tokens(request, centre), label=label, mails=mails_in_words(centre, actor_of(request).account, lang))


def _codes(request: Request, centre: Centre, secret: str, sealed: bytes, error: str = "") -> Response:
    text = codes.address(secret, actor_of(request).account, centre.config.name)
    # Drawn by segno from a text of our own: no part of it is markup that somebody wrote.
    return page(request, centre, "codes.html", 422 if error else 200, error=error, address=text,
                picture=Markup(codes.picture(text)), sealed=base64.b64encode(sealed).decode(),
                secret=" ".join(secret[at:at + 4] for at in range(0, len(secret), 4)))


def _sealed(text: str) -> bytes:
    try:
        return base64.b64decode(text[:1000], validate=True)
    except (binascii.Error, ValueError):
        raise NotTheCode from None


def _kept(request: Request, centre: Centre) -> Kept:
    with centre.store.read() as tx:
        kept = tx.account(actor_of(request).account)
    if kept is None:
        raise NotSignedIn
    return kept


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door
