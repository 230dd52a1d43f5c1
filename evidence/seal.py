"""The seal: a DSSE v1 envelope with one Ed25519 signature over exact bytes (evidence/README.md, "Envelope")."""
from __future__ import annotations

import binascii
import dataclasses
import functools
import re
from types import MappingProxyType
from typing import Annotated, Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.bodies import body_of, is_known_body
from evidence.canonical import MAX_BYTES, canonical, load, parse, sha256_hex, written
from evidence.errors import BadRecord, BadSeal, BadShape, LargerThan, WrongSigner
from evidence.records import ClockState, Record, Sealed, Sha256, check_record, read_record, record_value
from evidence.shape import Match, decode

RECORD_TYPE = "application/vnd.zaitang.record.v1+json"
RECEIPT_TYPE = "application/vnd.zaitang.receipt.v1+json"
UPLOAD_TYPE = "application/vnd.zaitang.upload.v1+json"
LIVE_TYPE = "application/vnd.zaitang.live.v1+json"
ALGORITHM = "ed25519"


class Signer(Protocol):
    """Who seals: a key in memory, in a file or in a chip. `keyid` is `keyid_of` its public key."""

    @property
    def keyid(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature."""
        ...


class KeySigner:
    """A signer whose private key is in memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.keyid = keyid_of(key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@dataclasses.dataclass(frozen=True)
class Opened:
    """What an envelope holds: payload bytes, and (keyid, signature) of whoever sealed it. Nothing is checked yet."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]


@dataclasses.dataclass(frozen=True)
class _Signature:
    alg: Literal["ed25519"]
    keyid: Sha256
    sig: str


@dataclasses.dataclass(frozen=True)
class _Envelope:
    payload: str
    payload_type: Annotated[str, Match(r"[a-z0-9.+/-]{1,99}", "a payload type")] = dataclasses.field(
        metadata={"key": "payloadType"}
    )
    signatures: tuple[_Signature, ...]


_BEFORE = b'{"payload":"'
_AFTER = re.compile(
    rb'","payloadType":"([a-z0-9.+/-]{1,99})","signatures":'
    rb'\[\{"alg":"ed25519","keyid":"([0-9a-f]{64})","sig":"([^"]*)"\}\]\}')
_WRITTEN = b'{"payload":"%b","payloadType":"%b","signatures":[{"alg":"ed25519","keyid":"%b","sig":"%b"}]}'
"""The canonical JSON of an envelope leaves no other way to write it."""


def keyid_of(key: Ed25519PublicKey) -> str:
    """Lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo."""
    return sha256_hex(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def pae(payload: bytes, payload_type: str) -> bytes:
    """DSSE's pre-authentication encoding, the bytes that are signed. Lengths count bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """The envelope around `payload`, as canonical JSON bytes. Raises BadRecord when it would be too large."""
    signature = signer.sign(pae(payload, payload_type))
    envelope = _WRITTEN % (_base64(payload), payload_type.encode(), signer.keyid.encode(), _base64(signature))
    if len(envelope) > MAX_BYTES:
        raise BadRecord(why=LargerThan(size=len(envelope), most=MAX_BYTES))
    return envelope


def open_envelope(envelope: bytes, payload_type: str) -> Opened:
    """Take an envelope apart without checking its signature. Raises BadRecord unless every byte is as `seal` writes it.

    Exactly one signature is read: an envelope to which somebody added another is not the one that was sealed.
    """
    end = envelope.find(b'"', len(_BEFORE))
    match = _AFTER.fullmatch(envelope, end) if 0 <= end < len(envelope) <= MAX_BYTES else None
    if match is None or not envelope.startswith(_BEFORE):
        raise _why_not(envelope)
    payload, (kind, keyid, signature) = envelope[len(_BEFORE) : end], match.groups()
    if kind.decode() != payload_type:
        raise BadRecord(why=f"the envelope holds {kind.decode()}, not {payload_type}")
    return Opened(_unbase64(payload), ((keyid.decode(), _unbase64(signature)),))


def _why_not(envelope: bytes) -> BadRecord:
    """What is wrong with bytes that are no envelope, in words."""
    try:
        value = parse(envelope)
        payload = value.pop("payload", None)
        parsed = decode(_Envelope, {**value, "payload": ""}, "envelope", strict=True)
    except BadRecord as error:
        return error
    except BadShape as error:
        return BadRecord(why=error)
    if len(parsed.signatures) != 1:
        return BadRecord(why=f"{len(parsed.signatures)} signatures where one is expected")
    return BadRecord(why="not base64" if isinstance(payload, str) else "an envelope without payload")


def verify_seal(envelope: bytes, payload_type: str, key: Ed25519PublicKey, where: str) -> bytes:
    """The payload, once its signature by `key` holds. `where` names the thing in words.

    Raises BadRecord, WrongSigner (another key signed it) or BadSeal (the signature does not match).
    """
    opened = open_envelope(envelope, payload_type)
    verify_opened(opened, payload_type, key, where)
    return opened.payload


def verify_opened(opened: Opened, payload_type: str, key: Ed25519PublicKey, where: str) -> None:
    """The same for an envelope that is open already. Raises WrongSigner or BadSeal."""
    ((keyid, signature),) = opened.signatures
    if keyid != keyid_of(key):
        raise WrongSigner(where=where, keyid=keyid)
    try:
        key.verify(signature, pae(opened.payload, payload_type))
    except InvalidSignature:
        raise BadSeal(where=where) from None


def verify_sealed(one: Sealed, key: Ed25519PublicKey, where: str) -> None:
    """The same for a record that was read: its payload must be, to the bit, what its envelope holds.

    Raises BadRecord, WrongSigner or BadSeal.
    """
    before = _BEFORE + _base64(one.payload)
    match = _AFTER.fullmatch(one.envelope, len(before))
    if match is None or not one.envelope.startswith(before) or match[1] != RECORD_TYPE.encode():
        raise BadRecord(why="its payload is not the one in its envelope")
    verify_opened(Opened(one.payload, ((match[2].decode(), _unbase64(match[3])),)), RECORD_TYPE, key, where)


def seal_record(record: Record, signer: Signer) -> Sealed:
    """Seal a record. What a reader would refuse is refused here first: BadRecord."""
    value = record_value(record)
    if is_known_body(record.type, value["body"]):
        read, payload = check_record(value), written(value)  # these two have looked at everything in it
    else:
        payload, read = canonical(value), check_record(value)
        body_of(read)
    return Sealed(envelope=seal(payload, RECORD_TYPE, signer), payload=payload, record=read)


def read_sealed(envelope: bytes) -> Sealed:
    """The record in an envelope; its signature is NOT checked. Raises BadRecord."""
    payload = open_envelope(envelope, RECORD_TYPE).payload
    return Sealed(envelope=envelope, payload=payload, record=read_record(payload))


def reread(envelope: bytes) -> Record:
    """The record in an envelope that `read_sealed` took when it came, from a store that keeps it as it was: its form is
    not checked again, in a fifth of the time. Raises BadRecord for what surely is none."""
    try:
        payload = binascii.a2b_base64(envelope[len(_BEFORE) : envelope.index(b'"', len(_BEFORE))])
        value = load(payload)
        value["clock"] = _clock(**value["clock"])
        value["body"] = MappingProxyType(value["body"])
        record: Record = object.__new__(Record)
        record.__dict__.update({name: value[name] for name in _FIELDS})
        return record
    except (ValueError, KeyError, TypeError):
        raise BadRecord(why="not an envelope that was read before") from None


_clock = functools.lru_cache(1024)(ClockState)
"""A box has few states of its clock, and records by the thousand."""
_FIELDS = tuple(field.name for field in dataclasses.fields(Record))


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _unbase64(text: bytes) -> bytes:
    """Only the one spelling that `_base64` writes: padding bits, line breaks and other alphabets are refused."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise BadRecord(why="not base64") from None
    if _base64(data[(len(data) - 1) // 3 * 3 :]) != text[-4:]:  # only the last bits can be spelled in several ways
        raise BadRecord(why="not the canonical base64 of its bytes")
    return data
