"""The audit page: who looked at what and why, and which accounts and institutions changed, newest first."""
from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.people import Actor
from central.accounts.scope import sees_class
from central.store.accounts import Audited
from central.store.tables import Tx
from central.web.access import Routes, actor_of
from central.web.links import Link, link, record_words
from central.web.people import role_words
from central.web.reasons import why_words
from central.web.render import lang_of, page
from central.wiring import Centre
from common.reasons import block_words, moment_words
from common.texts import N_, translate
from evidence.bodies import AccountChanged, CentreLook, Institution, body_of

CHINA = datetime.timezone(datetime.timedelta(hours=8))
DAY_US = 24 * 3600 * 1_000_000
SHOWN, WALKED = 100, 2000
"""Lines on a page; and how many are looked through for those that somebody may see."""
LOOKS = {
    "class": N_("a class with its people"), "plan": N_("a plan with its people"), "record": N_("a record"),
    "video": N_("video"), "live": N_("live view"), "wall": N_("live pictures of rooms"),
    "replay": N_("replay of a recording"), "archive": N_("archive"), "faces": N_("pictures of faces"),
    "person": N_("the record of one trainee"), "own": N_("the own record, as a trainee"),
    "names": N_("people found by name"), "export": N_("an export"),
}
CHANGES = {
    "added": N_("account {account} made: {role}"), "changed": N_("account {account} changed: {role}"),
    "disabled": N_("account {account} disabled"), "enabled": N_("account {account} enabled"),
    "password": N_("password of account {account} set"), "link": N_("one-time link for account {account} made"),
    "totp.on": N_("codes for account {account} switched on"),
    "totp.off": N_("codes for account {account} switched off"),
    "token.made": N_("token for programs made for account {account}"),
    "token.revoked": N_("token for programs of account {account} revoked"),
    "mail.on": N_("mail of alarms for account {account} switched on"),
    "mail.moved": N_("mail of alarms for account {account} goes to another address"),
    "mail.off": N_("mail of alarms for account {account} switched off"),
}
INSTITUTION = N_("institution {institution}: {name}, region {region}")
HASHED = re.compile(r"#[0-9a-f]{32}")
COMMAND = N_("a command on the centre's machine")


@dataclasses.dataclass(frozen=True)
class Line:
    """One look or change."""

    at: str
    who: str
    what: str
    details: str
    why: str
    class_id: str
    record: Link


def audit(centre: Centre) -> APIRouter:
    """The route of the audit page."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/audit", Action.AUDIT)
    def show(request: Request) -> Response:
        asked = {name: request.query_params.get(name, "").strip()[:64] for name in ("account", "class", "day", "below")}
        with centre.store.read() as tx:
            found, older = _found(tx, actor_of(request), asked)
            lines = [_line(tx, centre, one, lang_of(request)) for one in found]
        return page(request, centre, "audit.html", lines=lines, asked=asked, older=older)

    return routes.router


def _found(tx: Tx, actor: Actor, asked: dict[str, str]) -> tuple[list[Audited], int | None]:
    """What this person may see of what was asked for, and below which number there may be more."""
    filters: dict[str, Any] = {"account": asked["account"] or None, "class_id": asked["class"] or None}
    if (since_us := day_of(asked["day"])) is not None:
        filters |= {"since_us": since_us, "until_us": since_us + DAY_US}
    below = int(asked["below"]) if asked["below"].isascii() and asked["below"].isdigit() else None
    sees: dict[str | None, bool] = {}
    found: list[Audited] = []
    rows = tx.audited(**filters, below=None if below is None else min(below, 2**53), most=WALKED + 1)
    for number, one in enumerate(rows[:WALKED], 1):
        if one.class_id not in sees:
            sees[one.class_id] = _sees(tx, actor, one.class_id)
        found += [one] if sees[one.class_id] else []
        if len(found) == SHOWN:
            return found, one.seq if number < len(rows) else None
    return found, rows[WALKED - 1].seq if len(rows) > WALKED else None


def _sees(tx: Tx, actor: Actor, class_id: str | None) -> bool:
    """Administrators see all; an auditor sees the looks at classes of the own region."""
    return actor.role == "administrator" or (class_id is not None and sees_class(tx, actor, class_id))


def day_of(text: str) -> int | None:
    """The beginning of a day in China, UTC µs; None where this is none."""
    try:
        day = datetime.date.fromisoformat(text)
        return round(datetime.datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        return None


def _line(tx: Tx, centre: Centre, one: Audited, lang: str) -> Line:
    place = (centre.store.device, centre.store.chain, one.seq)
    sealed = tx.record(*place)
    body = None if sealed is None else body_of(sealed.record)
    at, who = moment_words(one.at_us, 480, lang), one.account or translate(COMMAND, lang)
    if isinstance(body, CentreLook):
        what = translate(LOOKS.get(body.what, body.what), lang)
        details = _details(body, centre.store.device, lang)
        return Line(at, who, what, details, _why(body.why, lang), body.class_id or "", link(place))
    return Line(at, who, _change(body, one.type, lang), "", "", "", link(place))


def _details(look: CentreLook, own: str, lang: str) -> str:
    seen = look.record
    record = None if seen is None else record_words(seen.device, seen.seq, own, lang)
    block = None if look.block is None else block_words(look.block, lang)
    file = None if look.file is None else f"{look.file[:12]}…"
    return " · ".join(part for part in (look.device, block, look.person, record, file) if part)


def _why(said: str, lang: str) -> str:
    """The reason. What was searched for is a long hash, of which the beginning tells one from another."""
    return f"{said[:9]}…" if HASHED.fullmatch(said) else why_words(said, lang)


def _change(body: object, type_: str, lang: str) -> str:
    if isinstance(body, AccountChanged):
        role = role_words(body.role, lang) + (f" {body.scope}" if body.scope else "")
        return translate(CHANGES.get(body.what, body.what), lang, account=body.account, role=role)
    if isinstance(body, Institution):
        return translate(INSTITUTION, lang, institution=body.institution, name=body.name, region=body.region)
    return type_
