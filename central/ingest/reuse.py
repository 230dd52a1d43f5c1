"""What was filmed elsewhere before: the centre states it when a record names bytes that another record named first.

It runs in the transaction that keeps the record, so it is stated once or the record is not here. `evidence/reused.py`
says which keyframes count and what a statement proves.
"""
from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Picture, RecordRef, Segment, VideoReused, body_as, body_of
from evidence.looped import MS, TIME
from evidence.receipts import peek_receipt
from evidence.records import Record, Sealed
from evidence.reused import kept, telling
from evidence.times import SECOND

MOST_COMPARED = 6
"""So many earlier records are compared with a new one: a copy of a minute touches two or three."""

LIFE_US = 100 * 366 * 24 * 3600 * SECOND


@dataclasses.dataclass(frozen=True)
class _Shared:
    """An earlier record of another run, and the time of its receipt."""

    leaf: int
    record: Record
    picture: Picture
    keys: Mapping[str, str]
    """Those that it shares, as it names them."""
    held: str | None


def state_reused(store: Store, tx: Tx, fresh: Sequence[Sealed]) -> None:
    """Look at the records of a batch that was just kept."""
    segments = {one.hash: segment for one in fresh if (segment := body_as(one.record, Segment)) is not None}
    again = tx.named_again([segment.sha256 for segment in segments.values()])
    for one in fresh:
        segment = segments.get(one.hash)
        if segment is not None and segment.sha256 in again:
            _file(store, tx, one.record, segment)
        elif (picture := body_as(one.record, Picture)) is not None:
            _keyframes(store, tx, one.record, picture)


def _file(store: Store, tx: Tx, record: Record, body: Segment) -> None:
    """The whole file, of another class or another box."""
    before = next(one for one in tx.announced(body.sha256))
    first = tx.record(before.device, before.chain, before.seq)
    known = body_of(first.record) if first is not None else None
    if first is None or not isinstance(known, Segment):
        return
    if (first.record.device, known.class_id) == (record.device, body.class_id):
        return
    said = VideoReused(
        known.class_id or "", body.sha256, _ref(record), _ref(first.record), None, _held(tx, first.record),
        _apart_us(_filmed_us(record, body), _filmed_us(first.record, known)))
    _state(store, tx, said, {body.class_id, known.class_id})


def _keyframes(store: Store, tx: Tx, record: Record, body: Picture) -> None:
    """Keyframes of any other run; then remember what is new of this one."""
    mine = telling(body)
    leaves = tx.keyframes(list(mine))
    shared = _compared(tx, record, body, mine, leaves)
    found = _most(shared)
    if found:
        first = min(found, key=lambda one: one.leaf)
        names = {name for one in found for name in one.keys}
        held = [one.held for one in found if one.held is not None]
        said = VideoReused(
            body.class_id, body.segment, _ref(record), _ref(first.record),
            "".join(key for name, key in mine.items() if name in names),
            max(held) if len(held) == len(found) else None, _later_us(tx, record, body, mine, first))
        _state(store, tx, said, {body.class_id, first.picture.class_id})
    # Who names bytes first and holds back what came before gets no receipt, and must not stand before those who do.
    unreceipted = {one.leaf for one in shared if one.held is None}
    fresh = [name for name in kept(mine) if name not in leaves or leaves[name] in unreceipted]
    tx.know_keyframes(fresh, tx.leaf_of(*record.key))


def _compared(
    tx: Tx, record: Record, body: Picture, mine: Mapping[str, str], leaves: Mapping[str, int]
) -> list[_Shared]:
    """The earlier records of other runs to which the remembered keyframes lead."""
    found = []
    for leaf, _ in Counter(leaves.values()).most_common(MOST_COMPARED):
        there = tx.at_leaf(leaf).record
        picture = body_of(there)
        if not isinstance(picture, Picture) or _run(there, picture) == _run(record, body):
            continue
        keys = {name: key for name, key in telling(picture).items() if name in mine}
        found.append(_Shared(leaf, there, picture, keys, _held(tx, there)))
    return found


def _most(shared: Sequence[_Shared]) -> list[_Shared]:
    """Those of the run with which most is shared; of several such runs the first."""
    runs: dict[tuple[str, str, str], list[_Shared]] = defaultdict(list)
    for one in shared:
        runs[_run(one.record, one.picture)].append(one)
    return max(runs.values(), default=[], key=lambda run: (
        len({name for one in run for name in one.keys}), -min(one.leaf for one in run)))


def _run(record: Record, picture: Picture) -> tuple[str, str, str]:
    return (record.device, record.chain, picture.run)


def _held(tx: Tx, record: Record) -> str | None:
    """The time in the first receipt that covers a record."""
    receipt = tx.receipt_for(*record.key)
    return None if receipt is None else peek_receipt(receipt).time


def _later_us(tx: Tx, record: Record, body: Picture, mine: Mapping[str, str], first: _Shared) -> int | None:
    """How much later than in `first` the first keyframe that both have was filmed."""
    name = next(iter(first.keys))
    here_us, there_us = (_keyframe_us(tx, *one) for one in (
        (record, body.segment, mine[name]), (first.record, first.picture.segment, first.keys[name])))
    return _apart_us(here_us, there_us)


def _keyframe_us(tx: Tx, record: Record, sha256: str, key: str) -> int | None:
    """When a keyframe was filmed, as the segment record of the same chain says."""
    for one in tx.announced(sha256):
        if (one.device, one.chain) == (record.device, record.chain):
            sealed = tx.record(one.device, one.chain, one.seq)
            segment = body_of(sealed.record) if sealed is not None else None
            if sealed is not None and isinstance(segment, Segment):
                start_us = _filmed_us(sealed.record, segment)
                return None if start_us is None else start_us + int(key[:TIME], 16) * MS
    return None


def _filmed_us(record: Record, segment: Segment) -> int | None:
    """What the wall clock of the box said when a segment began; None if its record is of another boot."""
    boot_id = segment.boot_id or (None if segment.recovered else record.boot_id)
    return record.utc_us - record.mono_us + segment.first_mono_us if boot_id == record.boot_id else None


def _apart_us(here_us: int | None, there_us: int | None) -> int | None:
    """The distance, if there is one that a life has room for: boxes may say any number."""
    apart_us = None if here_us is None or there_us is None else here_us - there_us
    return apart_us if apart_us is not None and abs(apart_us) <= LIFE_US else None


def _ref(record: Record) -> RecordRef:
    return RecordRef(record.device, record.chain, record.seq)


def _state(store: Store, tx: Tx, said: VideoReused, classes: set[str | None]) -> None:
    for class_id in sorted(one for one in classes if one is not None):
        store.append(tx, dataclasses.replace(said, class_id=class_id))
