"""The pages of a new box's own screen. No decision is made here."""
from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import StringConstraints

from common.health import marked
from common.texts import LANGS, language, translate, words
from edge.firstboot.cameras import ROLES, Found, check_answers, check_named, chosen
from edge.firstboot.errors import CameraSilent
from edge.firstboot.newcomer import Newcomer
from edge.firstboot.view import told
from edge.qr import drawn
from edge.terminal.errors import BadPress, NotAnAction
from edge.terminal.guard import TOKEN_HEADER, Guard
from evidence.errors import BadInput, ZaitangError

HERE = Path(__file__).parent
SHARED = HERE.parent / "terminal" / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
}
MOST_BODY = 8192
Roles = Annotated[dict[Annotated[str, StringConstraints(max_length=200)],
                       Annotated[str, StringConstraints(max_length=20)]], Body()]
Address = Annotated[str, StringConstraints(max_length=400), Body()]
Knowing = Annotated[bool, Body()]
Fingerprint = Annotated[str, StringConstraints(max_length=200), Body()]


def make_app(newcomer: Newcomer, cameras: Callable[[], list[Found]], lang: str, host: str) -> FastAPI:
    """The application. `cameras`: those that are plugged in; `lang`: of a page that asks for none; `host`: how this box
    may be called besides its address."""
    app, guard = FastAPI(openapi_url=None), Guard(secrets.token_bytes(32), host)
    page = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape()).get_template
    here: list[Found] = []
    silent: list[str] = []

    @app.middleware("http")
    async def check(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if not guard.knows_host(request.headers.get("host")):
            return Response("unknown host", 421)
        length = request.headers.get("content-length", "")
        if request.method == "POST" and not (length.isascii() and length.isdigit() and int(length[:9]) <= MOST_BODY):
            return Response("too much", 413)
        response = await go_on(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(ZaitangError)
    def refused(request: Request, error: ZaitangError) -> JSONResponse:
        statuses = ((BadPress, 403), (CameraSilent, 424), (BadInput, 409))
        status = next((code for kind, code in statuses if isinstance(error, kind)), 503)
        return JSONResponse({"error": words(error, asked(request))}, status)

    @app.exception_handler(RequestValidationError)
    def misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": words(NotAnAction(), asked(request))}, 422)

    def asked(request: Request) -> str:
        return language(request.query_params.get("lang") or request.cookies.get("lang") or lang)

    def check_press(request: Request) -> None:
        headers = request.headers
        if not guard.is_ours(headers.get(TOKEN_HEADER)) or not guard.same_origin(
                headers.get("origin"), headers.get("host")):
            raise BadPress

    def content(chosen_lang: str) -> dict[str, Any]:
        said = told(newcomer.known(), chosen_lang)
        if said["state"] == "approved" and newcomer.asks_cameras and len(here) < len(ROLES):
            here[:] = cameras()
        size, path = drawn(said["scan"])
        return said | {"size": size, "path": path, "cameras": here, "asks_cameras": newcomer.asks_cameras,
                       "maintenance": newcomer.code if said["state"] == "approved" else ""}

    @app.get("/")
    def show(request: Request) -> HTMLResponse:
        now = asked(request)
        response = HTMLResponse(page("first-boot.html").render(
            _=lambda msgid, **params: translate(msgid, now, **params), lang=now, token=guard.token(),
            other=next(code for code in LANGS if code != now)))
        response.set_cookie("lang", now, max_age=365 * 86400, httponly=True, samesite="strict")
        return response

    @app.get("/first-boot.json")
    def state(request: Request) -> JSONResponse:
        now = asked(request)
        html = page("state.html").render(
            _=lambda msgid, **params: translate(msgid, now, **params), marked=marked, **content(now))
        return JSONResponse({"version": hashlib.sha256(html.encode()).hexdigest(), "html": html})

    @app.post("/begin")
    def begin(request: Request, roles: Roles, network: Address = "", without: Knowing = False) -> JSONResponse:
        check_press(request)
        named = chosen(roles, network, here)
        if newcomer.asks_cameras and not without:
            check_named(named)
        if newcomer.asks_cameras and network.strip() and not (without and network.strip() in silent):
            silent[:] = [network.strip()]
            check_answers(network.strip())
        newcomer.begin(named)
        return JSONResponse({})

    @app.post("/centre")
    def centre(request: Request, address: Address, pin: Fingerprint) -> JSONResponse:
        check_press(request)
        newcomer.tell(address.strip(), pin)
        return JSONResponse({})

    @app.post("/again")
    def again(request: Request) -> JSONResponse:
        check_press(request)
        newcomer.again()
        return JSONResponse({})

    app.mount("/static", StaticFiles(directory=SHARED), name="static")
    app.mount("/first-boot", StaticFiles(directory=HERE / "static"), name="first-boot")
    return app
