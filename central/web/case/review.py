"""The page of one recording: what the records say of it, its video, and a person's answer."""
from __future__ import annotations

import math

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.reviews import mark, point_out, state_review
from central.classes.stories import Stories
from central.errors import UnknownBlock, UnknownClass
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, case_page, chosen, refused
from central.web.case.sheets import sheet_views
from central.web.case.unit import unit_of, unit_view
from central.web.class_names import ClassName, names_of
from central.web.errors import BadSeconds
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.reasons import asked
from central.web.render import lang_of
from central.web.replay.reasons import Reasons
from central.wiring import Centre
from common.reasons import STATES
from common.texts import translate
from evidence.errors import BadInput
from evidence.standing import standing

PATH = "/classes/{class_id}/blocks/{block}"


def review(centre: Centre, stories: Stories, reasons: Reasons) -> APIRouter:
    """Routes of a recording's page. Its video plays there for whom said why they look."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get(PATH, Action.SEE_CLASS)
    def show(request: Request, class_id: ClassName, block: ClassName) -> Response:
        return _page(request, centre, stories, reasons, class_id, block)

    @routes.post(f"{PATH}/review", Action.REVIEW)
    def answer(request: Request, class_id: ClassName, block: ClassName) -> Response:
        try:
            said = chosen(request, "answer", STATES)
            state_review(centre.store, class_id, block, said, field(request, "reason"), actor_of(request).account,
                         centre.clock.stamp().utc_us, field(request, "mark") or None)
        except (UnknownClass, UnknownBlock):
            raise
        except BadInput as error:
            typed = refused(request, "review", error, ("answer", "reason"))
            return _page(request, centre, stories, reasons, class_id, block, typed)
        return back_to(f"/classes/{class_id}/blocks/{block}#reviews")

    @routes.post(f"{PATH}/point", Action.REVIEW)
    def point(request: Request, class_id: ClassName, block: ClassName) -> Response:
        try:
            point_out(centre.store, centre.names, class_id, field(request, "person"), field(request, "segment"),
                      _seconds(request), field(request, "box").strip(), actor_of(request).account,
                      centre.clock.stamp().utc_us)
        except UnknownClass:
            raise
        except BadInput as error:
            typed = refused(request, "point", error, ("person", "segment", "at", "box"))
            return _page(request, centre, stories, reasons, class_id, block, typed)
        return back_to(f"/classes/{class_id}/blocks/{block}#people")

    return routes.router


def _page(
    request: Request, centre: Centre, stories: Stories, reasons: Reasons, class_id: str, block: str,
    typed: Typed | None = None,
) -> Response:
    told = stories.tell(class_id)
    unit = unit_of(told, block)
    look(centre, request, "class", class_id=class_id, block=block)
    lang = lang_of(request)
    plays = actor_of(request).may(Action.SEE_VIDEO) and reasons.given(request, class_id, unit.block)
    with centre.store.read() as tx:
        local = LocalTime(told.order.utc_offset_min, lang)
        view = unit_view(told, unit, names_of(centre, class_id), tx, local)
        contact = sheet_views(tx, centre, told, unit, local)
    offered = {name: translate(text, lang) for name, text in STATES.items()}
    decided = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed).round.state == "decided"
    return case_page(request, centre, "review.html", told, {typed.which: typed} if typed else {}, u=view,
                     mark=mark(told, unit), answers=offered, sheets=contact, decided=decided, plays=plays,
                     why=asked(lang, None))


def _seconds(request: Request) -> float:
    """Into the file. Raises BadSeconds."""
    said = field(request, "at").strip()
    try:
        found = float(said)
    except ValueError:
        raise BadSeconds(value=said[:40]) from None
    if not math.isfinite(found):
        raise BadSeconds(value=said[:40])
    return found
