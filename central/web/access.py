"""Who may call a route: each declares one Action, or why everybody may; role and scope are checked before the handler.

The scope follows from the names in the path: `class_id`, `planned` (a class that may be a draft), `device` with `chain`
and `seq`, `sha256`, `institution`, `device` alone, `box` (whose room it is in now). What is not within it does not
exist: the same error as for what is not there. Forms of people who are signed in hold a token of their session; it is
checked here, and their fields are `form_of(request)`.
"""
from __future__ import annotations

import asyncio
import dataclasses
import hmac
import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from central.accounts.actions import Action
from central.accounts.door import Door, form_token
from central.accounts.people import Actor
from central.accounts.scope import check_class, check_planned, scope_of, sees_device, sees_file, sees_record
from central.errors import NotSignedIn, UnknownInstitution
from central.store.tables import Tx
from central.web.errors import BadForm, NotAllowed, SegmentNotStored, UnknownEvidence
from central.web.multipart import read_form
from common.texts import N_

FORM_BYTES = 64 << 10
"""Of a form without files."""
FORM_S = 60.0
"""Seconds in which a form must have come."""
TOO_LARGE, TOO_SLOW = N_("the form is too large"), N_("the form came too slowly")
FIELD = "token"
HEADER = "x-zaitang-token"
CHAIN, NUMBER = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9]{1,15}")
READS = frozenset({"GET", "HEAD"})


@dataclasses.dataclass(frozen=True)
class Public:
    """Everybody may, without signing in, and `why`. `form`: it takes a form of ours, bound to the visitor's cookie."""

    why: str
    form: bool = False


May = Action | Public


class Gate:
    """What a request passes before its handler: whose it is, whether the role may, whether the thing is theirs."""

    def __init__(self, may: May, centre: str, by_token: bool = False) -> None:
        self.may, self._centre, self._by_token = may, centre, by_token

    def __call__(self, request: Request) -> None:
        """Raises NotSignedIn, NotAllowed, and what says that something is not there."""
        if isinstance(self.may, Public):
            return
        actor = bearer(request) if self._by_token else actor_if_any(request)
        if actor is None:
            raise NotSignedIn
        if not actor.may(self.may):
            raise NotAllowed
        if "box" in request.path_params:
            request.app.state.live.reach(actor, str(request.path_params["box"]))
        elif request.path_params:
            with request.app.state.centre.store.read() as tx:
                check_path(tx, actor, request.path_params, self._centre)


def check_path(tx: Tx, actor: Actor, path: dict[str, Any], centre: str) -> None:
    """Whether what a path names is within the actor's scope. Raises UnknownClass, UnknownEvidence, SegmentNotStored,
    UnknownInstitution."""
    if "class_id" in path:
        check_class(tx, actor, str(path["class_id"]))
    elif "planned" in path:
        check_planned(tx, actor, str(path["planned"]))
    elif "seq" in path:
        device, chain, seq = str(path["device"]), str(path["chain"]), str(path["seq"])
        found = tx.record(device, chain, int(seq)) if CHAIN.fullmatch(chain) and NUMBER.fullmatch(seq) else None
        if found is None or not sees_record(tx, actor, found):
            raise UnknownEvidence(device=device, seq=seq)
    elif "device" in path and not sees_device(tx, actor, str(path["device"]), centre):
        raise HTTPException(404)
    if "sha256" in path and not sees_file(tx, actor, str(path["sha256"])):
        raise SegmentNotStored
    if "institution" in path and not scope_of(tx, actor).holds_institution(str(path["institution"])):
        raise UnknownInstitution(institution=str(path["institution"]))


