"""Requests for a new certificate of connections: kept vectors, and that no bytes do harm."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import canonical
from evidence.errors import BadRecord, VerificationError
from evidence.renewal import RENEWAL_TYPE, Renewal, read_renewal, seal_renewal, signer_of
from evidence.seal import KeySigner, seal

VECTOR = json.loads((Path(__file__).parents[1] / "golden" / "renewal.json").read_text("utf-8"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private_key"]))


def test_the_kept_vector() -> None:
    envelope = VECTOR["envelope"].encode()
    assert seal_renewal(VECTOR["device"], VECTOR["request"], KeySigner(KEY)) == envelope
    assert read_renewal(envelope, KEY.public_key()) == Renewal(1, VECTOR["device"], VECTOR["request"])
    assert signer_of(envelope) == KeySigner(KEY).keyid
    for case in VECTOR["refused"]:
        with pytest.raises((BadRecord, VerificationError)):
            read_renewal(case["envelope"].encode(), KEY.public_key())


@given(st.binary(max_size=200) | st.integers(0, len(VECTOR["envelope"]) - 1).map(
    lambda at: VECTOR["envelope"].encode()[:at] + b"~" + VECTOR["envelope"].encode()[at + 1:]))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((BadRecord, VerificationError)):
        read_renewal(data, KEY.public_key())


@given(st.dictionaries(st.sampled_from(["v", "device", "request", "x"]), st.integers(0, 9) | st.text(max_size=9)))
def test_any_sealed_object_is_a_request_or_refused(value: dict[str, object]) -> None:
    try:
        found = read_renewal(seal(canonical(value), RENEWAL_TYPE, KeySigner(KEY)), KEY.public_key())
    except BadRecord:
        return
    assert (found.v, found.device, found.request) == (1, value["device"], value["request"])
