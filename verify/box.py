"""A box's own folder: the chain in its database, its segments, and how far receipts vouch for the chain's end."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509

from common.policies import policy_bytes, policy_ids
from evidence.bodies import ChainBegun, ClassOrder, Genesis, Head, OrderAccepted, Segment, body_of
from evidence.box_orders import BoxOrder, OrderAnswered
from evidence.canonical import sha256_hex
from evidence.certs import MAX_PEM, Identity, fingerprint, identity
from evidence.chain import ChainKey, check_chain
from evidence.checkpoint import log_key, origin_of
from evidence.errors import BadReceipt, BadRecord, BadShape, OrderMissing, TailCut, VerificationError
from evidence.places import CENTRE_TYPES, check_places
from evidence.policy import Policy, parse_policy
from evidence.receipts import Receipt, peek_receipt, read_receipt
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, read_sealed, verify_seal
from verify.database import Row, read_rows
from verify.errors import (
    CentreIsABox,
    DatabaseDamaged,
    FileRefused,
    NotEvidence,
    OtherVolume,
    PolicyUnreadable,
    RowChanged,
)
from verify.folder import Folder, shown
from verify.journals import Journal, read_journals, unfinished
from verify.material import Chain, ClassCase, Material
from verify.pin import Pin
from verify.roots import find_root
from verify.seen import sighted

DATABASE, RECEIPTS, ORDERS = "zaitang.db", "zaitang.db (receipts)", "zaitang.db (orders)"
ROOTS = ("root.pem", "keys/root.crt")
CENTRE = "keys/centre.crt"
SEGMENTS, JOURNALS, QUARANTINE = "video/segments", "video/journal", "video/quarantine"

IDENTITY, MAX_IDENTITY = ".zaitang-volume.json", 4096
"""The file by which a volume says whose it is, and its most bytes."""


def read_box(path: Path, pin: Pin | None, volumes: Sequence[Path] = ()) -> Material:
    """Everything that a box's folder holds but the bytes of its segments. `volumes`: further volumes to which it moved
    some. Raises NotEvidence."""
    material = Material("box", Folder(path, below="video"))
    for volume in volumes:
        if not (volume / "segments").is_dir():
            raise NotEvidence(path=shown(str(volume)), why="it has no segments")
        material.folder.add(volume, "segments", SEGMENTS)
    root = find_root(material, ROOTS, pin, exact=False)
    if root is None:
        _no_root(material, path)
        return material
    journals = read_journals(material.folder, JOURNALS)
    rows = read_rows(path / DATABASE)
    material.folder.look_again()
    material.moved = {f"{SEGMENTS}/{file}" for file in rows.moved}
    if not rows.records and not rows.damage:
        raise NotEvidence(path=DATABASE, why="it has no records")
    chains = [_records(rows.records), *(_records(records) for records in rows.past.values())]
    everything = [record for one, _ in chains for record in one]
    sealed, _ = chains[0]
    centre = _centre(material, root, everything)
    if centre is not None:
        material.log = log_key(origin_of(fingerprint(root), centre.name), centre.public_key)
    receipts, receipt_problems = _receipts(material, rows.receipts, centre)
    if sealed:
        for volume in volumes:
            _must_be_of(sealed[0].record.device, volume)
    if material.vouched_up_to is not None and sealed:
        ours = [receipt.up_to for receipt in receipts if receipt.chain == sealed[0].record.chain]
        material.vouched_up_to = max(ours, default=None)
    heads = _heads([one for one, _ in chains], receipts, centre, receipt_problems)
    for one, odd in chains:
        _chain(material, root, one, odd, heads)
    material.problems += receipt_problems
    if rows.damage:
        material.problems.append(DatabaseDamaged(file=DATABASE, why=rows.damage))
    _classes(material, everything, rows.orders, centre)
    _leftovers(material, everything, journals)
    return material


def _chain(
    material: Material, root: x509.Certificate, sealed: list[Sealed], problems: Sequence[VerificationError],
    heads: Mapping[ChainKey, Sequence[Head]],
) -> None:
    """Check one chain of the box, and add it. `problems`: what is wrong with its rows."""
    first = sealed[0].record if sealed else None
    checked = check_chain(sealed, root, "box", heads.get((first.device, first.chain), ()) if first else ())
    if first is not None:
        material.chains.append(Chain(first.device, first.chain, sealed, checked, prefix=SEGMENTS))
    material.problems += [*problems, *_without_echo(checked.problems, problems), *check_places(sealed, of_centre=False)]
    if first is not None and material.log is not None:
        material.problems += sighted({(first.device, first.chain): sealed}, material.log).problems


def _must_be_of(device: str, volume: Path) -> None:
    """Files of another box are no additions to this one's. Raises OtherVolume for a volume that says whose it is."""
    try:
        told = json.loads(Folder(volume, below=IDENTITY).read(IDENTITY, MAX_IDENTITY))
    except (FileRefused, ValueError, RecursionError):
        return
    owner = told.get("device") if isinstance(told, dict) else None
    if isinstance(owner, str) and owner != device:
        raise OtherVolume(path=shown(str(volume)), owner=shown(owner), device=shown(device))


