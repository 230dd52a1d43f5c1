"""What an export holds of the centre's tree: signed checkpoints, the end of each chain in them, the word of witnesses.

    tree/<size>/checkpoint  <device>.<chain>.<seq>.tlog-proof  consistency  stamp.tsr
    tree/seen    that the newest tree begins with each one that a box saw: verify/seen.py
"""
from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal

from cryptography import x509

from common.stamps import MAX_STAMP, check_stamp, stamped_at
from evidence.chain import ChainKey
from evidence.checkpoint import Stated, cosigned_at, open_checkpoint
from evidence.errors import BadCheckpoint, BadNote, BadProof, BadStamp, StampsMissing, VerificationError
from evidence.logproof import MAX_FILE, proven_growth, proven_leaf
from evidence.notes import COSIGNED, MAX_NOTE, NoteKey, read_key
from evidence.records import Sealed
from verify.errors import (
    BadStampRoot,
    BadWitnessKey,
    FileMissing,
    FileRefused,
    TreeProofMissing,
    TreeProofWrong,
)
from verify.folder import Folder, shown
from verify.seen import Chains, not_beginnings, sighted

_FILE = re.compile(
    r"tree/(0|[1-9][0-9]{0,15})/(?:(checkpoint|consistency|stamp\.tsr)"
    r"|([a-z0-9][a-z0-9._-]{0,63})\.([0-9a-f]{32})\.(0|[1-9][0-9]{0,15})\.tlog-proof)", re.ASCII)
MAX_ROOTS = 1 << 20
StampSaid = Literal["none", "checked", "unchecked", "unread"]
Numbered = Mapping[ChainKey, Mapping[int, Sealed]]


@dataclasses.dataclass(frozen=True)
class Trust:
    """Whom a verifier trusts besides the root: the keys of witnesses, the roots of time-stamping authorities."""

    witnesses: tuple[NoteKey, ...] = ()
    stamp_roots: tuple[x509.Certificate, ...] = ()


NOBODY = Trust()


@dataclasses.dataclass(frozen=True)
class TreeSeen:
    """A checkpoint that holds. `witnessed`: witness that was given → when it saw this tree (seconds); `others`: names
    of signers that nobody asked for; `ends`: chain → the last of its records that is proved to be in it."""

    stated: Stated
    witnessed: Mapping[str, int]
    others: tuple[str, ...]
    ends: Mapping[ChainKey, int]
    stamped_s: int | None = None
    """When a time-stamping authority stamped it (seconds)."""
    stamp: StampSaid = "none"
    """Whether that authority is one that was given (`checked`); if not, anybody can have made the stamp. `unread`: the
    library for stamps is not installed here."""

    @property
    def size(self) -> int:
        """How many records the tree holds."""
        return self.stated.checkpoint.size


def read_witness_key(value: str) -> NoteKey:
    """The argument of `--witness`. Raises BadWitnessKey."""
    try:
        key = read_key(value)
    except BadNote as error:
        raise BadWitnessKey(value=shown(value), why=error.params["why"]) from None
    if key.kind != COSIGNED:
        raise BadWitnessKey(value=shown(value), why="it is another kind of key")
    return key


