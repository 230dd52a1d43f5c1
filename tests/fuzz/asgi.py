"""Raw HTTP requests to an ASGI application: bytes that a client library would refuse to send."""
from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
from typing import Any

from starlette.types import ASGIApp

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]{1,200}")
CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """A request as the JSON that is mutated."""
    return json.dumps({"method": method, "path": path, "headers": headers, "body": body}).encode()


def ask(app: ASGIApp, data: bytes) -> int:
    """The status of the answer to a request in that JSON; 0 for what is none. Raises what the application raises.

    What h11 would refuse does not come: a target has visible ASCII alone, a header's name is a token."""
    try:
        told = json.loads(data)
        target = urllib.parse.quote(str(told["path"]).encode("utf-8", "surrogatepass"), safe=VISIBLE)
        headers = [(name.lower().encode(), CONTROLS.sub(b" ", str(value).encode("utf-8", "surrogatepass")).strip())
                   for name, value in told["headers"].items() if TOKEN.fullmatch(name)]
        body, method = str(told["body"]).encode("utf-8", "surrogatepass"), str(told["method"]).upper()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return 0
    if not TOKEN.fullmatch(method):
        return 0
    path, _, query = target.partition("?")
    if not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", b"%d" % len(body)))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": urllib.parse.unquote(path), "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }
    return asyncio.run(_answer(app, scope, body))


async def _answer(app: ASGIApp, scope: dict[str, Any], body: bytes) -> int:
    came, status = [{"type": "http.request", "body": body, "more_body": False}], [0]

    async def receive() -> dict[str, Any]:
        return came.pop() if came else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
            # As the server writes them.
            assert all(isinstance(name, bytes) and isinstance(value, bytes) for name, value in message["headers"])

    await app(scope, receive, send)
    return status[0]
