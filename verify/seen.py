"""What boxes saw of the centre's tree: signed by it, all of one tree, each a beginning of the newest in the export."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from evidence.beginnings import MAX_BEGINNINGS, Beginnings, read_beginnings
from evidence.bodies import CheckpointSeen, body_of
from evidence.chain import ChainKey
from evidence.checkpoint import Checkpoint, check_seen
from evidence.errors import BadCheckpoint, BadProof, BadRecord, VerificationError
from evidence.notes import NoteKey
from evidence.records import Sealed
from verify.errors import FileRefused, SeenForged, SeenTwice, SeenUnproven, TreeProofWrong, TreeShrank
from verify.folder import Folder

BEGINNINGS = "tree/seen"
Chains = Mapping[ChainKey, Sequence[Sealed]]


@dataclasses.dataclass(frozen=True)
class Sighting:
    """A tree that a box says it saw, and the first record that says so."""

    device: str
    seq: int
    size: int
    root: bytes


@dataclasses.dataclass(frozen=True)
class Sighted:
    """Trees that the centre signed, by their sizes, and what is wrong with what boxes say that they saw."""

    trees: Mapping[int, Sighting]
    problems: tuple[VerificationError, ...]


def sighted(chains: Chains, key: NoteKey) -> Sighted:
    """What the boxes of `chains` saw: forged, or two trees of one size, both of which the centre's `key` signed."""
    trees: dict[int, Sighting] = {}
    problems: list[VerificationError] = []
    for sealed, seen in _all(chains):
        device, seq = sealed.record.device, sealed.record.seq
        try:
            check_seen(seen, key)
        except BadCheckpoint as error:
            problems.append(SeenForged(seq=seq, device=device, why=error.params["why"]))
            continue
        root = bytes.fromhex(seen.root_hash)
        first = trees.setdefault(seen.size, Sighting(device, seq, seen.size, root))
        if first.root != root:
            problems.append(SeenTwice(seq=seq, device=device, size=seen.size, first=first.seq, other=first.device))
    return Sighted(trees, tuple(problems))


def not_beginnings(
    folder: Folder, saw: Sighted, trees: Mapping[int, Checkpoint], known: set[str]
) -> Iterator[VerificationError]:
    """Which of them the newest tree of the export is not proved to begin with. `trees`: those of the export by their
    sizes, each a beginning of the newest; empty where it has none. A file of proofs that is read goes into `known`."""
    if not trees:
        yield from (SeenUnproven(seq=one.seq, device=one.device, known=one.size) for one in saw.trees.values())
        return
    newest = trees[max(trees)]
    shown = Beginnings(newest)
    if BEGINNINGS in folder.sizes:
        known.add(BEGINNINGS)
        try:
            shown = read_beginnings(folder.read(BEGINNINGS, MAX_BEGINNINGS), newest)
        except FileRefused as error:
            yield error
        except BadProof as error:
            yield TreeProofWrong(file=BEGINNINGS, why=error.params["why"])
    for one in saw.trees.values():
        here = trees.get(one.size)
        if here is None and 0 < one.size < newest.size and not shown.tells(one.size):
            yield SeenUnproven(seq=one.seq, device=one.device, known=one.size)
        elif not (shown.begins(one.size, one.root) if here is None else one.root == here.root):
            yield TreeShrank(seq=one.seq, device=one.device, known=one.size, size=newest.size)


def _all(chains: Chains) -> Iterator[tuple[Sealed, CheckpointSeen]]:
    for sealed in chains.values():
        for one in sealed:
            if one.record.type == "checkpoint.seen":
                try:
                    body = body_of(one.record)
                except BadRecord:
                    continue  # no story needs it; its seal and place are checked like any other's
                if isinstance(body, CheckpointSeen):
                    yield one, body
