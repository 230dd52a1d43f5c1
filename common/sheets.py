"""A sheet of names: who stands behind the pseudonyms of one class, encrypted to one box and erasable at any time.

The encryption is HPKE (RFC 9180: X25519, HKDF-SHA256, AES-128-GCM) with the class in `info`. The plain sheet is a JSON
object `{person: {"name": text, "salt": hex}}`. The commitment in the order is SHA-256 over salt and name, so the sheet
proves itself against the signed order.
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from evidence.bodies import ClassId, Enrolled
from evidence.errors import BadInput, BadShape
from evidence.shape import Match, decode, encode

_ROSTER = b"zaitang roster v1"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


class BadSheet(BadInput):
    text = "the sheet of names of class {class_id} cannot be read: {why}"


class BadCentreKey(BadInput):
    text = "the sealing key is not an X25519 key of 64 hex digits"


class BadRoster(BadInput):
    text = "the sealed list of people cannot be read: it is for another centre, or was changed"


@dataclasses.dataclass(frozen=True)
class Listed:
    """One person of a list that the institution brings, with the number of the ID card."""

    name: str
    number: str = dataclasses.field(repr=False)
    role: Literal["trainee", "instructor"]


@dataclasses.dataclass(frozen=True)
class _Roster:
    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    people: tuple[Listed, ...]


@dataclasses.dataclass(frozen=True)
class Name:
    """One person's name and the salt (hex) of its commitment."""

    name: str
    salt: Annotated[str, Match(r"(?:[0-9a-f]{2}){16,64}", "a salt of hex digits")]

    @property
    def commitment(self) -> str:
        """Hex SHA-256 of the salt's bytes and the name in UTF-8: what the order's roster holds."""
        return hashlib.sha256(bytes.fromhex(self.salt) + self.name.encode()).hexdigest()


def seal_sheet(names: Mapping[str, Name], sealing_key: str, class_id: str) -> bytes:
    """Encrypt a sheet for the box whose sealing key (X25519 public key, hex) this is. Raises BadSheet if it is none."""
    plain = json.dumps({person: encode(name) for person, name in names.items()}, ensure_ascii=False).encode()
    try:
        key = X25519PublicKey.from_public_bytes(bytes.fromhex(sealing_key))
    except ValueError:
        raise BadSheet(class_id=class_id, why="the sealing key of the box is not an X25519 key") from None
    return _SUITE.encrypt(plain, key, info=_info(class_id))


def open_sheet(sealed: bytes, key: X25519PrivateKey, class_id: str) -> dict[str, Name]:
    """The names by pseudonym. Raises BadSheet or BadShape when it is for another box or class, or was changed."""
    try:
        plain = json.loads(_SUITE.decrypt(sealed, key, info=_info(class_id)))
    except (InvalidTag, ValueError, RecursionError):
        raise BadSheet(class_id=class_id, why="it is for another box or another class, or was changed") from None
    if not isinstance(plain, dict):
        raise BadSheet(class_id=class_id, why="it holds no names")
    return {str(person): decode(Name, value, f"names of {class_id}") for person, value in plain.items()}


def seal_number(salt: bytes, number: str, centre_key: str, class_id: str, person: str) -> bytes:
    """Encrypt the salt and number of an anchor for the centre whose sealing key (X25519 public key, hex) this is.
    Raises BadCentreKey if it is none."""
    return _SUITE.encrypt(salt + number.encode(), public_key(centre_key), info=_number_info(class_id, person))


def open_number(sealed: bytes, key: X25519PrivateKey, class_id: str, person: str) -> tuple[bytes, str]:
    """Salt (16 bytes) and number. Raises BadSheet when they are sealed for another key, class or person, or changed."""
    try:
        plain = _SUITE.decrypt(sealed, key, info=_number_info(class_id, person))
        return plain[:16], plain[16:].decode()
    except (InvalidTag, ValueError):
        raise BadSheet(class_id=class_id, why="it is for another centre or another person, or was changed") from None


def seal_roster(people: Iterable[Listed], centre_key: str, class_id: str) -> bytes:
    """Encrypt a list of people with their ID numbers for the centre whose sealing key (hex) this is. Raises
    BadCentreKey if it is none."""
    plain = json.dumps({"class": class_id, "people": [encode(one) for one in people]}, ensure_ascii=False).encode()
    return _SUITE.encrypt(plain, public_key(centre_key), info=_ROSTER)


def open_roster(sealed: bytes, key: X25519PrivateKey) -> tuple[str, tuple[Listed, ...]]:
    """The class and its people. Raises BadRoster when the list is for another centre, or was changed."""
    try:
        plain = decode(_Roster, json.loads(_SUITE.decrypt(sealed, key, info=_ROSTER)), "roster", strict=True)
    except (InvalidTag, ValueError, RecursionError, BadShape):
        raise BadRoster() from None
    return plain.class_id, plain.people


def public_key(text: str) -> X25519PublicKey:
    """A sealing key from its 64 hex digits. Raises BadCentreKey."""
    try:
        return X25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise BadCentreKey() from None


def check_sheet(names: Mapping[str, Name], roster: Iterable[Enrolled], class_id: str) -> None:
    """Everybody on the sheet has the name that the order commits to. People whose name was erased may be missing.

    Raises BadSheet.
    """
    promised = {enrolled.person: enrolled.commitment for enrolled in roster}
    for person, name in names.items():
        if name.commitment != promised.get(person):
            raise BadSheet(class_id=class_id, why=f"the name of {person} is not the one that the order commits to")


def _info(class_id: str) -> bytes:
    return b"zaitang names v1:" + class_id.encode()


def _number_info(class_id: str, person: str) -> bytes:
    return b"zaitang number v1:" + class_id.encode() + b"/" + person.encode()
