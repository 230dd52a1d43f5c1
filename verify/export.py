"""An exported class: manifest, policy, chains and receipts of its folder (evidence/README.md, "Folders")."""
from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from evidence.bodies import Export, Head, body_of
from evidence.canonical import MAX_BYTES, sha256_hex
from evidence.certs import Identity, fingerprint
from evidence.chain import Checked, check_chain, check_order, head_of
from evidence.checkpoint import log_key, origin_of
from evidence.errors import BadReceipt, BadRecord, BadShape, ChainMissing, RecordMissing, VerificationError
from evidence.objections import is_set
from evidence.places import check_places
from evidence.policy import Policy, parse_policy
from evidence.receipts import Receipt, read_receipt
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, read_sealed, verify_seal
from evidence.times import utc_us
from verify.errors import (
    CentreIsABox,
    FileMissing,
    FileRefused,
    LineChanged,
    ManifestChanged,
    PolicyChanged,
    PolicyUnreadable,
    ReceiptsChanged,
)
from verify.folder import Folder
from verify.lines import read_lines
from verify.material import Chain, ClassCase, Material
from verify.pin import Pin
from verify.roots import find_root
from verify.trees import NOBODY, Trust, read_trees

MANIFEST, ROOT, POLICY = "manifest.json", "root.pem", "policy.toml"


def read_export(folder: Folder, pin: Pin | None, trust: Trust = NOBODY) -> Material:
    """Everything that the folder of an exported class holds but the bytes of its segments. `trust`: whom besides the
    root."""
    material = Material("export", folder)
    material.known_files |= {MANIFEST, ROOT, POLICY}
    root = find_root(material, [ROOT], pin, exact=True)
    manifest = _manifest(material)
    if manifest is None:
        return material
    sealed, export = manifest
    material.manifest = sealed
    material.only_class = export.class_id
    material.cases.append(
        ClassCase(export.class_id, _policy(material, export), utc_us(export.as_of), is_set(sealed.record)))
    if root is not None:
        centre = _centre(material, sealed, root)
        material.receipts_whole = export.receipts is not None
        digests: Sequence[str | None] = export.receipts or [None] * len(export.heads)
        if len(digests) != len(export.heads):
            material.problems.append(ManifestChanged(why="it does not name one file of receipts for each chain"))
        named = {(head.device, head.chain): (head, digest) for head, digest in zip(export.heads, digests, strict=False)}
        if len(named) != len(export.heads):
            material.problems.append(ManifestChanged(why="it names a chain twice"))
        for head, digest in named.values():
            _box(material, head, digest, centre, root)
        if centre is not None:
            material.problems += _no_box(centre, material.chains)
            material.log = log_key(origin_of(fingerprint(root), centre.name), centre.public_key)
            chains = {(chain.device, chain.chain): chain.sealed for chain in material.chains}
            material.trees, problems = read_trees(folder, chains, material.log, trust, material.known_files)
            material.problems += problems
    return material


def _manifest(material: Material) -> tuple[Sealed, Export] | None:
    if MANIFEST not in material.folder.sizes:
        material.problems.append(FileMissing(file=MANIFEST))
        return None
    try:
        sealed = read_sealed(material.folder.read(MANIFEST, MAX_BYTES))
        body = body_of(sealed.record)
        if isinstance(body, Export):
            utc_us(body.as_of)
            return sealed, body
        material.problems.append(ManifestChanged(why="it is not an export record"))
    except BadRecord as error:
        material.problems.append(ManifestChanged(why=error.params["why"]))
    except FileRefused as error:
        material.problems.append(error)
    return None


def _policy(material: Material, export: Export) -> Policy | None:
    if POLICY not in material.folder.sizes:
        material.problems.append(FileMissing(file=POLICY))
        return None
    try:
        data = material.folder.read(POLICY, MAX_BYTES)
        if sha256_hex(data) != export.policy.sha256:
            material.problems.append(PolicyChanged())
            return None
        return parse_policy(data, POLICY)
    except BadShape as error:
        material.problems.append(PolicyUnreadable(why=error))
    except FileRefused as error:
        material.problems.append(error)
    return None


