"""Many rooms at once, by single pictures: the page, which takes a reason, and what its tiles show."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from central.accounts.actions import Action
from central.accounts.looks import WALL
from central.accounts.people import Actor
from central.contact import contact
from central.live.desk import LiveDesk
from central.live.errors import TooManyRooms, TooManyViewers
from central.live.wall import Tile, WallPage, page_of, tile
from central.web.access import Routes, actor_of
from central.web.case.common import back_to
from central.web.errors import UnclearReason
from central.web.live import institution_names
from central.web.live_words import NO_CLASS, SAY_WHY, state_words
from central.web.localtime import LocalTime
from central.web.reasons import asked, asked_again, reason_of, unclear
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import translate
from evidence.bodies import CentreLook

INSTITUTION = "institution"


def wall(centre: Centre, desk: LiveDesk) -> APIRouter:
    """Routes of it."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/wall", Action.LIVE)
    def show(request: Request) -> Response:
        return _page(request, centre, desk)

    @routes.post("/wall", Action.LIVE)
    def begin(request: Request) -> Response:
        try:
            why = reason_of(request)
        except UnclearReason:
            return asked_again(request, "/wall")
        desk.state_look(actor_of(request), WALL, None, why)
        return back_to("/wall")

    @routes.get("/wall/state", Action.LIVE, response_class=JSONResponse)
    def state(request: Request) -> dict[str, Any]:
        return _shown(request, centre, desk)

    return routes.router


def _shown(request: Request, centre: Centre, desk: LiveDesk) -> dict[str, Any]:
    """The rooms of a page, for whom said why they look; `asks`: they have to say it first."""
    actor, lang = actor_of(request), lang_of(request)
    look = desk.look(actor, WALL, None)
    if look is None:
        return {"rooms": [], "page": 1, "pages": 1, "all": 0, "words": translate(SAY_WHY, lang), "asks": True}
    shown = _tiles(centre, desk, actor, request.query_params.get(INSTITUTION, ""), _number(request))
    names = institution_names(desk, actor)
    rooms = [_told(desk, actor, one, names.get(one.room.institution or "", ""), _looked(desk, actor, one, look), lang)
             for one in shown.tiles]
    return {"rooms": rooms, "page": shown.page, "pages": shown.pages, "all": shown.all, "words": "", "asks": False}


def _page(request: Request, centre: Centre, desk: LiveDesk) -> Response:
    """The rooms, or the form that asks why first."""
    actor, lang, institution = actor_of(request), lang_of(request), request.query_params.get(INSTITUTION, "")
    told = _shown(request, centre, desk)
    institutions = [(one.institution, one.name) for one in desk.scope(actor).visible()]

    def at(number: int) -> str:
        return "?" + urlencode({INSTITUTION: institution, "page": number}) if 1 <= number <= told["pages"] else ""

    return page(
        request, centre, "wall.html", asks=told["asks"], why=asked(lang, unclear(request)),
        institutions=institutions, institution=institution, rooms=told["rooms"], query=at(told["page"]),
        before=at(told["page"] - 1), more=at(told["page"] + 1))


def _number(request: Request) -> int:
    said = request.query_params.get("page", "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def _tiles(centre: Centre, desk: LiveDesk, actor: Actor, institution: str, number: int) -> WallPage:
    """The rooms within reach that classes have in these days; of one institution, where one is asked for."""
    now_us, scope = centre.clock.stamp().utc_us, desk.scope(actor)
    rooms = [one for one in desk.rooms.now()
             if scope.holds(one.institution) and institution in ("", one.institution)]
    with centre.store.read() as tx:
        live = tx.live_of({one.class_id for one in rooms if one.runs(now_us)})
        heard, gone = tx.heard_at({one.device for one in rooms}), tx.gone()
    return page_of([tile(one, live, contact(heard.get(one.device), now_us, gone.get(one.device)) == "heard", now_us)
                    for one in rooms], number)


def _looked(desk: LiveDesk, actor: Actor, one: Tile, look: CentreLook) -> bool:
    """Look at a room of which a class-hour runs, which is on record first, and have its box send pictures. A box that
    is away is asked when it is back. False: there is nothing to be shown, of this room or of one too many."""
    if not one.due or not one.heard:
        return False
    try:
        desk.looks_at_room(actor, one.room, look.why)
        desk.watch(actor, one.room, "pictures")
    except (TooManyRooms, TooManyViewers):
        return False
    return True


def _told(
    desk: LiveDesk, actor: Actor, one: Tile, institution: str, looked: bool, lang: str
) -> dict[str, Any]:
    """A room for page and script. `bad`: it stands out; `picture_at`: when the picture was made, on the clock there."""
    found = desk.situation(one.room, "pictures")
    picture = desk.hub.picture(one.room.device) if looked else None
    if picture is not None and not desk.is_theirs(actor, one.room.device, picture.came_us):
        picture = None  # of the class before
    dark = one.due and found.state == "dark"
    said = translate(NO_CLASS, lang) if one.heard and not one.due else state_words(found, lang)
    return {
        "device": one.room.device, "name": one.room.room or one.room.device, "institution": institution,
        "class": one.room.class_id if one.due else None, "title": one.room.title if one.due else "",
        "state": found.state, "words": said, "due": one.due,
        "recording": one.recording and not dark, "bad": one.rank < 2 or dark,
        "picture": None if picture is None else picture.place,
        "picture_at": None if picture is None else LocalTime(one.room.utc_offset_min, lang).seconds(picture.at_us),
        "url": f"/live/{one.room.device}"}
