"""A record: one fact, its place in its chain, and when the device believes that it was."""
from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from evidence.canonical import canonical, parse, sha256_hex
from evidence.errors import BadRecord, BadShape
from evidence.shape import Between, Match, Such, decode, encode
from evidence.times import UTC_PATTERN, is_utc, utc_us

NO_PREV = "0" * 64
"""`prev` of a genesis record."""

Count = Annotated[int, Between(0)]
Sha256 = Annotated[str, Match(r"[0-9a-f]{64}", "64 lower-case hex digits")]
Id = Annotated[str, Match(r"[a-z0-9][a-z0-9._-]{0,63}", "up to 64 of a-z 0-9 . _ -, beginning with a letter or digit")]
ChainId = Annotated[str, Match(r"[0-9a-f]{32}", "32 lower-case hex digits")]
BootId = Annotated[str, Match(r"[0-9a-f-]{1,64}", "a boot id")]
Utc = Annotated[
    str, Match(UTC_PATTERN, "a UTC time like 2026-03-02T00:40:00.000000Z"), Such(is_utc, "a real date and time")]


@dataclasses.dataclass(frozen=True)
class ClockState:
    """What the device knew about its clock. `rate`: simulated microseconds per real one; 1 on a real clock."""

    synced: bool
    max_error_us: Count
    source: Literal["kernel", "simulated"]
    rate: Annotated[int, Between(1, 100_000)]


@dataclasses.dataclass(frozen=True)
class Stamp:
    """One reading of the clock. `mono_us` is CLOCK_BOOTTIME of boot `boot_id`; `utc_us` is only a label."""

    boot_id: str
    mono_us: int
    utc_us: int
    clock: ClockState


@dataclasses.dataclass(frozen=True)
class Record:
    """The payload of a seal. `body` is as it came; `evidence.bodies.body_of` gives the typed one."""

    v: Literal[1]
    type: Annotated[str, Match(r"[a-z]+(\.[a-z_]+)*", "lower-case words joined by dots")]
    device: Id
    chain: ChainId
    seq: Count
    prev: Sha256
    boot_id: BootId
    mono_us: Count
    utc: Utc
    clock: ClockState
    body: Mapping[str, Any]

    @functools.cached_property
    def utc_us(self) -> int:
        """The wall-clock label in microseconds since the epoch."""
        return utc_us(self.utc)

    @property
    def key(self) -> tuple[str, str, int]:
        """What is unique to a record: device, chain, sequence number."""
        return (self.device, self.chain, self.seq)


@dataclasses.dataclass(frozen=True)
class Sealed:
    """A record with the exact bytes that were signed and the envelope around them."""

    envelope: bytes
    payload: bytes
    record: Record

    @functools.cached_property
    def hash(self) -> str:
        """SHA-256 of the payload bytes: the next record's `prev`."""
        return sha256_hex(self.payload)


def record_value(record: Record) -> dict[str, Any]:
    """The JSON value of a payload. A body is one already."""
    return {
        "v": record.v, "type": record.type, "device": record.device, "chain": record.chain, "seq": record.seq,
        "prev": record.prev, "boot_id": record.boot_id, "mono_us": record.mono_us, "utc": record.utc,
        "clock": encode(record.clock), "body": dict(record.body),
    }


def record_bytes(record: Record) -> bytes:
    """The canonical payload bytes of a record."""
    return canonical(record_value(record))


def read_record(payload: bytes) -> Record:
    """The record in payload bytes. Raises BadRecord."""
    return check_record(parse(payload))


def check_record(value: Mapping[str, Any]) -> Record:
    """The record that a payload says, whose canonical bytes were read or written. Raises BadRecord."""
    try:
        record = decode(Record, value, "record")
    except BadShape as error:
        raise BadRecord(why=error) from None
    if (record.seq == 0) != (record.prev == NO_PREV) or (record.seq == 0) != (record.type == "genesis"):
        raise BadRecord(why="only record 0 is a genesis record, and only it has no record before it")
    return record
