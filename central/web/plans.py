"""The pages of class management: all drafts and plans, a new class, one class, its publishing and its end."""
from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.people import Actor
from central.accounts.scope import scope_of
from central.plans.draft import MAX_TEXT, TITLE, Draft
from central.plans.errors import BadText, ClassIdTaken, NoDraft
from central.plans.template import NAMES, rows_of, workbook
from central.plans.views import ClassSpec, Shown
from central.web.access import Routes, actor_of, field
from central.web.class_names import ClassName
from central.web.localtime import LocalTime
from central.web.plan_choices import choices, places_of, policy_of_form
from central.web.plan_foreign import sight
from central.web.plan_forms import FORM_BYTES, Typed, changed, file_of, form_page, show, version_of
from central.web.plan_list import listed
from central.web.plan_problems import problem_rows
from central.web.plan_view import PlanView, box_rows, plan_view
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import translate
from evidence.errors import BadInput

SEE, MANAGE = Action.SEE_PLAN, Action.MANAGE_CLASS
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN_WORDS = frozenset({"new"})
"""Names of pages, which no class gets here."""
Which = Literal["roster", "schedule"]


def plans(centre: Centre) -> APIRouter:
    """Routes of class management; those that change class-hours and people are in `plan_edits`."""
    routes = Routes(centre.store.device, "/plans", default_response_class=HTMLResponse)

    @routes.get("", SEE)
    def all_plans(
        request: Request, q: Annotated[str, Query(max_length=100)] = "", after: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        found = listed(centre, actor_of(request), q, after, lang_of(request))
        return page(request, centre, "plans.html", found=found, q=q, manage=actor_of(request).may(MANAGE))

    @routes.get("/new", MANAGE)
    def new(request: Request) -> Response:
        return _new(request, centre)

    @routes.post("/new", MANAGE, FORM_BYTES)
    def make(request: Request) -> Response:
        try:
            class_id = _make(request, centre)
        except BadInput as error:
            return _new(request, centre, error)
        return RedirectResponse(f"/plans/{class_id}", 303)

    @routes.get("/template/{which}", MANAGE)
    def template(request: Request, which: Which) -> Response:
        lang = lang_of(request)
        return _xlsx(workbook(which, lang), translate(NAMES[which], lang))

    @routes.get("/{planned}", SEE)
    def one(request: Request, planned: ClassName) -> Response:
        return _one(request, centre, planned)

    @routes.get("/{planned}/schedule.xlsx", SEE)
    def schedule(request: Request, planned: ClassName) -> Response:
        shown, lang = show(request, centre, planned), lang_of(request)
        rows = rows_of(shown.draft.hours, shown.names, shown.draft.utc_offset_min)
        return _xlsx(workbook("schedule", lang, rows), f"{translate(NAMES['schedule'], lang)} {planned}")

    @routes.get("/{planned}/tables", MANAGE)
    def tables(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, "plan_tables.html")

    @routes.post("/{planned}/tables", MANAGE, FORM_BYTES)
    def take(request: Request, planned: ClassName) -> Response:
        def do(version: int) -> None:
            files = [file_of(request, centre, name, planned) for name in ("schedule", "roster")]
            centre.plans().take(ClassSpec(planned), files[0], files[1], version=version)

        return changed(request, centre, planned, do, "plan_tables.html")

    @routes.get("/{planned}/class", MANAGE)
    def facts(request: Request, planned: ClassName) -> Response:
        offered = choices(centre, actor_of(request), centre.plans().show(planned).draft, lang_of(request))
        return form_page(request, centre, planned, "plan_class.html", now=_facts, offered=offered)

    @routes.post("/{planned}/class", MANAGE)
    def change(request: Request, planned: ClassName) -> Response:
        draft = centre.plans().show(planned).draft
        offered = choices(centre, actor_of(request), draft, lang_of(request))

        def do(version: int) -> None:
            policy = policy_of_form(request, offered)
            spec = ClassSpec(planned, field(request, "title"), None if policy == draft.policy.id else policy,
                             places_of(request, offered), offered.institution(field(request, "institution")))
            centre.plans().take(spec, None, None, version=version)

        return changed(request, centre, planned, do, "plan_class.html", now=_facts, offered=offered)

    @routes.get("/{planned}/publish", MANAGE)
    def ask_publish(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, "plan_publish.html")

    @routes.post("/{planned}/publish", MANAGE)
    def publish(request: Request, planned: ClassName) -> Response:
        return changed(request, centre, planned, lambda version: centre.plans().publish(planned, version),
                       "plan_publish.html", "boxes")

    @routes.get("/{planned}/discard", MANAGE)
    def ask_discard(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, "plan_discard.html")

    @routes.post("/{planned}/discard", MANAGE)
    def discard(request: Request, planned: ClassName) -> Response:
        try:
            centre.plans().discard(planned, version_of(request))
        except BadInput as error:
            return form_page(request, centre, planned, "plan_discard.html", error)
        return _after_discarding(centre, planned)

    @routes.get("/{planned}/forget", MANAGE)
    def ask_forget(request: Request, planned: ClassName) -> Response:
        return form_page(request, centre, planned, "plan_forget.html", ends=centre.plans().number_ends(planned),
                         asked=request.query_params.get("person", ""))

    @routes.post("/{planned}/forget", MANAGE)
    def forget(request: Request, planned: ClassName) -> Response:
        person = field(request, "person")
        return changed(request, centre, planned, lambda _: centre.plans().forget_number(planned, person),
                       "plan_forget.html", "people", ends=centre.plans().number_ends(planned), asked=person)

    return routes.router


def _one(request: Request, centre: Centre, class_id: str) -> Response:
    shown, lang, actor = show(request, centre, class_id), lang_of(request), actor_of(request)
    view, manage = _view(centre, shown, actor, lang), actor.may(MANAGE)
    boxes = []
    if shown.published.order is not None:
        _, states = centre.plans().state(class_id)
        boxes = box_rows(states, LocalTime(shown.published.order.utc_offset_min, lang))
    with centre.store.read() as tx:
        known = scope_of(tx, actor).institutions.get(view.institution)
    return page(request, centre, "plan.html", p=view, boxes=boxes, manage=manage,
                ends=centre.plans().number_ends(class_id) if manage else {},
                institution=view.institution if known is None else known.name)


def _view(centre: Centre, shown: Shown, actor: Actor, lang: str) -> PlanView:
    return plan_view(shown, lang, centre.clock.stamp().utc_us, sight(centre, actor))


def _new(request: Request, centre: Centre, error: BadInput | None = None) -> Response:
    lang = lang_of(request)
    return page(request, centre, "plan_new.html", 200 if error is None else 422,
                offered=choices(centre, actor_of(request), None, lang_of(request)), said=Typed(request),
                problems=[] if error is None else problem_rows(error, lang, sight(centre, actor_of(request))))


def _make(request: Request, centre: Centre) -> str:
    """The draft of a new class. Raises BadInput; nothing is kept then."""
    class_id = field(request, "class_id").strip()
    if class_id in OWN_WORDS:
        raise ClassIdTaken(class_id=class_id)
    if not field(request, "title").strip():
        raise BadText(what=TITLE, limit=MAX_TEXT)
    offered = choices(centre, actor_of(request), None, lang_of(request))
    spec = ClassSpec(class_id, field(request, "title"), policy_of_form(request, offered), places_of(request, offered),
                     offered.institution(field(request, "institution")))
    files = [file_of(request, centre, name, class_id) for name in ("schedule", "roster")]
    return centre.plans().take(spec, files[0], files[1], fresh=True).draft.class_id


def _facts(draft: Draft) -> dict[str, str | list[str]]:
    return {"title": draft.title, "policy": draft.policy.id, "institution": draft.institution or "",
            "box": [one.device for one in draft.boxes], "room": [one.room for one in draft.boxes]}


def _after_discarding(centre: Centre, class_id: str) -> Response:
    """The class as it is published, if it ever was."""
    try:
        centre.plans().show(class_id)
    except NoDraft:
        return RedirectResponse("/plans", 303)
    return RedirectResponse(f"/plans/{class_id}", 303)


def _xlsx(data: bytes, name: str) -> Response:
    disposition = f"attachment; filename=\"plan.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx"
    return Response(data, media_type=XLSX, headers={"content-disposition": disposition})
