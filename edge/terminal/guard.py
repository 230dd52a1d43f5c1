"""Who may press: only pages that this box made, asked for under a name of this box."""
from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

TOKEN_HEADER = "X-Zaitang-Token"


class Guard:
    """`secret` outlives the process, so a page that was open while the service restarted goes on working."""

    def __init__(self, secret: bytes, host: str) -> None:
        self._key = hmac.new(secret, b"zaitang terminal page", hashlib.sha256).digest()
        self._host = host.lower()

    def token(self) -> str:
        """A token for one page."""
        nonce = secrets.token_hex(16)
        return f"{nonce}.{self._mark(nonce)}"

    def is_ours(self, token: str | None) -> bool:
        """Whether a page of this box holds the token."""
        nonce, _, mark = (token or "").partition(".")
        return hmac.compare_digest(self._mark(nonce).encode(), mark.encode())

    def knows_host(self, host: str | None) -> bool:
        """Whether a Host header names this box: an address, localhost, or the configured name.

        Any other name could be a foreign page's that points to this machine.
        """
        try:
            name = urlsplit(f"//{host or ''}").hostname or ""
        except ValueError:
            return False
        return name in ("localhost", self._host) or _is_address(name)

    def same_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether an Origin header (if the browser sent one) is this very page's."""
        try:
            return origin is None or urlsplit(origin).netloc == host
        except ValueError:
            return False

    def _mark(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), hashlib.sha256).hexdigest()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
