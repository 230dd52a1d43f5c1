"""An exported class: everything that `zaitang-verify` needs, in one folder, checked after it was written.

Made in a folder beside the target, renamed when it is whole (evidence/README.md, "An exported class").
"""
from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from central.classes.as_of import as_of
from central.classes.orders import boxes_of, order_of
from central.errors import (
    ExportFailed,
    FolderNotEmpty,
    NothingToExport,
    PolicyGone,
    SegmentFileChanged,
    SegmentsNotHere,
)
from central.parts import sync_folder
from central.signing import signing_us
from central.store.tables import ChainHead, Tx
from central.tree.export import check_tree, contradicted, tree_files
from central.wiring import Centre
from evidence.bodies import CheckpointSeen, Export, Head, Segment, SegmentRemoved, body_of
from evidence.canonical import sha256_hex
from evidence.certs import Role, pem
from evidence.chain import check_chain, head_of
from evidence.checkpoint import was_signed
from evidence.corrections import corrections
from evidence.notes import NoteKey
from evidence.policy import parse_policy
from evidence.records import Sealed
from evidence.seal import read_sealed
from evidence.times import utc_text

CHUNK = 1 << 20
NAMED_IN_ERROR = 5


@dataclasses.dataclass(frozen=True)
class File:
    """A segment of the export, and the record that names it."""

    device: str
    seq: int
    segment: Segment

    @property
    def path(self) -> str:
        """Within the export."""
        return f"segments/{self.device}/{self.segment.file}"


