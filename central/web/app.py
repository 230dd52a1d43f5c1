"""The console as one ASGI application."""
from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from central.classes.stories import Stories
from central.errors import (
    BadForm,
    LinkOver,
    NoCheckpoint,
    NotAllowed,
    NotInTree,
    NotSignedIn,
    OtherTree,
    SegmentFileMissing,
    SegmentNotStored,
    TooManyWrong,
    UnknownAccount,
    UnknownBlock,
    UnknownClass,
    UnknownEvidence,
    UnknownInstitution,
    UnknownRecording,
    UnknownWitness,
)
from central.web.access import check_routes
from central.web.administration import administration
from central.web.api import api
from central.web.audit import audit
from central.web.cookies import Cookies
from central.web.front import front
from central.web.guard import Guard
from central.web.log import log
from central.web.own import own
from central.web.pages import pages
from central.web.render import lang_of, page
from central.web.signing_in import signing_in, to_sign_in
from central.web.uploads import STATUS as UPLOADS
from central.web.uploads import uploads
from central.web.video import video
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadCheckpoint, BadCosignature, BadInput, BadNote, BadProof, BadTile, ZaitangError

STATUS: dict[type[ZaitangError], int] = {
    UnknownClass: 404, UnknownBlock: 404, UnknownRecording: 404, UnknownEvidence: 404, SegmentNotStored: 404,
    SegmentFileMissing: 404,
    BadTile: 404, BadProof: 404, NotInTree: 404, NoCheckpoint: 404, UnknownWitness: 403, OtherTree: 409,
    BadNote: 422, BadCheckpoint: 422, BadCosignature: 422, UnknownInstitution: 404, UnknownAccount: 404,
    NotSignedIn: 401, NotAllowed: 403, BadForm: 403, LinkOver: 404, TooManyWrong: 429,
    **UPLOADS,
}
NOT_HERE = N_("There is no such page.")


def create_app(centre: Centre) -> FastAPI:
    """The application over an open centre."""
    app = FastAPI(title="Zaitang", docs_url=None, redoc_url=None, openapi_url=None)
    web, stories = centre.config.web, Stories(centre.store, centre.clock)
    app.state.centre, app.state.door, app.state.cookies = centre, centre.door(), Cookies(web.tls)
    for router in (uploads(centre), api(centre, stories), log(centre), video(centre, stories), front(centre, stories),
                   pages(centre, stories), signing_in(centre), own(centre), administration(centre), audit(centre)):
        app.router.routes.extend(router.routes)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    check_routes(app.routes)
    app.add_middleware(Guard, names=frozenset(name.lower() for name in web.names), tls=web.tls)

    @app.exception_handler(ZaitangError)
    def failed(request: Request, error: ZaitangError) -> Response:
        if isinstance(error, NotSignedIn) and not _for_programs(request):
            return to_sign_in(request)
        other = 422 if isinstance(error, BadInput) and request.method == "POST" else 500
        return _problem(request, centre, STATUS.get(type(error), other), words(error, lang_of(request)))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, _error: RequestValidationError) -> Response:
        return _problem(request, centre, 404, translate(NOT_HERE, lang_of(request)))

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        text = translate(NOT_HERE if error.status_code == 404 else str(error.detail), lang_of(request))
        return _problem(request, centre, error.status_code, text)

    return app


def _for_programs(request: Request) -> bool:
    """Whether a program asks, or the script of a page, and not a person who reads the answer."""
    path = request.url.path
    return path.startswith(("/api/", "/log/", "/media/")) or path.endswith(("/check", ".m3u8"))


def _problem(request: Request, centre: Centre, status: int, text: str) -> Response:
    if _for_programs(request):
        return JSONResponse({"error": text}, status)
    return page(request, centre, "error.html", status, text=text)
