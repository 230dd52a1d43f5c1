"""Live pictures from boxes: each piece with the word that its box signed for it, into memory alone."""
from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from central.ingest.believed import Believed
from central.live.decide import Ordered, Verdict
from central.live.desk import LiveDesk
from central.live.errors import (
    BadPicture,
    ConsoleAway,
    PieceRefused,
    PieceTooBig,
    PieceTooSlow,
    TooManyPieces,
    TooManyRooms,
)
from central.live.hub import MOST_PIECE, Hub, check_form
from central.live.jpeg import MOST_BYTES, check_picture
from central.live.orders import ordered_of
from central.web.access import Routes
from central.web.bodies import chunks, token_of
from central.web.errors import TokenRefused
from central.web.uploads import BOXES
from central.web.video import Sha
from central.wiring import Centre
from common.hls import MAX_INIT, BadMedia
from common.texts import N_
from evidence.errors import BadRecord, VerificationError, ZaitangError
from evidence.live import LiveFragment, judge_live

MOST = {"init": MAX_INIT, "video": MOST_PIECE, "picture": MOST_BYTES}
"""Bytes."""
PER_BOX, ALL, MOST_UNDER_WAY = 2, 64, 128 << 20
"""Pieces that are taken in at once, and their bytes together."""
IDLE_S, WITHIN_S = 10.0, 30.0
"""Seconds without a byte, and for a whole piece: what comes later is not live any more."""
MOST_ORDERS = 4096
STATUS: dict[type[ZaitangError], int] = {
    PieceRefused: 422, PieceTooBig: 413, TooManyPieces: 429, PieceTooSlow: 503, ConsoleAway: 503, TooManyRooms: 503}
WRONG_BYTES = N_("its bytes are not those that its box signed")
Count = Annotated[int, PathParam(ge=0, lt=2**53)]


def live_boxes(centre: Centre, desk: LiveDesk) -> APIRouter:
    """The route of it."""
    routes, door = Routes(centre.store.device, "/api"), Door(centre)

    @routes.add(["PUT"], "/live/{order}/{epoch}/{number}", BOXES)
    async def put(request: Request, order: Sha, epoch: Count, number: Count) -> Response:
        fragment = await run_in_threadpool(
            door.admit, request.headers.get("authorization"), order, epoch, number)
        ordered = await run_in_threadpool(door.ordered, fragment)
        verdict: Verdict = "gone" if ordered is None else desk.hub.offer(ordered, fragment)
        if ordered is None or verdict != "take":
            return _answer(verdict)
        with door.place(fragment):
            try:
                data = await read_piece(request, fragment)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            return _answer(await run_in_threadpool(_take, desk.hub, ordered, fragment, data))

    return routes.router


class Door:
    """Decides who may bring which piece."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._believed = Believed(centre.store, centre.keyring())
        self._busy: Counter[str] = Counter()
        self._bytes, self._lock = 0, threading.Lock()
        self._orders: dict[tuple[str, str], Ordered] = {}

    def admit(self, authorization: str | None, order: str, epoch: int, number: int) -> LiveFragment:
        """The word of a request, which must be for this piece and this moment. Raises NoToken, TokenRefused,
        PieceTooBig."""
        token, now_us = token_of(authorization), self._centre.clock.stamp().utc_us
        try:
            fragment = self._believed.ask(lambda keyring: keyring.check_live(token))
            judge_live(fragment, self._centre.store.device, order, epoch, number, now_us)
        except (BadRecord, VerificationError) as error:
            raise TokenRefused(why=error) from None
        if fragment.size > MOST[fragment.what]:
            raise PieceTooBig(most=MOST[fragment.what])
        return fragment

    def ordered(self, fragment: LiveFragment) -> Ordered | None:
        """The order that a piece answers, if it is for that box and not over. Raises PieceRefused."""
        key, now_us = (fragment.device, fragment.order), self._centre.clock.stamp().utc_us
        with self._lock:
            known = self._orders.get(key)
        if known is None:
            with self._centre.store.read() as tx:
                known = ordered_of(tx, *key)
            if known is None:
                return None
            with self._lock:
                if len(self._orders) >= MOST_ORDERS:
                    self._orders.clear()
                self._orders[key] = known
        try:
            check_form(known, fragment)
        except BadMedia as error:
            raise PieceRefused(why=error) from None
        return known if now_us < known.last_us else None

    @contextmanager
    def place(self, fragment: LiveFragment) -> Iterator[None]:
        """One of the places of a box. Raises TooManyPieces."""
        with self._lock:
            full = self._busy.total() >= ALL or self._bytes + fragment.size > MOST_UNDER_WAY
            if full or self._busy[fragment.device] >= PER_BOX:
                raise TooManyPieces
            self._busy[fragment.device] += 1
            self._bytes += fragment.size
        try:
            yield
        finally:
            with self._lock:
                self._busy[fragment.device] -= 1
                self._bytes -= fragment.size


def _take(hub: Hub, ordered: Ordered, fragment: LiveFragment, data: bytes) -> Verdict:
    """Take a piece in. Raises PieceRefused, TooManyRooms."""
    try:
        if fragment.what == "picture":
            check_picture(data)
            return hub.take_picture(ordered, fragment, data)
        return hub.take(ordered, fragment, data)
    except (BadMedia, BadPicture) as error:
        raise PieceRefused(why=error) from None


async def read_piece(request: Request, fragment: LiveFragment) -> bytes:
    """The bytes of a piece, those that its box signed. Raises PieceTooSlow, PieceRefused, ClientDisconnect."""
    wrong = PieceRefused(why=WRONG_BYTES)
    if request.headers.get("content-length", str(fragment.size)) != str(fragment.size):
        raise wrong
    data = bytearray()
    async for chunk in chunks(request, fragment.size, IDLE_S, WITHIN_S, PieceTooSlow(), wrong):
        data += chunk
    if await run_in_threadpool(_hash, data) != fragment.sha256:
        raise wrong
    return bytes(data)


def _hash(data: bytearray) -> str:
    return hashlib.sha256(data).hexdigest()


def _answer(verdict: Verdict) -> Response:
    if verdict == "init":
        return JSONResponse({"need": "init"}, 409)
    return Response(status_code=410 if verdict == "gone" else 204)
