"""What a restore is made from, once it is read; and the check that all of it is this box's own, as its centre holds it.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.texts import N_
from edge.restore.errors import LacksOrders, OtherBox, PackBroken
from edge.sync.centre import Site
from evidence.bodies import Head
from evidence.canonical import sha256_hex
from evidence.certs import Identity
from evidence.chain import check_chain, check_order
from evidence.errors import BadReceipt, BadRecord, VerificationError
from evidence.places import CENTRE_TYPES, check_places
from evidence.receipts import read_receipt
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, verify_seal

OTHER_CHAIN = "it is for another chain or of another centre"
POLICY_CHANGED = N_("a policy was changed")
BEYOND = N_("it goes further than the chain")


@dataclasses.dataclass(frozen=True)
class Bundle:
    """`heads`: the chains of the box, the oldest first, and how far they go, as the centre signed it; `chains` and
    `receipts` of each; `orders`: what may be among those that the box took; `policies` by hash; `at_centre`: hashes of
    the video that is at the centre."""

    path: Path
    device: str
    heads: Sequence[Head]
    chains: Mapping[str, Sequence[Sealed]]
    receipts: Mapping[str, Sequence[bytes]]
    orders: Sequence[Sealed]
    policies: Mapping[str, bytes]
    at_centre: frozenset[str]


def check(bundle: Bundle, site: Site, centre: Identity) -> list[Sealed]:
    """Hold every record against the box's own root and every word of the centre against its key. The orders that the
    box took. Raises OtherBox, PackBroken, LacksOrders."""
    if bundle.device != site.device:
        raise OtherBox(path=bundle.path, theirs=bundle.device, device=site.device)
    try:
        for head in bundle.heads:
            _check_chain(bundle, head, site, centre)
        for sha256, toml in bundle.policies.items():
            if sha256_hex(toml) != sha256:
                raise BadRecord(why=POLICY_CHANGED)
        return _orders(bundle, centre)
    except (VerificationError, BadRecord) as error:
        raise PackBroken(path=bundle.path, why=error) from None


def _check_chain(bundle: Bundle, head: Head, site: Site, centre: Identity) -> None:
    sealed = bundle.chains[head.chain]
    if head.device != site.device:
        raise BadReceipt(device=site.device, why=OTHER_CHAIN)
    heads = [head]
    for number, envelope in enumerate(bundle.receipts[head.chain], 1):
        receipt = read_receipt(envelope, centre.public_key, f"receipt {number}")
        if (receipt.centre, receipt.device, receipt.chain) != (centre.name, head.device, head.chain):
            raise BadReceipt(device=site.device, why=OTHER_CHAIN)
        heads.append(receipt.head)
    problems = [*check_order(sealed), *check_chain(sealed, site.root, "box", heads, closed=True).problems,
                *check_places(sealed, of_centre=False)]
    if max(one.up_to for one in heads) != head.up_to:
        raise BadReceipt(device=site.device, why=BEYOND)
    if problems:
        raise problems[0]


def _orders(bundle: Bundle, centre: Identity) -> list[Sealed]:
    """Those that records of the box name by their hash: so the box itself vouches for them."""
    named = {str(one.record.body.get("order")) for sealed in bundle.chains.values() for one in sealed
             if one.record.type in ("order.accepted", "order.answered")}
    found = {one.hash: one for one in bundle.orders if one.hash in named}
    for one in found.values():
        if one.record.type in CENTRE_TYPES:
            verify_seal(one.envelope, RECORD_TYPE, centre.public_key, f"order {one.record.seq}")
    if len(found) < len(named):
        raise LacksOrders(path=bundle.path, count=len(named) - len(found))
    return sorted(found.values(), key=lambda one: (one.record.seq, one.hash))
