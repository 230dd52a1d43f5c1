"""Heartbeats: a box's signed word of where its chain ends now; what they show of silence, cut tails and copies."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.bodies import Head
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import BootId, ChainId, ClockState, Count, Id, Record, Sealed, Sha256, Stamp, Utc
from evidence.seal import Opened, Signer, open_envelope, seal, verify_opened
from evidence.shape import decode, encode
from evidence.times import MINUTE, utc_text, utc_us

HEARTBEAT_TYPE = "application/vnd.zaitang.heartbeat.v1+json"
MOST_PLACES, LONGEST_PLACE = 16, 64
Contradiction = Literal["chain.fork", "chain.cut"]
"""The alarm that is due: another record with that number, or a chain that ends before where it ended earlier."""


@dataclasses.dataclass(frozen=True)
class Heartbeat:
    """`device` made record `up_to` last, whose payload has the SHA-256 `head_hash`, and said so at that time.

    `waiting`: records without a receipt. `free`: place → bytes that are free there.
    """

    v: Literal[1]
    device: Id
    chain: ChainId
    up_to: Count
    head_hash: Sha256
    boot_id: BootId
    mono_us: Count
    utc: Utc
    clock: ClockState
    waiting: Count
    free: Mapping[str, Count]

    @property
    def utc_us(self) -> int:
        """The wall-clock label in microseconds since the epoch."""
        return utc_us(self.utc)

    @property
    def head(self) -> Head:
        """The signed head that this heartbeat states."""
        return Head(device=self.device, chain=self.chain, up_to=self.up_to, head_hash=self.head_hash)


def heartbeat_of(head: Sealed, stamp: Stamp, waiting: int, free: Mapping[str, int]) -> Heartbeat:
    """What the box of this head says at this moment."""
    record = head.record
    return Heartbeat(1, record.device, record.chain, record.seq, head.hash, stamp.boot_id, stamp.mono_us,
                     utc_text(stamp.utc_us), stamp.clock, waiting, dict(free))


def seal_heartbeat(heartbeat: Heartbeat, signer: Signer) -> bytes:
    """The envelope of a heartbeat. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(heartbeat))
    _heartbeat(payload)
    return seal(payload, HEARTBEAT_TYPE, signer)


def open_heartbeat(envelope: bytes) -> tuple[Heartbeat, Opened]:
    """What a heartbeat says and who signed it, its signature NOT checked. Raises BadRecord."""
    opened = open_envelope(envelope, HEARTBEAT_TYPE)
    return _heartbeat(opened.payload), opened


def read_heartbeat(envelope: bytes, key: Ed25519PublicKey, where: str) -> Heartbeat:
    """A heartbeat whose signature by the box's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    heartbeat, opened = open_heartbeat(envelope)
    verify_opened(opened, HEARTBEAT_TYPE, key, where)
    return heartbeat


def later(one: Heartbeat, other: Heartbeat | Record) -> bool | None:
    """Whether `one` was made after `other`; None where their clocks cannot tell.

    Within a boot CLOCK_BOOTTIME tells. From one boot to another two set wall clocks do, by more than their errors.
    """
    if one.boot_id == other.boot_id:
        return one.mono_us > other.mono_us
    if not (one.clock.synced and other.clock.synced):
        return None
    apart_us, error_us = one.utc_us - other.utc_us, one.clock.max_error_us + other.clock.max_error_us
    return None if abs(apart_us) <= error_us else apart_us > 0


def is_news(new: Heartbeat, last: Heartbeat | None, highest: Heartbeat | None) -> bool:
    """Whether a heartbeat proves that its box lives: one that is repeated, or older, proves nothing."""
    if last is None:
        return True
    after = later(new, last)
    return after if after is not None else highest is not None and new.up_to > highest.up_to


def contradiction(
    new: Heartbeat, same: Sequence[str | None], reached: Sequence[Heartbeat | Record]
) -> Contradiction | None:
    """What a heartbeat says against what is known of its chain.

    `same`: hashes that somebody signed of record `new.up_to`, None for those that are not known. `reached`: heartbeats
    and records of that chain that stood further on. One that was made earlier contradicts none of them.
    """
    if any(known is not None and known != new.head_hash for known in same):
        return "chain.fork"
    if any(_number(one) > new.up_to and later(new, one) for one in reached):
        return "chain.cut"
    return None


def silent(heard_us: int, now_us: int, after_min: int) -> bool:
    """Whether a box has been silent for too long, by the one clock that reads both times."""
    return now_us - heard_us > after_min * MINUTE


def _number(one: Heartbeat | Record) -> int:
    return one.up_to if isinstance(one, Heartbeat) else one.seq


def _heartbeat(payload: bytes) -> Heartbeat:
    try:
        heartbeat = decode(Heartbeat, parse(payload), "heartbeat")
    except BadShape as error:
        raise BadRecord(why=str(error)) from None
    utc_us(heartbeat.utc)
    if len(heartbeat.free) > MOST_PLACES or any(len(place) > LONGEST_PLACE for place in heartbeat.free):
        raise BadRecord(why="it tells of too many places")
    return heartbeat
