"""Serves a page of the box's own screen until it is told to stop."""
from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from edge.errors import CannotListen, PortInUse

STOP_S = 3
WEB_S = 6.0
"""Real seconds for the end of the page."""
LOOK_S = 0.5


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises PortInUse, CannotListen."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=port, host=host) from None
        raise CannotListen(port=port, host=host, why=error.strerror or str(error)) from None
    return listener


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event, step: Callable[[], None]) -> None:
    """Serve until `stop` is set; `step` now and then. In a thread, because in the main one uvicorn would answer signals
    in its own way."""
    server = uvicorn.Server(uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=STOP_S))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    while not stop.wait(LOOK_S) and thread.is_alive():
        step()
    server.should_exit = True
    thread.join(WEB_S)
