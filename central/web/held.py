"""The list of live pictures, held for whoever had it already until it is another one.

A browser that finds the same list again just after it joined gives up, and one that plays asks only every two seconds.
No thread waits meanwhile.
"""
from __future__ import annotations

import asyncio
import time

from central.live.hub import Hub, Viewer
from common.hls import TARGET_S

HELD_S = TARGET_S + 1.0
"""Then it is given as it is: a piece is late."""
LOOK_S = 0.1
MOST_HELD = 1024
"""Lists that are held at once; further ones are given as they are."""


class Held:
    """For the one loop that serves."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._held = hub, 0

    async def playlist(self, device: str, viewer: Viewer) -> str:
        """With something new, or after a while; empty where there is none."""
        if self._held < MOST_HELD:
            self._held += 1
            try:
                await self._news(device, viewer)
            finally:
                self._held -= 1
        return self._hub.give(device, viewer)

    async def _news(self, device: str, viewer: Viewer) -> None:
        until_s = time.monotonic() + HELD_S
        while not self._hub.is_new(device, viewer) and time.monotonic() < until_s:
            await asyncio.sleep(LOOK_S)
