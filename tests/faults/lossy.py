"""A disk that forgets: at a power cut only what was synced is sure to be there, and anything else may be.

The files below a folder are real and play the page cache. What a sync made durable is remembered beside them: the
bytes of a file at its fsync or fdatasync, the names in a folder at the folder's fsync. Nothing else is durable: no
new file, no rename, no unlink before its folder was synced, however long ago it was. `image` builds what a machine
finds when the power is back.
"""
from __future__ import annotations

import os
import random
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

Survives = Literal["nothing", "prefix", "torn", "zeros"]
"""Of what was not synced: nothing; tails to a random length; tails with blocks of zeros; tails of nothing but zeros. In
all but the first, each change of a name survives or not, one by one."""
SURVIVES: tuple[Survives, ...] = ("nothing", "prefix", "torn", "zeros")
BLOCK = 512


class LossyDisk:
    """Watches what this process does below `root` while `watching`. What lies there at first is durable.

    `before`: called before every write, sync and change of a name, by whichever thread does it; nothing becomes
    durable meanwhile.
    """

    def __init__(self, root: Path, before: Callable[[], None]) -> None:
        self._root, self._before = root, before
        self._lock = threading.RLock()
        self._content: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._held: dict[int, int] = {}
        self._adopt(root)

    def watching(self, patch: pytest.MonkeyPatch) -> None:
        """From now on syncs below the root are only remembered."""
        self._patch = patch
        for name in ("write", "fsync", "fdatasync", "ftruncate"):
            self._wrap(name, self._of_handle)
        for name in ("mkdir", "rename", "unlink"):
            self._wrap(name, self._of_path)
        self._wrap("open", lambda path, flags, *_, **__: flags & os.O_CREAT and self._of_path(path))

    def close(self) -> None:
        """Stop watching. Keeping every file open kept its number from being given to another one."""
        self._patch.undo()
        for handle in self._held.values():
            os.close(handle)

    def image(self, folder: Path, survives: Survives, rng: random.Random) -> None:
        """Build what is left in a new folder."""
        self._build(self._number(self._root), folder, _Luck(survives, rng))

    # --- watching

    def _wrap(self, name: str, inside: Callable[..., object]) -> None:
        real = getattr(os, name)

        def watched(*args: Any, **more: Any) -> Any:
            if not inside(*args, **more):
                return real(*args, **more)
            with self._lock:
                self._before()
                if name in ("fsync", "fdatasync"):
                    return self._sync(args[0])
                return real(*args, **more)

        self._patch.setattr(os, name, watched)

    def _of_handle(self, handle: int, *_: object) -> bool:
        return self._of_path(os.readlink(f"/proc/self/fd/{handle}"))

    def _of_path(self, path: object, *_: object, **__: object) -> bool:
        return Path(os.fspath(path)).is_relative_to(self._root)  # type: ignore[call-overload]

    # --- what is durable

    def _sync(self, handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        number = os.fstat(handle).st_ino
        self._hold(path)
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            self._names[number] = self._names_now(path)
        else:
            self._content[number] = path.read_bytes()

    def _adopt(self, folder: Path) -> None:
        self._names[self._number(folder)] = self._names_now(folder)
        for path in folder.iterdir():
            if path.is_dir():
                self._adopt(path)
            else:
                self._content[self._number(path)] = path.read_bytes()

    def _names_now(self, folder: Path) -> dict[str, int]:
        for path in folder.iterdir():
            self._hold(path)
        return {path.name: self._number(path) for path in folder.iterdir()}

    def _hold(self, path: Path) -> None:
        number = self._number(path)
        if number not in self._held:
            self._held[number] = os.open(path, os.O_RDONLY)

    def _number(self, path: Path) -> int:
        return path.stat().st_ino

    # --- what is left

    def _build(self, number: int, target: Path, luck: _Luck) -> None:
        handle = self._held.get(number)
        source = self._root if handle is None else Path(f"/proc/self/fd/{handle}")
        if not source.is_dir():
            target.write_bytes(luck.bytes(self._content.get(number, b""), source.read_bytes()))
            return
        target.mkdir()
        for name, child in luck.names(self._names.get(number, {}), self._names_now(source)):
            self._build(child, target / name, luck)


class _Luck:
    """What survives of what was not synced."""

    def __init__(self, survives: Survives, rng: random.Random) -> None:
        self._survives, self._rng = survives, rng

    def names(self, durable: dict[str, int], now: dict[str, int]) -> Iterator[tuple[str, int]]:
        for name in sorted({*durable, *now}):
            lucky = self._survives != "nothing" and self._rng.random() < 0.5
            number = (now if lucky else durable).get(name)
            if number is not None:
                yield name, number

    def bytes(self, durable: bytes, now: bytes) -> bytes:
        if not now.startswith(durable):
            return now if self._survives != "nothing" and self._rng.random() < 0.5 else durable
        tail = now[len(durable):]
        if self._survives == "nothing":
            return durable
        if self._survives == "zeros":
            return durable + bytes(len(tail))
        if self._survives == "prefix":
            return durable + tail[: self._rng.randint(0, len(tail))]
        blocks = [tail[at : at + BLOCK] for at in range(0, len(tail), BLOCK)]
        return durable + b"".join(one if self._rng.random() < 0.5 else bytes(len(one)) for one in blocks)
