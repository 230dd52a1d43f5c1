"""Objections to what is found of a class: an institution raises them, a supervisor answers; and the holds of its video;
all on one page."""
from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.holds import lift_hold, place_hold
from central.classes.objection_errors import NoObjection
from central.classes.objections import handle_objection, of_trainee, raise_objection
from central.classes.stories import Stories, Told
from central.errors import UnknownClass
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, case_page, chosen, counted, refused
from central.web.class_names import ClassName, names_of
from central.web.decisions import decided_view
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.render import lang_of
from central.wiring import Centre
from common.decisions import SOURCES
from common.texts import N_, translate
from evidence.errors import BadInput

PATH, HOLDS = "/classes/{class_id}/objections", "/classes/{class_id}/holds"
Number = Annotated[str, PathParam(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
HOW = {
    "answered": N_("answer it, and leave it open"),
    "upheld": N_("uphold it: a decision that runs does not hold any more, but for one that is final"),
    "rejected": N_("reject it"),
}


@dataclasses.dataclass(frozen=True)
class HoldView:
    """A hold of the video of the class. `until`: when it was lifted, empty while it is placed."""

    hold: str
    reason: str
    since: str
    until: str
    record: Link


def objections(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of the page of objections."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get(PATH, Action.SEE_CLASS)
    def show(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, stories, class_id)

    @routes.post(PATH, Action.OBJECT)
    def object_(request: Request, class_id: ClassName) -> Response:
        try:
            source = chosen(request, "source", SOURCES)
            person = (field(request, "person") or None) if source == "trainee" else None
            made = raise_objection(centre.store, class_id, source, person, field(request, "text"),
                                   actor_of(request).account)
        except UnknownClass:
            raise
        except BadInput as error:
            typed = refused(request, "raise", error, ("source", "person", "text"))
            return _page(request, centre, stories, class_id, typed)
        return back_to(f"/classes/{class_id}/objections#{made.objection}")

    @routes.post(f"{PATH}/{{objection}}", Action.ANSWER_OBJECTION)
    def answer(request: Request, class_id: ClassName, objection: Number) -> Response:
        return _handle(request, centre, stories, class_id, objection, tuple(HOW))

    @routes.post(f"{PATH}/{{objection}}/withdrawal", Action.OBJECT)
    def withdraw(request: Request, class_id: ClassName, objection: Number) -> Response:
        return _handle(request, centre, stories, class_id, objection)

    @routes.post(HOLDS, Action.HOLD)
    def hold(request: Request, class_id: ClassName) -> Response:
        return _hold(request, centre, stories, class_id, None)

    @routes.post(f"{HOLDS}/{{hold}}", Action.HOLD)
    def lift(request: Request, class_id: ClassName, hold: Number) -> Response:
        return _hold(request, centre, stories, class_id, hold)

    return routes.router


def _hold(request: Request, centre: Centre, stories: Stories, class_id: str, which: str | None) -> Response:
    """`which`: the one that is lifted; without that one is placed."""
    text, account = field(request, "text"), actor_of(request).account
    try:
        if which is None:
            which = place_hold(centre.store, class_id, text, account).hold
        else:
            lift_hold(centre.store, class_id, text, which, account)
    except UnknownClass:
        raise
    except BadInput as error:
        return _page(request, centre, stories, class_id, refused(request, which or "hold", error, ("text",)))
    return back_to(f"/classes/{class_id}/objections#{which}")


def _handle(
    request: Request, centre: Centre, stories: Stories, class_id: str, objection: str, offered: tuple[str, ...] = ()
) -> Response:
    """`offered`: what may become of it; without that it is withdrawn."""
    try:
        how: Any = chosen(request, "how", offered) if offered else "withdrawn"
        handle_objection(centre.store, class_id, objection, how, field(request, "text"), actor_of(request).account,
                         by_school=not offered, shown=counted(request, "records"))
    except (UnknownClass, NoObjection):
        raise
    except BadInput as error:
        return _page(request, centre, stories, class_id, refused(request, objection, error, ("how", "text")))
    return back_to(f"/classes/{class_id}/objections#{objection}")


def _page(request: Request, centre: Centre, stories: Stories, class_id: str, typed: Typed | None = None) -> Response:
    told, lang = stories.tell(class_id), lang_of(request)
    look(centre, request, "class", class_id=class_id)
    names = names_of(centre, class_id)
    local = LocalTime(told.order.utc_offset_min, lang)
    trainees = [one.person for one in told.order.roster if one.role == "trainee"]
    trainees += [person for block in told.story.blocks for person in block.roster]
    return case_page(
        request, centre, "objections.html", told, {typed.which: typed} if typed else {},
        decided=decided_view(told, local, names), holds=_holds(told, local),
        who={one.objection: names.get(one.person, one.person) for one in told.story.objections if one.person},
        theirs={one.objection for one in told.story.objections if of_trainee(one)},
        holding={one.objection for one in told.story.objections if one.dispute},
        trainees={person: names.get(person, person) for person in dict.fromkeys(trainees)},
        how={name: translate(text, lang) for name, text in HOW.items()},
        sources={name: translate(text, lang) for name, text in SOURCES.items()})


def _holds(told: Told, local: LocalTime) -> list[HoldView]:
    return [HoldView(one.hold, one.reason, local.full(one.from_us),
                     "" if one.until_us is None else local.full(one.until_us), link(one.refs[-1]))
            for one in told.story.holds]
