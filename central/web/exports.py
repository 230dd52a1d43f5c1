"""Dossiers and exports: asked for on the page of a class, made in the background, downloaded; many classes as a ZIP."""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from central.accounts.actions import Action
from central.accounts.scope import Scope, scope_of
from central.classes.orders import latest_orders, order_of
from central.dossier.bulk import wanted
from central.dossier.desk import DossierDesk
from central.dossier.errors import MayNoMore, NothingChosen
from central.dossier.gather import gather
from central.dossier.made import state_made
from central.dossier.packed import packed
from central.dossier.places import Places
from central.dossier.shape import Facts
from central.web.access import Routes, actor_of, field
from central.web.class_names import ClassName
from central.web.looking import look
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.errors import BadInput

KINDS = {".pdf": "application/pdf", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         ".json": "application/json", ".zip": "application/zip"}
ASKED = ("institution", "region", "since", "until")
AGAIN_S = 2


def exports(centre: Centre, dossiers: DossierDesk) -> APIRouter:
    """Routes of dossiers and exports."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)
    places = Places()

    @routes.get("/classes/{class_id}/dossier", Action.EXPORT)
    def offer(request: Request, class_id: ClassName) -> Response:
        return page(request, centre, "dossier.html", class_id=class_id, title=title_of(centre, class_id), job=None,
                    error="")

    @routes.post("/classes/{class_id}/dossier", Action.EXPORT)
    def ask(request: Request, class_id: ClassName) -> Response:
        ending = field(request, "kind")
        if ending not in KINDS:
            return RedirectResponse(f"/classes/{class_id}/dossier", 303)
        facts = gather(centre, class_id, centre.checkpoint())
        look(centre, request, "export", class_id=class_id)
        try:
            job = dossiers.ask(facts, ending, lang_of(request), actor_of(request).account,
                               lambda: state_made(centre, facts))
        except BadInput as error:
            return page(request, centre, "dossier.html", 422, class_id=class_id,
                        title=title_of(centre, class_id), job=None,
                        error=words(error, lang_of(request)))
        return RedirectResponse(f"/classes/{class_id}/dossier/{job.key}", 303)

    @routes.get("/classes/{class_id}/dossier/{key}", Action.EXPORT)
    def follow(request: Request, class_id: ClassName, key: str) -> Response:
        job = dossiers.job(class_id, key)
        if job is None:  # forgotten: it is asked for anew
            return RedirectResponse(f"/classes/{class_id}/dossier", 303)
        made = page(request, centre, "dossier.html", class_id=class_id, title=title_of(centre, class_id), job=job,
                    error="",
                    before=dossiers.before(job), seconds=dossiers.elapsed_s(job))
        if job.state in ("waiting", "running"):
            made.headers["refresh"] = str(AGAIN_S)
        elif job.state == "done" and "done" not in request.query_params:
            made.headers["refresh"] = f"1; url=/classes/{class_id}/dossier/{key}/file"
        return made

    @routes.get("/classes/{class_id}/dossier/{key}/file", Action.EXPORT)
    def file(request: Request, class_id: ClassName, key: str) -> Response:
        job = dossiers.job(class_id, key)
        if job is None or job.state != "done":
            return RedirectResponse(f"/classes/{class_id}/dossier", 303)
        look(centre, request, "export", class_id=class_id)
        return Response(job.data, media_type=KINDS[job.ending], headers=_attached(job.name))

    @routes.get("/exports", Action.EXPORT)
    def choose(request: Request) -> Response:
        return _form(request, centre, {})

    @routes.post("/exports", Action.EXPORT)
    def export(request: Request) -> Response:
        asked = {name: field(request, name).strip()[:64] for name in ASKED}
        lang, kind = lang_of(request), "csv" if field(request, "kind") == "csv" else "json"
        try:
            classes = _chosen(centre, request, asked)
            place = places.take(actor_of(request).account)
        except BadInput as error:
            return _form(request, centre, {**asked, "kind": kind}, words(error, lang))

        def first(facts: Facts) -> None:
            look(centre, request, "export", class_id=facts.head.class_id)
            state_made(centre, facts)

        def pieces() -> Iterator[bytes]:
            try:
                for piece in packed(centre, classes, centre.checkpoint(), kind, lang, first):
                    yield piece
                    places.go_on(place)
                    still(request)
            finally:
                places.leave(place)

        sent = pieces()
        begun = next(sent)  # so that it ends, and frees the place, even if nobody takes any of it
        return StreamingResponse(itertools.chain([begun], sent), media_type=KINDS[".zip"],
                                 headers=_attached(f"classes.{lang}.zip"))

    return routes.router


def title_of(centre: Centre, class_id: str) -> str:
    """What a class is called."""
    with centre.store.read() as tx:
        return order_of(tx, class_id)[1].title


def still(request: Request) -> None:
    """An export runs for long: whether the one who asked may see so much as then. Raises MayNoMore."""
    asked, door = actor_of(request), request.app.state.door
    if door.actor(request.app.state.cookies.read(request)) != asked:
        raise MayNoMore(account=asked.account)


def _chosen(centre: Centre, request: Request, asked: dict[str, str]) -> list[str]:
    """The classes within reach that are as asked. Raises BadRegion, BadPeriod, NothingChosen."""
    want = wanted(*(asked[name] or None for name in ASKED))
    with centre.store.read() as tx:
        scope = scope_of(tx, actor_of(request))
        found = [class_id for class_id, (_, order) in latest_orders(tx).items()
                 if scope.holds(order.institution) and want.takes(order, scope.institutions)]
    if not found:
        raise NothingChosen
    return found


def _form(request: Request, centre: Centre, asked: dict[str, str], error: str = "") -> Response:
    with centre.store.read() as tx:
        scope: Scope = scope_of(tx, actor_of(request))
    return page(request, centre, "exports.html", 422 if error else 200, asked=asked, error=error,
                institutions=scope.visible())


def _attached(name: str) -> dict[str, Any]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
