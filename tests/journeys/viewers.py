"""Many who look at one room at once, as browsers do: `python -m tests.journeys.viewers ADDRESS CA DEVICE SECONDS`.

Accounts are read from the standard input, one a line, all with the password of tests. Each logs in, says why it looks,
and for so many seconds reads the playlist, takes what is new in it, and asks how it stands. What each of them got is
told as JSON: pieces and their bytes, and how late the newest picture of the first of them was (ms, by the clock in it).
"""
from __future__ import annotations

import asyncio
import io
import json
import re
import ssl
import sys
import time
from typing import Any
from urllib.parse import urljoin

import av
import httpx

from tests.contract.secure_site import PASSWORD
from tests.journeys.clock_picture import read

RELOAD_S, STATE_S = 1.0, 2.0
WHY = "例行巡查"


class Viewer:
    """One of them."""

    def __init__(self, address: str, ca: str, device: str, account: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=address, verify=ssl.create_default_context(cafile=ca), trust_env=False, timeout=30)
        self._page, self.account = f"/live/{device}", account
        self.pieces: list[str] = []
        self.bytes = 0
        self.refused: dict[str, int] = {}
        self.delays_ms: list[float] = []
        self.states: list[str] = []
        self._init: dict[str, bytes] = {}

    async def look(self, until: float, decodes: bool) -> None:
        """Log in, and watch until then (monotonic seconds)."""
        await self._send("/sign-in", account=self.account, password=PASSWORD, next=self._page)
        await self._send(self._page, reason="other", why=WHY)
        await asyncio.gather(self._watch(until, decodes), self._ask(until))
        await self._client.aclose()

    async def _send(self, path: str, **fields: str) -> None:
        page = (await self._client.get(path)).text
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token is not None, page
        answer = await self._client.post(path, data={"token": token[1], **fields}, headers={
            "origin": str(self._client.base_url).rstrip("/")})
        assert answer.status_code == 303, (path, answer.status_code, answer.text)

    async def _ask(self, until: float) -> None:
        while time.monotonic() < until:
            answer = await self._got(f"{self._page}/state")
            if answer is not None:
                self.states.append(answer.json()["state"])
            await asyncio.sleep(STATE_S)

    async def _watch(self, until: float, decodes: bool) -> None:
        while time.monotonic() < until:
            begun = time.monotonic()
            answer = await self._got(f"{self._page}/stream.m3u8")
            if answer is not None:
                await self._take(str(answer.url), answer.text, decodes)
            await asyncio.sleep(max(0.0, begun + RELOAD_S - time.monotonic()))

    async def _take(self, base: str, playlist: str, decodes: bool) -> None:
        header = ""
        for line in playlist.splitlines():
            if line.startswith("#EXT-X-MAP:"):
                header = line.split('"')[1]
            if line.startswith("#") or not line or line in self.pieces:
                continue
            answer = await self._got(urljoin(base, line))
            if answer is None:
                continue
            self.pieces.append(line)
            self.bytes += len(answer.content)
            if decodes:
                if header not in self._init:
                    self._init[header] = (await self._client.get(urljoin(base, header))).content
                self._decode(self._init[header] + answer.content)

    def _decode(self, data: bytes) -> None:
        with av.open(io.BytesIO(data)) as film:
            frames = list(film.decode(video=0))
        if not frames:
            return  # it begins between two keyframes
        grey = frames[-1].to_ndarray(format="gray")
        height, width = grey.shape
        ms = read(lambda x, y: float(grey[int(y * height), int(x * width)]))
        if ms is not None:
            self.delays_ms.append(time.time() * 1000 - ms)

    async def _got(self, path: str) -> httpx.Response | None:
        answer = await self._client.get(path)
        if answer.status_code == 200:
            return answer
        key = f"{path.rpartition('/')[2].partition('.')[0][:6]} {answer.status_code}"
        self.refused[key] = self.refused.get(key, 0) + 1
        return None


async def main(address: str, ca: str, device: str, seconds: str) -> None:
    viewers = [Viewer(address, ca, device, account) for account in sys.stdin.read().split()]
    until = time.monotonic() + float(seconds)
    await asyncio.gather(*(one.look(until, one is viewers[0]) for one in viewers))
    told: list[dict[str, Any]] = [
        {"pieces": one.pieces, "bytes": one.bytes,
         "refused": one.refused, "delays_ms": one.delays_ms, "states": one.states}
        for one in viewers]
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
