"""What an export holds of the tree (evidence/README.md, "An exported class"): signed checkpoints, proofs that the end
of each chain is in them, and that the newest begins with the older ones, and with each one that a box saw."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from central.store.tables import Tx
from central.store.trees import Kept
from central.tree.tree import cosigned_note, prove_beginnings, prove_growth, prove_leaf
from central.wiring import Centre
from evidence.beginnings import Beginnings, read_beginnings
from evidence.bodies import CheckpointSeen, Head
from evidence.checkpoint import Checkpoint
from evidence.logproof import consistency_text, inclusion_text, proven_growth, proven_leaf
from evidence.seal import read_sealed

FOLDER, CHECKPOINT, CONSISTENCY, SEEN = "tree", "checkpoint", "consistency", "seen"
STAMP, PROOF = "stamp.tsr", ".tlog-proof"
Ends = Mapping[tuple[str, str], bytes]
"""Device and chain → the envelope of its last record."""


def tree_files(centre: Centre, heads: Sequence[Head], seen: Iterable[CheckpointSeen]) -> dict[str, bytes]:
    """The files by name. `heads`: of every chain of the export; `seen`: what its boxes saw. The tree grows and is
    signed first, so that all of them are in it.

    What a box saw and this tree does not begin with is left to whoever verifies: `contradicted` names it."""
    newest = centre.checkpoint().checkpoint.size
    files: dict[str, bytes] = {}
    with centre.store.read() as tx:
        older = {kept.size for kept in (tx.cosigned(), tx.stamped()) if kept is not None}
        for size in sorted({newest} | {size for size in older if size < newest}):
            kept = tx.checkpoint(size)
            if kept is not None:
                files |= _one(tx, kept, newest, heads)
        older = {one.size for one in seen if 0 < one.size < newest}
        if older:
            files[f"{FOLDER}/{SEEN}"] = prove_beginnings(tx, older, newest)
    return files


def contradicted(centre: Centre, seen: Iterable[CheckpointSeen], files: Mapping[str, bytes]) -> int | None:
    """The size of the smallest tree that a box saw and that the newest one of an export is not proved to begin with:
    the database was restored from a backup, or changed."""
    newest = _checkpoint(centre, _newest(files))
    name = f"{FOLDER}/{SEEN}"
    shown = read_beginnings(files[name], newest) if name in files else Beginnings(newest)
    return min((one.size for one in seen if not shown.begins(one.size, bytes.fromhex(one.root_hash))), default=None)


def check_tree(centre: Centre, folder: Path, files: Iterable[str], ends: Ends) -> None:
    """Read back what was written and verify it. Raises the first VerificationError."""
    key, newest = centre.tree().key, _newest(files)
    for (device, chain), envelope in ends.items():
        seq = read_sealed(envelope).record.seq
        proof = folder / FOLDER / str(newest) / f"{device}.{chain}.{seq}{PROOF}"
        proven_leaf(proof.read_bytes(), envelope, key)
    for name in files:
        if name.endswith(f"/{CONSISTENCY}"):
            proven_growth((folder / name).read_bytes(), _checkpoint(centre, int(name.split("/")[1])), key)


def _one(tx: Tx, kept: Kept, newest: int, heads: Iterable[Head]) -> dict[str, bytes]:
    note = cosigned_note(tx, kept).bytes()
    folder = f"{FOLDER}/{kept.size}"
    files = {f"{folder}/{CHECKPOINT}": note}
    for head in heads:
        last = tx.last_in_tree(head.device, head.chain, head.up_to, kept.size)
        if last is not None:
            seq, leaf = last
            name = f"{folder}/{head.device}.{head.chain}.{seq}{PROOF}"
            files[name] = inclusion_text(leaf, prove_leaf(tx, leaf, kept.size), note)
    if kept.size != newest:
        last_note = tx.checkpoint(newest)
        assert last_note is not None
        growth = prove_growth(tx, kept.size, newest)
        files[f"{folder}/{CONSISTENCY}"] = consistency_text(kept.size, growth, cosigned_note(tx, last_note).bytes())
    token = tx.token(kept.size)
    if token is not None:
        files[f"{folder}/{STAMP}"] = token
    return files


def _newest(files: Iterable[str]) -> int:
    return max(int(name.split("/")[1]) for name in files if name != f"{FOLDER}/{SEEN}")


def _checkpoint(centre: Centre, size: int) -> Checkpoint:
    with centre.store.read() as tx:
        kept = tx.checkpoint(size)
    assert kept is not None
    return centre.tree().stated(kept).checkpoint
