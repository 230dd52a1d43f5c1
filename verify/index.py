"""The index of a bag for programs, `data/index.json`, against the records."""
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from evidence.canonical import canonical
from evidence.errors import VerificationError
from evidence.story import Block, SegmentFact
from evidence.times import utc_text
from verify.bag import INDEX, Bag
from verify.errors import DerivedUnreadable, IndexAdds, IndexLacks, IndexOther
from verify.findings import Judged
from verify.folder import shown
from verify.lines import MOST_WRONG
from verify.material import Expected, Material
from verify.read_json import not_as

Entries = dict[bytes, dict[str, Any]]
"""What an index says of segments, by the bytes of box and file."""


def check_index(
    bag: Bag, material: Material, expected: Sequence[Expected], judged: Judged
) -> list[VerificationError]:
    """The index for programs against the records: which segments there are, where they lie in time, and which were
    removed or are missing; which recordings there are."""
    value = bag.derived.get(INDEX)
    if not isinstance(value, dict):
        return [value] if value else []
    try:
        here, *absent = (_by_file(value.get(key, [])) for key in ("segments", "removed", "missing"))
        blocks = _objects(value.get("blocks"), "it holds no list of recordings")
    except DerivedUnreadable as error:
        return [error]
    export = None if material.manifest is None else material.manifest.hash
    problems = list(not_as(INDEX, value, {"v": 1, "class": material.only_class, "export": export}))
    problems += _segments(expected, judged, here, *absent)
    problems += [IndexAdds(file=shown(str(one.get("file")))[:100], device=shown(str(one.get("device")))[:100])
                 for one in itertools.islice(itertools.chain(*(some.values() for some in (here, *absent))), MOST_WRONG)]
    if canonical([[one.get("block"), one.get("from"), one.get("to")] for one in blocks]) != canonical(
            [[one.id, utc_text(one.span.start_us), utc_text(one.span.end_us)] for one in judged.story.blocks]):
        problems.append(DerivedUnreadable(file=INDEX, why="its recordings are not those of the plan"))
    return problems


def _segments(
    expected: Sequence[Expected], judged: Judged, here: Entries, gone: Entries, missing: Entries,
) -> Iterator[VerificationError]:
    """The segments of the records; what they name is taken from `here`, from `gone` where it was removed, or from
    `missing` where the export lacks it."""
    placed = {fact.ref: fact for fact in judged.story.segments}
    for one in expected:
        key, entry = canonical([one.device, one.segment.file]), _entry(one)
        theirs = gone.pop(key, None) if one.removed else None
        if theirs is None:
            entry |= _place(placed.get((one.device, one.chain, one.seq)), judged.story.blocks)
            if one.lacking is not None and not one.removed:
                entry |= {"why": one.lacking.why, "heard": one.lacking.heard}
                theirs = missing.pop(key, None)
            else:
                theirs = here.pop(key, None)
        if theirs is None:
            if not one.removed:
                yield IndexLacks(seq=one.seq, device=one.device)
            continue
        for name, want in entry.items():
            if canonical(theirs.get(name)) != canonical(want):
                yield IndexOther(seq=one.seq, device=one.device, key=name)


def _objects(value: object, why: str = "it holds no list of segments") -> list[dict[str, Any]]:
    """Raises DerivedUnreadable."""
    if type(value) is not list or not all(type(one) is dict for one in value):
        raise DerivedUnreadable(file=INDEX, why=why)
    return value


def _by_file(value: object) -> Entries:
    """Entries by box and file. Raises DerivedUnreadable."""
    entries = _objects(value)
    found = {canonical([one.get("device"), one.get("file")]): one for one in entries}
    if len(found) < len(entries):
        raise DerivedUnreadable(file=INDEX, why="it names a segment twice")
    return found


def _entry(one: Expected) -> dict[str, Any]:
    """What the index says of a segment by its record."""
    segment = one.segment
    return {"seq": one.seq, "sha256": segment.sha256, "size": segment.size, "camera": segment.camera}


def _place(fact: SegmentFact | None, blocks: Sequence[Block]) -> dict[str, Any]:
    """When it was filmed, and for which recording; null where nobody can tell, or it is of none."""
    if fact is None or not fact.certain:
        return {"block": None, "from": None, "to": None}
    span = fact.span
    block = next(
        (one.id for one in blocks if one.span.start_us < span.end_us and span.start_us < one.span.end_us), None)
    return {"block": block, "from": utc_text(span.start_us), "to": utc_text(span.end_us)}
