"""New boxes: claimed by the code of their screen, then approved or refused by an administrator."""
from __future__ import annotations

import dataclasses
import time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.scope import scope_of
from central.devices.claims import public_key
from central.devices.errors import NotCompared, TooManyTries, UnknownCode
from central.devices.introductions import MOST_ROOM, Named
from central.devices.limits import Tries
from central.store.devices import Claim
from central.store.tables import Tx
from central.web.access import Routes, actor_of, field
from central.web.boxes import CHINA_MIN
from central.web.errors import NothingChosen
from central.web.plan_choices import choices, claimed_within, policy_of_form, waiting_within
from central.web.render import lang_of, page
from central.wiring import Centre
from common.reasons import moment_words
from common.texts import LANGS, words
from evidence.claim_code import read_claim_code
from evidence.errors import BadInput
from evidence.seal import keyid_of

FINGERPRINT_GROUP = 4
USUAL_POLICY = "sanmenxia-2023"
LATEST = 20
"""Boxes that were approved, below those that wait."""


@dataclasses.dataclass(frozen=True)
class NewBox:
    """A machine as a page shows it. `key`: its evidence key, hex, that a form sends back; `fingerprint`: as its screen
    shows it, in groups; `known`: how many keys of a box of that name are believed already."""

    device: str
    serial: str
    key: str
    fingerprint: tuple[str, ...]
    came: str
    address: str
    room: str
    institution: str
    claimed_by: str
    known: int


def new_boxes(centre: Centre) -> APIRouter:
    """Routes of them."""
    routes, tries = Routes(centre.store.device, default_response_class=HTMLResponse), Tries(time.monotonic)

    @routes.get("/boxes/new", Action.CLAIM_BOX)
    def show(request: Request) -> Response:
        return _claiming(request, centre, tries, request.query_params.get("code", ""))

    @routes.post("/boxes/new", Action.CLAIM_BOX)
    def claim(request: Request) -> Response:
        code = field(request, "code")
        try:
            _find(request, centre, tries, code)
            _claim(request, centre, code)
        except BadInput as error:
            return _claiming(request, centre, tries, code, error)
        return RedirectResponse("/boxes/waiting", 303)

    @routes.get("/boxes/waiting", Action.CLAIM_BOX)
    def waiting(request: Request) -> Response:
        return _waiting(request, centre)

    @routes.post("/boxes/waiting", Action.DEVICES)
    def decide(request: Request) -> Response:
        try:
            _decide(request, centre)
        except BadInput as error:
            return _waiting(request, centre, error)
        return RedirectResponse("/boxes/waiting", 303)

    return routes.router


def _find(request: Request, centre: Centre, tries: Tries, code: str) -> Claim:
    """The machine of a code; who guesses waits. Raises UnknownCode, CodeUsed, TooManyTries."""
    account = actor_of(request).account
    if not tries.is_open(account):
        raise TooManyTries
    try:
        return centre.welcome().find(code)
    except UnknownCode:
        tries.refused(account)
        raise


def _claim(request: Request, centre: Centre, code: str) -> None:
    lang, actor = field(request, "lang"), actor_of(request)
    offered = choices(centre, actor, None, lang_of(request))
    if lang not in LANGS:
        raise NothingChosen
    if field(request, "same") != "yes":
        raise NotCompared
    named = Named(field(request, "device").strip(), field(request, "room").strip(),
                  offered.institution(field(request, "institution")), policy_of_form(request, offered), lang)
    centre.welcome().claim(code, field(request, "key"), named, actor.account, actor.may(Action.DEVICES))


def _decide(request: Request, centre: Centre) -> None:
    desk, device, key = centre.desk(), field(request, "device"), field(request, "key")
    if field(request, "do") == "refuse":
        desk.refuse(device, field(request, "reason"), key)
        return
    if field(request, "do") != "approve":
        raise NothingChosen
    if field(request, "same") != "yes":
        raise NotCompared
    desk.approve(device, key, actor_of(request).account)


def _claiming(request: Request, centre: Centre, tries: Tries, code: str, error: BadInput | None = None) -> Response:
    """The page on which a code is typed, and below it the machine that shows it."""
    box, lang = None, lang_of(request)
    if code:
        try:
            claim = _find(request, centre, tries, code)
            with centre.store.read() as tx:
                box = _view(tx, claim, {}, lang)
        except BadInput as wrong:
            error = error or wrong
    offered = choices(centre, actor_of(request), None, lang)
    return page(request, centre, "box_new.html", 200 if error is None else 422, box=box, offered=offered, langs=LANGS,
                code=read_claim_code(code) or code[:40], error="" if error is None else words(error, lang),
                given=_given(request, box, lang), most_room=MOST_ROOM,
                line=told_line(centre), address=_address(centre), pin=_groups(centre.root_fingerprint))


def told_line(centre: Centre) -> str:
    """What the installer of a box is told of this centre; of its console only where telephones reach that."""
    web = centre.config.web
    console = f" --console {web.address.rstrip('/')}" if web.tls and web.names else ""
    return f"--centre {_address(centre)} --pin {centre.root_fingerprint}{console}"


def _address(centre: Centre) -> str:
    devices = centre.config.devices
    return f"https://{devices.names[0]}:{devices.port}"


def _groups(fingerprint: str) -> tuple[str, ...]:
    """As people compare and type it."""
    return tuple(fingerprint[at:at + FINGERPRINT_GROUP] for at in range(0, len(fingerprint), FINGERPRINT_GROUP))


def _given(request: Request, box: NewBox | None, lang: str) -> dict[str, str]:
    """What the form holds already: what was sent and refused."""
    names = ("device", "room", "institution", "policy", "lang")
    if request.method == "POST":
        return {name: field(request, name)[:MOST_ROOM] for name in names}
    return dict(zip(names, (box.device if box else "", "", "", USUAL_POLICY, lang), strict=True))


def _waiting(request: Request, centre: Centre, error: BadInput | None = None) -> Response:
    lang, actor = lang_of(request), actor_of(request)
    with centre.store.read() as tx:
        scope = scope_of(tx, actor)
        names = {one.institution: one.name for one in scope.visible()}
        boxes = [_view(tx, one, names, lang) for one in waiting_within(tx, scope)]
        done = sorted(claimed_within(tx, scope, "approved"), key=lambda one: -(one.asked_us or 0))[:LATEST]
        approved = [_view(tx, one, names, lang) for one in done]
    return page(request, centre, "boxes_waiting.html", 200 if error is None else 422, boxes=boxes, approved=approved,
                decides=actor.may(Action.DEVICES), error="" if error is None else words(error, lang))


def _view(tx: Tx, claim: Claim, institutions: dict[str, str], lang: str) -> NewBox:
    keyid, by = keyid_of(public_key(claim.evidence_key or "")), claim.institution or ""
    return NewBox(claim.device, claim.serial, claim.evidence_key or "", _groups(keyid),
                  moment_words(claim.asked_us or 0, CHINA_MIN, lang), claim.asked_from or "", claim.room or "",
                  institutions.get(by, by), claim.claimed_by or "", len(tx.keys_of(claim.device)))
