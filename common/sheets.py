"""Name sheets: who stands behind the pseudonyms of a class, sealed to one box (HPKE, RFC 9180), erasable at any time.

The order holds only `commitment(salt, name)` for each person, so a sheet can be checked and then thrown away.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from evidence.bodies import Enrolled
from evidence.canonical import canonical
from evidence.errors import BadInput

Names = Mapping[str, tuple[str, bytes]]
"""Pseudonym → name and salt."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO = b"zaitang/name-sheet/v1"
_MAX_BYTES = 1 << 20


class BadSheet(BadInput):
    """A name sheet that is not for us, not whole, or not the one that the order speaks of."""

    text = "the name sheet cannot be used: {why}"


def commitment(salt: bytes, name: str) -> str:
    """Hex SHA-256 of the salt followed by the UTF-8 name: what a class order says of a person."""
    return hashlib.sha256(salt + name.encode()).hexdigest()


def seal_sheet(names: Names, recipient_public_hex: str) -> bytes:
    """The sheet encrypted to the raw X25519 public key (hex) that a box states in its genesis record. Raises BadSheet."""
    rows = {person: {"name": name, "salt": salt.hex()} for person, (name, salt) in names.items()}
    try:
        key = X25519PublicKey.from_public_bytes(bytes.fromhex(recipient_public_hex))
    except ValueError:
        raise BadSheet(why="the receiver's key is not an X25519 key") from None
    return _SUITE.encrypt(canonical({"v": 1, "names": rows}), key, info=_INFO)


def open_sheet(sealed: bytes, private_key: X25519PrivateKey) -> dict[str, tuple[str, bytes]]:
    """Pseudonym → (name, salt). Raises BadSheet when it was sealed to another key, changed, or is not a sheet."""
    if len(sealed) > _MAX_BYTES:
        raise BadSheet(why="it is too long")
    try:
        plain = _SUITE.decrypt(sealed, private_key, info=_INFO)
    except (InvalidTag, ValueError):
        raise BadSheet(why="it is sealed to another key, or was changed") from None
    try:
        rows = json.loads(plain)["names"]
        return {person: _row(row) for person, row in rows.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadSheet(why="its content is not a list of names") from None


def _row(row: Mapping[str, str]) -> tuple[str, bytes]:
    name = row["name"]
    if not isinstance(name, str) or not name:
        raise ValueError("empty name")
    return name, bytes.fromhex(row["salt"])


def check_sheet(names: Names, roster: Iterable[Enrolled]) -> None:
    """Every person of the order has exactly the name that the order commits to. Raises BadSheet."""
    people = {enrolled.person: enrolled.commitment for enrolled in roster}
    if people.keys() != names.keys():
        raise BadSheet(why="it names other people than the order")
    for person, promised in people.items():
        name, salt = names[person]
        if commitment(salt, name) != promised:
            raise BadSheet(why=f"the name of {person} is not the one that the order commits to")
