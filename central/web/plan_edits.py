"""The forms that change one draft: class-hours one by one and by a pattern, who joins and leaves, leave."""
from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.plans.draft import Draft, add_hours, change_hour, remove_hour
from central.plans.pattern import hours_by
from central.plans.plans import Plans
from central.plans.roster_changes import Kind, Why, add_leave, drop_change
from central.plans.template import CHOICES, HEADERS
from central.web.access import Routes, field
from central.web.class_names import ClassName
from central.web.plan_forms import changed, form_page, hour_of, pattern_of, times_of
from central.web.render import lang_of
from central.wiring import Centre
from common.texts import N_, translate
from evidence.blocks import local

MANAGE = Action.MANAGE_CLASS
NEWCOMER = N_("Who joins")
HourName = Annotated[str, PathParam(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
What = Literal["joins", "leaves", "instead"]
HOUR, PATTERN, EVENT, LEAVE = "plan_hour.html", "plan_pattern.html", "plan_event.html", "plan_leave.html"


def plan_edits(centre: Centre) -> APIRouter:
    """Routes of these forms."""
    routes = Routes(centre.store.device, "/plans/{planned}", default_response_class=HTMLResponse)
    _hours(routes, centre)
    _people(routes, centre)
    return routes.router


def _hours(routes: Routes, centre: Centre) -> None:
    @routes.get("/add", MANAGE)
    def ask_hour(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, HOUR, now=_next_hour, hour="")

    @routes.post("/add", MANAGE)
    def add(request: Request, planned: ClassName) -> Response:
        def do(version: int) -> None:
            draft = centre.plans().show(planned).draft
            hour = hour_of(request, draft, "")
            centre.plans().edit(planned, version, lambda one, _, now_us: add_hours(one, [hour], now_us))

        return changed(request, centre, planned, do, HOUR, "weeks", hour="")

    @routes.get("/hours/{hour}", MANAGE)
    def one_hour(request: Request, planned: ClassName, hour: HourName) -> Response:
        return form_page(request, centre, planned, HOUR, now=_as_it_is(hour), hour=hour)

    @routes.post("/hours/{hour}", MANAGE)
    def change(request: Request, planned: ClassName, hour: HourName) -> Response:
        draft = centre.plans().show(planned).draft
        draft.hour(hour)

        def do(version: int) -> None:
            if field(request, "do") == "remove":
                centre.plans().edit(planned, version, lambda one, _, now_us: remove_hour(one, hour, now_us))
            else:
                fresh = hour_of(request, draft, hour)
                centre.plans().edit(planned, version, lambda one, _, now_us: change_hour(one, fresh, now_us))

        return changed(request, centre, planned, do, HOUR, "weeks", hour=hour)

    @routes.get("/pattern", MANAGE)
    def ask_pattern(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, PATTERN, now=_usual)

    @routes.post("/pattern", MANAGE)
    def pattern(request: Request, planned: ClassName) -> Response:
        def do(version: int) -> None:
            draft = centre.plans().show(planned).draft
            hours = hours_by(pattern_of(request, draft), draft.utc_offset_min)
            centre.plans().edit(planned, version, lambda one, _, now_us: add_hours(one, hours, now_us))

        return changed(request, centre, planned, do, PATTERN, "weeks")


def _people(routes: Routes, centre: Centre) -> None:
    @routes.get("/events/{what}", MANAGE)
    def ask_event(request: Request, planned: ClassName, what: What) -> Response:
        return form_page(request, centre, planned, EVENT, now=_asked(request), what=what,
                         documents=CHOICES[lang_of(request)]["document"])

    @routes.post("/events/{what}", MANAGE)
    def event(request: Request, planned: ClassName, what: What) -> Response:
        def do(version: int) -> None:
            _event(request, centre.plans(), planned, what, version)

        return changed(request, centre, planned, do, EVENT, what=what,
                       documents=CHOICES[lang_of(request)]["document"])

    @routes.get("/leave", MANAGE)
    def ask_leave(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, LEAVE, now=_asked(request))

    @routes.post("/leave", MANAGE)
    def leave(request: Request, planned: ClassName) -> Response:
        def do(version: int) -> None:
            plans = centre.plans()
            start_us, end_us = times_of(request, plans.show(planned).draft, "start", "end")
            person, why = plans.person(planned, field(request, "person")), _why(request)
            plans.edit(planned, version, lambda one, published, now_us: add_leave(
                one, published, person, start_us, end_us, why, now_us))

        return changed(request, centre, planned, do, LEAVE)

    @routes.post("/undo", MANAGE)
    def undo(request: Request, planned: ClassName) -> Response:
        text = field(request, "number")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        return changed(request, centre, planned, lambda version: centre.plans().edit(
            planned, version, lambda one, _, __: drop_change(one, number)), "plan_refused.html")


def _event(request: Request, plans: Plans, class_id: str, what: What, version: int) -> None:
    draft = plans.show(class_id).draft
    (at_us,) = times_of(request, draft, "effective")
    kind: Kind = "withdrawal" if what == "leaves" else "substitution" if what == "instead" else (
        # Before the first class-hour somebody enrols, after it somebody enters late: nobody need choose.
        "enrolment" if at_us <= min((one.start_us for one in draft.hours), default=at_us) else "late_entry")
    lang = lang_of(request)
    newcomer = None if what == "leaves" else plans.typed_newcomer(translate(NEWCOMER, lang), {
        name: field(request, name) for name in ("name", "document", "number")}, HEADERS[lang])
    person = None if what == "joins" else field(request, "person")
    plans.event(class_id, version, kind, person, newcomer, at_us, _why(request))


def _why(request: Request) -> Why:
    return Why(field(request, "reason"), field(request, "approver"))


def _asked(request: Request) -> Callable[[Draft], dict[str, str | list[str]]]:
    return lambda _: {"person": request.query_params.get("person", "")[:64]}


def _as_it_is(hour: str) -> Callable[[Draft], dict[str, str | list[str]]]:
    def now(draft: Draft) -> dict[str, str | list[str]]:
        one = draft.hour(hour)
        start, end = local(one.start_us, draft.utc_offset_min), local(one.end_us, draft.utc_offset_min)
        return {"date": f"{start:%Y-%m-%d}", "start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "kind": one.kind,
                "room": one.room, "gear": "yes" if one.gear else "", "teacher": list(one.teachers),
                "whom": "all" if one.make_up is None else "make_up", "make_up": list(one.make_up or ())}

    return now


def _next_hour(draft: Draft) -> dict[str, str | list[str]]:
    """What is likely: like the last one, in the same room."""
    last = draft.hours[-1] if draft.hours else None
    return {"kind": "theory", "whom": "all", "room": last.room if last else "",
            "date": f"{local(last.start_us, draft.utc_offset_min):%Y-%m-%d}" if last else ""}


def _usual(_: Draft) -> dict[str, str | list[str]]:
    return {"kind": "theory", "begin": "08:30", "end": "11:50", "count": "4", "minutes": "45", "pause": "5", "most": ""}
