"""The Merkle tree of RFC 6962 (RFC 9162, 2.1) with SHA-256: its hashes, its two proofs, and how they are checked.

A tree is given by its *nodes*: `node(level, index)` is the hash over 2^level leaves, from leaf index · 2^level on.
Where they are kept is for others to say (tiles.py); proofs ask for complete nodes only.
"""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from evidence.errors import BadProof

HASH_BYTES = 32
MAX_SIZE = 2**53 - 1
"""No tree is larger: sizes are whole numbers of the format."""
MAX_PROOF = 2 * 53
"""No proof has more hashes."""
EMPTY_ROOT = hashlib.sha256().digest()

Node = Callable[[int, int], bytes]
"""Gives the hash of a complete node by level (0: leaves) and index."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf whose data are `data`."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(node: Node, size: int) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _span(node, 0, size) if size else EMPTY_ROOT


def nodes_over(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete nodes (level, index) that together lie over leaves start … end − 1, from the left, each as large as
    it can be."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


class Growing:
    """The root hashes of a tree to which complete nodes are added from the left, in the order of `nodes_over`."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, bytes]] = []

    def add(self, level: int, hash_: bytes) -> None:
        """The next 2^level leaves."""
        while self._nodes and self._nodes[-1][0] == level:
            level, hash_ = level + 1, node_hash(self._nodes.pop()[1], hash_)
        self._nodes.append((level, hash_))

    def root(self) -> bytes:
        """The root hash of what was added so far."""
        return _above([hash_ for _, hash_ in self._nodes]) if self._nodes else EMPTY_ROOT


def inclusion_proof(node: Node, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that leaf `index` is in the tree of `size` leaves, from the leaf upwards (RFC 9162, 2.1.3.1).

    Raises BadProof for a leaf that is not in it."""
    if not 0 <= index < size:
        raise BadProof(why="there is no such leaf in a tree of that size")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(_span(node, middle, end))
            end = middle
        else:
            found.append(_span(node, start, middle))
            start = middle
    return tuple(reversed(found))


def consistency_proof(node: Node, old: int, size: int) -> tuple[bytes, ...]:
    """The proof that the tree of `old` leaves is a beginning of the one of `size` leaves (RFC 9162, 2.1.4.1); none from
    an empty tree, and between equal ones. Raises BadProof for sizes that cannot be compared."""
    if not 0 <= old <= size:
        raise BadProof(why="a tree is no beginning of a smaller one")
    if old in (0, size):
        return ()
    start, end, found, whole = 0, size, [], True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(_span(node, middle, end))
            end = middle
        else:
            found.append(_span(node, start, middle))
            start, whole = middle, False
    if not whole:
        found.append(_span(node, start, end))
    return tuple(reversed(found))


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Whether `leaf` (its hash) is number `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2).

    Raises BadProof."""
    _sane(proof, size)
    if not 0 <= index < size:
        raise BadProof(why="there is no such leaf in a tree of that size")
    first, last, hash_ = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise BadProof(why="it is too long")
        if first & 1 or first == last:
            hash_ = node_hash(step, hash_)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, step)
        first, last = first >> 1, last >> 1
    if last or hash_ != root:
        raise BadProof(why="it does not lead to the root hash")


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Whether the tree of `old` leaves is a beginning of the one of `size` leaves (RFC 9162, 2.1.4.2).

    Raises BadProof."""
    _sane(proof, size)
    if not 0 <= old <= size:
        raise BadProof(why="a tree is no beginning of a smaller one")
    if old in (0, size):
        if proof or old_root != (root if old else EMPTY_ROOT):
            raise BadProof(why="two trees of one size differ" if old else "an empty tree needs no proof")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise BadProof(why="it is too short")
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    left = right = path[0]
    for step in path[1:]:
        if last == 0:
            raise BadProof(why="it is too long")
        if first & 1 or first == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            right = node_hash(right, step)
        first, last = first >> 1, last >> 1
    if last or left != old_root or right != root:
        raise BadProof(why="it does not lead from one root hash to the other")


def _sane(proof: Sequence[bytes], size: int) -> None:
    if size > MAX_SIZE:
        raise BadProof(why="no tree is so large")
    if len(proof) > MAX_PROOF or any(len(one) != HASH_BYTES for one in proof):
        raise BadProof(why="it is no list of hashes")


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _span(node: Node, start: int, end: int) -> bytes:
    """The hash over leaves start … end − 1, where a tree has a node over them."""
    return _above([node(level, index) for level, index in nodes_over(start, end)])


def _above(hashes: list[bytes]) -> bytes:
    """The hash over complete nodes, from the left, each smaller than the one before."""
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found
