"""Inspections of a class: those that are on record, the form for a new one or a better word, and the signed papers."""
from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.datastructures import UploadFile

from central.accounts.actions import Action
from central.classes.errors import MoreThanPlanned, NothingSeen
from central.classes.inspections import KINDS, InspectionSaid, moment, state_inspection, text
from central.classes.stories import Stories, Told
from central.errors import NotAPaper, UnknownClass, UnknownPaper
from central.live.desk import LiveDesk
from central.papers import MAX_DRAWN, MAX_PAPER, Papers, kind_of
from central.web.access import Routes, actor_of, field, form_of
from central.web.case.common import Typed, back_to, case_page, chosen, number, refused
from central.web.class_names import ClassName, names_of
from central.web.errors import SignedTwice
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.render import lang_of
from central.wiring import Centre
from common.texts import N_, translate
from evidence.canonical import canonical
from evidence.errors import BadInput
from evidence.story import InspectionFact

PATH = "/classes/{class_id}/inspections"
PAPER = "/classes/{class_id}/papers/{paper}"
Sha = Annotated[str, PathParam(pattern=r"^[0-9a-f]{64}$")]
PNG = "data:image/png;base64,"
MOST = MAX_PAPER + (2 << 20)
"""Bytes of a form with a scanned sheet and a drawn signature."""
FIELDS = ("kind", "hour", "start", "end", "place", "teachers", "headcount", "workplaces", "remark", "inspector",
          "numbers", "people", "replaces", "typed", "drawn")
LIMIT, AFAR = 10_000, "remote"
VOIDS = {
    "ahead": N_("it was stated before it was over"),
    "backwards": N_("it ends before it begins"),
    "outside": N_("the plan has no class-hours on its days"),
}


@dataclasses.dataclass(frozen=True)
class InspectionView:
    """An inspection that is on record. `afar`: live pictures reached the inspector then; `void`: why it does not
    count; `paper`: address of what was signed."""

    id: str
    kind: str
    afar: bool
    when: str
    place: str
    inspector: str
    teachers: int
    headcount: int
    workplaces: str
    remark: str
    numbers: tuple[str, ...]
    people: tuple[str, ...]
    void: str
    signed: bool
    paper: str
    records: tuple[Link, ...]


