"""Upload tokens: what they say, who is believed, and for how long."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import canonical
from evidence.errors import BadRecord, BadSeal, TokenElsewhere, TokenExpired, TokenTooLong, WrongSigner
from evidence.receipts import Receipt, seal_receipt
from evidence.seal import UPLOAD_TYPE, seal
from evidence.shape import encode
from evidence.times import utc_text, utc_us
from evidence.uploads import LONGEST_US, Upload, judge_upload, peek_upload, read_upload, seal_upload
from tests.evidence.making import Site

SITE = Site()
BOX, CENTRE = SITE.box(), SITE.centre()
SHA = "ab" * 32
UPLOAD = Upload(1, "box-1", "centre", "PUT", SHA, 5_000_000, "2026-03-02T00:41:00.000000Z")
UNTIL = utc_us(UPLOAD.expires)


def test_a_token_is_read_back() -> None:
    envelope = seal_upload(UPLOAD, BOX.signer)
    assert read_upload(envelope, BOX.public_key) == peek_upload(envelope) == UPLOAD


def test_a_token_of_somebody_else_or_altered_is_refused() -> None:
    envelope = seal_upload(UPLOAD, BOX.signer)
    with pytest.raises(WrongSigner):
        read_upload(envelope, CENTRE.public_key)
    other = seal_upload(dataclasses.replace(UPLOAD, size=1), BOX.signer)
    payload = envelope.split(b'"payload":"')[1].split(b'"')[0]
    swapped = other.split(b'"payload":"')[1].split(b'"')[0]
    with pytest.raises(BadSeal):
        read_upload(envelope.replace(payload, swapped), BOX.public_key)


def test_a_receipt_is_no_token() -> None:
    receipt = Receipt(1, "centre", "box-1", "ab" * 16, 0, SHA, 0, UPLOAD.expires)
    with pytest.raises(BadRecord):
        peek_upload(seal_receipt(receipt, CENTRE.signer))


@pytest.mark.parametrize("change", [
    {"v": 2}, {"size": -1}, {"sha256": "x"}, {"expires": "2026-02-30T00:00:00.000000Z"}, {"method": "GET"},
    {"method": "DELETE"}, {"device": "../x"}, {"centre": ""},
])
def test_what_is_no_token_is_neither_sealed_nor_read(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        seal_upload(dataclasses.replace(UPLOAD, **change), BOX.signer)
    with pytest.raises(BadRecord):
        read_upload(seal(canonical({**encode(UPLOAD), **change}), UPLOAD_TYPE, BOX.signer), BOX.public_key)


@given(now_us=st.integers(UNTIL - 2 * LONGEST_US, UNTIL + LONGEST_US))
def test_a_token_holds_for_an_hour_at_most_and_no_longer_than_it_says(now_us: int) -> None:
    holds = UNTIL - LONGEST_US <= now_us < UNTIL
    try:
        judge_upload(UPLOAD, "centre", SHA, now_us)
    except (TokenExpired, TokenTooLong) as error:
        assert not holds and isinstance(error, TokenExpired) == (now_us >= UNTIL)
        assert utc_text(UNTIL) in str(error)
    else:
        assert holds


@pytest.mark.parametrize(("centre", "sha256"), [("another", SHA), ("centre", "cd" * 32)])
def test_a_token_for_another_file_or_centre_is_refused(centre: str, sha256: str) -> None:
    with pytest.raises(TokenElsewhere):
        judge_upload(UPLOAD, centre, sha256, UNTIL - 1)
