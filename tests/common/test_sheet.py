"""Name sheets: only the box and class that they are sealed to read them, and only with the names of the order."""
from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from common.sheets import BadRoster, BadSheet, Name, check_sheet, open_roster, open_sheet, seal_sheet
from evidence.bodies import Enrolled
from evidence.errors import BadInput, BadShape

KEY = X25519PrivateKey.generate()
NAMES = {"p-1": Name("王秀英", "01" * 16), "p-2": Name("李强", "02" * 16)}
ROSTER = tuple(Enrolled(person, "trainee", name.commitment) for person, name in NAMES.items())


def public_hex(key: X25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_the_box_reads_what_was_sealed_to_it() -> None:
    names = open_sheet(seal_sheet(NAMES, public_hex(KEY), "welding-1"), KEY, "welding-1")
    assert names == NAMES
    check_sheet(names, ROSTER, "welding-1")


def test_a_sheet_may_lack_a_person_who_was_erased() -> None:
    check_sheet({"p-2": NAMES["p-2"]}, ROSTER, "welding-1")


@pytest.mark.parametrize(
    ("key", "class_id"),
    [(X25519PrivateKey.generate(), "welding-1"), (KEY, "welding-2")],
    ids=["other box", "other class"],
)
def test_another_box_or_class_reads_nothing(key: X25519PrivateKey, class_id: str) -> None:
    with pytest.raises(BadSheet, match="another box or another class"):
        open_sheet(seal_sheet(NAMES, public_hex(KEY), "welding-1"), key, class_id)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        open_sheet(data, KEY, "welding-1")


@pytest.mark.parametrize("recipient", ["", "zz", "ab" * 31])
def test_a_bad_receiver_key_is_refused(recipient: str) -> None:
    with pytest.raises(BadSheet, match="X25519"):
        seal_sheet(NAMES, recipient, "welding-1")


@pytest.mark.parametrize(
    "names",
    [{**NAMES, "p-3": Name("x", "00" * 16)}, {**NAMES, "p-1": Name("王秀兰", "01" * 16)}],
    ids=["extra", "swapped"],
)
def test_a_sheet_with_other_names_than_the_order_is_refused(names: dict[str, Name]) -> None:
    with pytest.raises(BadSheet):
        check_sheet(names, ROSTER, "welding-1")


@pytest.mark.parametrize("name", [
    {"name": "王秀英", "salt": "0" * 33}, {"name": "王\ud800", "salt": "01" * 16}, {"name": "王秀英",
    "salt": "01" * 65}])
def test_a_name_without_a_commitment_is_refused(name: dict[str, str]) -> None:
    """Anybody can seal a sheet to a box, whose key is public."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    sealed = suite.encrypt(json.dumps({"p-1": name}).encode(), KEY.public_key(), info=b"zaitang names v1:welding-1")
    with pytest.raises(BadShape, match="names of welding-1"):
        open_sheet(sealed, KEY, "welding-1")


def test_a_sealed_list_holds_no_half_characters() -> None:
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    person = {"name": "王\ud800", "number": "11010519491231002X", "role": "trainee"}
    plain = json.dumps({"class": "welding-1", "people": [person]}).encode()
    with pytest.raises(BadRoster):
        open_roster(suite.encrypt(plain, KEY.public_key(), info=b"zaitang roster v1"), KEY)
