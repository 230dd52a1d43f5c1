"""What the forms of class management hold: what was typed, files, the version that was seen; and their answers."""
from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from central.plans.draft import Draft, DraftHour
from central.plans.errors import NoDraft, PatternWrong, UnknownHour
from central.plans.pattern import Pattern, moment_us
from central.plans.schedule import Kind
from central.plans.sealed import opened
from central.plans.table import MAX_BYTES
from central.plans.views import File, Shown
from central.web.access import actor_of, field, form_of
from central.web.looking import look
from central.web.plan_foreign import sight
from central.web.plan_problems import problem_rows
from central.web.plan_view import plan_view
from central.web.render import lang_of, page
from central.wiring import Centre
from evidence.errors import BadInput
from evidence.times import utc_text

FORM_BYTES = 2 * (MAX_BYTES + 1) + (64 << 10)
"""Of a form with both tables."""
KINDS: tuple[Kind, ...] = ("theory", "practical", "online")

Now = Callable[[Draft], dict[str, str | list[str]]]
"""From a draft to the fields of a form."""


class Typed:
    """The fields of a form as somebody typed them; before that as they are now."""

    def __init__(self, request: Request, **now: str | list[str]) -> None:
        sent = form_of(request) if request.method == "POST" else None
        self._values = {name: [value] if isinstance(value, str) else value for name, value in now.items()}
        if sent is not None:
            self._values = {name: [one for one in sent.getlist(name) if isinstance(one, str)] for name in sent}

    def __call__(self, name: str) -> str:
        """One text; empty where there is none."""
        return next(iter(self._values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """Everything that was given by this name."""
        return self._values.get(name, [])


def show(request: Request, centre: Centre, class_id: str) -> Shown:
    """A draft or plan with its people, which is stated as a look. Raises NoDraft."""
    look(centre, request, "plan", class_id=class_id)
    return centre.plans().show(class_id)


def form_page(
    request: Request, centre: Centre, class_id: str, template: str, error: BadInput | None = None,
    now: Now | None = None, **content: Any,
) -> Response:
    """A page about one draft. `error`: why what was sent is not taken; the page then holds what was typed and the
    version that there is now. `now`: what its fields hold before that."""
    shown, lang = show(request, centre, class_id), lang_of(request)
    sees = sight(centre, actor_of(request))
    view = plan_view(shown, lang, centre.clock.stamp().utc_us, sees)
    said = Typed(request, **({} if now is None else now(shown.draft)))
    return page(request, centre, template, 200 if error is None else 422, p=view, said=said,
                problems=[] if error is None else problem_rows(error, lang, sees), **content)


def changed(
    request: Request, centre: Centre, class_id: str, do: Callable[[int], object], template: str, place: str = "changes",
    now: Now | None = None, **content: Any,
) -> Response:
    """Do what a form asks for and lead to what came of it; if it is refused, to the form again. `do` gets the version
    that somebody saw. Raises NoDraft, UnknownHour."""
    try:
        do(version_of(request))
    except (NoDraft, UnknownHour):
        raise
    except BadInput as error:
        return form_page(request, centre, class_id, template, error, now, **content)
    return RedirectResponse(f"/plans/{class_id}#{place}", 303)


def version_of(request: Request) -> int:
    """The version of the draft that the form was made of; none is never the present one."""
    text = field(request, "version")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1


def file_of(request: Request, centre: Centre, name: str, class_id: str) -> File | None:
    """A file of a form, at most one byte longer than a table may be; a list that a box sealed is opened. Raises
    ListOfOther, BadRoster."""
    sent = form_of(request).get(name)
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    called = re.split(r"[/\\]", sent.filename)[-1]
    file = File("".join(one for one in called if one.isprintable())[-80:] or name, sent.file.read(MAX_BYTES + 1))
    return opened(file, class_id, centre.folder / "keys", lang_of(request))


def hour_of(request: Request, draft: Draft, hour: str) -> DraftHour:
    """The class-hour in a form. `hour`: its id; empty for a new one. Raises NotAMoment."""
    day, said = field(request, "date"), Typed(request)
    start_us, end_us = (moment_us(f"{day}T{field(request, name)}", draft.utc_offset_min) for name in ("start", "end"))
    make_up = tuple(said.all("make_up")) if field(request, "whom") == "make_up" else None
    return DraftHour(hour, kind_of(request), utc_text(start_us), utc_text(end_us), field(request, "gear") == "yes",
                     make_up, room_of(request, draft), tuple(said.all("teacher")))


def pattern_of(request: Request, draft: Draft) -> Pattern:
    """The pattern in a form. Raises PatternWrong."""
    said = Typed(request)
    try:
        begin, end = (datetime.time.fromisoformat(said(name)) for name in ("begin", "end"))
        without = [day for day in re.split(r"[\s,，;；、]+", said("without")) if day]
        first, last, *left = (datetime.date.fromisoformat(day) for day in (said("first"), said("last"), *without))
        count, minutes, pause, most = (int(said(name) or "0") for name in ("count", "minutes", "pause", "most"))
        days = frozenset(int(day) for day in said.all("on"))
    except ValueError:
        raise PatternWrong from None
    return Pattern(days, first, last, begin, end, count, minutes, pause, kind_of(request), most, said("gear") == "yes",
                   room_of(request, draft), tuple(said.all("teacher")), frozenset(left))


def kind_of(request: Request) -> Kind:
    """The kind of class-hour; theory, of which most is asked, where a form names none."""
    return next((one for one in KINDS if one == field(request, "kind")), "theory")


def room_of(request: Request, draft: Draft) -> str:
    """One of the rooms of the class, or none."""
    return next((place.room for place in draft.boxes if place.room == field(request, "room")), "")


def times_of(request: Request, draft: Draft, *names: str) -> list[int]:
    """Typed moments in UTC microseconds. Raises NotAMoment."""
    return [moment_us(field(request, name), draft.utc_offset_min) for name in names]

