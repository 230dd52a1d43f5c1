"""Own links: what they say, who is believed, for how long, and their one spelling in an address."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import canonical
from evidence.errors import BadRecord, OwnLinkExpired, OwnLinkTooLong, WrongSigner, ZaitangError
from evidence.own_links import (
    HOLDS_US,
    MOST_TEXT,
    OWN_TYPE,
    SKEW_US,
    OwnLink,
    judge_own_link,
    link_text,
    peek_own_link,
    read_link_text,
    read_own_link,
    seal_own_link,
)
from evidence.seal import KeySigner, seal
from evidence.shape import encode
from evidence.times import utc_text, utc_us

VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "own-links.json").read_text("utf-8"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private_key"]))
SIGNER = KeySigner(KEY)
LINK = OwnLink(1, "box-1", "welding-1", "p-0123456789ab", "2026-03-02T00:50:00.000000Z",
               "00112233445566778899aabbccddeeff")
UNTIL = utc_us(LINK.until)


def test_the_golden_link_is_sealed_and_read_to_the_byte() -> None:
    envelope = VECTOR["envelope"].encode()
    assert encode(LINK) == VECTOR["value"] and seal_own_link(LINK, SIGNER) == envelope
    assert read_own_link(envelope, KEY.public_key()) == peek_own_link(envelope) == LINK
    assert link_text(envelope) == VECTOR["token"] and read_link_text(VECTOR["token"]) == envelope


@pytest.mark.parametrize("case", VECTOR["refused"], ids=lambda case: case["case"])
def test_what_is_no_link_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(ZaitangError):
        read_own_link(case["envelope"].encode(), KEY.public_key())


def test_a_link_of_another_key_is_refused() -> None:
    with pytest.raises(WrongSigner):
        read_own_link(seal_own_link(LINK, KeySigner(Ed25519PrivateKey.generate())), KEY.public_key())


@pytest.mark.parametrize("change", [
    {"v": 2}, {"device": "../x"}, {"class": ""}, {"person": "A"}, {"nonce": "x" * 32}, {"nonce": "a" * 31},
    {"until": "2026-02-30T00:00:00.000000Z"}, {"until": "2026-03-02"},
])
def test_a_link_with_a_wrong_value_is_neither_sealed_nor_read(change: dict[str, Any]) -> None:
    with pytest.raises(BadRecord):
        read_own_link(seal(canonical({**encode(LINK), **change}), OWN_TYPE, SIGNER), KEY.public_key())
    with pytest.raises(BadRecord):
        seal_own_link(dataclasses.replace(LINK, **{("class_id" if k == "class" else k): v for k, v in change.items()}),
                      SIGNER)


@given(now_us=st.integers(UNTIL - 3 * HOLDS_US, UNTIL + 3 * HOLDS_US))
def test_a_link_holds_for_ten_minutes_by_clocks_that_differ_little(now_us: int) -> None:
    holds = UNTIL - HOLDS_US - SKEW_US <= now_us < UNTIL + SKEW_US
    try:
        judge_own_link(LINK, now_us)
    except (OwnLinkExpired, OwnLinkTooLong) as error:
        assert not holds and isinstance(error, OwnLinkExpired) == (now_us >= UNTIL)
        assert utc_text(UNTIL) in str(error)
    else:
        assert holds


@given(envelope=st.binary(min_size=1, max_size=600))
def test_a_token_has_one_spelling(envelope: bytes) -> None:
    text = link_text(envelope)
    assert read_link_text(text) == envelope
    for other in (text + "=", " " + text, text + "\n", text.replace("-", "+") + "+"):
        with pytest.raises(BadRecord):
            assert read_link_text(other) == b"read, and must not be"


@pytest.mark.parametrize("text", ["", "=", "a+b/", "A" * (MOST_TEXT + 1), "é", "AB", "A"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadRecord):
        read_link_text(text)


def test_the_longest_link_has_a_token_that_is_read() -> None:
    longest = dataclasses.replace(LINK, device="d" * 64, class_id="c" * 64, person="p" * 64)
    assert read_own_link(read_link_text(link_text(seal_own_link(longest, SIGNER))), KEY.public_key()) == longest