def _no_root(material: Material, path: Path) -> None:
    if not material.problems:
        raise NotEvidence(path=str(path), why="there is no root certificate; give it with --root")


def _records(rows: Sequence[Row]) -> tuple[list[Sealed], list[VerificationError]]:
    sealed: list[Sealed] = []
    problems: list[VerificationError] = []
    for row in rows:
        try:
            one = _read(row)
        except BadRecord as error:
            problems.append(RowChanged(seq=row.number, file=DATABASE, why=error.params["why"]))
            continue
        sealed.append(one)
        if (row.number, row.hash, row.type) != (one.record.seq, one.hash, one.record.type):
            problems.append(RowChanged(
                seq=row.number, file=DATABASE, why="its columns do not say what the sealed record says"))
    return sealed, problems


def _read(row: Row) -> Sealed:
    if row.envelope is None:
        raise BadRecord(why="it holds no envelope")
    return read_sealed(row.envelope)


def _without_echo(found: Sequence[VerificationError], rows: Sequence[VerificationError]) -> list[VerificationError]:
    """The chain's problems without those of records that could not be read from their rows, which are named already."""
    unread = {one.params["seq"] for one in rows}
    return [one for one in found if not (one.params.get("seq") in unread and "first" not in one.params)]


def _receipts(
    material: Material, rows: Sequence[Row], centre: Identity | None
) -> tuple[list[Receipt], list[VerificationError]]:
    """The receipts, their seals checked where the centre's certificate is at hand."""
    found: list[Receipt] = []
    problems: list[VerificationError] = []
    for row in rows:
        where = f"receipt {row.number}"
        try:
            if row.envelope is None:
                raise BadRecord(why="it holds no envelope")
            found.append(peek_receipt(row.envelope) if centre is None else
                         read_receipt(row.envelope, centre.public_key, where))
        except BadRecord as error:
            problems.append(RowChanged(seq=row.number, file=RECEIPTS, why=error.params["why"]))
        except VerificationError as error:
            problems.append(error)
    if centre is None:
        material.receipts_unchecked = len(found)
    elif found:
        material.vouched_up_to = max(receipt.up_to for receipt in found)
        for receipt in found:
            material.receipts.setdefault((receipt.device, receipt.chain), []).append(receipt)
    return found, problems


def _centre(material: Material, root: x509.Certificate, own: Sequence[Sealed]) -> Identity | None:
    """Whose receipts count: a centre's, and no box's, least of all those of the box itself."""
    if not (material.folder.path / CENTRE).exists():
        return None
    try:
        found = identity(material.folder.read(CENTRE, MAX_PEM).decode("ascii", "replace"), root, "centre", CENTRE)
        if own and (found.name == own[0].record.device or found.keyid in _keyids(own)):
            raise CentreIsABox(device=found.name)
        return found
    except (VerificationError, FileRefused) as error:
        material.problems.append(error)
        return None


