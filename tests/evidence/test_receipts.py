"""Receipts: signed heads of a centre."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.canonical import canonical
from evidence.chain import head_of
from evidence.errors import BadRecord, WrongSigner
from evidence.receipts import Receipt, peek_receipt, read_receipt, seal_receipt
from evidence.seal import RECEIPT_TYPE, seal
from evidence.shape import encode
from tests.evidence.making import Site

SITE = Site()
BOX, CENTRE = SITE.box().alarms(3), SITE.centre()
HEAD = BOX.sealed[-1]
RECEIPT = Receipt(1, "centre", "box-1", BOX.chain, 3, HEAD.hash, 17, "2026-03-02T00:41:00.000000Z")


def test_a_receipt_is_read_back_and_states_a_head() -> None:
    envelope = seal_receipt(RECEIPT, CENTRE.signer)
    assert read_receipt(envelope, CENTRE.public_key, "receipt") == RECEIPT
    assert peek_receipt(envelope) == RECEIPT
    assert RECEIPT.head == head_of(HEAD)


def test_a_receipt_of_somebody_else_is_refused() -> None:
    with pytest.raises(WrongSigner):
        read_receipt(seal_receipt(RECEIPT, BOX.signer), CENTRE.public_key, "receipt")


def test_a_record_is_no_receipt() -> None:
    with pytest.raises(BadRecord):
        peek_receipt(HEAD.envelope)


@pytest.mark.parametrize("change", [
    {"v": 2}, {"up_to": -1}, {"head_hash": "x"}, {"time": "2026-02-30T00:00:00.000000Z"}, {"centre": "C"},
    {"chain": "0"},
])
def test_what_is_no_receipt_is_neither_sealed_nor_read(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        seal_receipt(dataclasses.replace(RECEIPT, **change), CENTRE.signer)
    payload = canonical({**encode(RECEIPT), **change})
    with pytest.raises(BadRecord):
        read_receipt(seal(payload, RECEIPT_TYPE, CENTRE.signer), CENTRE.public_key, "receipt")
