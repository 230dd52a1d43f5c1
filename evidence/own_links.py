"""Own links: a box's signed word that a trainee stood before it and may see their own record at the centre, for some
minutes (evidence/README.md)."""
from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.bodies import ClassId
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape, OwnLinkExpired, OwnLinkTooLong
from evidence.records import ChainId, Id, Utc
from evidence.seal import Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode
from evidence.times import MINUTE, utc_us

OWN_TYPE = "application/vnd.zaitang.own.v1+json"
HOLDS_US = 10 * MINUTE
"""So long a box lets a link hold: long enough for a slow telephone, and no longer than a lesson's break."""
SKEW_US = 2 * MINUTE
"""So far the clocks of box and centre may differ."""
MOST_TEXT = 2000
"""Characters of a link's token; one of the longest ids has some 1,200."""
_TEXT = re.compile(rf"[A-Za-z0-9_-]{{1,{MOST_TEXT}}}")


@dataclasses.dataclass(frozen=True)
class OwnLink:
    """`device` says that `person`, a trainee of the class, was recognised there, and may see what is known of them
    until `until`. `nonce`: random; a centre opens one record by it, once."""

    v: Literal[1]
    device: Id
    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    until: Utc
    nonce: ChainId


def seal_own_link(link: OwnLink, signer: Signer) -> bytes:
    """The envelope of a link. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(link))
    _link(payload)
    return seal(payload, OWN_TYPE, signer)


def read_own_link(envelope: bytes, key: Ed25519PublicKey) -> OwnLink:
    """A link whose signature by the box's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _link(verify_seal(envelope, OWN_TYPE, key, "own link"))


def peek_own_link(envelope: bytes) -> OwnLink:
    """What a link says, its signature NOT checked. Raises BadRecord."""
    return _link(open_envelope(envelope, OWN_TYPE).payload)


def judge_own_link(link: OwnLink, now_us: int) -> None:
    """Whether a link holds at that instant of the centre's clock (UTC microseconds). Raises OwnLinkExpired,
    OwnLinkTooLong."""
    until_us = utc_us(link.until)
    if until_us + SKEW_US <= now_us:
        raise OwnLinkExpired(until=link.until)
    if until_us > now_us + HOLDS_US + SKEW_US:
        raise OwnLinkTooLong(until=link.until)


def link_text(envelope: bytes) -> str:
    """An envelope as part of an address: base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(envelope).rstrip(b"=").decode("ascii")


def read_link_text(text: str) -> bytes:
    """The envelope in such a text, which has one spelling. Raises BadRecord."""
    if not _TEXT.fullmatch(text):
        raise BadRecord(why="not a link's token")
    try:
        envelope = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise BadRecord(why="not base64") from None
    if link_text(envelope) != text:
        raise BadRecord(why="not the canonical base64 of its bytes")
    return envelope


def _link(payload: bytes) -> OwnLink:
    try:
        link = decode(OwnLink, parse(payload), "own link")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
    utc_us(link.until)
    return link
