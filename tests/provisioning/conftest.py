"""A page of a terminal or console on the loopback that answers what the test says, and a site that looks at it."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provisioning.demo import film
from provisioning.demo import site as site_module
from provisioning.demo.services import Services
from provisioning.demo.site import Site

LOG_IN = '<input name="token" value="abc">'
FORM = '<meta name="token" content="abc">'


class Page:
    """`answers`: by method and path, what to answer: (status, body), or a function that says it. `asked`: what came."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"GET /": (200, FORM), "GET /sign-in": (200, LOG_IN), "POST /sign-in": (200, "")}
        self.asked: list[tuple[str, Any]] = []
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page._answer(self, f"GET {self.path.partition('?')[0]}", None)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                of_json = self.headers["Content-Type"] == "application/json"
                page._answer(self, f"POST {self.path.partition('?')[0]}", json.loads(body) if of_json else body)

            def log_message(self, *_: object) -> None:
                """Not into the output of the tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, what: str, body: Any) -> None:
        self.asked.append((what, body))
        found: Callable[[], tuple[int, Any]] | tuple[int, Any] = self.answers.get(what, (404, "{}"))
        status, said = found() if callable(found) else found
        with contextlib.suppress(ConnectionError):  # whoever asked waits no longer
            handler.send_response(status)
            handler.end_headers()
            handler.wfile.write(said.encode() if isinstance(said, str) else json.dumps(said).encode())


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.close()


@pytest.fixture
def site(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site whose terminal and console are that page."""
    monkeypatch.setattr(site_module, "AGAIN_S", 0.01)
    with Services(tmp_path / "logs") as services:
        site = Site(tmp_path, services)
        site.ports = dataclasses.replace(site.ports, terminal=page.port, console=page.port)
        yield site


@pytest.fixture
def grey_film(tmp_path: Path) -> Path:
    """Five seconds of grey."""
    picture = np.full((120, 160, 3), 90, np.uint8)
    film.write(tmp_path / "grey.mp4", [(number / 2, picture) for number in range(10)], picture.shape, keyframe_every=2)
    return tmp_path / "grey.mp4"
