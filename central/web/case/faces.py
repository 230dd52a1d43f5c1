"""Erasing the face of a trainee: ordered of every box by who was told so, followed box by box, and the certificates."""
from __future__ import annotations

import dataclasses

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.people import People
from central.errors import UnknownClass
from central.keeping.asking import erase_face
from central.keeping.erasing import FaceErasing, erasures
from central.keeping.words import box_words, erasing_words, lost_of
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, refused
from central.web.class_names import ClassName, names_of
from central.web.exports import title_of
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.errors import BadInput

PATH = "/classes/{class_id}/faces"
CHINA_MIN = 480


@dataclasses.dataclass(frozen=True)
class ErasingView:
    """An erasure: when somebody asked for it, and for what it waits, or how far each box is, or when it was certified
    and by which record, without the word of which boxes."""

    name: str
    person: str
    asked: str
    by: str
    ordered: str
    waits: tuple[str, ...]
    says: str
    boxes: tuple[tuple[str, str], ...]
    lost: tuple[str, ...]
    at: str
    record: Link | None


def faces(centre: Centre) -> APIRouter:
    """Routes of the page."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get(PATH, Action.ERASE)
    def show(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, class_id, Typed())

    @routes.post(PATH, Action.ERASE)
    def erase(request: Request, class_id: ClassName) -> Response:
        try:
            one, _ = erase_face(centre, class_id, field(request, "person"), actor_of(request).account)
        except UnknownClass:
            raise
        except BadInput as error:
            return _page(request, centre, class_id, refused(request, "erase", error, ("person",)))
        return back_to(f"/classes/{class_id}/faces#{one.person}")

    return routes.router


def _page(request: Request, centre: Centre, class_id: str, typed: Typed) -> Response:
    look(centre, request, "class", class_id=class_id)
    names, lang = names_of(centre, class_id), lang_of(request)
    with centre.store.read() as tx:
        trainees = sorted(People(tx, centre.names, class_id).trainees)
        found = erasures(centre.store, tx, centre.clock.stamp().utc_us, class_id)
    return page(
        request, centre, "faces.html", typed.status if typed.error else 200, class_id=class_id,
        title=title_of(centre, class_id), form=typed,
        trainees={person: names.get(person, person) for person in trainees},
        erasures=[_view(one, names, lang) for one in found])


def _view(one: FaceErasing, names: dict[str, str], lang: str) -> ErasingView:
    record, local = None if one.certificate is None else one.certificate.record, LocalTime(CHINA_MIN, lang)
    asked = None if one.asked is None else one.asked.record
    return ErasingView(
        names.get(one.person, one.person), one.person,
        "" if asked is None else local.full(asked.utc_us), "" if asked is None else str(asked.body.get("by")),
        "" if one.ordered_us is None else local.full(one.ordered_us),
        tuple(words(why, lang) for why in one.waits), erasing_words(one, lang),
        tuple((box.device, box_words(box, lang)) for box in one.boxes), lost_of(one),
        "" if record is None else local.full(record.utc_us),
        None if record is None else link(record.key))
