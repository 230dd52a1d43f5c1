"""The one cookie of the console besides the language: whose session it is, or which visitor's forms."""
from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from central.accounts.door import form_token, new_visit


class Cookies:
    """`tls`: the console is served by TLS, so the cookie can be tied to it."""

    def __init__(self, tls: bool) -> None:
        self.tls, self.name = tls, "__Host-zaitang" if tls else "zaitang"

    def read(self, request: Request) -> str | None:
        """What the cookie holds; a visitor who has none is given one with the answer (`visit`)."""
        return request.cookies.get(self.name) or getattr(request.state, "visit", None)

    def give(self, response: Response, token: str) -> None:
        """Let the browser keep it until it is closed."""
        response.set_cookie(self.name, token, path="/", secure=self.tls, httponly=True, samesite="lax")

    def take(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self.tls, httponly=True, samesite="lax")

    def form_token(self, request: Request) -> str:
        """What forms on this page must hold; a visitor without a cookie gets one."""
        if self.read(request) is None:
            request.state.visit = new_visit()
        return form_token(self.read(request) or "")

    def keep_visit(self, request: Request, response: Response) -> None:
        """Send the cookie that `form_token` made."""
        visit = getattr(request.state, "visit", None)
        if visit is not None:
            self.give(response, visit)
