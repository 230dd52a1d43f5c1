"""Serves numbers to a program that asks for them again and again (Prometheus), beside what a process is there for: few
answers at a time, each within a bounded time, whoever asks and however slowly."""
from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from common.logs import Log

MOST = 4
"""Answers at a time; whoever comes then is turned away."""
LONGEST_S = 20.0
"""Real seconds for one connection, from its first byte to the last."""
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_LOG = Log("metrics")


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: it is asked for a thousand times a day."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any, **more: Any) -> None:
        self._room = threading.BoundedSemaphore(MOST)
        super().__init__(*args, **more)

    def server_bind(self) -> None:
        """Without asking a name server what we are called, as the library's does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        cut = threading.Timer(LONGEST_S, _cut, (request,))
        cut.daemon = True
        cut.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            cut.cancel()
            self._room.release()

    def handle_error(self, *_: Any) -> None:
        """A connection that ends in the middle is nobody's trouble."""


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def exported(app: App, host: str, port: int) -> Iterator[int]:
    """Serve meanwhile; at which port. An address that cannot be had is logged, and 0: what a process is there for comes
    first."""
    kind = _Server6 if ":" in host else _Server
    try:
        server = make_server(host, port, app, kind, _Handler)
    except OSError as error:
        _LOG.failed("metrics.unserved", error, port=port)
        yield 0
        return
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _cut(request: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)
