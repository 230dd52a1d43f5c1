"""What a row of the table of parsers says, and the place in which its parser runs."""
from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from evidence.errors import ZaitangError
from provisioning.release.errors import BadRelease
from tests.fuzz.mutate import Form

T = TypeVar("T")


class Bench:
    """A folder of its own, and what is built once and used for many inputs; `close` ends it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()
        self._kept: dict[Hashable, Any] = {}

    def kept(self, make: Callable[[Path], AbstractContextManager[T]]) -> T:
        """What `make` gives for a new folder, made once."""
        if make not in self._kept:
            folder = self.folder / f"kept-{len(self._kept)}"
            folder.mkdir()
            self._kept[make] = self._stack.enter_context(make(folder))
        found: T = self._kept[make]
        return found

    def file(self, data: bytes, name: str = "input") -> Path:
        """A file with these bytes."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def close(self) -> None:
        self._stack.close()


@dataclasses.dataclass(frozen=True)
class Parser:
    """`modules`: the source files that read these bytes. `read`: the entry point; it may raise `raises` and nothing
    else. `seeds`: valid inputs, which it must take. `examples`: about half of the mutations in a long run; a short one
    has a quarter of them."""

    name: str
    modules: tuple[str, ...]
    form: Form
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes, Bench], object]
    raises: tuple[type[ZaitangError] | type[BadRelease], ...] = ()
    examples: int = 40

