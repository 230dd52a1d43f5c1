"""What is asked before a box is emptied, read from its chains, its receipts and its volumes."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from edge.box_orders import accepted
from edge.held import held_classes
from edge.recorder.recover import Known
from edge.recorder.sessions import Sessions
from edge.reset.judge import Facts
from edge.storage.keeper import Keeper
from edge.storage.volume import Volume
from edge.store import Store
from edge.wiring import Box
from evidence.box_orders import known_us
from evidence.records import Record
from evidence.times import utc_us


def facts(box: Box, volumes: Sequence[Volume]) -> Facts:
    """Of a box of which nothing runs. Raises BadStore, OSError."""
    words = [order for order in accepted(box.store) if order.release is not None]
    newest = words[-1] if words else None
    release = None if newest is None else newest.release
    now_us = known_us(box.clock.stamp(), box.store.vouched_us())
    over = newest is not None and now_us is not None and utc_us(newest.expires) <= now_us
    since = [] if release is None else [_kind(one.record) for one in box.store.each(after=release.seq)]
    return Facts(
        box.store.chain, release, over, since, box.store.head_seq() - box.store.receipted_up_to(),
        _past_waiting(box.store), len(Keeper(box).held()) if volumes else 0,
        len(held_classes(box.store.orders())), Sessions(box.store).current is not None,
        sum(_count(one.journal) for one in volumes[:1]), sum(_count(one.quarantine) for one in volumes[:1]),
        _unknown(volumes, Known().read(box.store)))


def volumes_of(box: Box) -> list[Volume]:
    """The volumes of a box, the first one first; none where nothing was ever recorded. Raises VolumeAway, WrongVolume,
    CannotWrite where one is not in its place."""
    keeper = Keeper(box)
    if keeper.is_new() and box.store.volume() is None:
        return []
    first = keeper.first()
    return [first] if box.config.storage.second is None else [first, keeper.second(first)]


def _kind(record: Record) -> str:
    """The type of a record; of an alarm also which."""
    return f"alarm {record.body.get('code')}" if record.type == "alarm" else record.type


def _past_waiting(store: Store) -> int:
    """The records of the chains before that no receipt covers."""
    ends = {one.record.chain: one.record.seq for one in store.past()}
    return sum(max(0, up_to - store.past_receipted(chain)) for chain, up_to in ends.items())


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def _unknown(volumes: Iterable[Volume], known: set[str]) -> int:
    """How many files under `segments` no record names."""
    return sum(path.relative_to(one.segments).as_posix() not in known for one in volumes
               for path in one.segments.rglob("*") if path.is_symlink() or not path.is_dir())
