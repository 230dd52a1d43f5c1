"""What boxes ask of the centre over HTTPS: the root, their certificates. Small bounded requests; everything is JSON."""
from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from central.authority import ROOT, TLS_ROOT
from central.devices.claims import SERIAL, Presented, key_of_request
from central.devices.desk import DEVICE, Desk
from central.devices.errors import BadRequest, KeyRevoked, NoRoom, TooManyTries, UnknownToken
from central.devices.introductions import place_of
from central.devices.limits import Tries
from central.devices.welcome import Welcome
from central.errors import DatabaseUnusable
from central.files import read_pem
from central.keys import CENTRE
from central.store.devices import Claim
from central.web.live_boxes import STATUS as PIECES
from central.web.uploads import STATUS as UPLOADS
from common.logs import Log
from evidence.claim_code import UNNAMED
from evidence.errors import BadShape, ZaitangError
from evidence.shape import Match, decode

MAX_BODY = 16384
BODY_S = 10.0
_LOG = Log("devices")
_SERIAL = Annotated[str, Match(SERIAL.pattern, "a serial number")]
_DEVICE = Annotated[str, Match(DEVICE.pattern, "the name of a box")]


@dataclasses.dataclass(frozen=True)
class Told:
    """Where an approved box finds the centre's broker. `host` None: where it found us."""

    centre: str
    host: str | None
    port: int
    tls: bool


@dataclasses.dataclass(frozen=True)
class _Asks:
    token: Annotated[str, Match(r"[A-Za-z0-9-]{1,80}", "a token")]
    serial: _SERIAL
    device: _DEVICE
    request: str
    tls_request: str


@dataclasses.dataclass(frozen=True)
class _Introduces:
    """`device`: what the box is called already, if somebody named it on its machine."""

    serial: _SERIAL
    request: str
    tls_request: str
    device: _DEVICE | None = None


@dataclasses.dataclass(frozen=True)
class _Renews:
    envelope: str


A = TypeVar("A", _Asks, _Introduces, _Renews)


