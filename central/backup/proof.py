"""What proves that a database holds all that the centre signed for: its tree, made anew from its very records.

Nothing is taken from the tree that is kept: each record is hashed again, and the root must be the one in the signed
checkpoint. What the centre gave receipts for must be here; and of a later checkpoint that somebody saw elsewhere, a box
or a witness, it is told how many records are missing."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from central.backup.errors import BackupChanged
from central.store.store import Store
from central.tree.tree import BATCH
from common.texts import N_
from evidence.checkpoint import open_checkpoint
from evidence.merkle import leaf_hash
from evidence.notes import NoteKey
from evidence.tiles import edge_places, grow, root_of


@dataclasses.dataclass(frozen=True)
class Proof:
    """`records`: of the database; `size`, `root`: of the checkpoint that all of them up to there give; `after`: records
    behind it, which it does not cover; `missing`: how many a later checkpoint says were there; None without one."""

    records: int
    size: int
    root: str
    signed_s: int
    after: int
    missing: int | None


def prove(store: Store, key: NoteKey, note: bytes, later: bytes | None, where: Path) -> Proof:
    """Hash everything anew. `note`: the checkpoint of the backup; `later`: one that was seen elsewhere. Raises
    BackupChanged, BadNote, BadCheckpoint, DatabaseUnusable."""
    stated = open_checkpoint(note, key)
    tiles: dict[tuple[int, int], bytes] = {}
    size = 0
    root = None
    while True:
        with store.read() as tx:
            envelopes = tx.envelopes_from(size, BATCH)
            records = tx.leaves()
        if not envelopes:
            break
        if size < stated.checkpoint.size <= size + len(envelopes):
            _, upto = _grown(tiles, size, envelopes[:stated.checkpoint.size - size])
            root = _root(upto, stated.checkpoint.size)
        size, tiles = _grown(tiles, size, envelopes)
    if stated.checkpoint.size == 0:
        root = stated.checkpoint.root
    if root != stated.checkpoint.root:
        raise BackupChanged(folder=where, why=N_("its records are not those of which the centre signed the tree"))
    return Proof(records, stated.checkpoint.size, stated.checkpoint.root.hex(), stated.time_s,
                 size - stated.checkpoint.size,
                 None if later is None else max(0, open_checkpoint(later, key).checkpoint.size - size))


def _root(tiles: Mapping[tuple[int, int], bytes], size: int) -> bytes:
    return root_of(lambda level, number, _: tiles.get((level, number), b""), size)


def _grown(
    tiles: dict[tuple[int, int], bytes], size: int, envelopes: list[bytes]
) -> tuple[int, dict[tuple[int, int], bytes]]:
    edge = {level: tiles.get((level, number), b"") for level, number, _ in edge_places(size)}
    grown, changed = grow(size, edge, map(leaf_hash, envelopes))
    return grown, {**tiles, **changed}

