"""Asking the centre's HTTP address: a client that talks to it alone, and its clock, as its answers tell it."""
from __future__ import annotations

import email.utils
import ssl
import time
from collections.abc import Sequence

import httpx

from edge.asking import Option, Transport, Within
from edge.identity.tls import client_context
from evidence.times import SECOND, utc_us

TIMEOUT = httpx.Timeout(30.0)
WITHIN = Within(send_s=1800.0, answer_s=60.0)
"""A part of a file is on its way for minutes over a slow line, or at a pace that is set."""
_EARLIEST, _LATEST = utc_us("2020-01-01T00:00:00.000000Z"), utc_us("2120-01-01T00:00:00.000000Z")


class CentreTime:
    """The centre's clock as its answers tell it (`Date`), from there on by this machine's monotonic clock: tokens end
    by the centre's time, and a box that was off for long may not know it. It is believed for nothing else."""

    def __init__(self) -> None:
        self._at_us, self._since = time.time_ns() // 1000, time.monotonic()

    def now_us(self) -> int:
        """UTC microseconds."""
        return self._at_us + int((time.monotonic() - self._since) * SECOND)

    def learn(self, date: str | None) -> None:
        """Take over what an answer says, if it says it."""
        try:
            at_us = int(email.utils.parsedate_to_datetime(date or "").timestamp()) * SECOND
        except (ValueError, OverflowError, OSError):
            return
        if _EARLIEST <= at_us <= _LATEST:
            self._at_us, self._since = at_us, time.monotonic()


def make_client(
    ca: str | None, site: str | ssl.SSLContext | None = None, timeout: httpx.Timeout = TIMEOUT,
    options: Sequence[Option] = (), within: Within = WITHIN,
) -> httpx.Client:
    """A client that talks to the centre only: no proxy and no password file of the environment. `ca`: a PEM file with
    the certificates that may vouch for the centre; without it `site`, the site's root in PEM, alone, or a context into
    which that is loaded once it is known; with neither those of the system. `options`: of its sockets; `within`: what
    a request and its answer may take in all. Raises OSError, ssl.SSLError, BadKeyFile.
    """
    if not ca and isinstance(site, ssl.SSLContext):
        context = site
    else:
        context = ssl.create_default_context(cafile=ca) if ca or not isinstance(site, str) else client_context(site)
    return httpx.Client(timeout=timeout, trust_env=False, transport=Transport(context, within, options))
