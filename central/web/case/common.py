"""What the pages about one class share: its head, what was typed into a form that is refused, who may do what."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.people import Actor
from central.classes.decision_errors import FindingsChanged, SaidMore, StillComing
from central.classes.errors import RecordingChanged
from central.classes.objection_errors import ObjectionWentOn
from central.classes.stories import Told
from central.web.access import actor_of, field
from central.web.errors import BadNumber, NothingChosen
from central.web.localtime import LocalTime
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.errors import ZaitangError

MAY = {
    "review": Action.REVIEW, "decide": Action.DECIDE, "object": Action.OBJECT, "answer": Action.ANSWER_OBJECTION,
    "hold": Action.HOLD, "erase": Action.ERASE,
    "inspect": Action.INSPECT, "survey": Action.SURVEY, "export": Action.EXPORT,
    "archive": Action.ARCHIVE, "faces": Action.SEE_FACES, "video": Action.SEE_VIDEO, "live": Action.LIVE,
}


MEANWHILE = (FindingsChanged, SaidMore, StillComing, RecordingChanged, ObjectionWentOn)
"""What somebody sent is as it should be, and the class is another one by now: 409."""


@dataclasses.dataclass(frozen=True)
class Typed:
    """What somebody typed into the form `which` of a page, and why it was refused, with which status; on a fresh page
    nothing of it."""

    which: str = ""
    error: str = ""
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: int = 422

    def get(self, name: str, fresh: str = "") -> str:
        """What stands in a field."""
        return self.fields.get(name, fresh)


def refused(request: Request, which: str, error: ZaitangError, names: Iterable[str]) -> Typed:
    """A form that was refused, with what was typed into these fields."""
    status = 409 if isinstance(error, MEANWHILE) else 422
    return Typed(which, words(error, lang_of(request)), {name: field(request, name) for name in names}, status)


def counted(request: Request, name: str) -> int | None:
    """A number that the page sent along, which it always does; what is no number is never the present one."""
    text = field(request, name)
    return None if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def can(actor: Actor) -> dict[str, bool]:
    """What this person may do, for templates."""
    return {name: actor.may(may) for name, may in MAY.items()}


def case_page(
    request: Request, centre: Centre, template: str, told: Told, typed: dict[str, Typed], **content: Any
) -> Response:
    """A page about a class. Templates have `told`'s head as `c`, `can` (what this person may do), `form(which)`."""
    lang, actor = lang_of(request), actor_of(request)
    head = {
        "class_id": told.order.class_id, "title": told.order.title, "simulated": told.story.simulated,
        "liveness_checked": told.story.liveness_checked, "offset": told.order.utc_offset_min,
        "as_of": LocalTime(told.order.utc_offset_min, lang).full(told.as_of.us),
    }
    status = next((one.status for one in typed.values() if one.error), 200)
    return page(request, centre, template, status, c=head, can=can(actor),
                form=lambda which: typed.get(which, Typed()), **content)




def chosen(request: Request, name: str, offered: Iterable[str]) -> Any:
    """One of the values that a form offers. Raises NothingChosen."""
    said = field(request, name)
    if said not in set(offered):
        raise NothingChosen()
    return said


def number(request: Request, name: str, label: str, limit: int) -> int:
    """A whole number of a form; `label`: what its field is called. Raises BadNumber."""
    said = field(request, name).strip()
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) <= limit):
        raise BadNumber(key=label, limit=limit)
    return int(said)


def back_to(path: str) -> Response:
    """After a form was taken: to the page that shows what came of it."""
    return RedirectResponse(path, 303)
