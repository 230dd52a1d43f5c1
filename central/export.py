"""An exported class: everything that `zaitang-verify` needs, in one folder, checked after it was written.

Made in a folder beside the target, renamed when it is whole (evidence/README.md, "An exported class").
"""
from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from central.chosen import Chosen, choose
from central.classes.as_of import as_of
from central.classes.orders import order_of
from central.errors import (
    ExportFailed,
    FolderNotEmpty,
    PolicyGone,
    SegmentFileChanged,
    SegmentsNotHere,
)
from central.parts import sync_folder
from central.signing import signing_us
from central.store.tables import Tx
from central.tree.export import check_tree, contradicted, tree_files
from central.wiring import Centre
from evidence.bodies import (
    CheckpointSeen,
    Export,
    Head,
    Missing,
    PolicyRef,
    body_of,
)
from evidence.canonical import sha256_hex
from evidence.certs import Role, pem
from evidence.chain import check_chain, head_of
from evidence.checkpoint import was_signed
from evidence.notes import NoteKey
from evidence.policy import parse_policy
from evidence.records import Sealed
from evidence.seal import read_sealed
from evidence.times import utc_text

CHUNK = 1 << 20
NAMED_IN_ERROR = 5


@dataclasses.dataclass(frozen=True)
class Content:
    """What an export of a class holds. `chains`: (head, envelopes) of every chain, the centre's own last."""

    policy: bytes
    chains: tuple[tuple[Head, list[bytes]], ...]
    receipts: tuple[tuple[Head, list[bytes]], ...]
    chosen: Chosen
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
    FolderNotEmpty, ExportFailed, OfBucket; nothing is left behind then."""
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
        _all_here(centre, choose(centre, tx, class_id))  # say what is missing before anything is sealed
    return content_of(centre, state(centre, class_id, whole=True))


def state(centre: Centre, class_id: str, whole: bool, missing: tuple[Missing, ...] = ()) -> Sealed:
    """Seal the head of the class as it is now, as a record of the centre: the manifest of an export. `whole`: only if
    all of its video is here; `missing`: what it will lack. Raises ClockNotSet, ClockBehind, UnknownClass,
    NothingToExport, PolicyGone, SegmentsNotHere."""
    with centre.store.write() as tx:
        signing_us(tx, centre.clock.stamp(), centre.keys.test)  # else it would be stated and never written
        _, order = order_of(tx, class_id)
        policy = _policy_of(tx, order.policy, class_id)
        chosen = choose(centre, tx, class_id)
        if whole:
            _all_here(centre, chosen)
        records = (s.record for _, sealed in chosen.chains for s in sealed)
        moment = as_of(records, parse_policy(policy, f"{order.policy.id}.toml"), centre.store.device, _now(centre))
        return centre.store.append(tx, Export(
            class_id=class_id, policy=order.policy, heads=tuple(head for head, _ in chosen.chains),
            segments=len(chosen.files), as_of=utc_text(moment.us),
            receipts=tuple(sha256_hex(_lines(envelopes)) for _, envelopes in _receipts(tx, chosen)),
            missing=missing or None,
        ))


def content_of(centre: Centre, manifest: Sealed) -> Content:
    """What an export holds whose head was stated so; its tree is that of now. Raises UnknownClass, PolicyGone,
    ClockNotSet, ClockBehind, TreeDamaged."""
    export = body_of(manifest.record)
    assert isinstance(export, Export)
    own = head_of(manifest)
    with centre.store.read() as tx:
        policy = _policy_of(tx, export.policy, export.class_id)
        chosen = choose(centre, tx, export.class_id, manifest)
        receipts = _receipts(tx, chosen)
        ours = [read_sealed(e) for e in tx.chain_envelopes(own.device, own.chain, own.up_to)]
    written = [(head, [s.envelope for s in sealed]) for head, sealed in [*chosen.chains, (own, ours)]]
    seen = _seen(chosen.chains, centre.store.log)
    tree = tree_files(centre, [head for head, _ in written], seen)
    return Content(policy, tuple(written), tuple(receipts), chosen, manifest.envelope, tree,
                   contradicted(centre, seen, tree))


def check(centre: Centre, content: Content, folder: Path) -> None:
    """Read back what was written and verify it. Raises the first VerificationError."""
    check_records(centre, content, folder)
    for file in content.chosen.files:
        with (folder / file.path).open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != file.segment.sha256:
                raise SegmentFileChanged(file=file.segment.file, device=file.device, seq=file.seq)


def check_records(centre: Centre, content: Content, folder: Path) -> None:
    """The same of all but the video."""
    for head, _ in content.chains:
        role: Role = "centre" if head.device == centre.store.device else "box"
        lines = (folder / "chains" / f"{head.device}.{head.chain}.jsonl").read_bytes().splitlines()
        checked = check_chain([read_sealed(line) for line in lines], centre.keys.root, role, [head], closed=True)
        if checked.problems:
            raise checked.problems[0]
    ends = {(head.device, head.chain): envelopes[-1] for head, envelopes in content.chains}
    check_tree(centre, folder, content.tree, ends)


def small_files(centre: Centre, content: Content) -> Iterator[tuple[str, bytes]]:
    """All files of an export but the video, by their paths within it."""
    yield "manifest.json", content.manifest
    yield "root.pem", pem(centre.keys.root).encode()
    yield "policy.toml", content.policy
    for name, parts in (("chains", content.chains), ("receipts", content.receipts)):
        for head, envelopes in parts:
            yield f"{name}/{head.device}.{head.chain}.jsonl", _lines(envelopes)
    yield from content.tree.items()


def _receipts(tx: Tx, chosen: Chosen) -> list[tuple[Head, list[bytes]]]:
    return [(head, [e for up_to, e in tx.receipts(head.device, head.chain) if up_to <= head.up_to])
            for head, _ in chosen.chains]


def _policy_of(tx: Tx, policy: PolicyRef, class_id: str) -> bytes:
    found = tx.policy(policy.sha256)
    if found is None:
        raise PolicyGone(policy=policy.id, class_id=class_id)
    return found


def _all_here(centre: Centre, chosen: Chosen) -> None:
    """Raises SegmentsNotHere."""
    missing = [file.segment.file for file in chosen.files if not centre.has_video(file.segment.sha256)]
    if missing:
        named = missing[:NAMED_IN_ERROR] + ["…"] * (len(missing) > NAMED_IN_ERROR)
        raise SegmentsNotHere(class_id=chosen.class_id, count=len(missing), files=", ".join(named))


def _seen(chains: Iterable[tuple[Head, list[Sealed]]], log: NoteKey) -> list[CheckpointSeen]:
    """What boxes saw of the tree; what they say and the centre did not sign is left to whoever verifies."""
    bodies = (body_of(s.record) for _, sealed in chains for s in sealed if s.record.type == "checkpoint.seen")
    return [body for body in bodies if isinstance(body, CheckpointSeen) and was_signed(body, log)]


def _write(centre: Centre, content: Content, folder: Path) -> None:
    for name, data in small_files(centre, content):
        _put(folder / name, data)
    for file in content.chosen.files:
        centre.fetcher.bring(file.segment.sha256)
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
