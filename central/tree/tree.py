"""The tree grows and is signed: records become leaves in the order of their acceptance, checkpoints state its head.

Growth has no place in the collector's transaction: whoever holds a `Tree` takes new leaves in by short ones of its own.
Several may; the database lets one at a time.
"""
from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from central.signing import signed
from central.store.store import Store
from central.store.tables import Tx
from central.store.trees import Kept
from central.tree.errors import TreeDamaged
from evidence.beginnings import beginnings_text
from evidence.checkpoint import Checkpoint, Stated, open_checkpoint, sign_checkpoint
from evidence.errors import BadTile
from evidence.merkle import consistency_proof, inclusion_proof, leaf_hash
from evidence.notes import Note, NoteKey, read_note, read_signature
from evidence.seal import Signer
from evidence.tiles import Read, edge_places, grow, node_of, root_of
from evidence.times import SECOND

BATCH = 2048
"""So many leaves in one transaction."""
MOST_TILES = 256
"""So many are remembered while a proof goes through a whole tree: 2 MiB."""


class Tree:
    """The tree of a centre. `key`: its verifier key, which `signer` holds. Methods raise DatabaseUnusable,
    TreeDamaged."""

    def __init__(self, store: Store, key: NoteKey, signer: Signer) -> None:
        self._store, self.key, self._signer = store, key, signer

    def grow(self) -> int:
        """Take in every record that is no leaf yet. Returns the size."""
        while True:
            with self._store.read() as tx:
                size = tx.tree_size()
                envelopes = tx.envelopes_from(size, BATCH)
                edge = {level: tx.tile(level, number) for level, number, _ in edge_places(size)}
            if not envelopes:
                return size
            _, changed = grow(size, edge, map(leaf_hash, envelopes))
            with self._store.write() as tx:
                if tx.tree_size() == size:  # else somebody else took them in meanwhile
                    tx.put_tiles(changed)

    def issue(self, now_s: int | Callable[[Tx], int]) -> Stated:
        """Sign how the tree looks now, and keep that for good. `now_s`: seconds since the epoch, or what says them in
        the transaction that keeps it; what that raises comes out."""
        self.grow()
        with self._store.write() as tx:
            now_s = now_s if isinstance(now_s, int) else now_s(tx)
            size = tx.tree_size()
            self._only_grew(tx, size)
            checkpoint = Checkpoint(self.key.name, size, root_at(tx, size))
            note = sign_checkpoint(checkpoint, self.key, self._signer, now_s)
            tx.put_checkpoint(Kept(size, now_s, note.bytes()))
            signed(tx, now_s * SECOND)
        return Stated(checkpoint, now_s, note)

    def stated(self, kept: Kept) -> Stated:
        """What a kept checkpoint says."""
        return open_checkpoint(kept.note, self.key)

    def _only_grew(self, tx: Tx, size: int) -> None:
        """Nothing is signed that contradicts what was signed: a database that was damaged must not make us lie."""
        last = tx.checkpoint()
        if last is None:
            return
        before = self.stated(last).checkpoint
        if before.size > size or root_at(tx, before.size) != before.root:
            raise TreeDamaged(size=before.size)


def cosigned_note(tx: Tx, kept: Kept) -> Note:
    """A checkpoint with the cosignatures of its witnesses below those of the centre."""
    note = read_note(kept.note)
    lines = tuple(read_signature(line.removesuffix("\n")) for line in tx.cosignatures(kept.size))
    return Note(note.text, note.signatures + lines)


def prove_leaf(tx: Tx, leaf: int, size: int) -> tuple[bytes, ...]:
    """The proof that a record is in the tree of `size` leaves. Raises BadProof, TreeDamaged."""
    try:
        return inclusion_proof(node_of(_tiles(tx), size), leaf, size)
    except BadTile:
        raise TreeDamaged(size=size) from None


def prove_growth(tx: Tx, old: int, size: int) -> tuple[bytes, ...]:
    """The proof that the tree of `old` leaves is the beginning of that of `size`. Raises BadProof, TreeDamaged."""
    try:
        return consistency_proof(node_of(_tiles(tx), size), old, size)
    except BadTile:
        raise TreeDamaged(size=size) from None


def prove_beginnings(tx: Tx, olds: Iterable[int], size: int) -> bytes:
    """The same for many trees, as a file. Raises TreeDamaged."""
    read = functools.lru_cache(MOST_TILES)(lambda level, number, _width: tx.tile(level, number))
    try:
        return beginnings_text(lambda: node_of(read, size), olds, size)
    except BadTile:
        raise TreeDamaged(size=size) from None


def root_at(tx: Tx, size: int) -> bytes:
    """The root of the tree when it had so many leaves. Raises TreeDamaged."""
    try:
        return root_of(_tiles(tx), size)
    except BadTile:
        raise TreeDamaged(size=size) from None


def _tiles(tx: Tx) -> Read:
    return lambda level, number, _width: tx.tile(level, number)
