"""Upload tokens: a box's signed word that it may hand one file to one centre, for some minutes (evidence/README.md)."""
from __future__ import annotations

import dataclasses
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape, TokenElsewhere, TokenExpired, TokenTooLong
from evidence.records import Count, Id, Sha256, Utc
from evidence.seal import UPLOAD_TYPE, Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode
from evidence.times import SECOND, utc_us

LONGEST_US = 3600 * SECOND
"""A centre takes no token that holds for longer than this."""


@dataclasses.dataclass(frozen=True)
class Upload:
    """`device` may hand the file with this hash and size (bytes) to `centre` until `expires`, and ask how much of it is
    there. Used again it can only bring the same bytes."""

    v: Literal[1]
    device: Id
    centre: Id
    method: Literal["PUT"]
    sha256: Sha256
    size: Count
    expires: Utc


def seal_upload(upload: Upload, signer: Signer) -> bytes:
    """The envelope of a token. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(upload))
    _upload(payload)
    return seal(payload, UPLOAD_TYPE, signer)


def read_upload(envelope: bytes, key: Ed25519PublicKey) -> Upload:
    """A token whose signature by the box's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _upload(verify_seal(envelope, UPLOAD_TYPE, key, "upload token"))


def peek_upload(envelope: bytes) -> Upload:
    """What a token says, its signature NOT checked. Raises BadRecord."""
    return _upload(open_envelope(envelope, UPLOAD_TYPE).payload)


def judge_upload(upload: Upload, centre: str, sha256: str, now_us: int) -> None:
    """Whether a token holds here, for that file, at that instant of the centre's clock (UTC microseconds).

    Raises TokenElsewhere, TokenExpired, TokenTooLong."""
    if (upload.centre, upload.sha256) != (centre, sha256):
        raise TokenElsewhere(centre=upload.centre, sha256=upload.sha256)
    until_us = utc_us(upload.expires)
    if until_us <= now_us:
        raise TokenExpired(expires=upload.expires)
    if until_us > now_us + LONGEST_US:
        raise TokenTooLong(expires=upload.expires)


def _upload(payload: bytes) -> Upload:
    try:
        upload = decode(Upload, parse(payload), "upload")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
    utc_us(upload.expires)
    return upload
