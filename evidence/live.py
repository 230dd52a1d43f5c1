"""Live pictures: the word that a box signs for each piece of them, and until when it sends (evidence/README.md).

They are no evidence, and nobody keeps them; the word lets a centre show only what the box itself sent.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape, TokenElsewhere, TokenExpired, TokenTooLong
from evidence.records import Count, Id, Sha256, Stamp, Utc
from evidence.seal import LIVE_TYPE, Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode
from evidence.times import SECOND, utc_us

LONGEST_US = 300 * SECOND
"""A centre takes no word that holds for longer than this."""


@dataclasses.dataclass(frozen=True)
class LiveFragment:
    """One piece of what `device` sends to `centre` for the `order` (hash of its payload); `sha256` and `size` (bytes)
    are of its body. `epoch`: a stream with a header of its own, rising; `number`: the place in it, 0 for the header
    (`init`), rising. `at`: when its first picture came, by the box's clock; `skipped`: pictures before it were left
    out, because the line was too slow."""

    v: Literal[1]
    device: Id
    centre: Id
    order: Sha256
    epoch: Count
    number: Count
    at: Utc
    what: Literal["init", "video", "picture"]
    skipped: bool
    sha256: Sha256
    size: Count
    expires: Utc


def seal_live(fragment: LiveFragment, signer: Signer) -> bytes:
    """The envelope of a word. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(fragment))
    _fragment(payload)
    return seal(payload, LIVE_TYPE, signer)


def read_live(envelope: bytes, key: Ed25519PublicKey) -> LiveFragment:
    """A word whose signature by the box's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _fragment(verify_seal(envelope, LIVE_TYPE, key, "live piece"))


def peek_live(envelope: bytes) -> LiveFragment:
    """What a word says, its signature NOT checked. Raises BadRecord."""
    return _fragment(open_envelope(envelope, LIVE_TYPE).payload)


def judge_live(fragment: LiveFragment, centre: str, order: str, epoch: int, number: int, now_us: int) -> None:
    """Whether a word holds for this piece of that order here, at that instant of the centre's clock (UTC microseconds).
    That the body has its hash and size is asked apart.

    Raises TokenElsewhere, TokenExpired, TokenTooLong."""
    told = (fragment.centre, fragment.order, fragment.epoch, fragment.number)
    if told != (centre, order, epoch, number):
        raise TokenElsewhere(centre=fragment.centre, sha256=fragment.sha256)
    until_us = utc_us(fragment.expires)
    if until_us <= now_us:
        raise TokenExpired(expires=fragment.expires)
    if until_us > now_us + LONGEST_US:
        raise TokenTooLong(expires=fragment.expires)


def left_us(taken: Stamp, seconds: int, now: Stamp) -> int | None:
    """For how long a box still sends, in microseconds of its clock; 0: it is over. `taken`: when it took the order.
    None: a start of the box that does not know the time cannot tell how long it was off, and sends nothing before it
    can; once it is on for as long as the order, that is over."""
    length_us = seconds * SECOND * taken.clock.rate
    if now.boot_id == taken.boot_id:
        gone_us = now.mono_us - taken.mono_us
    elif now.clock.synced and taken.clock.synced:
        gone_us = now.utc_us - taken.utc_us
    else:
        return None if now.mono_us < length_us else 0
    return max(0, length_us - gone_us) if gone_us >= 0 else 0


def _fragment(payload: bytes) -> LiveFragment:
    try:
        fragment = decode(LiveFragment, parse(payload), "live piece")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
    utc_us(fragment.expires)
    utc_us(fragment.at)
    return fragment
