"""A box's request for a new certificate of its connections: signed by its evidence key, so that it also works once the
old certificate has expired (evidence/README.md, "Renewal")."""
from __future__ import annotations

import dataclasses
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import Id
from evidence.seal import Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode

RENEWAL_TYPE = "application/vnd.zaitang.renewal.v1+json"


@dataclasses.dataclass(frozen=True)
class Renewal:
    """`request`: a certificate request (PKCS #10, PEM) for `device`, signed by the new key itself."""

    v: Literal[1]
    device: Id
    request: str


def seal_renewal(device: str, request: str, signer: Signer) -> bytes:
    """The envelope of a request."""
    return seal(canonical(encode(Renewal(1, device, request))), RENEWAL_TYPE, signer)


def signer_of(envelope: bytes) -> str:
    """The keyid that a request names, nothing checked. Raises BadRecord."""
    return open_envelope(envelope, RENEWAL_TYPE).signatures[0][0]


def read_renewal(envelope: bytes, key: Ed25519PublicKey) -> Renewal:
    """A request whose signature by the evidence key holds. Raises BadRecord, WrongSigner or BadSeal."""
    payload = verify_seal(envelope, RENEWAL_TYPE, key, "renewal")
    try:
        return decode(Renewal, parse(payload), "renewal")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
