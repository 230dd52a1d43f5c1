"""Where a witness reads a centre's tree: its address, or a folder with the same files. All of it is bounded."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from common.fetch import fetch
from evidence.errors import FetchFailed
from evidence.notes import MAX_NOTE
from evidence.tiles import TILE_BYTES, WIDTH, tile_path
from verify.errors import FileRefused, NoLog, NotTaken
from verify.folder import Folder, shown

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
        return self._ask("checkpoint", MAX_NOTE)

    def tile(self, level: int, number: int, width: int) -> bytes:
        """A partial tile that is gone has become a whole one."""
        try:
            return self._ask(f"tile/{tile_path(level, number, width)}", TILE_BYTES)
        except NoLog:
            if width == WIDTH:
                raise
            return self._ask(f"tile/{tile_path(level, number)}", TILE_BYTES)

    def cosign(self, note: bytes) -> None:
        """Hand a cosigned checkpoint to the centre. Raises NotTaken."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            self._ask("cosignatures", MAX_ANSWER, note, headers)
        except NoLog as error:
            raise NotTaken(place=shown(self._address), why=error.params["why"]) from None

    def _ask(self, path: str, limit: int, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        place = f"{self._address}/{path}"
        try:
            return fetch(place, limit, data, headers)
        except FetchFailed as error:
            raise NoLog(place=shown(place), why=shown(str(error.params["why"]))) from None


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
