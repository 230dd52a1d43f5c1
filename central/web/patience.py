"""A server that does not wait for ever: whoever opens a connection and does not finish a request's head is let go.

uvicorn limits idle connections between requests, but not how slowly a head may come.
"""
from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0
"""A head that is not whole after one or two of these spans is not waited for."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 by h11, as uvicorn serves it, with a limit for heads."""

    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)
        # uvicorn keeps the timer by which it ended an idle connection, and that one the connection: such a circle has
        # a quarter of a megabyte of TLS, and Python hardly looks for circles in a process of 200,000 objects.
        self._unset_keepalive_if_required()

    def _arm(self) -> None:
        self._watch = self.loop.call_later(HEAD_S, self._look, self.cycle)

    def _look(self, before: object) -> None:
        if self.conn.their_state is h11.IDLE and self.cycle is before:
            self.transport.close()
        else:
            self._arm()
