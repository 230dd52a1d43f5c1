"""Where a witness reads a centre's tree: its address, or a folder with the same files. All of it is bounded."""
from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from evidence.notes import MAX_NOTE
from evidence.tiles import TILE_BYTES, WIDTH, tile_path
from verify.errors import FileRefused, NoLog, NotTaken
from verify.folder import Folder, shown

TIMEOUT_S = 20
MAX_ANSWER = 4096


class Source(Protocol):
    """Gives what a centre shows of its tree. Methods raise NoLog."""

    def checkpoint(self) -> bytes:
        """The newest signed note."""
        ...

    def tile(self, level: int, number: int, width: int) -> bytes:
        """At least the first `width` hashes of a tile."""
        ...


def open_source(place: str) -> Website | Files:
    """An http or https address, or a folder."""
    return Website(place.rstrip("/")) if place.startswith(("http://", "https://")) else Files(place)


class Website:
    """A centre's tree at an address, as C2SP tlog-tiles has it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def checkpoint(self) -> bytes:
        return self._get("checkpoint", MAX_NOTE)

    def tile(self, level: int, number: int, width: int) -> bytes:
        """A partial tile that is gone has become a whole one."""
        try:
            return self._get(f"tile/{tile_path(level, number, width)}", TILE_BYTES)
        except NoLog:
            if width == WIDTH:
                raise
            return self._get(f"tile/{tile_path(level, number)}", TILE_BYTES)

    def cosign(self, note: bytes) -> None:
        """Hand a cosigned checkpoint to the centre. Raises NotTaken."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            self._ask("cosignatures", MAX_ANSWER, note, headers)
        except NoLog as error:
            raise NotTaken(place=shown(self._address), why=error.params["why"]) from None

    def _get(self, path: str, limit: int) -> bytes:
        return self._ask(path, limit)

    def _ask(self, path: str, limit: int, data: bytes | None = None, headers: Mapping[str, str] = {}) -> bytes:
        place = f"{self._address}/{path}"
        try:
            request = urllib.request.Request(place, data, dict(headers))
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                found = bytes(answer.read(limit + 1))
        except urllib.error.HTTPError as error:
            error.close()
            raise NoLog(place=shown(place), why=f"HTTP {error.code}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
            raise NoLog(place=shown(place), why=shown(str(why))) from None
        if len(found) > limit:
            raise NoLog(place=shown(place), why=f"more than {limit} bytes")
        return found


class Files:
    """A folder that `zaitang-central tree write` made."""

    def __init__(self, place: str) -> None:
        self._place, self._folder = place, Folder(Path(place), below="checkpoint")

    def checkpoint(self) -> bytes:
        return self._read("checkpoint", MAX_NOTE)

    def tile(self, level: int, number: int, width: int) -> bytes:
        """A partial tile that is not there may lie there whole."""
        try:
            return self._read(f"tile/{tile_path(level, number, width)}", TILE_BYTES)
        except NoLog:
            if width == WIDTH:
                raise
            return self._read(f"tile/{tile_path(level, number)}", TILE_BYTES)

    def _read(self, name: str, limit: int) -> bytes:
        try:
            return self._folder.read(name, limit)
        except FileRefused as error:
            raise NoLog(place=shown(f"{self._place}/{name}"), why=error.params["why"]) from None
