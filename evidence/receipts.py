"""Receipts: a centre's signed word that it holds a box's chain up to a record. Only a receipt marks one delivered."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.bodies import Head
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import ChainId, Count, Id, Sha256, Utc
from evidence.seal import RECEIPT_TYPE, Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode


@dataclasses.dataclass(frozen=True)
class Receipt:
    """`centre` holds every record of the chain up to `up_to`, whose payload has the SHA-256 `head_hash`.

    `leaf_index`: how many records of all chains the centre had accepted before that one; it never goes back."""

    v: Literal[1]
    centre: Id
    device: Id
    chain: ChainId
    up_to: Count
    head_hash: Sha256
    leaf_index: Count
    time: Utc

    @property
    def head(self) -> Head:
        """The signed head that this receipt states."""
        return Head(device=self.device, chain=self.chain, up_to=self.up_to, head_hash=self.head_hash)


def seal_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """The envelope of a receipt. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(receipt))
    _receipt(payload)
    return seal(payload, RECEIPT_TYPE, signer)


def read_receipt(envelope: bytes, key: Ed25519PublicKey, where: str) -> Receipt:
    """A receipt whose signature by the centre's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _receipt(verify_seal(envelope, RECEIPT_TYPE, key, where))


def peek_receipt(envelope: bytes) -> Receipt:
    """What a receipt says, its signature NOT checked. Raises BadRecord."""
    return _receipt(open_envelope(envelope, RECEIPT_TYPE).payload)


def by_chain(receipts: Iterable[Receipt]) -> dict[tuple[str, str], list[Receipt]]:
    """(device, chain) → its receipts, in their order."""
    found: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        found[receipt.device, receipt.chain].append(receipt)
    return found


def _receipt(payload: bytes) -> Receipt:
    try:
        return decode(Receipt, parse(payload), "receipt")
    except BadShape as error:
        raise BadRecord(why=error) from None
