"""Of many trees that each is the beginning of one and the same other, in one file (evidence/README.md, "An exported
class"). The other tree is cut where each of them ends, and the file holds the hashes of the complete nodes over each
piece: every hash once, so that years of checkpoints fit. Whoever reads it builds all the root hashes in one go."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping

from evidence.checkpoint import Checkpoint
from evidence.errors import BadProof
from evidence.logproof import hash_lines, read_hashes
from evidence.merkle import Growing, Node, check_consistency, nodes_over

MAX_BEGINNINGS = 1 << 27
"""Bytes of a file. What a tree takes depends on how many leaves lie between it and the one before, not on how large
the newest is: 500 bytes for each 700 leaves."""


@dataclasses.dataclass(frozen=True)
class Beginnings:
    """Which trees `newest` is shown to begin with: their root hashes by size, or, in exports of before, a proof for
    each size (RFC 9162, 2.1.4.1)."""

    newest: Checkpoint
    roots: Mapping[int, bytes] = dataclasses.field(default_factory=dict)
    proofs: Mapping[int, tuple[bytes, ...]] = dataclasses.field(default_factory=dict)

    def tells(self, size: int) -> bool:
        """Whether something is shown of a tree of that size."""
        return size in self.roots or size in self.proofs

    def begins(self, size: int, root: bytes) -> bool:
        """Whether the newest tree begins with the one of that size and root hash."""
        if size in self.roots:
            return self.roots[size] == root
        try:
            check_consistency(size, root, self.newest.size, self.newest.root, self.proofs.get(size, ()))
        except BadProof:
            return False
        return True


def beginnings_text(node_of: Callable[[], Node], sizes: Iterable[int], newest: int) -> bytes:
    """The file for trees of these sizes (more than 0), of which the one of `newest` leaves is the last. `node_of`:
    asked for each piece, so that nothing of the pieces before must be kept."""
    ends = [0, *sorted({*sizes, newest})]
    return b"".join(_piece(node_of(), *piece) for piece in itertools.pairwise(ends))


def read_beginnings(data: bytes, newest: Checkpoint) -> Beginnings:
    """What a file shows of the `newest` tree, also one of before. Raises BadProof."""
    if len(data) > MAX_BEGINNINGS:
        raise BadProof(why=f"more than {MAX_BEGINNINGS} bytes")
    *parts, end = data.split(b"\n\n")
    if end:
        raise BadProof(why="it ends within a proof")
    word = "old" if data.startswith(b"old ") else "size"
    found = {}
    before = -1 if word == "old" else 0
    for part in parts:
        size, hashes = read_hashes(part, word)
        if size <= before:
            raise BadProof(why="its sizes do not rise")
        found[before := size] = hashes
    return Beginnings(newest, proofs=found) if word == "old" else Beginnings(newest, _roots(found, newest))


def _piece(node: Node, start: int, end: int) -> bytes:
    return f"size {end}\n{hash_lines([node(*place) for place in nodes_over(start, end)])}\n".encode()


def _roots(found: Mapping[int, tuple[bytes, ...]], newest: Checkpoint) -> dict[int, bytes]:
    tree, before, roots = Growing(), 0, dict[int, bytes]()
    for size, hashes in found.items():
        places = list(nodes_over(before, size))
        if len(places) != len(hashes):
            raise BadProof(why="it is no list of hashes")
        for (level, _), one in zip(places, hashes, strict=True):
            tree.add(level, one)
        roots[size], before = tree.root(), size
    if before != newest.size or roots.get(before) != newest.root:
        raise BadProof(why="it does not lead to the root hash")
    return roots
