"""Bytes that a box sends: the word that it signed for them, and reading them within bounds of size and time."""
from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator

from fastapi import Request

from central.web.errors import NoToken
from evidence.errors import ZaitangError

MOST_TOKEN = 8192
"""Characters."""


def token_of(authorization: str | None) -> bytes:
    """The envelope in `Authorization: Bearer` (RFC 6750). Raises NoToken."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(text) <= MOST_TOKEN:
        raise NoToken
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise NoToken from None


async def chunks(
    request: Request, length: int, idle_s: float, within_s: float, slow: ZaitangError, wrong: ZaitangError
) -> AsyncIterator[bytes]:
    """The bytes of a body, as they come. Raises `slow` when none comes for `idle_s`, or not all within `within_s`;
    `wrong` when there are more or fewer than `length`; ClientDisconnect."""
    stream, left, until = request.stream(), length, time.monotonic() + within_s
    while True:
        try:
            chunk = await asyncio.wait_for(_next(stream), min(idle_s, until - time.monotonic()))
        except TimeoutError:
            raise slow from None
        left -= len(chunk)
        if left < 0 or (left and not chunk):
            raise wrong
        if not chunk:
            return
        yield chunk


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    """The next bytes; none at the end."""
    async for chunk in stream:
        if chunk:
            return chunk
    return b""
