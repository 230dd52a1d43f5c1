"""A centre's tree over given records, and what an export holds of it: honest, or with whatever a test puts in."""
from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from evidence.beginnings import beginnings_text
from evidence.certs import fingerprint
from evidence.checkpoint import Checkpoint, cosign, log_key, origin_of, sign_checkpoint
from evidence.logproof import consistency_text, inclusion_text
from evidence.merkle import consistency_proof, inclusion_proof, leaf_hash, root_hash
from evidence.notes import Note, NoteKey
from evidence.records import Sealed
from evidence.seal import KeySigner
from evidence.times import SECOND
from tests.evidence.making import START, Maker, Site
from tests.evidence.test_checkpoint import EYE, WITNESS
from tests.evidence.test_merkle import nodes
from tests.verify.making import put

AT = START // SECOND + 7200
ELSEWHERE = "box-9"
"""A box of another class: its records are in the tree, and not in the export."""


class Growing:
    """The records as leaves, in the order of their acceptance."""

    def __init__(self, site: Site, centre: Maker, accepted: Sequence[Sealed]) -> None:
        self.centre, self.accepted = centre, list(accepted)
        self.key = log_key(origin_of(fingerprint(site.root), centre.device), centre.public_key)
        self.leaves = [leaf_hash(one.envelope) for one in accepted]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.key.name, size, root_hash(nodes(self.leaves), size))

    def note(self, size: int, *, at: int = AT, eyes: Iterable[NoteKey] = (), signer: KeySigner | None = None) -> bytes:
        """The signed checkpoint; each of `eyes` cosigns with the key of the test's witness."""
        note = sign_checkpoint(self.checkpoint(size), self.key, signer or self.centre.signer, at)
        lines = tuple(cosign(note.text, eye, KeySigner(WITNESS), at + 60) for eye in eyes)
        return Note(note.text, note.signatures + lines).bytes()

    def proof(self, leaf: int, size: int, note: bytes) -> bytes:
        return inclusion_text(leaf, inclusion_proof(nodes(self.leaves), leaf, size), note)

    def growth(self, old: int, size: int, note: bytes) -> bytes:
        return consistency_text(old, consistency_proof(nodes(self.leaves), old, size), note)

    def seen(self, folder: Path, newest: int, *sizes: int) -> None:
        """The proof that the newest tree begins with each of those that boxes saw."""
        put(folder / "tree/seen", beginnings_text(lambda: nodes(self.leaves), sizes, newest))

    def seen_before(self, folder: Path, newest: int, *sizes: int) -> None:
        """The same as centres exported it before."""
        proofs = {size: consistency_proof(nodes(self.leaves), size, newest) for size in sizes}
        put(folder / "tree/seen", b"".join(consistency_text(size, proofs[size], b"") for size in sorted(sizes)))

    def write(self, folder: Path, *sizes: int) -> None:
        """What an export holds: of each size its checkpoint and the proofs, cosigned but for the last."""
        notes = {size: self.note(size, eyes=[EYE] if size < max(sizes) else []) for size in sizes}
        for size, note in notes.items():
            shutil.rmtree(folder / f"tree/{size}", ignore_errors=True)
            put(folder / f"tree/{size}/checkpoint", note)
            last = {(one.record.device, one.record.chain): at for at, one in enumerate(self.accepted[:size])
                    if one.record.device != ELSEWHERE}
            for (device, chain), leaf in last.items():
                seq = self.accepted[leaf].record.seq
                put(folder / f"tree/{size}/{device}.{chain}.{seq}.tlog-proof", self.proof(leaf, size, note))
            if size < max(sizes):
                put(folder / f"tree/{size}/consistency", self.growth(size, max(sizes), notes[max(sizes)]))
