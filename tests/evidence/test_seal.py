"""The seal: every byte of an envelope counts, and nothing but our own errors comes out of a reader."""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import MAX_BYTES, canonical
from evidence.errors import BadRecord, BadSeal, VerificationError, WrongSigner
from evidence.records import read_record, record_bytes
from evidence.seal import (
    RECEIPT_TYPE,
    RECORD_TYPE,
    KeySigner,
    keyid_of,
    open_envelope,
    pae,
    read_sealed,
    reread,
    seal,
    seal_record,
    verify_seal,
)
from tests.evidence.making import Site, seed

KEY = Ed25519PrivateKey.from_private_bytes(seed("seal"))
SIGNER = KeySigner(KEY)
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the Ed25519 group."""
SEALED = Site().box().alarms(1).sealed[-1]
PUBLIC = Site().box().public_key


def changed(**change: object) -> bytes:
    return canonical({**json.loads(seal(b"{}", RECORD_TYPE, SIGNER)), **change})


def test_pae_counts_bytes() -> None:
    assert pae("在堂".encode(), "a/b") == b"DSSEv1 3 a/b 6 " + "在堂".encode()
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


def test_what_was_sealed_opens_again() -> None:
    envelope = seal(b"payload", RECORD_TYPE, SIGNER)
    assert verify_seal(envelope, RECORD_TYPE, KEY.public_key(), "it") == b"payload"
    opened = open_envelope(envelope, RECORD_TYPE)
    assert opened.payload == b"payload"
    assert opened.signatures == ((keyid_of(KEY.public_key()), KEY.sign(pae(b"payload", RECORD_TYPE))),)


def test_what_was_read_before_reads_the_same_again() -> None:
    box = Site().box().alarms(3)
    for one in box.sealed:
        again, first = reread(one.envelope), read_sealed(one.envelope).record
        assert again == first and (again.key, again.utc_us) == (first.key, first.utc_us)
        assert type(again.body) is type(first.body) and record_bytes(again) == one.payload


@given(st.integers(0, len(SEALED.envelope) - 1), st.binary(max_size=8))
def test_of_what_was_never_read_comes_a_record_or_our_error(at: int, extra: bytes) -> None:
    with contextlib.suppress(BadRecord):
        reread(SEALED.envelope[:at] + extra + SEALED.envelope[at + len(extra) // 2:])


def test_a_seal_for_one_type_is_none_for_another() -> None:
    envelope = seal(b"{}", RECORD_TYPE, SIGNER)
    with pytest.raises(BadRecord, match="not application/vnd"):
        verify_seal(envelope, RECEIPT_TYPE, KEY.public_key(), "it")
    with pytest.raises(BadSeal):
        verify_seal(changed(payloadType=RECEIPT_TYPE), RECEIPT_TYPE, KEY.public_key(), "it")


def test_another_signer_is_named() -> None:
    other = Ed25519PrivateKey.from_private_bytes(seed("other"))
    with pytest.raises(WrongSigner, match=SIGNER.keyid):
        verify_seal(seal(b"{}", RECORD_TYPE, SIGNER), RECORD_TYPE, other.public_key(), "it")
    forged = json.loads(seal(b"{}", RECORD_TYPE, KeySigner(other)))
    forged["signatures"][0]["keyid"] = SIGNER.keyid
    with pytest.raises(BadSeal):
        verify_seal(canonical(forged), RECORD_TYPE, KEY.public_key(), "it")


def test_base64_has_one_spelling() -> None:
    assert json.loads(changed())["payload"] == "e30="
    assert base64.b64decode("e31=", validate=True) == b"{}"
    for other in ("e31=", "e30", "e30==", "e30=\n", " e30=", "e3=0", "e3-=", "ｅ30=", "\ud7ff", "e30=\x00", "="):
        with pytest.raises(BadRecord):
            verify_seal(changed(payload=other), RECORD_TYPE, KEY.public_key(), "it")


def test_a_signature_has_one_spelling() -> None:
    signature = open_envelope(SEALED.envelope, RECORD_TYPE).signatures[0][1]
    high = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    envelope = json.loads(SEALED.envelope)
    for sig in (high, signature[:63], signature + b"\x00", b""):
        envelope["signatures"][0]["sig"] = base64.b64encode(sig).decode()
        with pytest.raises(BadSeal):
            verify_seal(canonical(envelope), RECORD_TYPE, PUBLIC, "it")


@pytest.mark.parametrize("change", [
    {"payload": None}, {"payload": 1}, {"payloadType": 1}, {"signatures": []}, {"signatures": {}}, {"signatures": [1]},
    {"extra": 1}, {"signatures": [{"alg": "ed25519", "keyid": SIGNER.keyid, "sig": "", "cert": ""}]},
    {"signatures": [{"alg": "none", "keyid": SIGNER.keyid, "sig": ""}]},
    {"signatures": [{"alg": "ed25519", "keyid": "x", "sig": ""}]},
    {"signatures": [{"keyid": SIGNER.keyid, "sig": ""}]},
    {"signatures": [{"alg": "ed25519", "keyid": SIGNER.keyid, "sig": ""}] * 2},
])
def test_other_envelopes_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        open_envelope(changed(**change), RECORD_TYPE)


def test_an_envelope_without_a_key_is_refused() -> None:
    for missing in ("payload", "payloadType", "signatures"):
        parts = json.loads(SEALED.envelope)
        del parts[missing]
        with pytest.raises(BadRecord):
            read_sealed(canonical(parts))


def test_what_would_be_too_large_is_not_sealed() -> None:
    with pytest.raises(BadRecord, match="more than"):
        seal(b"x" * MAX_BYTES, RECORD_TYPE, SIGNER)


def test_what_a_reader_would_refuse_is_not_sealed() -> None:
    good = SEALED.record
    for change in ({"seq": 0}, {"prev": "x"}, {"utc": "2026-02-30T00:00:00.000000Z"}, {"body": {"code": 1}},
                   {"body": {"code": "x", "params": {"share": 0.5}}}, {"type": "segment"}):
        with pytest.raises(BadRecord):
            seal_record(dataclasses.replace(good, **change), SIGNER)


@given(st.integers(0, len(SEALED.envelope) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, flip: int) -> None:
    data = bytearray(SEALED.envelope)
    data[at] ^= flip
    with pytest.raises((BadRecord, VerificationError)):
        verify_seal(bytes(data), RECORD_TYPE, PUBLIC, "it")


@given(st.integers(0, len(SEALED.envelope) - 1), st.binary(max_size=4))
def test_any_cut_or_inserted_bytes_are_found(at: int, extra: bytes) -> None:
    for data in (SEALED.envelope[:at] + extra, SEALED.envelope[:at] + b"=" + extra + SEALED.envelope[at:]):
        with pytest.raises((BadRecord, VerificationError)):
            verify_seal(data, RECORD_TYPE, PUBLIC, "it")


@given(st.binary(max_size=80))
def test_any_bytes_give_a_record_or_our_error(data: bytes) -> None:
    for read in (read_sealed, read_record):
        with pytest.raises(BadRecord):
            read(data)
