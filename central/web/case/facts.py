"""What other systems and papers say of a class: a template for each rule, filled in and uploaded with its source."""
from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.import_templates import TEMPLATES
from central.classes.imports import ImportSaid, state_import
from central.classes.plan import toml_of
from central.classes.stories import Stories
from central.errors import PaperTooLarge, UnknownClass
from central.papers import MAGIC, MAX_PAPER, Papers
from central.web.access import Routes, actor_of, form_of
from central.web.case.common import Typed, back_to, case_page, refused
from central.web.case.inspections import MOST, upload
from central.web.class_names import ClassName, names_of
from central.web.errors import NoFacts, PaperNeeded
from central.web.findings import finding_view
from central.web.links import link
from central.web.looking import look
from central.web.render import lang_of
from central.wiring import Centre
from common.reasons import rule_words
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
        try:
            said, source, kind = _said(request)
            with papers.keeping(source, kind) as kept:
                said = dataclasses.replace(said, file=kept)
                body = state_import(centre.store, centre.names, class_id, said, actor_of(request).account)
        except UnknownClass:
            raise
        except BadInput as error:
            return _page(request, centre, stories, papers, class_id, refused(request, "facts", error, ()))
        return back_to(f"/classes/{class_id}/facts#{body.rule}")

    return routes.router


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
    rows = []
    for rule in (one for one in TEMPLATES if one in stated):
        fact = told.story.fact_of(rule)
        rows.append({
            "rule": rule, "title": rule_words(rule, lang), "finding": views.get(rule),
            "source": fact.imported.source if fact else "", "record": link(fact.ref) if fact else None,
            "paper": f"/classes/{class_id}/papers/{fact.imported.file}" if fact and papers.has(fact.imported.file)
            else "",
        })
    return case_page(request, centre, "facts.html", told, {typed.which: typed} if typed else {}, rows=rows)
