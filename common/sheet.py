"""Sheets of names: sealed to one box's key (HPKE, RFC 9180) beside a class order, which holds only commitments."""
from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from evidence.errors import BadInput, BadShape
from evidence.shape import Match, decode, encode

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
MAX_SHEET = 1 << 20


class BadSheet(BadInput):
    text = "the name sheet of class {class_id} cannot be opened: {why}"


@dataclasses.dataclass(frozen=True)
class Named:
    """A person's name and the salt (hex) of the commitment that the order holds."""

    name: str
    salt: Annotated[str, Match(r"[0-9a-f]{32}", "32 lower-case hex digits")]


@dataclasses.dataclass(frozen=True)
class Sheet:
    """The names of a class by pseudonym."""

    class_id: str = dataclasses.field(metadata={"key": "class"})
    names: Mapping[str, Named]


def commitment(named: Named) -> str:
    """Hex SHA-256 of the salt's 16 bytes and the UTF-8 name: `Enrolled.commitment`."""
    return hashlib.sha256(bytes.fromhex(named.salt) + named.name.encode()).hexdigest()


def seal_sheet(class_id: str, names: Mapping[str, Named], sealing_key: str) -> bytes:
    """Encrypt the names to a box's X25519 public key (hex). Raises BadSheet for a key that is none."""
    plain = json.dumps(encode(Sheet(class_id, names)), ensure_ascii=False).encode()
    try:
        key = X25519PublicKey.from_public_bytes(bytes.fromhex(sealing_key))
    except ValueError:
        raise BadSheet(class_id=class_id, why="the box's sealing key is not an X25519 key") from None
    return SUITE.encrypt(plain, key, info=_info(class_id))


def open_sheet(sealed: bytes, class_id: str, key: X25519PrivateKey) -> dict[str, Named]:
    """The names by pseudonym. Raises BadSheet when it was sealed to another key, for another class, or was changed."""
    if len(sealed) > MAX_SHEET:
        raise BadSheet(class_id=class_id, why="it is too large")
    try:
        sheet = decode(Sheet, json.loads(SUITE.decrypt(sealed, key, info=_info(class_id))), "name sheet", strict=True)
    except InvalidTag:
        raise BadSheet(class_id=class_id, why="it was sealed for another box or class, or changed") from None
    except (ValueError, RecursionError, BadShape) as error:
        raise BadSheet(class_id=class_id, why=str(error)) from None
    if sheet.class_id != class_id:
        raise BadSheet(class_id=class_id, why="it names another class")
    return dict(sheet.names)


def _info(class_id: str) -> bytes:
    return b"zaitang name sheet v1\0" + class_id.encode()