@dataclasses.dataclass(frozen=True)
class Content:
    """What an export of a class holds. `chains`: (head, envelopes) of every chain, the centre's own last."""

    policy: bytes
    chains: tuple[tuple[Head, list[bytes]], ...]
    receipts: tuple[tuple[Head, list[bytes]], ...]
    files: tuple[File, ...]
    manifest: bytes
    tree: Mapping[str, bytes]
    """The files that prove the chains in the centre's tree, by their names."""
    contradicted: int | None
    """The size of a tree that a box saw and that the centre's does not begin with."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """The folder. `contradicted`: the size of a tree that a box of the class saw and that the centre's does not begin
    with. It is written all the same, and whoever verifies it is told: the centre lost records, the boxes did not."""

    folder: Path
    contradicted: int | None


def export_class(centre: Centre, class_id: str, target: Path) -> Exported:
    """Write the class to `target`, which must not exist yet.

    Raises ClockNotSet, ClockBehind, UnknownClass, NothingToExport, SegmentsNotHere, SegmentFileChanged,
    FolderNotEmpty, ExportFailed; nothing is left behind then."""
    target = target.absolute()
    if target.exists():
        raise FolderNotEmpty(folder=target)
    content = collect(centre, class_id)
    temp = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(centre, content, temp)
        check(centre, content, temp)
        temp.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise ExportFailed(folder=target, why=error.strerror) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return Exported(target, content.contradicted)


def collect(centre: Centre, class_id: str) -> Content:
    """Choose what belongs to the export and seal its head as a record of the centre."""
    with centre.store.read() as tx:
        order_of(tx, class_id)
        heads = _box_heads(tx, class_id)
        if not heads:
            raise NothingToExport(class_id=class_id)
        _files(centre, _chains(tx, heads), class_id)  # say what is missing before anything is sealed
    with centre.store.write() as tx:
        signing_us(tx, centre.clock.stamp(), centre.keys.test)  # else it would be stated and never written
        _, order = order_of(tx, class_id)
        policy = tx.policy(order.policy.sha256)
        if policy is None:
            raise PolicyGone(policy=order.policy.id, class_id=class_id)
        rules = parse_policy(policy, f"{order.policy.id}.toml")
        heads = _box_heads(tx, class_id)
        chains = _chains(tx, heads)
        files = _files(centre, chains, class_id)
        receipts = [(head, [e for up_to, e in tx.receipts(head.device, head.chain) if up_to <= head.up_to])
                    for head in heads]
        moment = as_of((s.record for _, sealed in chains for s in sealed), rules, centre.store.device, _now(centre))
        manifest = centre.store.append(tx, Export(
            class_id=class_id, policy=order.policy, heads=tuple(heads), segments=len(files), as_of=utc_text(moment.us),
            receipts=tuple(sha256_hex(_lines(envelopes)) for _, envelopes in receipts),
        ))
        own = [read_sealed(e) for e in tx.chain_envelopes(centre.store.device, centre.store.chain, manifest.record.seq)]
    written = [(head, [s.envelope for s in sealed]) for head, sealed in [*chains, (head_of(manifest), own)]]
    seen = _seen(chains, centre.store.log)
    tree = tree_files(centre, [head for head, _ in written], seen)
    return Content(policy, tuple(written), tuple(receipts), tuple(files), manifest.envelope, tree,
                   contradicted(centre, seen, tree))


def check(centre: Centre, content: Content, folder: Path) -> None:
    """Read back what was written and verify it. Raises the first VerificationError."""
    for head, _ in content.chains:
        role: Role = "centre" if head.device == centre.store.device else "box"
        lines = (folder / "chains" / f"{head.device}.{head.chain}.jsonl").read_bytes().splitlines()
        checked = check_chain([read_sealed(line) for line in lines], centre.keys.root, role, [head], closed=True)
        if checked.problems:
            raise checked.problems[0]
    ends = {(head.device, head.chain): envelopes[-1] for head, envelopes in content.chains}
    check_tree(centre, folder, content.tree, ends)
    for file in content.files:
        with (folder / file.path).open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != file.segment.sha256:
                raise SegmentFileChanged(file=file.segment.file, device=file.device, seq=file.seq)


def _box_heads(tx: Tx, class_id: str) -> list[Head]:
    """Receipted heads of every chain of the boxes of a class."""
    known: list[ChainHead] = [head for device in boxes_of(tx, class_id) for head in tx.heads(device)]
    return [Head(h.device, h.chain, h.up_to, h.head_hash) for h in known if h.up_to >= 0]


def _chains(tx: Tx, heads: Iterable[Head]) -> list[tuple[Head, list[Sealed]]]:
    return [(h, [read_sealed(e) for e in tx.chain_envelopes(h.device, h.chain, h.up_to)]) for h in heads]


def _files(centre: Centre, chains: Sequence[tuple[Head, list[Sealed]]], class_id: str) -> list[File]:
    """The segments of the class, each here. Raises SegmentsNotHere."""
    bodies = [(s.record, body_of(s.record)) for _, sealed in chains for s in sealed]
    counted = corrections(record for record, _ in bodies)
    removed = {(record.device, record.chain, body.segment) for record, body in bodies
               if isinstance(body, SegmentRemoved)}
    files = [File(record.device, record.seq, body) for record, body in bodies
             if isinstance(body, Segment) and counted.class_of(record) == class_id
             and (record.device, record.chain, body.sha256) not in removed]
    missing = [file.segment.file for file in files if not centre.objects.has(file.segment.sha256)]
    if missing:
        named = missing[:NAMED_IN_ERROR] + ["…"] * (len(missing) > NAMED_IN_ERROR)
        raise SegmentsNotHere(class_id=class_id, count=len(missing), files=", ".join(named))
    return files


def _seen(chains: Iterable[tuple[Head, list[Sealed]]], log: NoteKey) -> list[CheckpointSeen]:
    """What boxes saw of the tree; what they say and the centre did not sign is left to whoever verifies."""
    bodies = (body_of(s.record) for _, sealed in chains for s in sealed if s.record.type == "checkpoint.seen")
    return [body for body in bodies if isinstance(body, CheckpointSeen) and was_signed(body, log)]


def _write(centre: Centre, content: Content, folder: Path) -> None:
    _put(folder / "manifest.json", content.manifest)
    _put(folder / "root.pem", pem(centre.keys.root).encode())
    _put(folder / "policy.toml", content.policy)
    for name, parts in (("chains", content.chains), ("receipts", content.receipts)):
        for head, envelopes in parts:
            _put(folder / name / f"{head.device}.{head.chain}.jsonl", _lines(envelopes))
    for name, data in content.tree.items():
        _put(folder / name, data)
    for file in content.files:
        _copy(centre.objects.path(file.segment.sha256), folder / file.path)


def _lines(envelopes: Iterable[bytes]) -> bytes:
    return b"".join(envelope + b"\n" for envelope in envelopes)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, CHUNK)
        writer.flush()
        os.fsync(writer.fileno())


def _now(centre: Centre) -> int:
    return centre.clock.stamp().utc_us
