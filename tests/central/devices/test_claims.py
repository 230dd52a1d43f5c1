"""Claims as decisions: what a token is good for, by every path; and how often one may guess."""
from __future__ import annotations

import base64
import dataclasses

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from central.devices.claims import Presented, after_presenting, hash_of, key_of_request, new_claim, new_token
from central.devices.errors import (
    BadDevice,
    BadHours,
    BadRequest,
    BadSerial,
    NotForABox,
    OtherSerial,
    TokenExpired,
    TokenUsed,
)
from central.devices.limits import ALL, EACH, WINDOW_S, Tries
from central.wiring import Centre
from evidence.times import MINUTE

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key() for n in range(4)]
NOW = 1_800_000_000_000_000
SENT = Presented("box-1", "ab12", KEYS[0], KEYS[1])


def test_a_token_is_found_however_it_is_typed_and_kept_nowhere() -> None:
    token = new_token()
    assert len(token) == 39 and token != new_token()
    assert hash_of(token) == hash_of(token.replace("-", "").lower()) == hash_of(f" {token}\n")
    assert token not in str(new_claim(token, "box-1", "ab12", 1, NOW))


def test_a_claim_expires_unless_it_was_used() -> None:
    claim = new_claim("T", "box-1", "ab12", 1, NOW)
    last = NOW + 60 * MINUTE
    used = after_presenting(claim, SENT, last - 1, "10.0.0.7")
    assert (used.state, used.asked_from) == ("waiting", "10.0.0.7")
    assert after_presenting(used, SENT, last + 1, "10.0.0.7") == used
    with pytest.raises(TokenExpired):
        after_presenting(claim, SENT, last, "10.0.0.7")


@pytest.mark.parametrize("serial", ["AB12", "00ab12", " ab12 "])
def test_serial_numbers_are_compared_as_people_read_them(serial: str) -> None:
    assert after_presenting(new_claim("T", "box-1", serial, 1, NOW), SENT, NOW, "").state == "waiting"
    with pytest.raises(OtherSerial):
        after_presenting(new_claim("T", "box-1", serial + "0", 1, NOW), SENT, NOW, "")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 7200)), max_size=8))
def test_whatever_comes_a_token_serves_the_first_pair_of_keys_alone(tries: list[tuple[int, int, int]]) -> None:
    claim, first = new_claim("T", "box-1", "ab12", 1, NOW), None
    for evidence, tls, second in tries:
        sent = dataclasses.replace(SENT, evidence_key=KEYS[evidence], tls_key=KEYS[tls])
        try:
            claim = after_presenting(claim, sent, NOW + second * 1_000_000, "")
        except (TokenUsed, TokenExpired):
            assert first not in (None, (evidence, tls)) or second >= 3600
            continue
        first = first or (evidence, tls)
        assert first == (evidence, tls)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_any_text_is_no_certificate_request(text: str) -> None:
    with pytest.raises(BadRequest):
        key_of_request(text)
    with pytest.raises(BadRequest):
        key_of_request(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n")


def a_request() -> str:
    """A certificate request of a box, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box-1")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(("before", "after"), [(b"+ep", b"'ep"), (b"\x02\x01\x00", b"\x02\x01\x07")])
def test_a_request_of_a_kind_that_nobody_knows_is_refused(before: bytes, after: bytes) -> None:
    whole = base64.b64decode("".join(a_request().splitlines()[1:-1]))
    altered = base64.b64encode(whole.replace(before, after, 1)).decode()
    with pytest.raises(BadRequest):
        key_of_request(f"-----BEGIN CERTIFICATE REQUEST-----\n{altered}\n-----END CERTIFICATE REQUEST-----\n")


def test_claims_for_what_cannot_be_a_box_are_refused(centre: Centre) -> None:
    desk = centre.desk()
    for device, serial, hours, error in (
        ("Box 1", "ab", 1, BadDevice), ("centre", "ab", 1, NotForABox), ("box-1", "a b", 1, BadSerial),
        ("box-1", "ab", 0, BadHours), ("box-1", "ab", 24 * 15, BadHours),
    ):
        with pytest.raises(error):
            desk.claim(device, serial, hours)


def test_who_was_refused_too_often_waits_and_others_do_not() -> None:
    now = 0.0
    tries = Tries(lambda: now)
    assert [tries.refused("a") for _ in range(EACH)] == [False] * (EACH - 1) + [True]
    assert not tries.is_open("a") and tries.is_open("b")
    now = WINDOW_S
    assert tries.is_open("a")


def test_many_addresses_that_guess_close_the_door_for_all() -> None:
    now = 0.0
    tries = Tries(lambda: now)
    for number in range(ALL):
        assert tries.is_open("new")
        tries.refused(f"10.0.0.{number}")
    assert not tries.is_open("new")
    now = WINDOW_S
    assert tries.is_open("new")
