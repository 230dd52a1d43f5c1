"""The files of segments against their records: size first, then hash; missing, changed, added, swapped ones named."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from evidence.errors import SegmentAdded, SegmentChanged, SegmentMissing, VerificationError
from verify.errors import SegmentMoved, SegmentResized, SegmentSwapped
from verify.folder import Folder, shown
from verify.material import Expected


def check_segments(
    folder: Folder, expected: Sequence[Expected], hashes: Mapping[str, str | VerificationError],
    moved: Collection[str] = (),
) -> list[VerificationError]:
    """What is wrong with the files that `expected` names. `hashes`: what each of `worth_reading` hashes to. A file that
    was removed, or that the export says it lacks, may be absent; of one that is in `moved` it is told where to look."""
    by_hash = {one.segment.sha256: one for one in expected}
    problems: list[VerificationError] = []
    for one in expected:
        size = folder.sizes.get(one.name)
        if size is None:
            missing = SegmentMoved if one.name in moved else SegmentMissing
            error = folder.refused.get(one.name) or (
                None if one.removed or one.lacking is not None
                else missing(file=one.segment.file, device=one.device))
            problems += [error] if error else []
            continue
        have = hashes.get(one.name, "")
        problem = have if isinstance(have, VerificationError) else _problem(one, size, have, by_hash)
        problems += [] if problem is None else [problem]
    return problems


def worth_reading(folder: Folder, expected: Sequence[Expected]) -> list[str]:
    """The files of segments that can be what some record says: of the others the size tells."""
    sizes = {one.segment.size for one in expected}
    return list(dict.fromkeys(one.name for one in expected if folder.sizes.get(one.name) in sizes))


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