def inspections(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of inspections and papers."""
    routes, papers = Routes(centre.store.device, default_response_class=HTMLResponse), centre.papers()

    @routes.get(PATH, Action.SEE_CLASS)
    def show(request: Request, class_id: ClassName) -> Response:
        told = stories.tell(class_id)
        wanted = request.query_params.get("replaces", "")
        fact = next((one for one in told.story.inspections if one.inspection.inspection == wanted), None)
        typed = None if fact is None else Typed("inspect", "", _again(fact, LocalTime(told.order.utc_offset_min, "en")))
        return _page(request, centre, stories, papers, class_id, typed)

    @routes.post(PATH, Action.INSPECT, most=MOST)
    def state(request: Request, class_id: ClassName) -> Response:
        now_us = centre.clock.stamp().utc_us
        try:
            seen = _seen(request, class_id)
            said = _said(request, stories.tell(class_id))
            with _signed(request, papers, class_id) as signature:
                said = dataclasses.replace(said, signature=signature)
                body = state_inspection(
                    centre.store, centre.names, class_id, said, now_us, actor_of(request).account, seen)
        except UnknownClass:
            raise
        except BadInput as error:
            typed, sure = refused(request, "inspect", error, FIELDS), _sure(request, error)
            if _by_script(request):
                return JSONResponse({"error": typed.error, "sure": sure}, 422)
            typed = dataclasses.replace(typed, fields={**typed.fields, "sure": sure})
            return _page(request, centre, stories, papers, class_id, typed)
        if _by_script(request):
            return JSONResponse({"inspection": body.inspection})
        return back_to(f"/classes/{class_id}/inspections#{body.inspection}")

    @routes.get(PAPER, Action.SEE_RECORD)
    def paper(request: Request, class_id: ClassName, paper: Sha) -> Response:
        story = stories.tell(class_id).story
        named = {one.inspection.signature for one in story.inspections} | {one.imported.file for one in story.imported}
        if paper not in named:
            raise UnknownPaper()
        path, media = papers.find(paper)
        look(centre, request, "record", class_id=class_id, file=paper)
        return FileResponse(path, media_type=media, filename=f"{paper[:16]}{path.suffix}",
                            content_disposition_type="inline" if media.startswith("image/") else "attachment")

    return routes.router


def _by_script(request: Request) -> bool:
    """Whether the page of a live picture sends the form, which stays where it is."""
    return request.headers.get("accept", "") == "application/json"


def _sure(request: Request, error: BadInput) -> str:
    """What says of the next press that the number is meant; empty where something else is wrong."""
    return field(request, "headcount").strip() if isinstance(error, MoreThanPlanned) else ""


def _seen(request: Request, class_id: str) -> tuple[int, int] | None:
    """From when to when pictures reached somebody who looks in live, in that look; None of a form that is none of a
    look. Raises NothingSeen."""
    if not (device := field(request, "look")):
        return None
    desk: LiveDesk = request.app.state.live
    seen = desk.seen(actor_of(request).account, device, class_id)
    if seen is None:
        raise NothingSeen
    return seen


def _typed_span(request: Request, told: Told) -> tuple[str, str]:
    """From when to when somebody was there: as typed, else the class-hour that was chosen. Raises BadWhen."""
    start, end = field(request, "start").strip(), field(request, "end").strip()
    hour = next((one.hour for one in told.story.hours if one.id == field(request, "hour")), None)
    if hour is not None and not (start or end):
        start, end = hour.start, hour.end
    for label, when in ((N_("Beginning"), start), (N_("End"), end)):
        moment(label, when, told.order)
    return start, end


def _headcount(request: Request, told: Told) -> int:
    """Raises BadNumber, and MoreThanPlanned for more than the class has, until it is pressed again."""
    counted = number(request, "headcount", N_("Trainees who were there"), LIMIT)
    most = sum(one.role == "trainee" for one in told.order.roster)
    if counted > most and field(request, "sure").strip() != field(request, "headcount").strip():
        raise MoreThanPlanned(count=counted, most=most)
    return counted


def _said(request: Request, told: Told) -> InspectionSaid:
    """What the form says, but for what was signed. Raises NothingChosen, BadNumber, MoreThanPlanned, BadText, BadWhen.
    """
    kind = chosen(request, "kind", (AFAR,) if field(request, "look") else KINDS)
    start, end = ("", "") if kind == AFAR else _typed_span(request, told)
    places = field(request, "workplaces").strip()
    return InspectionSaid(
        kind=kind, start=start, end=end, place=text(N_("Place"), field(request, "place")),
        teachers=number(request, "teachers", N_("Teachers who were there"), LIMIT),
        headcount=_headcount(request, told),
        inspector=text(N_("Inspector"), field(request, "inspector")),
        workplaces=number(request, "workplaces", N_("Workplaces"), LIMIT) if places else None,
        remark=field(request, "remark"),
        numbers=tuple(field(request, "numbers").replace("，", ",").replace(",", " ").split()),
        people=tuple(one for one in form_of(request).getlist("people") if isinstance(one, str)),
        replaces=field(request, "replaces").strip() or None)


def _signed(request: Request, papers: Papers, class_id: str) -> AbstractContextManager[str | None]:
    """The hash of what was signed, kept: drawn, typed, or a scanned sheet. Raises SignedTwice, NotAPaper,
    PaperTooLarge, PaperNotKept."""
    drawn, typed, scan = field(request, "drawn"), field(request, "typed").strip(), upload(request, "scan")
    if sum(bool(one) for one in (drawn, typed, scan)) > 1:
        raise SignedTwice()
    if scan:
        return papers.keeping(scan, kind_of(scan))
    if drawn:
        return papers.keeping(_png(drawn), "png")
    if not typed:
        return nullcontext()
    said = {"class": class_id, "account": actor_of(request).account, "signed": text(N_("Type the name"), typed)}
    return papers.keeping(canonical(said), "txt")


def _png(drawn: str) -> bytes:
    """The picture that the page made of what was drawn. Raises NotAPaper, PaperTooLarge."""
    try:
        data = base64.b64decode(drawn.removeprefix(PNG), validate=True)
    except (binascii.Error, ValueError):
        raise NotAPaper() from None
    if kind_of(data, MAX_DRAWN) != "png":
        raise NotAPaper()
    return data


def upload(request: Request, name: str) -> bytes:
    """A file of a form; empty where none was chosen."""
    file = form_of(request).get(name)
    return file.file.read(MOST + 1) if isinstance(file, UploadFile) else b""


def _again(fact: InspectionFact, local: LocalTime) -> dict[str, str]:
    """The form with what an inspection says, to be put right."""
    body = fact.inspection
    start, end = (f"{local.day(us)}T{local.seconds(us)}" for us in (fact.start_us, fact.end_us))
    return {
        "kind": body.kind, "start": start, "end": end, "place": body.place, "teachers": str(body.teachers),
        "headcount": str(body.headcount), "workplaces": "" if body.workplaces is None else str(body.workplaces),
        "remark": body.remark, "inspector": body.inspector, "numbers": " ".join(body.numbers),
        "people": " ".join(body.people), "replaces": body.inspection,
    }


def inspection_views(told: Told, names: Mapping[str, str], local: LocalTime, papers: Papers) -> list[InspectionView]:
    """The inspections of a class, in order of time."""
    return [_view(told, one, names, local, papers) for one in told.story.inspections]


def _view(
    told: Told, fact: InspectionFact, names: Mapping[str, str], local: LocalTime, papers: Papers,
) -> InspectionView:
    body, lang = fact.inspection, local.lang
    here = body.signature is not None and papers.has(body.signature)
    return InspectionView(
        id=body.inspection, kind=translate(KINDS[body.kind], lang), afar=body.kind == AFAR,
        when=f"{local.date(fact.start_us)} {local.clock(fact.start_us)}–{local.clock(fact.end_us)}",
        place=body.place, inspector=body.inspector, teachers=body.teachers, headcount=body.headcount,
        workplaces="—" if body.workplaces is None else str(body.workplaces), remark=body.remark, numbers=body.numbers,
        people=tuple(names.get(one, one) for one in body.people),
        void=translate(VOIDS[fact.void], lang) if fact.void else "", signed=body.signature is not None,
        paper=f"/classes/{told.story.class_id}/papers/{body.signature}" if here else "",
        records=tuple(link(ref) for ref in fact.refs))


def _page(
    request: Request, centre: Centre, stories: Stories, papers: Papers, class_id: str, typed: Typed | None
) -> Response:
    told, lang = stories.tell(class_id), lang_of(request)
    look(centre, request, "class", class_id=class_id)
    local, names = LocalTime(told.order.utc_offset_min, lang), names_of(centre, class_id)
    trainees = [one.person for one in told.order.roster if one.role == "trainee"]
    begun = [one for one in told.story.hours if one.span.start_us <= told.as_of.us]
    views = inspection_views(told, names, local, papers)
    content: dict[str, Any] = {
        "inspections": views,
        "kinds": {name: translate(text_, lang) for name, text_ in KINDS.items() if name != AFAR},
        "afar": next((one for one in views if typed and typed.get("replaces") == one.id and one.afar), None),
        "hours": [(one.id, f"{local.date(one.span.start_us)} {local.clock(one.span.start_us)}–"
                   f"{local.clock(one.span.end_us)}") for one in begun],
        "trainees": {person: names.get(person, person) for person in trainees},
        "rooms": [place.room for place in told.order.boxes],
        "chosen_people": _people(request, typed),
    }
    return case_page(request, centre, "inspections.html", told, {typed.which: typed} if typed else {}, **content)


def _people(request: Request, typed: Typed | None) -> list[str]:
    """Whom a form that was refused had ticked, or an inspection that is put right names."""
    if typed is None:
        return []
    if request.method == "POST":
        return [one for one in form_of(request).getlist("people") if isinstance(one, str)]
    return typed.get("people").split()
