"""Looking into a room now: the page, which takes a reason, its stream in pieces, and how it stands."""
from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParam
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response

from central.accounts.actions import Action
from central.accounts.looks import LIVE, WALL
from central.accounts.people import Actor
from central.live.desk import LiveDesk
from central.live.errors import NoPiece
from central.live.rooms import Room
from central.live.stream import Piece
from central.web.access import Routes, actor_of
from central.web.case.common import back_to
from central.web.class_names import ClassName
from central.web.errors import UnclearReason
from central.web.held import Held
from central.web.live_words import no_reason, state_told
from central.web.localtime import LocalTime
from central.web.reasons import asked, asked_again, reason_of, said_before, unclear, why_words
from central.web.render import lang_of, page
from central.web.video import PLAYLIST, Sha
from central.wiring import Centre
from evidence.bodies import CentreLook

Count = Annotated[int, PathParam(ge=0, lt=2**53)]


def live(centre: Centre, desk: LiveDesk) -> APIRouter:
    """Routes of it. Without a reason on record a player, and a picture, are led to the page that asks for it."""
    routes, held = Routes(centre.store.device, default_response_class=HTMLResponse), Held(desk.hub)

    def looks(request: Request, box: str) -> CentreLook | None:
        return desk.looks_in(actor_of(request), box)

    def looks_at_wall(request: Request, box: str) -> bool:
        """The reason was given for the wall: for no room of it does it hold longer."""
        actor = actor_of(request)
        return desk.look(actor, WALL, None) is not None and desk.look(actor, WALL, box) is not None

    @routes.get("/live/{box}", Action.LIVE)
    def show(request: Request, box: ClassName) -> Response:
        return _page(request, centre, desk, box)

    @routes.post("/live/{box}", Action.LIVE)
    def begin(request: Request, box: ClassName) -> Response:
        try:
            why = reason_of(request)
        except UnclearReason:
            return asked_again(request, f"/live/{box}")
        desk.begin(actor_of(request), desk.reach(actor_of(request), box), why)
        return back_to(f"/live/{box}")

    @routes.post("/live/{box}/again", Action.LIVE)
    def again(request: Request, box: ClassName) -> Response:
        actor = actor_of(request)
        if desk.look(actor, LIVE, box) is not None:
            desk.begin(actor, desk.reach(actor, box), "")
        return back_to(f"/live/{box}")

    @routes.post("/live/{box}/end", Action.LIVE)
    def end(request: Request, box: ClassName) -> Response:
        desk.end(actor_of(request), box)
        return back_to("/wall")

    @routes.get("/live/{box}/state", Action.LIVE, response_class=JSONResponse)
    def state(request: Request, box: ClassName) -> dict[str, Any]:
        actor, lang = actor_of(request), lang_of(request)
        room = desk.reach(actor, box)
        if looks(request, box) is None:
            return no_reason(lang, desk.looking.over(actor.account, box))
        desk.watch(actor, room, "video")
        return state_told(desk.situation(room, "video"), lang)

    @routes.get("/live/{box}/stream.m3u8", Action.LIVE)
    async def stream(request: Request, box: ClassName, join: Annotated[int, Query(ge=0, lt=2**53)] = 0) -> Response:
        if await run_in_threadpool(looks, request, box) is None:
            return back_to(f"/live/{box}")
        account = actor_of(request).account
        desk.hub.see(box, "video", account)
        return _found((await held.playlist(box, (account, join))).encode(), PLAYLIST)

    @routes.get("/live/{box}/{order}/{epoch}/init.mp4", Action.LIVE)
    def init(request: Request, box: ClassName, order: Sha, epoch: Count) -> Response:
        if looks(request, box) is None:
            return back_to(f"/live/{box}")
        return _found(desk.hub.init(box, order, epoch), "video/mp4")

    @routes.get("/live/{box}/{order}/{epoch}/{number}.m4s", Action.LIVE)
    def piece(request: Request, box: ClassName, order: Sha, epoch: Count, number: Count) -> Response:
        if (look := looks(request, box)) is None:
            return back_to(f"/live/{box}")
        found = _theirs(request, desk, box, desk.hub.piece(box, order, epoch, number))
        if found is not None and request.method == "GET":
            desk.shown(actor_of(request), box, look)
        return _found(None if found is None else found.data, "video/mp4")

    @routes.get("/live/{box}/picture.jpg", Action.LIVE)
    def picture(request: Request, box: ClassName) -> Response:
        if looks(request, box) is None and not looks_at_wall(request, box):
            return back_to(f"/live/{box}")
        found = _theirs(request, desk, box, desk.hub.picture(box))
        return _found(None if found is None else found.data, "image/jpeg")

    return routes.router


def _theirs(request: Request, desk: LiveDesk, box: str, found: Piece | None) -> Piece | None:
    """What is here, unless it came while the room was another school's."""
    theirs = found is not None and desk.is_theirs(actor_of(request), box, found.came_us)
    return found if theirs else None


def institution_names(desk: LiveDesk, actor: Actor) -> dict[str, str]:
    """By id."""
    return {id_: one.name for id_, one in desk.scope(actor).institutions.items()}


def _page(request: Request, centre: Centre, desk: LiveDesk, box: str) -> Response:
    """The picture, for whom pressed the button just now. The others are asked first, who said within the hour why they
    look only for a press; and what they said at the wall is chosen already."""
    actor, lang, now_us = actor_of(request), lang_of(request), centre.clock.stamp().utc_us
    room, look, wall = desk.reach(actor, box), desk.look(actor, LIVE, box), desk.look(actor, WALL, box)
    local, typed = LocalTime(room.utc_offset_min, lang), unclear(request)
    refused = typed is not None
    if typed is None and wall is not None:
        typed = said_before(wall.why)
    pressed = request.method == "GET" and look is not None and not refused
    opens = pressed and desk.looking.opens(actor.account, box, now_us)
    return page(
        request, centre, "live.html",
        room=_room(room, institution_names(desk, actor), local, now_us), asks=not opens, why=asked(lang, typed),
        before=why_words(look.why, lang) if look and not refused else "",
        inspect=actor.may(Action.INSPECT) and room.runs(now_us))


def _room(room: Room, institutions: dict[str, str], local: LocalTime, now_us: int) -> dict[str, str]:
    """What the head of the page says. `running`: from when to when the class-hour is that goes on, or the next one in
    a pause; empty where none does."""
    hour = next((one for one in room.hours if now_us < one[1]), None) if room.runs(now_us) else None
    return {"device": room.device, "name": room.room or room.device, "class_id": room.class_id, "title": room.title,
            "institution": institutions.get(room.institution or "", ""),
            "running": f"{local.clock(hour[0])}–{local.clock(hour[1])}" if hour else ""}


def _found(data: bytes | None, kind: str) -> Response:
    """Never kept by a browser: the guard says so for what says nothing itself. Raises NoPiece."""
    if not data:
        raise NoPiece
    return Response(data, media_type=kind)
