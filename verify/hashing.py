"""The one pass over the bytes: every file is read once, several at a time, in a bounded memory."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from evidence.errors import VerificationError
from verify.folder import Folder

Named = tuple[Folder, str]
"""A file: its folder, and its name there."""

AT_ONCE = 10_000
"""So many files wait for a thread at the same time."""


def to_hash(files: Sequence[Named]) -> int:
    """How many bytes `hash_all` is about to read."""
    return sum(folder.sizes[name] for folder, name in files if name not in folder.digests)


def hash_all(files: Sequence[Named], advance: Callable[[int], None]) -> list[str | VerificationError]:
    """What each file hashes to, or why it cannot be read. SHA-256 leaves Python's lock to others, so that as many are
    read at a time as there are cores; each takes one buffer (`verify.folder.CHUNK`)."""
    def read(file: Named) -> str | VerificationError:
        folder, name = file
        try:
            return folder.sha256(name, advance)
        except VerificationError as error:
            return error

    pool, found = ThreadPoolExecutor(_cores()), list[str | VerificationError]()
    try:
        for start in range(0, len(files), AT_ONCE):
            found += pool.map(read, files[start:start + AT_ONCE])
        return found
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Those on which this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