def _keyids(own: Sequence[Sealed]) -> set[str]:
    """The key that signs the chain, as its first record says."""
    return {body.keyid for one in own if isinstance(body := _body(one), Genesis)}


def _heads(
    chains: Sequence[Sequence[Sealed]], receipts: Sequence[Receipt], centre: Identity | None,
    problems: list[VerificationError],
) -> dict[ChainKey, list[Head]]:
    """What the receipts say of each chain of the box, and a later chain of the one before it. `problems`: takes what
    speaks of chains that are not here."""
    heads: dict[ChainKey, list[Head]] = {
        (one.record.device, one.record.chain): [] for sealed in chains for one in sealed}
    begun = [(one.record.device, body) for sealed in chains for one in sealed
             if isinstance(body := _body(one), ChainBegun)]
    for device, body in begun:
        if (device, body.chain) in heads:
            heads[device, body.chain].append(Head(device, body.chain, body.up_to, body.head_hash))
        else:
            problems.append(TailCut(device=device, have=0, want=body.up_to + 1))
    for receipt in receipts:
        if (receipt.device, receipt.chain) in heads and (centre is None or receipt.centre == centre.name):
            heads[receipt.device, receipt.chain].append(receipt.head)
        else:
            problems.append(BadReceipt(device=receipt.device, why="it is for another chain or of another centre"))
    return heads


def _classes(material: Material, sealed: Sequence[Sealed], rows: Sequence[Row], centre: Identity | None) -> None:
    """The classes whose orders the box accepted: the newest of each, and the policy where it comes with the product.

    Where the centre's certificate is at hand, it must have sealed them."""
    accepted = {body.order: one.record for one in sealed if isinstance(body := _body(one), OrderAccepted)}
    accepted |= {body.order: one.record for one in sealed
                 if isinstance(body := _body(one), OrderAnswered) and body.result == "accepted"}
    newest: dict[str, ClassOrder] = {}
    there: set[str] = set()
    for row in rows:
        try:
            order = _read(row)
        except BadRecord as error:
            material.problems.append(RowChanged(seq=row.number, file=ORDERS, why=error.params["why"]))
            continue
        if centre is not None and order.record.type in CENTRE_TYPES:
            try:
                verify_seal(order.envelope, RECORD_TYPE, centre.public_key, f"order {row.number}")
            except VerificationError as error:
                material.problems.append(error)
        body = _body(order)
        there.add(order.hash)
        if order.hash in accepted and body is not None and not isinstance(body, BoxOrder):
            material.orders.append(order)
            known = newest.get(body.class_id) if isinstance(body, ClassOrder) else None
            if isinstance(body, ClassOrder) and (known is None or known.number < body.number):
                newest[body.class_id] = body
    material.problems += [OrderMissing(seq=record.seq, device=record.device, order=order)
                          for order, record in accepted.items() if order not in there]
    for class_id, plan in sorted(newest.items()):
        material.cases.append(ClassCase(class_id, _policy(material, plan)))


def _policy(material: Material, plan: ClassOrder) -> Policy | None:
    if plan.policy.id not in policy_ids():
        return None
    data = policy_bytes(plan.policy.id)
    if sha256_hex(data) != plan.policy.sha256:
        return None
    try:
        return parse_policy(data, f"{plan.policy.id}.toml")
    except BadShape as error:
        material.problems.append(PolicyUnreadable(why=error))
        return None


def _leftovers(material: Material, sealed: Sequence[Sealed], journals: Mapping[str, Journal]) -> None:
    """Files that no record names yet because the recorder was still writing them: named, never called added."""
    recorded = [body for one in sealed if isinstance(body := _body(one), Segment)]
    named = {f"{SEGMENTS}/{body.file}" for body in recorded}
    material.unfinished = sorted(unfinished(material.folder, SEGMENTS, journals, recorded) - named)
    material.known_files |= set(material.unfinished)
    material.quarantined = len(material.folder.under(f"{QUARANTINE}/"))


def _body(one: Sealed) -> object:
    try:
        return body_of(one.record)
    except BadRecord:
        return None
