"""Name sheets: only the box that they are sealed to reads them, and only with the names that the order commits to."""
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from common.sheets import BadSheet, check_sheet, commitment, open_sheet, seal_sheet
from evidence.bodies import Enrolled

KEY = X25519PrivateKey.generate()
NAMES = {"p-1": ("王秀英", b"\x01" * 16), "p-2": ("李强", b"\x02" * 16)}
ROSTER = tuple(Enrolled(p, "trainee", commitment(salt, name)) for p, (name, salt) in NAMES.items())


def public_hex(key: X25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_the_box_reads_what_was_sealed_to_it() -> None:
    names = open_sheet(seal_sheet(NAMES, public_hex(KEY)), KEY)
    assert names == NAMES
    check_sheet(names, ROSTER)


def test_another_box_reads_nothing() -> None:
    with pytest.raises(BadSheet, match="another key"):
        open_sheet(seal_sheet(NAMES, public_hex(X25519PrivateKey.generate())), KEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadSheet):
        open_sheet(data, KEY)


@pytest.mark.parametrize("recipient", ["", "zz", "ab" * 31])
def test_a_bad_receiver_key_is_refused(recipient: str) -> None:
    with pytest.raises(BadSheet, match="X25519"):
        seal_sheet(NAMES, recipient)


@pytest.mark.parametrize(
    "names",
    [{"p-1": NAMES["p-1"]}, {**NAMES, "p-3": ("x", b"")}, {**NAMES, "p-1": ("王秀兰", NAMES["p-1"][1])}],
    ids=["missing", "extra", "swapped"],
)
def test_a_sheet_with_other_names_than_the_order_is_refused(names: dict[str, tuple[str, bytes]]) -> None:
    with pytest.raises(BadSheet):
        check_sheet(names, ROSTER)