class Routes:
    """Makes the routes of a router: none without saying who may call it. `centre`: the centre's own id; `by_token`:
    they are for programs, which send a token and no cookie."""

    def __init__(self, centre: str, prefix: str = "", by_token: bool = False, **options: Any) -> None:
        self.router, self._centre, self._by_token = APIRouter(prefix=prefix, **options), centre, by_token

    def get(self, path: str, may: May, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that only shows. HEAD is answered as well."""
        return self.add(["GET", "HEAD"], path, may, **options)

    def post(
        self, path: str, may: May, most: int = FORM_BYTES, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that a form leads to, of at most so many bytes; read it with `form_of`."""
        forms = [Depends(Form(most))] if not isinstance(may, Public) or may.form else []
        return self.add(["POST"], path, may, forms, **options)

    def add(
        self, methods: list[str], path: str, may: May, more: list[Dependency] | None = None, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route with these methods; of those that change something, only public ones and `post`."""
        gate = Depends(Gate(may, self._centre, self._by_token))
        return self.router.api_route(path, methods=methods, dependencies=[gate, *(more or [])], **options)


class Form:
    """Reads a form within bounds and checks its token. Raises BadForm; 413 for too much, 408 for too slow."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def __call__(self, request: Request) -> None:
        left = self._most

        async def receive() -> Any:
            nonlocal left
            message = await request.receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, TOO_LARGE)
            return message

        try:
            async with asyncio.timeout(FORM_S):
                form = await read_form(Request(request.scope, receive))
        except TimeoutError:
            raise HTTPException(408, TOO_SLOW) from None
        given = form.get(FIELD) or request.headers.get(HEADER, "")
        cookie = request.app.state.cookies.read(request)
        if not cookie or not isinstance(given, str):
            raise BadForm
        if not hmac.compare_digest(given.encode("utf-8", "replace"), form_token(cookie).encode()):
            raise BadForm
        request.state.form = form


def form_of(request: Request) -> FormData:
    """The fields of a form whose token was right."""
    form: FormData = request.state.form
    return form


def field(request: Request, name: str) -> str:
    """A text of a form; empty where it is not there, or is a file."""
    value = form_of(request).get(name, "")
    return value if isinstance(value, str) else ""


def actor_of(request: Request) -> Actor:
    """Who asks, in a route that declares an Action. Raises NotSignedIn."""
    actor = actor_if_any(request)
    if actor is None:
        raise NotSignedIn
    return actor


def actor_if_any(request: Request) -> Actor | None:
    """Who asks, also on pages that everybody may see; looked up once for a request."""
    if not hasattr(request.state, "actor"):
        door: Door = request.app.state.door
        request.state.actor = door.actor(request.app.state.cookies.read(request))
    actor: Actor | None = request.state.actor
    return actor


def bearer(request: Request) -> Actor | None:
    """Whose token a program sends (RFC 6750, in the header alone); a cookie counts for nothing there."""
    door: Door = request.app.state.door
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    request.state.actor = door.bearer(token.strip()) if kind.lower() == "bearer" and token.strip() else None
    actor: Actor | None = request.state.actor
    return actor


def gate_of(route: APIRoute) -> Gate | None:
    """What a route declares."""
    gates = [one.dependency for one in route.dependencies if isinstance(one.dependency, Gate)]
    return gates[0] if len(gates) == 1 else None


class UndeclaredRoute(Exception):
    """A mistake in the program: it must not start with a route that nobody guards."""


def check_routes(routes: list[BaseRoute]) -> None:
    """Raises UndeclaredRoute for a route without an Action, and for anything that is no route of ours."""
    for route in routes:
        if isinstance(route, Mount) and route.path == "/static":
            continue
        if not isinstance(route, APIRoute) or gate_of(route) is None:
            raise UndeclaredRoute(getattr(route, "path", repr(route)))
        unread = not set(route.methods or ()) <= READS
        gate = gate_of(route)
        asks = gate is not None and (isinstance(gate.may, Action) or gate.may.form)
        if unread and asks and not any(isinstance(one.dependency, Form) for one in route.dependencies):
            raise UndeclaredRoute(f"{route.path} takes a form that nobody checks")


