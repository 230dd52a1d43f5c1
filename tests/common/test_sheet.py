"""Name sheets: only the box and the class that they are sealed to can be read from them."""
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from common.sheet import BadSheet, Named, open_sheet, seal_sheet

KEY = X25519PrivateKey.generate()
NAMES = {"p-1": Named("王秀英", "01" * 16), "p-2": Named("李强", "02" * 16)}


def public_hex(key: X25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_the_box_reads_what_was_sealed_to_it() -> None:
    assert open_sheet(seal_sheet("welding-1", NAMES, public_hex(KEY)), "welding-1", KEY) == NAMES


@pytest.mark.parametrize(
    ("class_id", "key"), [("welding-1", X25519PrivateKey.generate()), ("welding-2", KEY)], ids=["other box", "other class"]
)
def test_another_box_or_class_reads_nothing(class_id: str, key: X25519PrivateKey) -> None:
    sealed = seal_sheet("welding-1", NAMES, public_hex(KEY))
    with pytest.raises(BadSheet, match="another box or class"):
        open_sheet(sealed, class_id, key)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadSheet):
        open_sheet(data, "welding-1", KEY)


@pytest.mark.parametrize("recipient", ["", "zz", "ab" * 31])
def test_a_bad_receiver_key_is_refused(recipient: str) -> None:
    with pytest.raises(BadSheet, match="X25519"):
        seal_sheet("welding-1", NAMES, recipient)
