"""Names at rest: what lies in the database opens to a name or to one error of ours."""
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.errors import BadName
from central.names import NONCE_BYTES, NameBox
from common.sheets import Name


def test_a_name_opens_for_its_person_alone() -> None:
    box, named = NameBox(bytes(32)), Name("王秀英", "01" * 16)
    sealed = box.seal("welder-1", "p-1", named)
    assert box.open("welder-1", "p-1", sealed) == named
    for class_id, person in (("welder-1", "p-2"), ("welder-2", "p-1")):
        with pytest.raises(BadName):
            box.open(class_id, person, sealed)


@pytest.mark.parametrize("plain", [b"[" * 100_000, b"\xff", b"{}", b'{"name": "x", "salt": "0"}', b"9" * 5000])
def test_what_is_no_name_is_told_so(plain: bytes) -> None:
    nonce = bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(bytes(32)).encrypt(nonce, plain, b"welder-1\0p-1")
    with pytest.raises(BadName):
        NameBox(bytes(32)).open("welder-1", "p-1", sealed)
