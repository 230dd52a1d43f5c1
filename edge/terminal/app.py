"""The web side of the screen: one page, one state, one picture, its buttons. No decision is made here."""
from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Body, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape

from common.texts import LANGS, language, translate, words
from edge.enrol.guided import Lang
from edge.errors import StoreBusy
from edge.terminal.check import CheckPage
from edge.terminal.enrolment import EnrolPage
from edge.terminal.errors import BadPress, NobodyAsks, NotAnAction
from edge.terminal.fields import Short, Text
from edge.terminal.guard import TOKEN_HEADER, Guard
from edge.terminal.health import Health, health_routes
from edge.terminal.own import OwnPage
from edge.terminal.pins import PinPage
from edge.terminal.press import MOST_REASON, Presses
from edge.terminal.routes import check_routes, enrol_routes, own_routes, pin_routes
from edge.terminal.screen import Screen
from edge.terminal.words import CORRECTIONS, REASONS
from evidence.errors import BadInput, ZaitangError

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy":
        "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SHEET_MAY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ClassField = Annotated[Short | None, Body(embed=True, alias="class")]


MOST_BODY = 8192
"""Bytes of a press."""


def make_app(
    screen: Screen, presses: Presses, guard: Guard, lang: str, pins: PinPage | None = None,
    enrolment: EnrolPage | None = None, own: OwnPage | None = None, checks: CheckPage | None = None,
    health: Health | None = None,
) -> FastAPI:
    """The application. `lang`: the language of a page that asks for none."""
    app = FastAPI(openapi_url=None)
    page = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape()).get_template

    @app.middleware("http")
    async def check(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if not guard.knows_host(request.headers.get("host")):
            return Response("unknown host", 421)
        if not _small(request):
            return Response("too much", 413)
        response = await go_on(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(ZaitangError)
    def refused(request: Request, error: ZaitangError) -> JSONResponse:
        status = 403 if isinstance(error, BadPress) else 409 if isinstance(error, BadInput) else 503
        busy = isinstance(error, StoreBusy)
        said = {"error": words(error, asked(request)), "code": type(error).__name__}
        return JSONResponse(said, status, {"Retry-After": "1"} if busy else None)

    @app.exception_handler(RequestValidationError)
    def misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        # Never what was sent: it may be a PIN.
        return JSONResponse({"error": words(NotAnAction(), asked(request)), "code": "NotAnAction"}, 422)

    @app.exception_handler(404)
    def missing(request: Request, _: Exception) -> HTMLResponse:
        chosen = asked(request)
        return HTMLResponse(
            page("missing.html").render(_=lambda msgid: translate(msgid, chosen), lang=chosen), status_code=404)

    def asked(request: Request) -> Lang:
        found = language(request.query_params.get("lang") or request.cookies.get("lang") or lang)
        return "en" if found == "en" else "zh"

    def check_press(request: Request) -> None:
        headers = request.headers
        ours = guard.is_ours(headers.get(TOKEN_HEADER))
        if not ours or not guard.same_origin(headers.get("origin"), headers.get("host")):
            raise BadPress()

    @app.get("/")
    def show(request: Request) -> HTMLResponse:
        chosen = asked(request)
        html = page("terminal.html").render(
            _=lambda msgid: translate(msgid, chosen), lang=chosen, token=guard.token(),
            other=next(code for code in LANGS if code != chosen), reasons=REASONS, corrections=CORRECTIONS,
            most=MOST_REASON,
        )
        response = HTMLResponse(html)
        response.set_cookie("lang", chosen, max_age=365 * 86400, httponly=True, samesite="strict")
        return response

    @app.get("/state.json")
    def tell(request: Request, shows: Annotated[str, Query(max_length=40)] = "") -> JSONResponse:
        if shows and screen.code is not None:
            screen.code.acknowledge(shows)
        return JSONResponse(screen.state(asked(request)) | {
            "asked": presses.asked(), "own": own is not None})

    @app.get("/live-sign.json")
    def sign(request: Request) -> JSONResponse:
        return JSONResponse({"live": screen.live_sign(asked(request))})

    @app.get("/camera.jpg")
    def picture() -> Response:
        jpeg = screen.desk.jpeg() if screen.desk is not None else b""
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=204)

    @app.post("/start")
    def start(request: Request, class_id: ClassField = None) -> JSONResponse:
        check_press(request)
        return JSONResponse({"session": presses.start(class_id or screen.class_here())})

    @app.post("/end")
    def end(
        request: Request, session: Annotated[Short, Body(embed=True)], reason: Annotated[Text, Body(embed=True)] = "",
    ) -> JSONResponse:
        check_press(request)
        presses.end(session, reason)
        return JSONResponse({"ended": session})

    @app.post("/go-on")
    def go_on(request: Request) -> JSONResponse:
        check_press(request)
        presses.go_on()
        return JSONResponse({"going": True})

    @app.post("/correct")
    def correct(
        request: Request, session: Annotated[Short, Body(embed=True)], reason: Annotated[Text, Body(embed=True)],
        class_id: Annotated[Short, Body(embed=True, alias="class")],
    ) -> JSONResponse:
        check_press(request)
        presses.correct(session, class_id, reason)
        return JSONResponse({"class": class_id})

    @app.post("/bareface")
    def bareface(
        request: Request, do: Annotated[Literal["begin", "put_off"], Body(embed=True)],
        instructor: Annotated[Short, Body(embed=True)] = "",
    ) -> JSONResponse:
        check_press(request)
        if screen.bareface is None:
            raise NobodyAsks()
        if do == "begin":
            screen.bareface.begin(instructor or None)
        else:
            screen.bareface.put_off()
        return JSONResponse({})

    @app.get("/enrol")
    def enrol(request: Request) -> HTMLResponse:
        chosen = asked(request)
        return HTMLResponse(page("enrol.html").render(
            _=lambda msgid: translate(msgid, chosen), lang=chosen, token=guard.token(),
            other=next(code for code in LANGS if code != chosen)))

    @app.get("/check")
    def check_box(request: Request) -> HTMLResponse:
        chosen = asked(request)
        return HTMLResponse(page("check.html").render(
            _=lambda msgid: translate(msgid, chosen), lang=chosen, token=guard.token(),
            other=next(code for code in LANGS if code != chosen), code=checks is not None and checks.code))

    if checks is not None:
        @app.get("/check/sheet.html")
        def sheet(request: Request) -> HTMLResponse:
            return HTMLResponse(checks.sheet(asked(request)), headers={"Content-Security-Policy": SHEET_MAY})

        app.include_router(check_routes(checks, check_press, asked))
    if pins is not None:
        app.include_router(pin_routes(pins, check_press, asked))
    if enrolment is not None:
        app.include_router(enrol_routes(enrolment, check_press, asked))
    if own is not None:
        app.include_router(own_routes(own, check_press))
    if health is not None:
        app.include_router(health_routes(health, page, asked))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    return app


def _small(request: Request) -> bool:
    """Whether a press says its length and is no longer than it may be."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return True
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= MOST_BODY
