"""The centre as a box reaches it over HTTPS: the root by its fingerprint first, then everything under that root."""
from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx

from common.unreached import why_unreached
from edge.asking import Transport, Within, heard
from edge.identity.errors import (
    OTHER,
    WHY,
    BadAddress,
    CentreAway,
    NotThePinned,
    Refused,
    Revoked,
    StrangeAnswer,
)
from edge.identity.tls import client_context
from evidence.certs import fingerprint, read_certificate
from evidence.errors import BadCertificate

TIMEOUT, WITHIN = httpx.Timeout(20.0), Within(send_s=60.0, answer_s=60.0)
MAX_ANSWER = 131072


class CentreOverHttps:
    """`address`: https://HOST:PORT; `root_pem`: the root's certificate for connections. Raises BadAddress."""

    def __init__(self, address: str, root_pem: str) -> None:
        self._address = checked_address(address)
        self._client = _client(client_context(root_pem))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    @property
    def host(self) -> str:
        """The machine behind the address."""
        return urlsplit(self._address).hostname or ""

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the centre answers. Raises CentreAway, Refused, StrangeAnswer."""
        return _answer(self._client, "POST", self._address, path, body)


def fetch_root(address: str, pin: str) -> str:
    """The root's certificate for connections (PEM), of the site whose root has the fingerprint `pin`.

    Nobody vouches for this first connection, and nothing is told on it: what comes is taken by its fingerprint alone.
    Raises BadAddress, CentreAway, NotThePinned, StrangeAnswer."""
    address = checked_address(address)
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    nobody.minimum_version = ssl.TLSVersion.TLSv1_3
    with _client(nobody) as client:
        root = _answer(client, "GET", address, "/devices/root", None).get("root")
    try:
        have = fingerprint(read_certificate(root if isinstance(root, str) else "", "root"))
    except BadCertificate as error:
        raise StrangeAnswer(why=error) from None
    if have != pin:
        raise NotThePinned(address=address, have=have, want=pin)
    return str(root)


def checked_address(address: str) -> str:
    """An address without a slash at its end. Raises BadAddress."""
    try:
        parts = urlsplit(address)
        right = parts.scheme == "https" and parts.hostname and parts.path in ("", "/") and not parts.query
        _ = parts.port
    except ValueError:
        right = False
    if not right or "@" in address:
        raise BadAddress(value=address)
    return address.rstrip("/")


def _client(context: ssl.SSLContext) -> httpx.Client:
    """Answers come as they are: a few compressed bytes can be very many."""
    return httpx.Client(transport=Transport(context, WITHIN), timeout=TIMEOUT, trust_env=False,
                        headers={"Accept-Encoding": "identity"})


def _answer(client: httpx.Client, method: str, address: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    try:
        with client.stream(method, address + path, json=body) as response:
            data = heard(response, MAX_ANSWER)
            if len(data) > MAX_ANSWER:
                raise StrangeAnswer(why=f"more than {MAX_ANSWER} bytes")
            return _read(response.status_code, data)
    except httpx.HTTPError as error:
        raise CentreAway(address=address, why=why_unreached(error)) from None


def _read(status: int, data: bytes) -> dict[str, Any]:
    try:
        said = httpx.Response(status, content=data).json()
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise StrangeAnswer(why=f"status {status}")
    if status != 200:
        if said.get("error") == "KeyRevoked":
            raise Revoked(orders=str(said.get("orders", "")))
        raise Refused(why=WHY.get(str(said.get("error")), OTHER))
    return said
