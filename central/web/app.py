"""The console as one ASGI application."""
from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from central.accounts.errors import LinkOver, TooManyVisits, TooManyWrong
from central.archive.desk import ArchiveDesk
from central.archive.shown import ShownSheets
from central.bucket.errors import BucketAway, BucketRefuses, TooManyFetched
from central.classes.errors import OwnLinkOver, SheetAsked, VisitOver
from central.classes.objection_errors import NoObjection
from central.classes.stories import Stories
from central.classes.survey_errors import SurveyAgain, SurveyClosed, TicketGone, TicketUsed, UnknownTicket
from central.derived.desk import DerivedDesk
from central.derived.errors import DerivedAwaited, DerivedFailed, NothingToDerive, TooManyDerived
from central.dossier.desk import DossierDesk
from central.dossier.errors import BadPeriod
from central.errors import (
    BadRegion,
    NoCheckpoint,
    NotInTree,
    NotSignedIn,
    OtherTree,
    SheetNotHere,
    UnknownAccount,
    UnknownBlock,
    UnknownClass,
    UnknownInstitution,
    UnknownPaper,
)
from central.live.desk import LiveDesk
from central.live.errors import NoPiece, RoomAtRest, RoomNotYet, RoomOutOfReach, TooManyViewers
from central.plans.errors import NoDraft, UnknownHour
from central.renewing import look_after
from central.tree.errors import UnknownWitness
from central.web.access import check_routes
from central.web.administration import administration
from central.web.api import api, described
from central.web.archives import archives
from central.web.audit import audit
from central.web.case.decision import decision
from central.web.case.faces import faces
from central.web.case.facts import facts
from central.web.case.inspections import inspections
from central.web.case.objections import objections
from central.web.case.review import review
from central.web.case.sheets import sheets
from central.web.cookies import Cookies
from central.web.derived import derived
from central.web.errors import (
    BadForm,
    BadQuery,
    NoMoment,
    NotAllowed,
    ReasonFirst,
    SegmentFileMissing,
    SegmentNotStored,
    StillReckoned,
    UnknownEvidence,
    UnknownRecording,
)
from central.web.exports import exports
from central.web.front import front
from central.web.guard import Guard
from central.web.health import health
from central.web.keeping import keeping
from central.web.live import live
from central.web.live_boxes import STATUS as PIECES
from central.web.live_boxes import live_boxes
from central.web.log import log
from central.web.looks import looks
from central.web.me import me
from central.web.new_boxes import new_boxes
from central.web.openapi import PREFIX
from central.web.own import own
from central.web.own_alarms import own_alarms
from central.web.pages import pages
from central.web.plan_edits import plan_edits
from central.web.plans import plans
from central.web.reels import Reels
from central.web.render import lang_of, page
from central.web.replay.reasons import Reasons
from central.web.replay.routes import replay
from central.web.signing_in import signing_in, to_sign_in
from central.web.static_files import Files
from central.web.survey import survey
from central.web.uploads import STATUS as UPLOADS
from central.web.uploads import uploads
from central.web.video import video
from central.web.wall import wall
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadCheckpoint, BadCosignature, BadInput, BadNote, BadProof, BadTile, ZaitangError

STATUS: dict[type[ZaitangError], int] = {
    UnknownClass: 404, UnknownBlock: 404, UnknownRecording: 404, UnknownEvidence: 404, SegmentNotStored: 404,
    SegmentFileMissing: 404,
    BadTile: 404, BadProof: 404, NotInTree: 404, NoCheckpoint: 404, UnknownWitness: 403, OtherTree: 409,
    BadNote: 422, BadCheckpoint: 422, BadCosignature: 422, UnknownInstitution: 404, UnknownAccount: 404,
    BadRegion: 422, BadPeriod: 422,
    ReasonFirst: 403, NoMoment: 422,
    NotSignedIn: 401, NotAllowed: 403, BadForm: 403, LinkOver: 404, TooManyWrong: 429, TooManyVisits: 429,
    OwnLinkOver: 404, VisitOver: 404, NoObjection: 404, UnknownPaper: 404, NoDraft: 404, UnknownHour: 404,
    SheetNotHere: 404, SheetAsked: 409,
    BucketAway: 503, BucketRefuses: 503, TooManyFetched: 429, StillReckoned: 503,
    DerivedAwaited: 404, DerivedFailed: 422, NothingToDerive: 422, TooManyDerived: 429,
    UnknownTicket: 404, TicketUsed: 410, SurveyClosed: 410, SurveyAgain: 403, TicketGone: 410,
    NoPiece: 404, RoomOutOfReach: 404, RoomAtRest: 403, RoomNotYet: 403, TooManyViewers: 429,
    **UPLOADS, **PIECES,
}
CANNOT = N_("This page cannot be shown")
NOT_HERE = N_("There is no such page.")
SWEEP_S = 2.0
"""So often live pictures that are too old are let go of."""
TEND_S = 10.0
"""So often somebody looks whether an archive is to be made, or to be removed."""
SHEETS_S = 60.0
"""So often somebody looks whether the contact sheets in archives may be shown still."""
PROGRAMS = ("/check", ".m3u8", "/state", "/replay/ask", "/init.mp4", ".m4s", "/picture.jpg")


