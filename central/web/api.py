"""The API for programs: classes with their findings."""
from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from central.accounts.actions import Action
from central.accounts.scope import scope_of
from central.classes.orders import latest_orders
from central.classes.stories import Stories, Told
from central.web.access import Routes, actor_of
from central.web.class_names import ClassName, names_of
from central.web.looking import look
from central.web.matrix import answer_of
from central.wiring import Centre
from evidence.rules import R3Finding, finding_json
from evidence.shape import encode
from evidence.story import Attendance, Block
from evidence.times import utc_text


def api(centre: Centre, stories: Stories) -> APIRouter:
    """Routes for programs."""
    routes = Routes(centre.store.device, "/api", default_response_class=JSONResponse)

    @routes.get("/classes", Action.OVERVIEW)
    def classes(request: Request) -> dict[str, Any]:
        with centre.store.read() as tx:
            scope = scope_of(tx, actor_of(request))
            orders = [order for _, order in latest_orders(tx).values() if scope.holds(order.institution)]
        return {"classes": [{"class": order.class_id, "title": order.title} for order in orders]}

    @routes.get("/classes/{class_id}", Action.SEE_CLASS)
    def one_class(request: Request, class_id: ClassName) -> dict[str, Any]:
        look(centre, request, "class", class_id=class_id)
        return class_json(stories.tell(class_id), names_of(centre, class_id))

    return routes.router


def class_json(told: Told, names: dict[str, str]) -> dict[str, Any]:
    """A class with its findings; who stands behind a pseudonym is in `names`."""
    r3 = next((finding for finding in told.findings if isinstance(finding, R3Finding)), None)
    return {
        "class": told.order.class_id, "title": told.order.title, "number": told.order.number,
        "policy": encode(told.order.policy), "as_of": utc_text(told.as_of.us),
        "simulated": told.story.simulated, "liveness_checked": told.story.liveness_checked, "waiting": told.waiting,
        "verdict": r3.verdict if r3 else None,
        "roster": [{"person": one.person, "role": one.role} for one in told.order.roster],
        "names": names,
        "blocks": [_block_json(told, block, r3) for block in told.story.blocks],
        "findings": [finding_json(finding) for finding in told.findings],
    }


def _block_json(told: Told, block: Block, r3: R3Finding | None) -> dict[str, Any]:
    return {
        "block": block.id, "start": utc_text(block.span.start_us), "end": utc_text(block.span.end_us),
        "covered_us": block.covered_us, "due_us": block.due_us, "headcount": block.headcount_max,
        "roll_called": block.roll_called,
        "presences": [
            {"person": one.person, "answer": answer_of(told, block, one, r3), "why": list(one.why),
             "checked_in": one.checked_in, "on_leave": one.on_leave}
            for one in block.presences
        ],
        "attendance": [_attendance_json(one) for one in block.attendance],
        "teachers": [_attendance_json(one) for one in block.teachers],
    }


def _attendance_json(one: Attendance) -> dict[str, Any]:
    in_, out = (None if at_us is None else utc_text(at_us) for at_us in (one.in_us, one.out_us))
    return {"person": one.person, "came": one.came, "way": one.way, "in": in_, "out": out, "late": one.late}
