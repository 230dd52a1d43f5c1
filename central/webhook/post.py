"""One signed HTTPS POST to somebody who is not trusted: no redirects, no address of a private network unless it is
meant, bounded in size and, to the last byte, in time.

Signed as Standard Webhooks 1.0 says: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64>`, the
HMAC-SHA256 of `<id>.<timestamp>.<body>` under the secret of the target.
"""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from central.errors import BadTarget
from common.texts import N_
from common.unreached import why_unreached

PORT = 443
SILENT_S = 10
"""So long nothing may come."""
WHOLE_S = 30
"""So long all of it may take."""
REFUSES = frozenset({400, 413, 415, 422})
"""Answers that speak of the event itself: it is refused for good. Any other may be another one tomorrow, when somebody
has put an address, a secret or a server right."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Leads to any IPv4 address, which its last four bytes are (RFC 6052)."""
GLOBAL, OVER_IPV4 = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("2002::/16")
"""All that is given to anybody in the Internet, of which the library knows not every exception; and in it what leads to
any IPv4 address, too (6to4)."""
PRIVATE = N_("its address is of this machine or of a private network, which centre.toml does not allow for it")
SLOW = N_("no whole answer in time")
ANSWERED = "HTTP {status}"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where events go. `private`: its address may be of a private network; `ca`: who vouches for it, None: whom the
    machine trusts."""

    host: str
    port: int
    path: str
    private: bool
    ca: Path | None


@dataclasses.dataclass(frozen=True)
class Answer:
    """`taken`; else whether another try may help, and why it was not."""

    taken: bool
    again: bool
    why: str


def place_of(url: str, private: bool, ca: Path | None) -> Place:
    """An https address. Raises BadTarget."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        raise BadTarget(url=url[:100]) from None
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    plain = path.isascii() and path.isprintable() and " " not in path
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment or not plain:
        raise BadTarget(url=url[:100])
    return Place(parts.hostname, port, path, private, ca)


def signature(secret: bytes, name: str, time_s: int, body: bytes) -> str:
    """What `webhook-signature` holds."""
    mac = hmac.new(secret, f"{name}.{time_s}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode("ascii")


def post(place: Place, secret: bytes, name: str, body: bytes, now_s: int) -> Answer:
    """Hand an event over. It is sent in a daemon thread: whoever takes a byte now and then would hold us for ever."""
    found: list[Answer] = []
    try:
        context = ssl.create_default_context(cafile=place.ca)
    except (OSError, ssl.SSLError) as error:
        return Answer(False, True, why_unreached(error))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    connection = _Connection(place, context)
    headers = {
        "Content-Type": "application/json", "User-Agent": "zaitang-webhook/1", "Connection": "close",
        "webhook-id": name, "webhook-timestamp": str(now_s),
        "webhook-signature": signature(secret, name, now_s, body),
    }
    thread = threading.Thread(
        target=lambda: found.append(_send(connection, place.path, body, headers)), daemon=True)
    thread.start()
    thread.join(WHOLE_S)
    answer = found[0] if found else Answer(False, True, SLOW)  # what a connection says that we break off is no answer
    connection.break_off()
    return answer


def _send(connection: _Connection, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status  # the body says nothing that counts
    except _Private:
        return Answer(False, True, PRIVATE)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Answer(False, True, why_unreached(error))
    finally:
        connection.close()
    return Answer(200 <= status < 300, status not in REFUSES, ANSWERED.format(status=status))


class _Private(Exception):
    """An address that is not allowed."""


class _Connection(http.client.HTTPSConnection):
    """Connects to an address that was looked at, and to no other one of the same name."""

    def __init__(self, place: Place, context: ssl.SSLContext) -> None:
        super().__init__(place.host, place.port, timeout=SILENT_S, context=context)
        self._place, self._tls = place, context

    def connect(self) -> None:
        """TCP to the first address of the name that answers, then TLS with the name itself."""
        found = socket.getaddrinfo(self._place.host, self._place.port, type=socket.SOCK_STREAM)
        allowed = [one[4] for one in found if self._place.private or _is_public(str(one[4][0]))]
        if not allowed:
            raise _Private
        self.sock = _reach(allowed, SILENT_S)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._place.host)

    def break_off(self) -> None:
        """End it, whatever its thread waits for."""
        raw = self.sock
        if raw is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(raw, socket.SHUT_RDWR)


def _reach(addresses: list[Any], seconds: float) -> socket.socket:
    last: OSError = OSError()
    for address in addresses:
        try:
            return socket.create_connection(address[:2], seconds)
        except OSError as error:
            last = error
    raise last


def _is_public(address: str) -> bool:
    told = ipaddress.ip_address(address.partition("%")[0])
    if told.version == 6 and told in NAT64:
        told = ipaddress.IPv4Address(told.packed[-4:])
    elif told.version == 6 and told.ipv4_mapped is not None:
        told = told.ipv4_mapped
    elif told.version == 6 and (told not in GLOBAL or told in OVER_IPV4):
        return False
    return told.is_global and not told.is_multicast