def create_app(
    desk: Desk, welcome: Welcome, keys: Path, told: Told, tries: Tries, introductions: Tries,
) -> FastAPI:
    """The application. `keys`: the folder of the centre's keys; `introductions`: their refusals are counted apart, so
    that a flood of them shuts nobody out who has a token."""
    app = FastAPI(title="Zaitang", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/devices/root")
    def root() -> dict[str, str]:
        return {"root": read_pem(keys / TLS_ROOT)}

    @app.post("/devices/claim")
    async def claim(request: Request) -> Response:
        address = request.client.host if request.client else ""
        asks = _asked(_Asks, await _body(request))
        answer = await run_in_threadpool(_present, desk, tries, asks, address)
        return JSONResponse(_told(answer, keys, told))

    @app.post("/devices/introduce")
    async def introduce(request: Request) -> Response:
        address = request.client.host if request.client else ""
        asks = _asked(_Introduces, await _body(request))
        answer = await run_in_threadpool(_introduce, welcome, introductions, asks, address)
        return JSONResponse(_told(answer, keys, told))

    @app.post("/devices/renew")
    async def renew(request: Request) -> Response:
        address = request.client.host if request.client else ""
        asks = _asked(_Renews, await _body(request))
        certificate = await run_in_threadpool(_renew, desk, asks, address)
        return JSONResponse({"tls_certificate": certificate, "centre_certificate": read_pem(keys / CENTRE)})

    @app.exception_handler(ZaitangError)
    def failed(_request: Request, error: ZaitangError) -> Response:
        return _problem(error)

    @app.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": "NotHere", "why": str(error.detail)}, error.status_code)

    return app


def _present(desk: Desk, tries: Tries, asks: _Asks, address: str) -> Claim:
    """As `_introduce`, for a box with a token. Raises BadRequest."""
    whose, _ = place_of(address)
    if not tries.is_open(whose):
        return _heard(asks, lambda sent: desk.knows(asks.token, sent),
                      lambda sent: desk.present(asks.token, sent, address))
    try:
        return desk.present(asks.token, _presented(asks), address)
    except UnknownToken:
        _LOG.warning("token.unknown", address=address)
        if tries.refused(whose):
            desk.tell_refused("TooManyTries", address)
        raise
    except BadRequest as error:
        _LOG.failed("claim.refused", error, address=address)
        tries.refused(whose)
        raise


def _introduce(welcome: Welcome, tries: Tries, asks: _Introduces, address: str) -> Claim:
    """What nobody vouches for leaves no record: only a count in the log. Who finds no room has done nothing wrong.
    Tries are counted by whose the address is: one machine has more of IPv6 than `tries` bears. Raises BadRequest."""
    whose, _ = place_of(address)
    if not tries.is_open(whose):
        return _heard(asks, welcome.knows, lambda sent: welcome.introduce(sent, address))
    try:
        return welcome.introduce(_presented(asks), address)
    except NoRoom:
        raise
    except BadRequest as error:
        _LOG.failed("introduction.refused", error, address=address)
        tries.refused(whose)
        raise


def _heard(
    asks: _Asks | _Introduces, knows: Callable[[Presented], bool], come: Callable[[Presented], Claim],
) -> Claim:
    """What a box hears where others tried too much: all of a school have one address, and who is known may come.
    Raises TooManyTries."""
    try:
        if not knows(sent := _presented(asks)):
            raise TooManyTries
        return come(sent)
    except BadRequest:
        raise TooManyTries from None


def _renew(desk: Desk, asks: _Renews, address: str) -> str:
    """A renewal is signed, and cannot be guessed: whoever tries in vain shuts nobody out. Raises BadRequest."""
    try:
        return desk.renew(asks.envelope.encode())
    except BadRequest as error:
        _LOG.failed("renewal.refused", error, address=address)
        raise


def _presented(asks: _Asks | _Introduces) -> Presented:
    (name, key), (tls_name, tls_key) = key_of_request(asks.request), key_of_request(asks.tls_request)
    if {name, tls_name} != {asks.device or UNNAMED}:
        raise BadRequest(why="a certificate request is for another name")
    if key == tls_key:
        raise BadRequest(why="both certificate requests are for one key")
    return Presented(asks.device or "", asks.serial, key, tls_key)


def _asked(kind: type[A], body: bytes) -> A:
    try:
        return decode(kind, json.loads(body), "request", strict=True)
    except (ValueError, RecursionError):
        raise BadRequest(why="it is not JSON") from None
    except BadShape as error:
        raise BadRequest(why=error) from None


async def _body(request: Request) -> bytes:
    """The bytes of a request, bounded in size and time. Raises BadRequest."""
    async def read() -> bytes:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise BadRequest(why=f"more than {MAX_BODY} bytes")
        return body

    try:
        return await asyncio.wait_for(read(), BODY_S)
    except TimeoutError:
        raise BadRequest(why="it took too long") from None
    except ClientDisconnect:
        raise BadRequest(why="it ended early") from None


def _told(claim: Claim, keys: Path, told: Told) -> dict[str, Any]:
    if claim.state == "refused":
        return {"state": "refused", "reason": claim.reason}
    named = {name: value for name, value in (("device", claim.device), ("room", claim.room), ("policy", claim.policy),
                                              ("lang", claim.lang)) if claim.policy is not None}
    if claim.state != "approved":
        return {"state": "introduced" if claim.state == "introduced" else "waiting", **named}
    return {
        "state": "approved", **named, "certificate": claim.certificate, "tls_certificate": claim.tls_certificate,
        "root": read_pem(keys / ROOT), "tls_root": read_pem(keys / TLS_ROOT), "centre": told.centre,
        "centre_certificate": read_pem(keys / CENTRE),
        "broker": {"host": told.host, "port": told.port, "tls": told.tls},
    }


def _problem(error: ZaitangError) -> Response:
    if isinstance(error, TooManyTries):
        return JSONResponse({"error": type(error).__name__, "why": str(error)}, 429)
    if isinstance(error, KeyRevoked):
        return JSONResponse({"error": "KeyRevoked", "why": str(error), "orders": error.params["orders"]}, 403)
    if isinstance(error, BadRequest):
        return JSONResponse({"error": type(error).__name__, "why": str(error)}, 403)
    if (known := {**UPLOADS, **PIECES}.get(type(error))) is not None:
        return JSONResponse({"error": type(error).__name__, "why": str(error)}, known)
    _LOG.failed("request.failed", error)
    status = 503 if isinstance(error, DatabaseUnusable) else 500
    return JSONResponse({"error": "CentreFailed", "why": "the centre failed"}, status)
