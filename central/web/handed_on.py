"""Live pieces on their way through the process that serves boxes to the console, in whose memory they are: by a Unix
socket in the centre's folder, for a box that joined knows the address of that process alone.
"""
from __future__ import annotations

import contextlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from central.errors import CannotWrite
from central.live.errors import ConsoleAway
from central.web.access import Routes
from central.web.live_boxes import STATUS as PIECES
from central.web.live_boxes import Count, Door, live_boxes, read_piece
from central.web.patience import PatientProtocol
from central.web.uploads import BOXES
from central.web.uploads import STATUS as UPLOADS
from central.web.video import Sha
from central.wiring import Centre
from common.logs import Log
from evidence.errors import ZaitangError

NAME = "live.sock"
WITHIN_S = 10.0
"""So long the console, on the same machine, may take over a piece that is whole."""
END_S, MOST_ANSWER = 10.0, 64 << 10
_LOG = Log("live")


def handed_on(centre: Centre) -> APIRouter:
    """For the process that serves boxes. A piece is read here, and refused as the console refuses it; only what a box
    signed is handed on."""
    routes, door = Routes(centre.store.device, "/api"), Door(centre)
    path = _short(centre.folder)

    def hand(where: str, authorization: str, data: bytes) -> Response:
        try:
            with contextlib.closing(_Console(path)) as console:
                console.request("PUT", where, data, {"authorization": authorization})
                said = console.getresponse()
                return Response(said.read(MOST_ANSWER) or None, said.status, media_type=said.headers["content-type"])
        except (OSError, http.client.HTTPException):
            raise ConsoleAway from None

    @routes.add(["PUT"], "/live/{order}/{epoch}/{number}", BOXES)
    async def put(request: Request, order: Sha, epoch: Count, number: Count) -> Response:
        authorization = request.headers.get("authorization", "")
        fragment = await run_in_threadpool(door.admit, authorization, order, epoch, number)
        with door.place(fragment):
            try:
                data = await read_piece(request, fragment)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            return await run_in_threadpool(hand, f"/api/live/{order}/{epoch}/{number}", authorization, data)

    return routes.router


class _Console(http.client.HTTPConnection):
    """A connection to it."""

    def __init__(self, path: str) -> None:
        super().__init__("console", timeout=WITHIN_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(WITHIN_S)
        self.sock.connect(self._path)


@contextlib.contextmanager
def taking(centre: Centre, app: FastAPI) -> Iterator[None]:
    """Take what is handed on, for the console `app`, beside what is done meanwhile. Raises CannotWrite."""
    listening = _listen(centre.folder)
    pieces = FastAPI(title="Zaitang", docs_url=None, redoc_url=None, openapi_url=None)
    pieces.router.routes.extend(live_boxes(centre, app.state.live).routes)

    @pieces.exception_handler(ZaitangError)
    def failed(_request: Request, error: ZaitangError) -> Response:
        status = {**UPLOADS, **PIECES}.get(type(error), 500)
        if status == 500:
            _LOG.failed("piece.failed", error)
        return JSONResponse({"error": type(error).__name__, "why": str(error)}, status)

    server = uvicorn.Server(uvicorn.Config(
        pieces, http=PatientProtocol, log_level="warning", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, args=([listening],), name="pieces", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(END_S)
        listening.close()


def _listen(folder: Path) -> socket.socket:
    """Whoever may read the centre's keys may hand on, and nobody else. Raises CannotWrite."""
    (folder / NAME).unlink(missing_ok=True)  # one console runs (console.lock): it is a dead one's
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(_short(folder))
        (folder / NAME).chmod(0o600)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise CannotWrite(path=folder / NAME, why=error.strerror or str(error)) from None
    return listening


def _short(folder: Path) -> str:
    """Its path by a handle of the folder, which this process keeps: the name of a socket has 107 bytes at most."""
    return f"/proc/self/fd/{os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)}/{NAME}"
