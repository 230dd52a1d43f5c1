"""The files of segments against their records: size first, then hash; missing, changed, added, swapped ones named."""
from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from evidence.errors import SegmentAdded, SegmentChanged, SegmentMissing, VerificationError
from verify.errors import SegmentMoved, SegmentResized, SegmentSwapped
from verify.folder import Folder, shown
from verify.material import Expected, Gone

MOST_AT_ONCE = 4
"""So many files are read at the same time, if there are cores for it: a disk that turns is no faster with more."""


def to_hash(folder: Folder, expected: Sequence[Expected]) -> int:
    """How many bytes `check_segments` is about to read."""
    return sum(folder.sizes.get(name, 0) for name in {one.name for one in expected})


def check_segments(
    folder: Folder, expected: Sequence[Expected], removed: set[Gone], advance: Callable[[int], None],
    moved: Collection[str] = (),
) -> list[VerificationError]:
    """What is wrong with the files that `expected` names. A file that is in `removed` may be absent; of one that
    is in `moved` it is told where to look."""
    by_hash = {one.segment.sha256: one for one in expected}
    sizes = {one.segment.size for one in expected}
    names = dict.fromkeys(one.name for one in expected if folder.sizes.get(one.name) in sizes)
    hashes = _hashes(folder, list(names), advance)
    problems: list[VerificationError] = []
    for one in expected:
        size = folder.sizes.get(one.name)
        if size is None:
            if one.gone not in removed:
                missing = SegmentMoved if one.name in moved else SegmentMissing
                problems.append(folder.refused.get(one.name) or missing(file=one.segment.file, device=one.device))
            continue
        have = hashes.get(one.name, "")
        problem = have if isinstance(have, VerificationError) else _problem(one, size, have, by_hash)
        problems += [] if problem is None else [problem]
    return problems


def _hashes(
    folder: Folder, names: Sequence[str], advance: Callable[[int], None]
) -> dict[str, str | VerificationError]:
    """What each file hashes to, or why it cannot be read. SHA-256 leaves Python's lock to others."""
    def read(name: str) -> str | VerificationError:
        try:
            return folder.sha256(name, advance)
        except VerificationError as error:
            return error

    pool = ThreadPoolExecutor(min(MOST_AT_ONCE, os.cpu_count() or 1))
    try:
        return dict(zip(names, pool.map(read, names), strict=True))
    finally:
        pool.shutdown(cancel_futures=True)


def _problem(one: Expected, size: int, have: str, by_hash: dict[str, Expected]) -> VerificationError | None:
    if have == one.segment.sha256 and size == one.segment.size:
        return None
    says = {"file": one.segment.file, "device": one.device, "seq": one.seq}
    other = by_hash.get(have)
    if other is not None and other is not one:
        return SegmentSwapped(**{**says, "seq": other.seq}, other=other.segment.file)
    if size != one.segment.size:
        return SegmentResized(**says, have=size, want=one.segment.size)
    return SegmentChanged(**says)


def strangers(folder: Folder, known: set[str], among: Iterable[str]) -> list[VerificationError]:
    """Files that nothing names: added ones, and what is no plain file."""
    found: list[VerificationError] = [SegmentAdded(file=shown(name)) for name in among if name not in known]
    return found + [error for name, error in sorted(folder.refused.items()) if name not in known]
