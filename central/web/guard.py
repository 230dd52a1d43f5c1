"""What every request passes: only our own names for this machine, and headers that let a page load nothing else."""
from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""How a browser on this machine may name us."""
SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: a browser would then send our own forms with the origin `null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
STRICT = {"strict-transport-security": "max-age=31536000"}
"""RFC 6797: a browser that was here by TLS comes back by TLS only."""


class Guard:
    """Refuses requests that name another host, as a page elsewhere makes them after rebinding its name to this machine,
    and changes that a page of another origin asks for."""

    def __init__(self, app: ASGIApp, names: frozenset[str] = frozenset(), tls: bool = False) -> None:
        """`names`: by which this machine is reached besides the loopback; `tls`: every connection is encrypted."""
        self._app, self._names = app, LOOPBACK | names
        self._headers = {**HEADERS, **(STRICT if tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if not is_ours("//" + headers.get("host", ""), self._names):
            await PlainTextResponse("this console is not reached by that name", 421)(scope, receive, send)
        elif scope["method"] not in SAFE and origin is not None and not is_ours(origin, self._names):
            await PlainTextResponse("another site may not change anything here", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send, self._headers))


def is_ours(address: str, names: frozenset[str] = LOOPBACK) -> bool:
    """Whether an address's host is one of these names of this machine, in small letters."""
    try:
        return urlsplit(address).hostname in names
    except ValueError:
        return False


def _with_headers(send: Send, always: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in always.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
