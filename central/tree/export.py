"""What an export holds of the tree (evidence/README.md, "An exported class"): signed checkpoints, proofs that the end
of each chain is in them, and that the older ones are the beginning of the newest."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from central.store.tables import Tx
from central.store.trees import Kept
from central.tree.tree import cosigned_note, prove_growth, prove_leaf
from central.wiring import Centre
from evidence.bodies import CheckpointSeen, Head, body_of
from evidence.checkpoint import Checkpoint
from evidence.logproof import consistency_text, inclusion_text, proven_growth, proven_leaf
from evidence.seal import read_sealed

FOLDER, CHECKPOINT, CONSISTENCY, STAMP, PROOF = "tree", "checkpoint", "consistency", "stamp.tsr", ".tlog-proof"
Ends = Mapping[tuple[str, str], bytes]
"""Device and chain → the envelope of its last record."""


def tree_files(centre: Centre, heads: Sequence[Head]) -> dict[str, bytes]:
    """The files by name. `heads`: of every chain of the export. The tree grows and is signed first, so that all of them
    are in it."""
    newest = centre.checkpoint().checkpoint.size
    files: dict[str, bytes] = {}
    with centre.store.read() as tx:
        older = {kept.size for kept in (tx.cosigned(), tx.stamped()) if kept is not None}
        older |= {size for head in heads if (size := _seen(tx, head)) is not None}
        for size in sorted({newest} | {size for size in older if size < newest}):
            kept = tx.checkpoint(size)
            if kept is not None:
                files |= _one(tx, kept, newest, heads)
    return files


def check_tree(centre: Centre, folder: Path, files: Iterable[str], ends: Ends) -> None:
    """Read back what was written and verify it. Raises the first VerificationError."""
    key, newest = centre.tree().key, max(int(name.split("/")[1]) for name in files)
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


def _seen(tx: Tx, head: Head) -> int | None:
    """The size of the newest checkpoint that a box has seen."""
    envelope = tx.newest_of_chain("checkpoint.seen", head.device, head.chain, head.up_to)
    body = None if envelope is None else body_of(read_sealed(envelope).record)
    return body.size if isinstance(body, CheckpointSeen) else None


def _checkpoint(centre: Centre, size: int) -> Checkpoint:
    with centre.store.read() as tx:
        kept = tx.checkpoint(size)
    assert kept is not None
    return centre.tree().stated(kept).checkpoint