def _centre(material: Material, manifest: Sealed, root: x509.Certificate) -> Identity | None:
    head = head_of(manifest)
    sealed, problems = _chain_file(material, head)
    checked = check_chain(sealed, root, "centre", [head], closed=True)
    chain = Chain(head.device, head.chain, sealed, checked, of_centre=True, prefix=f"segments/{head.device}")
    material.chains.append(chain)
    if checked.identity is not None:
        try:
            verify_seal(manifest.envelope, RECORD_TYPE, checked.identity.public_key, MANIFEST)
        except VerificationError as error:
            material.problems.append(ManifestChanged(why=error))
    material.problems += [*problems, *_without_echo(checked, problems), *check_places(sealed, of_centre=True)]
    return checked.identity


def _no_box(centre: Identity, chains: Sequence[Chain]) -> list[VerificationError]:
    """Of test keys the certificate does not tell the one from the other; that both are one it tells."""
    boxes = [chain for chain in chains if not chain.of_centre]
    keyids = {chain.checked.identity.keyid for chain in boxes if chain.checked.identity is not None}
    one = centre.name in {chain.device for chain in boxes} or centre.keyid in keyids
    return [CentreIsABox(device=centre.name)] if one else []


def _box(
    material: Material, head: Head, digest: str | None, centre: Identity | None, root: x509.Certificate
) -> None:
    """`digest`: what the manifest says of the file of its receipts."""
    sealed, problems = _chain_file(material, head)
    receipts, receipt_problems = _receipts(material, head, digest, centre)
    checked = check_chain(sealed, root, "box", [head, *(receipt.head for receipt in receipts)], closed=True)
    chain = Chain(head.device, head.chain, sealed, checked, prefix=f"segments/{head.device}")
    material.chains.append(chain)
    material.problems += [*problems, *_without_echo(checked, problems), *check_places(sealed, of_centre=False)]
    material.problems += receipt_problems
    material.receipts[head.device, head.chain] = receipts


def _chain_file(material: Material, head: Head) -> tuple[list[Sealed], list[VerificationError]]:
    name = f"chains/{head.device}.{head.chain}.jsonl"
    material.known_files.add(name)
    if name not in material.folder.sizes:
        return [], [ChainMissing(device=head.device, chain=head.chain)]
    try:
        lines, problems = read_lines(material.folder, name, read_sealed)
    except FileRefused as error:
        return [], [error]
    sealed = [one for _, one in lines]
    return sealed, [*problems, *check_order(sealed)]


def _without_echo(checked: Checked, problems: Sequence[VerificationError]) -> list[VerificationError]:
    """The chain's problems without those that a changed line explains: a record is missing because it is unreadable."""
    if any(isinstance(one, (ChainMissing, FileRefused)) for one in problems):
        return []
    changed = {one.params["line"] for one in problems if isinstance(one, LineChanged)}
    return [one for one in checked.problems
            if not (isinstance(one, RecordMissing) and int(str(one.params["seq"])) + 1 in changed)]


def _receipts(
    material: Material, head: Head, digest: str | None, centre: Identity | None
) -> tuple[list[Receipt], list[VerificationError]]:
    name = f"receipts/{head.device}.{head.chain}.jsonl"
    material.known_files.add(name)
    if name not in material.folder.sizes:
        refused = material.folder.refused.get(name)
        return [], [refused] if refused else [] if digest is None else [FileMissing(file=name)]
    if centre is None:
        return [], []
    try:
        lines, problems = read_lines(
            material.folder, name, lambda line: read_receipt(line, centre.public_key, f"a receipt in {name}"))
        if digest is not None and material.folder.sha256(name, lambda _: None) != digest:
            return [], [ReceiptsChanged(file=name)]
    except FileRefused as error:
        return [], [error]
    good = []
    for _, receipt in lines:
        if (receipt.device, receipt.chain, receipt.centre) == (head.device, head.chain, centre.name):
            good.append(receipt)
        else:
            problems.append(BadReceipt(device=head.device, why="it is for another chain or of another centre"))
    return good, problems
