"""Who looked into which room live on a day, by the numbers of the orders that the terminal in the room shows."""
from __future__ import annotations

import dataclasses

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.looks import AGAIN_US
from central.accounts.people import Actor
from central.accounts.scope import scope_of
from central.live.desk import LiveDesk
from central.live.rooms import Room
from central.live.sittings import Look, Sitting, Watched, held, sittings
from central.store.tables import Tx
from central.web.access import Routes, actor_of
from central.web.audit import DAY_US, LOOKS, day_of
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.people import ROLE_WORDS
from central.web.reasons import why_words
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import N_, translate
from evidence.bodies import CentreLook, body_of
from evidence.box_orders import MOST_LIVE_S, BoxOrder
from evidence.records import Sealed
from evidence.times import SECOND, utc_us

MOST = 2000
"""Orders, and looks, of a day that are gone through, the newest ones."""
SHOWN = 200
CHINA_MIN = 480
GOES_ON, NO_END = N_("since {start}, not over yet"), N_("{start}–{end} at the latest: its end is not on record")


@dataclasses.dataclass(frozen=True)
class LookView:
    """Somebody who looked. `given`: when the reason was given, if that was for a look before; `record`: None where none
    is known."""

    at: str
    who: str
    role: str
    what: str
    class_id: str
    why: str
    record: Link | None
    given: str = ""


@dataclasses.dataclass(frozen=True)
class SittingView:
    """`numbers`: of the orders, as the terminal shows them."""

    numbers: str
    room: str
    device: str
    when: str
    looks: tuple[LookView, ...]


def looks(centre: Centre, desk: LiveDesk) -> APIRouter:
    """The route of the page."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/looks", Action.LOOKS)
    def show(request: Request) -> Response:
        now_us, lang = centre.clock.stamp().utc_us, lang_of(request)
        asked = {name: request.query_params.get(name, "").strip()[:64] for name in ("number", "box", "day")}
        since_us = day_of(asked["day"])
        if since_us is None:
            since_us = (now_us // (60 * SECOND) + CHINA_MIN) // 1440 * DAY_US - CHINA_MIN * 60 * SECOND
        asked["day"] = LocalTime(CHINA_MIN, "en").day(since_us)
        with centre.store.read() as tx:
            made, said = _around(tx, centre, since_us)
            of_day = [one for one in sittings(made, said) if since_us <= one.from_us < since_us + DAY_US]
            found = [(one, room) for one in of_day if _wanted(one, asked)
                     for room in [_seen(tx, desk, actor_of(request), one)] if room is not None]
        shown = [_view(centre, one, said, room, now_us, lang) for one, room in found[:SHOWN]]
        return page(request, centre, "looks.html", asked=asked, sittings=shown, more=len(found) > SHOWN)

    return routes.router


def _around(tx: Tx, centre: Centre, since_us: int) -> tuple[list[Watched], list[Look]]:
    """The orders and looks of a day, and of just before and after it."""
    until_us, before_us = since_us + DAY_US, MOST_LIVE_S * SECOND
    made = [_watched(*one) for one in tx.orders_and_ends(since_us - before_us, until_us + before_us, MOST)]
    rows = [one for one in tx.audited(since_us=since_us - AGAIN_US, until_us=until_us, most=MOST)
            if one.type == "look.centre"]
    said = []
    for row in rows:
        sealed = tx.record(centre.store.device, centre.store.chain, row.seq)
        body = None if sealed is None else body_of(sealed.record)
        if isinstance(body, CentreLook) and body.device is not None:
            said.append(Look(row.seq, row.at_us, body))
    return [one for one in made if one is not None], said


def _watched(sealed: Sealed, ended: Sealed | None) -> Watched | None:
    body = body_of(sealed.record)
    if not isinstance(body, BoxOrder) or body.watch is None:
        return None
    last_us = utc_us(body.expires) + body.watch.seconds * SECOND
    until_us = last_us if ended is None else min(last_us, max(ended.record.utc_us, sealed.record.utc_us))
    return Watched(body.number, body.device, body.watch.form, sealed.record.utc_us, until_us, body.watch.by,
                   ended is not None)


def _wanted(one: Sitting, asked: dict[str, str]) -> bool:
    number, box = asked["number"].removeprefix("#"), asked["box"]
    return (not number or number in [str(each) for each in one.numbers]) and (not box or one.device == box)


def _seen(tx: Tx, desk: LiveDesk, actor: Actor, one: Sitting) -> Room | str | None:
    """Whose room it was then, if that is within somebody's reach; None: it is not."""
    (rooms,) = desk.rooms.at(tx, one.device, [one.from_us])
    scope = scope_of(tx, actor)
    mine = [room for room in rooms if scope.holds(room.institution)]
    return mine[0] if mine else one.device if scope.everything else None


def _view(
    centre: Centre, one: Sitting, said: list[Look], room: Room | str, now_us: int, lang: str,
) -> SittingView:
    known = room if isinstance(room, Room) else None
    local = LocalTime(known.utc_offset_min if known else CHINA_MIN, lang)
    seen = [_look(centre, each, local) for each in one.looks]
    seen += [_held(centre, order, look, local) for order, look in held(one, said)]
    return SittingView(", ".join(str(each) for each in one.numbers), known.room if known else "", one.device,
                       _when(one, now_us, local), tuple(sorted(seen, key=lambda each: each.at)))


def _when(one: Sitting, now_us: int, local: LocalTime) -> str:
    start, end = f"{local.date(one.from_us)} {local.seconds(one.from_us)}", local.seconds(one.until_us)
    if not one.orders:
        return start
    if one.ended:
        return f"{start}–{end}"
    return translate(GOES_ON if now_us < one.until_us else NO_END, local.lang, start=start, end=end)


def _held(centre: Centre, order: Watched, look: Look | None, local: LocalTime) -> LookView:
    """Whoever had an order made, for the reason of a look before."""
    at = local.seconds(order.from_us)
    if look is None:
        return LookView(at, order.by, "", "", "", "", None)
    return dataclasses.replace(_look(centre, look, local), at=at, class_id="", given=local.seconds(look.at_us))


def _look(centre: Centre, one: Look, local: LocalTime) -> LookView:
    said, lang = one.said, local.lang
    return LookView(
        local.seconds(one.at_us), said.account, translate(ROLE_WORDS.get(said.role or "", ""), lang),
        translate(LOOKS.get(said.what, said.what), lang), said.class_id or "", why_words(said.why, lang),
        link((centre.store.device, centre.store.chain, one.seq)))
