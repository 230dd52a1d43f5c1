"""The contact sheet of a recording: asked of the box, how that stands, and its pages, which take a reason to see."""
from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.looks import looked
from central.classes.sheets import BUSY, SheetState, order_sheet, pages_of, state_of
from central.classes.stories import Stories, Told
from central.errors import SheetNotHere
from central.orders.cli import WHY
from central.store.tables import Tx
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, case_page, chosen, refused
from central.web.case.unit import unit_of, unit_words
from central.web.class_names import ClassName
from central.web.errors import NoReason
from central.web.links import link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.reels import cameras_of
from central.web.render import lang_of
from central.wiring import Centre
from common.texts import N_, translate
from evidence.story import Block, HourStory

ASK = "/classes/{class_id}/blocks/{block}/sheets"
PATH = ASK + "/{device}"
LONGEST = 500
"""Characters of a reason."""
Number = Annotated[int, PathParam(ge=1, le=60)]
STATES = {
    "none": N_("nobody has asked the box for it"),
    "asked": N_("asked for on {asked}; the box has not answered yet, the order holds until {until}"),
    "refused": N_("the box refused on its order of {asked}: {why}"),
    "expired": N_("asked for on {asked}; the order ended before the box made it"),
    "making": N_("asked for on {asked}; the box has accepted and makes it when it has time, until {until}"),
    "unmade": N_("asked for on {asked}; the box tried and could not make it (alarm)"),
    "coming": N_("made by the box, on its way here"),
    "lost": N_("made by the box, but it has not come until its order ended"),
    "here": N_("here until {ends}"),
    "erased": N_("it was withdrawn: the face of somebody on it was erased, or the consent ended"),
}
OVER = {
    "days": N_("its time was over on {ends}: 30 days after it was asked for"),
    "people": N_("its time was over on {ends}: what somebody on it agreed to ended then"),
    "decision": N_("its time was over on {ends}: the decision about the class became final then, and it was"
                   " asked for before"),
}
"""Of a sheet whose time is over, by what ended it."""


@dataclasses.dataclass(frozen=True)
class SheetView:
    """How it stands with the sheet of one box, in words. `may_ask`: another order would bring something new."""

    device: str
    room: str
    state: str
    words: str
    by: str
    may_ask: bool


def sheets(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of contact sheets."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.post(ASK, Action.REVIEW)
    def ask(request: Request, class_id: ClassName, block: ClassName) -> Response:
        told = stories.tell(class_id)
        unit = unit_of(told, block)
        device = chosen(request, "device", devices_of(told, unit))
        to_key = centre.sealing_key().public_key().public_bytes_raw().hex()
        order_sheet(centre.store, centre.sheets, to_key, class_id, unit.block, device,
                    "en" if lang_of(request) == "en" else "zh", actor_of(request).account,
                    centre.clock.stamp().utc_us)
        return back_to(f"/classes/{class_id}/blocks/{block}#sheet")

    @routes.get(PATH, Action.SEE_FACES)
    def show(request: Request, class_id: ClassName, block: ClassName, device: ClassName) -> Response:
        return _page(request, centre, stories, class_id, block, device)

    @routes.post(PATH, Action.SEE_FACES)
    def say_why(request: Request, class_id: ClassName, block: ClassName, device: ClassName) -> Response:
        state = _state(centre, stories, class_id, block, device)
        why = field(request, "why").strip()
        if not 0 < len(why) <= LONGEST:
            typed = refused(request, "why", NoReason(), ("why",))
            return _page(request, centre, stories, class_id, block, device, typed)
        look(centre, request, "faces", why=why, **_thing(state))
        return back_to(f"/classes/{class_id}/blocks/{block}/sheets/{device}")

    @routes.get(PATH + "/{number}.png", Action.SEE_FACES)
    def picture(
        request: Request, class_id: ClassName, block: ClassName, device: ClassName, number: Number,
    ) -> Response:
        state = _state(centre, stories, class_id, block, device)
        if not _has_looked(request, centre, state):
            return back_to(f"/classes/{class_id}/blocks/{block}/sheets/{device}")
        pages = pages_of(centre.sheets, centre.sealing_key(), state)
        if number > len(pages):
            raise SheetNotHere
        return Response(pages[number - 1], media_type="image/png")

    return routes.router


def devices_of(told: Told, unit: Block | HourStory) -> tuple[str, ...]:
    """The boxes that filmed it; all of the class where nobody did."""
    block = next(one for one in told.story.blocks if one.id == unit.block)
    filmed = tuple(dict.fromkeys(device for device, _ in cameras_of(told.story, block)))
    return filmed or tuple(one.device for one in told.order.boxes)


def sheet_views(
    tx: Tx, centre: Centre, told: Told, unit: Block | HourStory, local: LocalTime
) -> tuple[SheetView, ...]:
    """The sheets of a recording, one for each box, as its page tells them."""
    rooms = {one.device: one.room for one in told.order.boxes}
    now_us = centre.clock.stamp().utc_us
    states = [state_of(tx, centre.sheets, told.order.class_id, unit.block, one, now_us)
              for one in devices_of(told, unit)]
    return tuple(SheetView(one.device, rooms.get(one.device, one.device), one.state, _words(one, local),
                           one.asked.wanted.by if one.asked else "", one.state not in BUSY) for one in states)


def _words(one: SheetState, local: LocalTime) -> str:
    asked = one.asked
    text = OVER[one.ended_by] if one.state == "over" else STATES[one.state]
    return translate(
        text, local.lang, asked=local.full(asked.at_us) if asked else "",
        until=local.full(asked.until_us) if asked else "", ends=local.full(one.ends_us) if one.made else "",
        why=translate(WHY.get(one.why, one.why), local.lang))


def _state(centre: Centre, stories: Stories, class_id: str, block: str, device: str) -> SheetState:
    """Of a sheet that is here. Raises UnknownClass, UnknownBlock, SheetNotHere."""
    told = stories.tell(class_id)
    unit = unit_of(told, block)
    with centre.store.read() as tx:
        state = state_of(tx, centre.sheets, class_id, unit.block, device, centre.clock.stamp().utc_us)
    if state.state != "here":
        raise SheetNotHere
    return state


def _thing(state: SheetState) -> dict[str, str]:
    """What a look at this sheet names."""
    assert state.made is not None
    sheet = state.made.sheet
    return {"class_id": sheet.class_id, "block": sheet.block, "file": sheet.sha256}


def _has_looked(request: Request, centre: Centre, state: SheetState) -> bool:
    """Whether this person gave a reason within the hour."""
    return looked(centre.store, actor_of(request), "faces", centre.clock.stamp().utc_us, **_thing(state)) is not None


def _page(
    request: Request, centre: Centre, stories: Stories, class_id: str, block: str, device: str,
    typed: Typed | None = None,
) -> Response:
    state, told, lang = _state(centre, stories, class_id, block, device), stories.tell(class_id), lang_of(request)
    local, shown = LocalTime(told.order.utc_offset_min, lang), _has_looked(request, centre, state)
    pages = len(pages_of(centre.sheets, centre.sealing_key(), state)) if shown else 0
    rooms = {one.device: one.room for one in told.order.boxes}
    return case_page(
        request, centre, "sheet.html", told, {typed.which: typed} if typed else {}, block=block,
        name=unit_words(told, block, local), device=device, room=rooms.get(device, device), pages=pages,
        ends=local.full(state.ends_us), record=link(state.made.sealed.record.key) if state.made else None)
