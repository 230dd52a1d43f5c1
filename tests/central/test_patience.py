"""What a connection leaves when it ends: nothing that waits for the search for garbage."""
from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from central.devices.own import keep_certificate, server_context
from central.web.patience import PatientProtocol
from central.wiring import Centre
from tests.central.helpers import MORNING


@pytest.fixture
def no_search() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def answers(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def test_an_idle_connection_by_tls_that_we_ended_is_let_go_of(centre: Centre, no_search: None) -> None:
    keys, made = centre.folder / "keys", list[weakref.ref[PatientProtocol]]()
    keep_certificate(keys, "centre", ["localhost"], MORNING)
    context = server_context(keys)

    class Seen(PatientProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            made.append(weakref.ref(self))

    server = uvicorn.Server(uvicorn.Config(
        answers, http=Seen, log_level="critical", lifespan="off", timeout_keep_alive=0,
        ssl_context_factory=lambda *_: context))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with trusting.wrap_socket(socket.create_connection(listening.getsockname(), 10)) as box:
            box.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert box.recv(4096).startswith(b"HTTP/1.1 200")
            time.sleep(0.2)  # the centre ends it, and the box has not seen that yet
        until = time.monotonic() + 10
        while made[0]() is not None and time.monotonic() < until:
            time.sleep(0.01)
        assert made[0]() is None
    finally:
        server.should_exit = True
        thread.join(20)
