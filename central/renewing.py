"""Something that is looked after again and again, beside a server, in the thread that serves."""
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette


def look_after(app: Starlette, look: Callable[[], None], every_s: float) -> None:
    """While `app` is served, call `look` each so many seconds, beside what is looked after already. A context of TLS is
    changed in that thread alone, for OpenSSL does not say that it may be while another makes connections of it."""
    before = app.router.lifespan_context

    async def looking() -> None:
        while True:
            await asyncio.sleep(every_s)
            look()

    @contextlib.asynccontextmanager
    async def lifespan(served: Starlette) -> AsyncIterator[Any]:
        task = asyncio.create_task(looking())
        try:
            async with before(served) as state:
                yield state
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app.router.lifespan_context = lifespan
