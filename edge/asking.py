"""Asking the centre over HTTP within bounds: what is sent is taken, and what it answers is here, to the last byte, in
time; and of an answer no more is read than it may have. A time limit of httpx is for each read, and a header may drip.
"""
from __future__ import annotations

import dataclasses
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import httpcore
import httpx

Option: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes]
"""Of a socket: level, name, value."""


@dataclasses.dataclass(frozen=True)
class Within:
    """Real seconds. `send_s`: from the first byte of a request until the last one is taken; `answer_s`: from then on
    until all of the answer is here."""

    send_s: float
    answer_s: float


class Transport(httpx.HTTPTransport):
    """HTTP to servers for which `context` vouches, by no proxy; errors are httpx's. `options`: of its sockets."""

    def __init__(self, context: ssl.SSLContext, within: Within, options: Sequence[Option] = ()) -> None:
        # httpx has no parameter for what its connections are made by.
        self._pool = httpcore.ConnectionPool(
            context, socket_options=list(options), keepalive_expiry=5.0, network_backend=_Backend(within))


def heard(answer: httpx.Response, most: int, go_on: Callable[[], bool] = lambda: True) -> bytes:
    """The body of an answer as it came, to its end, for then the line serves again; what is longer than `most` is cut,
    and one byte more of it is given. `go_on`: whether to read on. Raises httpx.HTTPError."""
    data = bytearray()
    for chunk in answer.iter_raw():
        data += chunk
        if len(data) > most or not go_on():
            break
    return bytes(data[: most + 1])


class _Backend(httpcore.SyncBackend):
    def __init__(self, within: Within) -> None:
        self._within = within

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Line(super().connect_tcp(host, port, timeout, local_address, socket_options), self._within)


class _Line(httpcore.NetworkStream):
    """A connection, on which request and answer take turns."""

    def __init__(self, own: httpcore.NetworkStream, within: Within) -> None:
        self._own, self._within = own, within
        self._began: float | None = None
        self._sent = time.monotonic()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._began = None
        left = self._sent + self._within.answer_s - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("no whole answer in time")
        return self._own.read(max_bytes, left if timeout is None else min(left, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._began is None:
            self._began = time.monotonic()
        left = self._began + self._within.send_s - time.monotonic()
        if left <= 0:
            raise httpcore.WriteTimeout("not taken in time")
        self._own.write(buffer, left if timeout is None else min(left, timeout))
        self._sent = time.monotonic()

    def close(self) -> None:
        self._own.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Line(self._own.start_tls(ssl_context, server_hostname, timeout), self._within)

    def get_extra_info(self, info: str) -> object:
        return self._own.get_extra_info(info)
