"""Many rooms at once, by single pictures: the page, which takes a reason, and what its tiles show."""
from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from central.accounts.actions import Action
from central.accounts.looks import WALL
from central.accounts.people import Actor
from central.accounts.scope import scope_of
from central.live.decide import OFFLINE_US
from central.live.desk import LiveDesk
from central.live.errors import BadLook
from central.live.wall import Tile, WallPage, page_of, tile
from central.web.access import Routes, actor_of, field
from central.web.case.common import back_to
from central.web.live import LONGEST, institution_names, place_words, reason
from central.web.live_words import AWAY, NO_CLASS, SAY_WHY, state_words
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import translate, words
from evidence.bodies import CentreLook
from evidence.times import utc_text

INSTITUTION = "institution"


def wall(centre: Centre, desk: LiveDesk) -> APIRouter:
    """Routes of it."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/wall", Action.LIVE)
    def show(request: Request) -> Response:
        return _page(request, centre, desk)

    @routes.post("/wall", Action.LIVE)
    def begin(request: Request) -> Response:
        why = reason(request)
        if why is None:
            return _page(request, centre, desk, words(BadLook(most=LONGEST), lang_of(request)), field(request, "why"))
        desk.state_look(actor_of(request), WALL, None, why)
        return back_to("/wall")

    @routes.get("/wall/state", Action.LIVE, response_class=JSONResponse)
    def state(request: Request) -> dict[str, Any]:
        actor, lang = actor_of(request), lang_of(request)
        look = desk.look(actor, WALL, None)
        if look is None:
            return {"rooms": [], "page": 1, "pages": 1, "all": 0, "words": translate(SAY_WHY, lang)}
        shown = _tiles(centre, desk, actor, request.query_params.get(INSTITUTION, ""), _number(request))
        names = institution_names(centre)
        rooms = [_told(desk, one, place_words(one.room, names), _looked(desk, actor, one, look), lang)
                 for one in shown.tiles]
        return {"rooms": rooms, "page": shown.page, "pages": shown.pages, "all": shown.all, "words": ""}

    return routes.router


def _page(request: Request, centre: Centre, desk: LiveDesk, wrong: str = "", typed: str = "") -> Response:
    """`why`: what was said within the hour; empty: the page asks first."""
    actor = actor_of(request)
    look = desk.look(actor, WALL, None)
    with centre.store.read() as tx:
        institutions = [(one.institution, one.name) for one in scope_of(tx, actor).visible()]
    return page(
        request, centre, "wall.html", 422 if wrong else 200, why="" if look is None else look.why, typed=typed,
        wrong=wrong, most=LONGEST, institutions=institutions,
        institution=request.query_params.get(INSTITUTION, ""), number=_number(request))


def _number(request: Request) -> int:
    said = request.query_params.get("page", "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def _tiles(centre: Centre, desk: LiveDesk, actor: Actor, institution: str, number: int) -> WallPage:
    """The rooms within reach that classes have in these days; of one institution, where one is asked for."""
    now_us = centre.clock.stamp().utc_us
    with centre.store.read() as tx:
        scope = scope_of(tx, actor)
        rooms = [one for one in desk.rooms.now()
                 if scope.holds(one.institution) and institution in ("", one.institution)]
        live = tx.live_of({one.class_id for one in rooms if one.runs(now_us)})
        heard = tx.heard_at({one.device for one in rooms})
    return page_of([tile(one, live, now_us < heard.get(one.device, 0) + OFFLINE_US, now_us) for one in rooms], number)


def _looked(desk: LiveDesk, actor: Actor, one: Tile, look: CentreLook) -> bool:
    """Look at a room of which a class-hour runs, which is on record first, and have its box send pictures. A box that
    is away is asked when it is back. False: there is nothing to be shown."""
    if not one.due or not one.heard:
        return False
    before = desk.look(actor, WALL, one.room.device)
    if before is None:
        desk.state_look(actor, WALL, one.room, look.why)
    else:
        desk.keep_looking(actor, WALL, one.room, before)
    desk.watch(actor, one.room, "pictures")
    return True


def _told(desk: LiveDesk, one: Tile, name: str, looked: bool, lang: str) -> dict[str, Any]:
    found = desk.situation(one.room, "pictures")
    picture = desk.hub.picture(one.room.device) if looked else None
    idle = NO_CLASS if one.heard else AWAY
    said = state_words(found.state, found.ordered, lang) if one.due else translate(idle, lang)
    return {
        "device": one.room.device, "name": name, "class": one.room.class_id if one.due else None,
        "title": one.room.title, "state": found.state, "words": said, "recording": one.recording, "due": one.due,
        "picture": None if picture is None else picture.place,
        "picture_at": None if picture is None else utc_text(picture.at_us), "url": f"/live/{one.room.device}"}
