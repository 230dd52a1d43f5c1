"""The console as one ASGI application."""
from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from central.classes.stories import Stories
from central.errors import (
    NoCheckpoint,
    NotInTree,
    OtherTree,
    SegmentFileMissing,
    SegmentNotStored,
    UnknownBlock,
    UnknownClass,
    UnknownEvidence,
    UnknownRecording,
    UnknownWitness,
)
from central.web.api import api
from central.web.guard import Guard
from central.web.log import log
from central.web.pages import pages
from central.web.render import lang_of, page
from central.web.uploads import STATUS as UPLOADS
from central.web.uploads import uploads
from central.web.video import video
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadCheckpoint, BadCosignature, BadNote, BadProof, BadTile, ZaitangError

STATUS: dict[type[ZaitangError], int] = {
    UnknownClass: 404, UnknownBlock: 404, UnknownRecording: 404, UnknownEvidence: 404, SegmentNotStored: 404,
    SegmentFileMissing: 404,
    BadTile: 404, BadProof: 404, NotInTree: 404, NoCheckpoint: 404, UnknownWitness: 403, OtherTree: 409,
    BadNote: 422, BadCheckpoint: 422, BadCosignature: 422,
    **UPLOADS,
}
NOT_HERE = N_("There is no such page.")


def create_app(centre: Centre) -> FastAPI:
    """The application over an open centre."""
    app = FastAPI(title="Zaitang", docs_url=None, redoc_url=None, openapi_url=None)
    stories = Stories(centre.store, centre.clock)
    app.include_router(uploads(centre))
    for router in (api(centre, stories), log(centre), video(centre, stories), pages(centre, stories)):
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in route.methods:
                route.methods.add("HEAD")
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(Guard)

    @app.exception_handler(ZaitangError)
    def failed(request: Request, error: ZaitangError) -> Response:
        return _problem(request, centre, STATUS.get(type(error), 500), words(error, lang_of(request)))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, _error: RequestValidationError) -> Response:
        return _problem(request, centre, 404, translate(NOT_HERE, lang_of(request)))

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        text = translate(NOT_HERE, lang_of(request)) if error.status_code == 404 else str(error.detail)
        return _problem(request, centre, error.status_code, text)

    return app


def _problem(request: Request, centre: Centre, status: int, text: str) -> Response:
    if request.url.path.startswith(("/api/", "/log/", "/media/")) or request.url.path.endswith(("/check", ".m3u8")):
        return JSONResponse({"error": text}, status)
    return page(request, centre, "error.html", status, text=text)
