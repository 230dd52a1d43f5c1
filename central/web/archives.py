"""Archives in the console: asked for with a reason, made in the background, downloaded as one ZIP."""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from central.accounts.actions import Action
from central.accounts.looks import looked
from central.archive.cli import away_words
from central.archive.desk import KEPT_DAYS, WITHOUT_S, ArchiveDesk
from central.archive.errors import ArchiveAsked, NoArchive
from central.archive.packed import packed
from central.archive.progress import amount
from central.classes.orders import order_of
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, refused
from central.web.class_names import ClassName
from central.web.errors import UnclearReason
from central.web.exports import still
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.reasons import asked, reason_of
from central.web.render import lang_of, page
from central.wiring import Centre
from evidence.times import SECOND

AGAIN_S = 3
EVERY = 64 << 20
"""Bytes of a download after which it is asked whether somebody may go on with it."""


def archives(centre: Centre, desk: ArchiveDesk) -> APIRouter:
    """Routes of archives."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/classes/{class_id}/archive", Action.ARCHIVE)
    def follow(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, desk, class_id, Typed())

    @routes.post("/classes/{class_id}/archive", Action.ARCHIVE)
    def ask(request: Request, class_id: ClassName) -> Response:
        try:
            why = reason_of(request)
            sheets, without = (field(request, name) == "yes" for name in ("sheets", "without"))
        except UnclearReason as error:
            typed = refused(request, "ask", error, ("reason", "why", "sheets", "without"))
            return _page(request, centre, desk, class_id, typed)
        look(centre, request, "archive", class_id=class_id, why=why)
        try:
            desk.ask(class_id, "en" if lang_of(request) == "en" else "zh", sheets, actor_of(request).account,
                     without)
        except ArchiveAsked as error:
            return _page(request, centre, desk, class_id, refused(request, "ask", error, ()))
        return RedirectResponse(f"/classes/{class_id}/archive", 303)

    @routes.post("/classes/{class_id}/archive/file", Action.ARCHIVE)
    def say(request: Request, class_id: ClassName) -> Response:
        try:
            look(centre, request, "archive", class_id=class_id, why=reason_of(request))
        except UnclearReason as error:
            return _page(request, centre, desk, class_id, refused(request, "file", error, ("reason", "why")))
        return RedirectResponse(f"/classes/{class_id}/archive/file", 303)

    @routes.get("/classes/{class_id}/archive/file", Action.ARCHIVE)
    def file(request: Request, class_id: ClassName) -> Response:
        try:
            bag = desk.bag(class_id)
        except NoArchive:  # it went, or is not made yet: the page says so
            return RedirectResponse(f"/classes/{class_id}/archive", 303)
        if not _has_said(request, centre, class_id):  # the page asks why
            return RedirectResponse(f"/classes/{class_id}/archive", 303)

        def pieces() -> Iterator[bytes]:
            sent = 0
            for piece in packed(bag, class_id):
                yield piece
                sent += len(piece)
                if sent >= EVERY:
                    sent = 0
                    still(request)

        sent = pieces()
        begun = next(sent)  # what goes wrong at once is told as a page
        return StreamingResponse(itertools.chain([begun], sent), media_type="application/zip", headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(class_id)}.archive.zip"})

    return routes.router


def _has_said(request: Request, centre: Centre, class_id: str) -> bool:
    """Whether whoever asks said within the hour why they need the archive of this class."""
    now_us = centre.clock.stamp().utc_us
    return looked(centre.store, actor_of(request), "archive", now_us, class_id=class_id) is not None


def _page(request: Request, centre: Centre, desk: ArchiveDesk, class_id: str, typed: Typed) -> Response:
    with centre.store.read() as tx:
        order = order_of(tx, class_id)[1]
    lang, stands = lang_of(request), desk.standing(class_id)
    local = LocalTime(order.utc_offset_min, lang)
    made = page(
        request, centre, "archive.html", typed.status if typed.error else 200, class_id=class_id, title=order.title,
        stands=stands, form=lambda which: typed if which == typed.which else Typed(),
        why={which: asked(lang, typed if which == typed.which else None) for which in ("ask", "file")},
        waits=int(stands.request.wait_s / 60) if stands is not None else 0,
        away=away_words(stands.now.away, lang, order.utc_offset_min) if stands is not None else (),
        said=_has_said(request, centre, class_id), days=KEPT_DAYS, minutes=int(WITHOUT_S / 60),
        amount=amount, when=local.exact,
        until=local.exact(stands.until_s * SECOND) if stands is not None else "")
    if stands is not None and stands.state in ("waiting", "running") and request.method == "GET":
        made.headers["refresh"] = str(AGAIN_S)
    return made
