"""What other systems and papers say of a class: a form for each rule, or a file of the same, each with its source."""
from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.import_templates import TEMPLATES
from central.classes.imports import ImportSaid, state_import
from central.classes.people import People
from central.classes.plan import toml_of
from central.classes.stories import Stories
from central.errors import PaperTooLarge, UnknownClass
from central.papers import MAGIC, MAX_PAPER, Papers
from central.web.access import Routes, actor_of, field, form_of
from central.web.case.common import Typed, back_to, case_page, refused
from central.web.case.facts_form import CONTROLS, FIRST, PLATFORMS, ROWS, import_of, said_of
from central.web.case.inspections import MOST, upload
from central.web.class_names import ClassName, names_of
from central.web.errors import NoFacts, PaperNeeded
from central.web.findings import finding_view
from central.web.links import link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.render import lang_of
from central.wiring import Centre
from common.reasons import rule_words
from common.texts import translate, words
from evidence.errors import BadInput
from evidence.shape import decode

PATH = "/classes/{class_id}/facts"
Rule = Annotated[str, PathParam(pattern=r"^(R8|O5|O6|O8|O10|O11)$")]


def facts(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of facts from elsewhere."""
    routes, papers = Routes(centre.store.device, default_response_class=HTMLResponse), centre.papers()

    @routes.get(PATH, Action.INSPECT)
    def show(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, stories, papers, class_id)

    @routes.get(PATH + "/{rule}.toml", Action.INSPECT)
    def template(class_id: ClassName, rule: Rule) -> Response:
        return Response(TEMPLATES[rule], media_type="application/toml; charset=utf-8",
                        headers={"content-disposition": f'attachment; filename="{class_id}.{rule}.toml"'})

    @routes.post(PATH, Action.INSPECT, most=MOST)
    def take(request: Request, class_id: ClassName) -> Response:
        rule = field(request, "rule")
        try:
            said, source, kind = _filled(request, centre, class_id, rule) if rule in TEMPLATES else _said(request)
            with papers.keeping(source, kind) as kept:
                said = dataclasses.replace(said, file=kept)
                body = state_import(centre.store, centre.names, class_id, said, actor_of(request).account)
        except UnknownClass:
            raise
        except BadInput as error:
            return _page(request, centre, stories, papers, class_id, _typed(request, rule, error))
        return back_to(f"/classes/{class_id}/facts#{body.rule}")

    return routes.router


def _filled(request: Request, centre: Centre, class_id: str, rule: str) -> tuple[ImportSaid, bytes, str]:
    """What a form of one rule says, where it stands, and what that is: the text of the form itself where no other
    source is. Raises FactLacks, BadNumber, PaperTooLarge, BadShape, UnknownClass."""
    source = upload(request, "source")
    if len(source) > MAX_PAPER:
        raise PaperTooLarge(limit=MAX_PAPER)
    with centre.store.read() as tx:
        people = sorted(People(tx, centre.names, class_id).trainees)
    part = said_of(rule, lambda name: " ".join(field(request, name).split()), lambda name: _all(request, name), people)
    said, text = import_of(rule, field(request, "where"), part)
    return (said, source, _kind(source)) if source else (said, text, "txt")


def _all(request: Request, name: str) -> list[str]:
    """All boxes of a name that are ticked."""
    return [one for one in form_of(request).getlist(name) if isinstance(one, str)]


def _typed(request: Request, rule: str, error: BadInput) -> Typed:
    """What stood in the form that is refused; boxes of one name in lines."""
    if rule not in TEMPLATES:
        return refused(request, "facts", error, ())
    return Typed(rule, words(error, lang_of(request)), {
        name: "\n".join(_all(request, name)) for name in form_of(request)})


def _said(request: Request) -> tuple[ImportSaid, bytes, str]:
    """What the files of the form say, where it stands, and what that is: the template itself where no other source is.

    Raises NoFacts, PaperNeeded, PaperTooLarge, CannotRead, BadShape, FileTooLarge."""
    facts_, source = upload(request, "facts"), upload(request, "source")
    if not facts_:
        raise NoFacts()
    if len(source) > MAX_PAPER:
        raise PaperTooLarge(limit=MAX_PAPER)
    name = (getattr(form_of(request).get("facts"), "filename", None) or "facts.toml")[:80]
    value: dict[str, Any] = toml_of(facts_, name)
    named = value.get("file")
    if isinstance(named, str) and not source:
        raise PaperNeeded(name=named[:80])
    said = decode(ImportSaid, value | {"file": "0" * 64}, name, strict=True)
    return (said, source, _kind(source)) if source else (said, facts_, "txt")


def _kind(source: bytes) -> str:
    """A source may be any file; what no browser should open is bytes."""
    return next((kind for kind, magic in MAGIC.items() if source.startswith(magic)), "bin")


def _page(
    request: Request, centre: Centre, stories: Stories, papers: Papers, class_id: str, typed: Typed | None = None
) -> Response:
    told, lang = stories.tell(class_id), lang_of(request)
    look(centre, request, "class", class_id=class_id)
    names = names_of(centre, class_id)
    stated = dict(told.policy.rules())
    views = {one.rule: finding_view(told, one, names, lang) for one in told.findings}
    needs = {"R8": "make_up", "O5": "online", "O11": "online"}
    kinds = {"make_up" if one.hour.make_up is not None else one.hour.kind for one in told.story.hours}
    rows = []
    for rule in (one for one in TEMPLATES if one in stated):
        fact = told.story.fact_of(rule)
        rows.append({
            "rule": rule, "fill": rule not in needs or needs[rule] in kinds, "title": rule_words(rule, lang),
            "finding": views.get(rule),
            "source": fact.imported.source if fact else "", "record": link(fact.ref) if fact else None,
            "paper": f"/classes/{class_id}/papers/{fact.imported.file}" if fact and papers.has(fact.imported.file)
            else "",
        })
    trainees = [one.person for one in told.order.roster if one.role == "trainee"]
    trainees += [person for block in told.story.blocks for person in block.roster]
    local = LocalTime(told.order.utc_offset_min, lang)
    return case_page(
        request, centre, "facts.html", told, {typed.which: typed} if typed else {}, rows=rows,
        places={"first": range(FIRST), "more": range(FIRST, ROWS), "platforms": range(PLATFORMS)},
        trainees={person: names.get(person, person) for person in dict.fromkeys(trainees)},
        controls={name: translate(text, lang) for name, text in CONTROLS.items()},
        make_ups=[(one.id, f"{local.date(one.span.start_us)} {local.clock(one.span.start_us)}–"
                           f"{local.clock(one.span.end_us)}") for one in told.story.hours
                  if one.hour.make_up is not None],
        caps=told.policy.o10.caps if told.policy.o10 else (), which=typed.which if typed else "")