def create_app(centre: Centre) -> FastAPI:
    """The application over an open centre."""
    app = FastAPI(title="Zaitang", docs_url=None, redoc_url=None, openapi_url=None)
    web, stories = centre.config.web, Stories(centre.store, centre.clock, centre.kept_files)
    desk = app.state.live = LiveDesk(centre.store, centre.clock)
    copies = DerivedDesk(centre.objects, centre.derived, centre.cache, lambda: centre.clock.stamp().utc_us)
    bags = app.state.archives = ArchiveDesk(centre.folder)
    reels, reasons = Reels(centre.objects, centre.fetcher, copies), Reasons(centre, stories)
    app.state.centre, app.state.door, app.state.cookies = centre, centre.door(), Cookies(web.tls)
    for router in (uploads(centre), api(centre, stories), log(centre), derived(centre, copies, reasons),
                   video(centre, stories, reels, reasons), front(centre, stories), pages(centre, stories),
                   signing_in(centre), own(centre), own_alarms(centre), administration(centre), audit(centre),
                   me(centre, stories),
                   survey(centre, stories), review(centre, stories, reasons), replay(centre, stories, reels, reasons),
                   sheets(centre, stories),
                   decision(centre), objections(centre, stories), inspections(centre, stories), facts(centre, stories),
                   live_boxes(centre, desk), live(centre, desk), wall(centre, desk), looks(centre, desk),
                   faces(centre), new_boxes(centre), keeping(centre), health(centre), plans(centre), plan_edits(centre),
                   exports(centre, DossierDesk()), archives(centre, bags)):
        app.router.routes.extend(router.routes)
    app.router.routes.extend(described(app, centre).routes)
    app.mount("/static", Files(), name="static")
    look_after(app, desk.hub.sweep, SWEEP_S)
    look_after(app, bags.tend, TEND_S)
    look_after(app, ShownSheets(centre).tend, SHEETS_S)
    check_routes(app.routes)
    app.add_middleware(Guard, names=frozenset(name.lower() for name in web.names), tls=web.tls)

    @app.exception_handler(ZaitangError)
    def failed(request: Request, error: ZaitangError) -> Response:
        if isinstance(error, NotSignedIn) and not _for_programs(request):
            return to_sign_in(request)
        other = 422 if isinstance(error, BadInput) and request.method == "POST" else 500
        return _problem(request, centre, STATUS.get(type(error), other), words(error, lang_of(request)))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        wrong = [str(one["loc"][-1]) for one in error.errors() if one["loc"][0] == "query"]
        if wrong and request.url.path.startswith(PREFIX):
            return _problem(request, centre, 422, words(BadQuery(names=", ".join(wrong)), lang_of(request)))
        return _problem(request, centre, 404, translate(NOT_HERE, lang_of(request)))

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        text = translate(NOT_HERE if error.status_code == 404 else str(error.detail), lang_of(request))
        return _problem(request, centre, error.status_code, text)

    return app


def _for_programs(request: Request) -> bool:
    """Whether a program asks, or the script of a page, and not a person who reads the answer."""
    path = request.url.path
    return path.startswith(("/api/", "/log/", "/media/")) or path.endswith(PROGRAMS)


def _problem(request: Request, centre: Centre, status: int, text: str) -> Response:
    if _for_programs(request):
        known = {"www-authenticate": "Bearer"} if status == 401 else None
        return JSONResponse({"error": text}, status, known)
    path = request.url.path
    if path == "/me" or path.startswith(("/me/", "/survey/")):  # trainees, for whom the console is no way out
        return page(request, centre, "said.html", status, title=CANNOT, text=text)
    return page(request, centre, "error.html", status, text=text)
