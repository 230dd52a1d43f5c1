"""Gap requests: a centre's signed word that it lacks a record of a chain and holds later ones."""
from __future__ import annotations

import dataclasses
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import ChainId, Count, Id, Utc
from evidence.seal import Signer, seal, verify_seal
from evidence.shape import decode, encode
from evidence.times import utc_us

GAP_TYPE = "application/vnd.zaitang.gap.v1+json"


@dataclasses.dataclass(frozen=True)
class Gap:
    """`centre` asks `device` to send its chain again from record `first` on. `time`: by the clock of the centre."""

    v: Literal[1]
    centre: Id
    device: Id
    chain: ChainId
    first: Count
    time: Utc


def seal_gap(gap: Gap, signer: Signer) -> bytes:
    """The envelope of a gap request. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(gap))
    _gap(payload)
    return seal(payload, GAP_TYPE, signer)


def read_gap(envelope: bytes, public_key: Ed25519PublicKey, where: str) -> Gap:
    """A gap request whose signature by the centre's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _gap(verify_seal(envelope, GAP_TYPE, public_key, where))


def _gap(payload: bytes) -> Gap:
    try:
        gap = decode(Gap, parse(payload), "gap")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
    utc_us(gap.time)
    return gap
