"""Proofs as files: a leaf in a checkpoint (C2SP tlog-proof), one checkpoint as the beginning of another (the body of
add-checkpoint in C2SP tlog-witness). Both hold their checkpoint as signed."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from evidence.checkpoint import Checkpoint, Stated, open_checkpoint
from evidence.errors import BadNote, BadProof
from evidence.merkle import HASH_BYTES, MAX_PROOF, check_consistency, check_inclusion, leaf_hash
from evidence.notes import MAX_NOTE, NoteKey, base64_text, unbase64

FIRST = "c2sp.org/tlog-proof@v1"
MAX_FILE = MAX_NOTE + 8192
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Proof:
    """`number`: the index of the leaf, or the size of the older tree. `note`: the signed checkpoint."""

    number: int
    hashes: tuple[bytes, ...]
    note: bytes


def inclusion_text(index: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    """A file that proves a leaf."""
    return f"{FIRST}\nindex {index}\n{hash_lines(hashes)}\n".encode() + note


def consistency_text(old: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    """A file that proves that a tree of `old` leaves is the beginning of the one in `note`."""
    return f"old {old}\n{hash_lines(hashes)}\n".encode() + note


def read_inclusion(data: bytes) -> Proof:
    """The proof in a file of `inclusion_text`. Extra data, which nobody signs, are not taken. Raises BadProof."""
    first, end, rest = data[:MAX_FILE + 1].partition(b"\n")
    if first != FIRST.encode() or not end:
        raise BadProof(why="it is no c2sp.org/tlog-proof@v1")
    return _read(rest, "index", len(data))


def read_consistency(data: bytes) -> Proof:
    """The proof in a file of `consistency_text`. Raises BadProof."""
    return _read(data, "old", len(data))


def proven_leaf(data: bytes, envelope: bytes, key: NoteKey) -> Stated:
    """The checkpoint, signed by the tree's `key`, of which a file proves that a record is in it. Raises BadProof,
    BadNote, BadCheckpoint."""
    proof = read_inclusion(data)
    stated = open_checkpoint(proof.note, key)
    checkpoint = stated.checkpoint
    check_inclusion(leaf_hash(envelope), proof.number, checkpoint.size, checkpoint.root, proof.hashes)
    return stated


def proven_growth(data: bytes, old: Checkpoint, key: NoteKey) -> Stated:
    """The checkpoint, signed by the tree's `key`, of which a file proves that it begins with the `old` one. Raises
    BadProof, BadNote, BadCheckpoint."""
    proof = read_consistency(data)
    stated = open_checkpoint(proof.note, key)
    checkpoint = stated.checkpoint
    if proof.number != old.size:
        raise BadProof(why="it is of a tree of another size")
    check_consistency(old.size, old.root, checkpoint.size, checkpoint.root, proof.hashes)
    return stated


def _read(data: bytes, word: str, length: int) -> Proof:
    if length > MAX_FILE:
        raise BadProof(why=f"more than {MAX_FILE} bytes")
    head, between, note = data.partition(b"\n\n")
    if not between:
        raise BadProof(why=f"its line of '{word}' cannot be read")
    return Proof(*read_hashes(head, word), note)


def read_hashes(head: bytes, word: str) -> tuple[int, tuple[bytes, ...]]:
    """The line of `word` and a number, and the hashes after it. Raises BadProof."""
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadProof(why="it is not plain text") from None
    said, _, number = first.partition(" ")
    if said != word or not _NUMBER.fullmatch(number):
        raise BadProof(why=f"its line of '{word}' cannot be read")
    if len(lines) > MAX_PROOF:
        raise BadProof(why="it is too long")
    try:
        hashes = tuple(unbase64(line) for line in lines)
    except BadNote as error:
        raise BadProof(why=str(error.params["why"])) from None
    if any(len(one) != HASH_BYTES for one in hashes):
        raise BadProof(why="it is no list of hashes")
    return int(number), hashes


def hash_lines(hashes: Sequence[bytes]) -> str:
    """Hashes in base64, one on a line."""
    return "".join(base64_text(one) + "\n" for one in hashes)
