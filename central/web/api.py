"""The API for programs (docs/api.md): classes, what was found of them, attendance, decisions.

Names are those of exports (docs/exports.md). It only reads; whoever asks sends a token of an account, which has its
role and reach here too."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from central.accounts.actions import Action
from central.accounts.scope import Scope, scope_of
from central.classes.orders import order_of
from central.classes.stories import Stories, Told
from central.dossier.bulk import Wanted, wanted
from central.dossier.document import class_part, lists_of
from central.dossier.facts import facts_of
from central.dossier.shape import NO_PROOF, Facts
from central.dossier.stated import institution_of
from central.dossier.words import Words
from central.store.tables import Tx
from central.web.access import Public, Routes, actor_of
from central.web.class_names import ClassName, names_of
from central.web.looking import look
from central.web.matrix import answer_of
from central.web.openapi import PREFIX, answer, document
from central.wiring import Centre
from evidence.bodies import ClassOrder
from evidence.standing import r3_of
from evidence.story import Attendance, Block
from evidence.times import utc_text, utc_us

PAGE, MOST = 100, 500
ALL = 2**62
"""So many leaves no tree has."""
Lang = Annotated[Literal["zh", "en"], Query(description="language of sentences (`text`) and of errors")]
After = Annotated[str | None, Query(description="`next` of the page before", pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Limit = Annotated[int, Query(description="classes on a page", ge=1, le=MOST)]
Held = Annotated[str | None, Query(description="only of this institution", pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Region = Annotated[str | None, Query(
    description="only of this region, six digits; zeros at the end: all below", pattern=r"^[1-9][0-9]{5}$")]
Since = Annotated[str | None, Query(
    description="only with a class-hour on this day of its own clock or later", json_schema_extra={"format": "date"})]
Until = Annotated[str | None, Query(
    description="only with a class-hour on this day or earlier", json_schema_extra={"format": "date"})]
OPEN = Public("the description of the API tells nothing of any class")


def api(centre: Centre, stories: Stories) -> APIRouter:
    """Routes for programs."""
    routes = Routes(centre.store.device, PREFIX, by_token=True, default_response_class=JSONResponse)

    @routes.add(["GET"], "/classes", Action.OVERVIEW, responses=answer("ClassPage"), operation_id="listClasses",
                summary="Classes in order of their ids, page by page")
    def list_classes(
        request: Request, after: After = None, limit: Limit = PAGE, institution: Held = None, region: Region = None,
        since: Since = None, until: Until = None, lang: Lang = "zh",
    ) -> dict[str, Any]:
        want = wanted(institution, region, since, until)
        with centre.store.read() as tx:
            scope = scope_of(tx, actor_of(request))
            found = list(_page(tx, scope, want, after or "", limit + 1))
        more = len(found) > limit
        return {"classes": found[:limit], "next": found[limit - 1]["class"] if more else None}

    @routes.add(["GET"], "/classes/{class_id}", Action.EXPORT, responses=answer("Class"), operation_id="getClass",
                summary="The facts of a class")
    def one_class(request: Request, class_id: ClassName, lang: Lang = "zh") -> dict[str, Any]:
        return class_part(_facts(request, class_id)[1], lang)

    @routes.add(["GET"], "/classes/{class_id}/findings", Action.EXPORT, responses=answer("ClassFindings"),
                operation_id="getFindings", summary="What the rules find in a class, with reasons and records")
    def findings(request: Request, class_id: ClassName, lang: Lang = "zh") -> dict[str, Any]:
        _, facts = _facts(request, class_id)
        return {**_head(facts), "findings_sha256": facts.findings_sha256,
                **lists_of(facts, Words(facts, lang), "findings")}

    @routes.add(["GET"], "/classes/{class_id}/attendance", Action.EXPORT, responses=answer("ClassAttendance"),
                operation_id="getAttendance", summary="Who attended how much, and who was in which recording")
    def attendance(request: Request, class_id: ClassName, lang: Lang = "zh") -> dict[str, Any]:
        told, facts = _facts(request, class_id)
        made = lists_of(facts, Words(facts, lang), "trainees", "recordings")
        for row, block in zip(made["recordings"], told.story.blocks, strict=True):
            row |= people_of(told, block)
        rate = class_part(facts, lang)["attendance_rate_pct"]
        return {**_head(facts), "attendance_rate_pct": rate, **made}

    @routes.add(["GET"], "/classes/{class_id}/decisions", Action.EXPORT, responses=answer("ClassDecisions"),
                operation_id="getDecisions", summary="What two persons decide, what was objected, and inspections")
    def decisions(request: Request, class_id: ClassName, lang: Lang = "zh") -> dict[str, Any]:
        _, facts = _facts(request, class_id)
        lists = lists_of(facts, Words(facts, lang), "decisions", "objections", "objection_steps", "inspections")
        return {**_head(facts), **lists}

    def _facts(request: Request, class_id: str) -> tuple[Told, Facts]:
        """The class now; that a program took it is on record. It is no look of a person, such as R5 counts."""
        look(centre, request, "export", class_id=class_id)
        told, names = stories.tell(class_id), names_of(centre, class_id)
        with centre.store.read() as tx:
            sealed, order = order_of(tx, class_id)
            institution = institution_of(tx, order, ALL)
        return told, facts_of(told, names, sealed.hash, institution, NO_PROOF, centre.has_video)

    return routes.router


def described(app: FastAPI, centre: Centre) -> APIRouter:
    """The route that describes those of `app`."""
    routes = Routes(centre.store.device, "/api", default_response_class=JSONResponse)

    @routes.add(["GET"], "/openapi.json", OPEN)
    def openapi() -> dict[str, Any]:
        return document(app.routes, centre.config.web.address)

    return routes.router


def _page(tx: Tx, scope: Scope, want: Wanted, after: str, most: int) -> Iterator[dict[str, Any]]:
    """At most so many classes with an id above `after`."""
    for class_id in tx.planned(after):
        sealed, order = order_of(tx, class_id)
        if scope.holds(order.institution) and want.takes(order, scope.institutions):
            yield _listed(order, sealed.hash, scope)
            most -= 1
        if not most:
            return


def _listed(order: ClassOrder, sha256: str, scope: Scope) -> dict[str, Any]:
    held = scope.institutions.get(order.institution or "")
    starts, ends = ([utc_us(at) for at in times] for times in (
        [hour.start for hour in order.hours], [hour.end for hour in order.hours]))
    return {
        "class": order.class_id, "title": order.title, "institution": held.name if held else None,
        "institution_id": order.institution, "region": held.region if held else None,
        "start": utc_text(min(starts)) if starts else None, "end": utc_text(max(ends)) if ends else None,
        "policy": {"id": order.policy.id, "sha256": order.policy.sha256},
        "order": {"number": order.number, "sha256": sha256},
    }


def _head(facts: Facts) -> dict[str, Any]:
    return {"class": facts.head.class_id, "as_of": utc_text(facts.head.as_of_us), "simulated": facts.head.simulated}


def people_of(told: Told, block: Block) -> dict[str, Any]:
    """Everybody who is due in a recording, and its instructors."""
    r3, signs = r3_of(told.findings), {one.person: one for one in block.attendance}
    return {
        "presences": [{
            **_signed_in(signs[one.person]), "answer": answer_of(told, block, one, r3), "why": list(one.why),
            "on_leave": one.on_leave} for one in block.presences],
        "teachers": [_signed_in(one) for one in block.teachers],
    }


def _signed_in(one: Attendance) -> dict[str, Any]:
    in_, out = (None if at_us is None else utc_text(at_us) for at_us in (one.in_us, one.out_us))
    return {"person": one.person, "signed_in": one.came, "way": one.way, "in": in_, "out": out, "late": one.late}