def read_stamp_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates (PEM) in the file of `--stamp-root`. Raises BadStampRoot."""
    try:
        with path.open("rb") as file:
            found = x509.load_pem_x509_certificates(file.read(MAX_ROOTS))
    except OSError as error:
        raise BadStampRoot(value=shown(str(path)), why=error.strerror or str(error)) from None
    except (ValueError, TypeError, x509.InvalidVersion):
        raise BadStampRoot(value=shown(str(path)), why="it is not PEM") from None
    return tuple(found)


def read_trees(
    folder: Folder, chains: Chains, key: NoteKey, trust: Trust, known: set[str]
) -> tuple[list[TreeSeen], list[VerificationError]]:
    """Check every checkpoint of an export against the tree's `key`. Files that are read go into `known`.

    An export of before the tree has none, and its boxes saw none."""
    files: dict[int, dict[str, ChainKey | None]] = defaultdict(dict)
    for name in folder.under("tree/"):
        match = _FILE.fullmatch(name)
        if match:
            known.add(name)
            files[int(match[1])][name] = (match[3], match[4]) if match[3] else None
    problems: list[VerificationError] = []
    trees: list[TreeSeen] = []
    newest = max(files, default=0)
    numbered = {chain: {one.record.seq: one for one in sealed} for chain, sealed in chains.items()}
    for size in sorted(files):
        try:
            trees.append(_tree(folder, size, files[size], numbered, key, trust))
            if size != newest:
                _begins(folder, trees[-1], newest, key)
        except VerificationError as error:
            problems.append(error)
    saw = sighted(chains, key)
    problems += saw.problems
    if not files or (trees and trees[-1].size == newest):  # else each record of a box would say again what is wrong
        problems += _ends_missing(trees[-1], chains) if files else ()
        problems += not_beginnings(folder, saw, {one.size: one.stated.checkpoint for one in trees}, known)
    return trees, problems


def _tree(
    folder: Folder, size: int, files: Mapping[str, ChainKey | None], numbered: Numbered, key: NoteKey, trust: Trust
) -> TreeSeen:
    name = f"tree/{size}/checkpoint"
    if name not in files:
        raise FileMissing(file=name)
    note = folder.read(name, MAX_NOTE)
    try:
        stated = open_checkpoint(note, key)
        if stated.checkpoint.size != size:
            raise BadCheckpoint(why="it is of a tree of another size")
    except (BadNote, BadCheckpoint) as error:
        raise TreeProofWrong(file=name, why=error.params["why"]) from None
    # A witness that changes its key goes by one name with both: either may be the one that confirmed this tree.
    said = [(witness.name, cosigned_at(stated.note, witness)) for witness in trust.witnesses]
    times = {name: time_s for name, time_s in said if time_s is not None}
    mine = {key.name, *(name for name, _ in said)}
    ends: dict[ChainKey, int] = {}
    for chain, seq in _ends(folder, stated, files, numbered, key):
        ends[chain] = max(seq, ends.get(chain, 0))
    return TreeSeen(
        stated, times, tuple(sorted({one.name for one in stated.note.signatures} - mine)), ends,
        *_stamp(folder, stated, files, trust))


def _stamp(folder: Folder, stated: Stated, files: Collection[str], trust: Trust) -> tuple[int | None, StampSaid]:
    """When it was stamped, and whether by an authority that was given: a stamp of another one proves nothing, and
    breaks nothing. Raises TreeProofWrong for what stamps something else."""
    name = f"tree/{stated.checkpoint.size}/stamp.tsr"
    if name not in files:
        return None, "none"
    answer, data = folder.read(name, MAX_STAMP), stated.checkpoint.text.encode()
    try:
        time_s = stamped_at(answer, data)
    except StampsMissing:
        return None, "unread"
    except BadStamp as error:
        raise TreeProofWrong(file=name, why=error.params["why"]) from None
    try:
        return check_stamp(answer, data, trust.stamp_roots), "checked"
    except BadStamp:
        return time_s, "unchecked"


def _ends(
    folder: Folder, stated: Stated, files: Mapping[str, ChainKey | None], numbered: Numbered, key: NoteKey
) -> Iterator[tuple[ChainKey, int]]:
    """Every proof of a record, checked. Raises TreeProofWrong."""
    for name, chain in files.items():
        if chain is None:
            continue
        seq = int(name.removesuffix(".tlog-proof").rpartition(".")[2])
        sealed = numbered.get(chain, {}).get(seq)
        if sealed is None:
            raise TreeProofWrong(file=name, why="the record that it is about is not here")
        try:
            proven = proven_leaf(folder.read(name, MAX_FILE), sealed.envelope, key)
            if proven.checkpoint != stated.checkpoint:
                raise BadProof(why="it is of another checkpoint")
        except (BadProof, BadNote, BadCheckpoint) as error:
            raise TreeProofWrong(file=name, why=error.params["why"]) from None
        yield chain, seq


def _begins(folder: Folder, older: TreeSeen, newest: int, key: NoteKey) -> None:
    """The newest tree begins with an older one. Raises FileMissing, TreeProofWrong."""
    name = f"tree/{older.size}/consistency"
    if name not in folder.sizes:
        raise FileMissing(file=name)
    try:
        proven = proven_growth(folder.read(name, MAX_FILE), older.stated.checkpoint, key)
        if proven.checkpoint != open_checkpoint(folder.read(f"tree/{newest}/checkpoint", MAX_NOTE), key).checkpoint:
            raise BadProof(why="it leads to another checkpoint")
    except FileRefused:
        raise FileMissing(file=f"tree/{newest}/checkpoint") from None
    except (BadProof, BadNote, BadCheckpoint) as error:
        raise TreeProofWrong(file=name, why=error.params["why"]) from None


def _ends_missing(newest: TreeSeen, chains: Chains) -> Iterator[TreeProofMissing]:
    """The newest tree holds every chain of the export to its end."""
    for (device, chain), sealed in chains.items():
        last = max((one.record.seq for one in sealed), default=0)
        if sealed and newest.ends.get((device, chain)) != last:
            file = f"tree/{newest.size}/{device}.{chain}.{last}.tlog-proof"
            yield TreeProofMissing(device=device, file=file)
