"""Reads an exported class (also of a bag) as what a restore is made from: the chains of this box that are in it.

An export holds each chain from its first record, whatever classes it is of, so a box gets all of them back from it.
"""
from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from common.texts import N_
from edge.restore.bundle import Bundle
from edge.restore.errors import NoPack, OtherBox, OtherCentre, PackBroken
from edge.restore.pack import ANOTHER, lines, sealed_lines
from edge.storage.files import read_plain
from edge.sync.centre import Site
from evidence.bodies import Export, Head, body_of
from evidence.box_packs import MOST_BYTES, MOST_CHAINS
from evidence.canonical import MAX_BYTES, sha256_hex
from evidence.certs import Identity
from evidence.errors import BadRecord, VerificationError
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, read_sealed, verify_seal

OF_A_BAG = Path("data/class")
MANIFEST, POLICY = "manifest.json", "policy.toml"
RECEIPTS_CHANGED = N_("its receipts were changed")
NO_EXPORT = N_("its manifest is not of an export")
LINKED = N_("a file of it is a link")
TOO_LARGE = N_("a file of it is too large")


def read_export(folder: Path, site: Site, centre: Identity) -> Bundle:
    """`folder`: of an exported class, or the bag around it. Raises NoPack, OtherBox, OtherCentre, PackBroken."""
    if (folder / OF_A_BAG).is_dir():
        folder = folder / OF_A_BAG
    try:
        sealed = read_sealed(_read(folder, MANIFEST, MAX_BYTES))
    except BadRecord as error:
        raise NoPack(path=folder, why=error) from None
    export = _manifest(sealed, folder, site, centre)
    heads = [head for head in export.heads if head.device == site.device]
    if not heads:
        raise OtherBox(path=folder, theirs=export.heads[0].device if export.heads else "?", device=site.device)
    try:
        return _bundle(folder, sealed, export, heads, site)
    except BadRecord as error:
        raise PackBroken(path=folder, why=error) from None


def _manifest(sealed: Sealed, folder: Path, site: Site, centre: Identity) -> Export:
    if sealed.record.device != site.centre:
        raise OtherCentre(path=folder, why=ANOTHER)
    try:
        verify_seal(sealed.envelope, RECORD_TYPE, centre.public_key, MANIFEST)
        body = body_of(sealed.record)
    except VerificationError as error:
        raise OtherCentre(path=folder, why=error) from None
    except BadRecord as error:
        raise PackBroken(path=folder, why=error) from None
    if not isinstance(body, Export) or len(body.heads) > MOST_CHAINS:
        raise NoPack(path=folder, why=NO_EXPORT)
    return body


def _bundle(folder: Path, manifest: Sealed, export: Export, heads: Sequence[Head], site: Site) -> Bundle:
    receipts = {}
    if export.receipts is not None and len(export.receipts) != len(export.heads):
        raise BadRecord(why=RECEIPTS_CHANGED)
    for index, head in enumerate(export.heads):
        if head.device == site.device:
            data = _read(folder, f"receipts/{head.device}.{head.chain}.jsonl", MOST_BYTES)
            if export.receipts is not None and sha256_hex(data) != export.receipts[index]:
                raise BadRecord(why=RECEIPTS_CHANGED)
            receipts[head.chain] = list(lines(data))
    chains = {head.chain: _chain(folder, head.device, head.chain) for head in heads}
    orders = _chain(folder, site.centre, manifest.record.chain)
    for head in export.heads:
        orders += _chain(folder, head.device, head.chain) if head.device != site.device else []
    return Bundle(folder, site.device, heads, chains, receipts, orders,
                  {export.policy.sha256: _read(folder, POLICY, MAX_BYTES)}, frozenset())


def _chain(folder: Path, device: str, chain: str) -> list[Sealed]:
    return sealed_lines(_read(folder, f"chains/{device}.{chain}.jsonl", MOST_BYTES))


def _read(folder: Path, name: str, most: int) -> bytes:
    """Raises NoPack, also for what is no plain file."""
    path = folder / name
    try:
        if path.is_symlink():
            raise NoPack(path=folder, why=LINKED)
        if stat.S_ISREG(path.stat().st_mode) and path.stat().st_size > most:
            raise NoPack(path=folder, why=TOO_LARGE)
        return read_plain(path, most)
    except OSError as error:
        raise NoPack(path=folder, why=error.strerror or str(error)) from None
