"""Who looked into which room live on a day, by the numbers of the orders that the terminal in the room shows."""
from __future__ import annotations

import dataclasses
import itertools

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.scope import Scope, scope_of
from central.live.desk import LiveDesk
from central.live.rooms import Room
from central.live.sittings import Look, Sitting, Watched, sittings
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
"""Orders, and looks into rooms, of a day that are gone through, the newest ones."""
SHOWN = 200
CHINA_MIN = 480
GOES_ON, NO_END = N_("since {start}, not over yet"), N_("{start}–{end} at the latest: its end is not on record")


@dataclasses.dataclass(frozen=True)
class LookView:
    """Somebody who looked."""

    at: str
    who: str
    role: str
    what: str
    class_id: str
    why: str
    record: Link


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
            told, cut = _of_day(tx, centre, since_us, asked["box"] or None)
            scope = scope_of(tx, actor_of(request))
            theirs = (_theirs(tx, desk, scope, one, now_us) for one in told if _wanted(one, asked))
            found = list(itertools.islice((one for one in theirs if one is not None), SHOWN + 1))
        shown = [_view(centre, one, room, now_us, lang) for one, room in found[:SHOWN]]
        return page(request, centre, "looks.html", asked=asked, sittings=shown, more=cut or len(found) > SHOWN)

    return routes.router


def _of_day(tx: Tx, centre: Centre, since_us: int, box: str | None) -> tuple[tuple[Sitting, ...], bool]:
    """Those that began on a day, in the room of a box or in any; and whether there may be more of them."""
    until_us, before_us = since_us + DAY_US, MOST_LIVE_S * SECOND
    orders = tx.orders_and_ends(box, since_us - before_us, until_us + before_us, MOST)
    seqs = tx.looks_into_rooms(box, since_us - before_us, until_us, MOST)
    said = []
    for seq in seqs:
        sealed = tx.record(centre.store.device, centre.store.chain, seq)
        body = None if sealed is None else body_of(sealed.record)
        if sealed is not None and isinstance(body, CentreLook):
            said.append(Look(seq, sealed.record.utc_us, body))
    joined = sittings([one for one in (_watched(*each) for each in orders) if one is not None], said)
    found = tuple(one for one in joined if since_us <= one.from_us < until_us)
    return found, max(len(orders), len(seqs)) == MOST


def _watched(sealed: Sealed, ended: Sealed | None) -> Watched | None:
    body = body_of(sealed.record)
    if not isinstance(body, BoxOrder) or body.watch is None:
        return None
    last_us = utc_us(body.expires) + body.watch.seconds * SECOND
    until_us = last_us if ended is None else min(last_us, max(ended.record.utc_us, sealed.record.utc_us))
    return Watched(body.number, body.device, body.watch.form, sealed.record.utc_us, until_us, ended is not None)


def _wanted(one: Sitting, asked: dict[str, str]) -> bool:
    number, box = asked["number"].removeprefix("#"), asked["box"]
    return (not number or number in [str(each) for each in one.numbers]) and (not box or one.device == box)


def _theirs(tx: Tx, desk: LiveDesk, scope: Scope, one: Sitting, now_us: int) -> tuple[Sitting, Room | None] | None:
    """What of a sitting is within somebody's reach, and whose room it was: a class of theirs had it when the sitting
    began or ended, or somebody began to look. What others looked at in it, in the room of another school, is left out.
    """
    moments = [one.from_us, min(one.until_us, now_us), *(look.at_us for look in one.looks)]
    held = [next((room for room in rooms if scope.holds(room.institution)), None)
            for rooms in desk.rooms.at(tx, one.device, moments)]
    first = next((room for room in held if room is not None), None)
    if scope.everything:
        return one, first
    if first is None:
        return None
    return dataclasses.replace(one, looks=tuple(itertools.compress(one.looks, held[2:]))), first


def _view(centre: Centre, one: Sitting, room: Room | None, now_us: int, lang: str) -> SittingView:
    local = LocalTime(room.utc_offset_min if room else CHINA_MIN, lang)
    return SittingView(", ".join(str(each) for each in one.numbers), room.room if room else "", one.device,
                       _when(one, now_us, local), tuple(_look(centre, each, local) for each in one.looks))


def _when(one: Sitting, now_us: int, local: LocalTime) -> str:
    start, end = f"{local.date(one.from_us)} {local.seconds(one.from_us)}", local.seconds(one.until_us)
    if not one.orders:
        return start
    if one.ended:
        return f"{start}–{end}"
    return translate(GOES_ON if now_us < one.until_us else NO_END, local.lang, start=start, end=end)


def _look(centre: Centre, one: Look, local: LocalTime) -> LookView:
    said, lang = one.said, local.lang
    return LookView(
        local.seconds(one.at_us), said.account, translate(ROLE_WORDS.get(said.role or "", ""), lang),
        translate(LOOKS.get(said.what, said.what), lang), said.class_id or "", why_words(said.why, lang),
        link((centre.store.device, centre.store.chain, one.seq)))
