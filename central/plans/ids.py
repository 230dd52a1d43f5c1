"""ID numbers of people, at the centre only: encrypted at rest, and findable again by a keyed index, never in the clear.

The one key file `keys/people.key` gives two keys (HKDF-SHA256): one encrypts (AES-256-GCM, bound to class and person),
one makes the index (HMAC-SHA256 over the kind of document and the number). Who has the database alone can neither read
a number nor try all of them.
"""
from __future__ import annotations

import contextlib
import dataclasses
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from central.errors import BadKeyFile
from central.files import write_new
from central.locked import read_secret, to_keep
from central.plans.errors import NumbersLocked
from common.texts import N_
from evidence.errors import BadShape
from evidence.shape import decode, encode

KEY_BYTES, NONCE_BYTES = 32, 12
FILE = "people.key"
Document = Literal["id_card", "passport", "hong_kong_macau", "taiwan", "foreign_resident", "other"]


@dataclasses.dataclass(frozen=True)
class IdNumber:
    """The number of somebody's document, tidied: no spaces, capital letters."""

    document: Document
    number: str = dataclasses.field(repr=False)


class IdBox:
    """Seals, opens and indexes numbers. What is sealed for one person of one class opens for no other."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(_derive(key, b"zaitang people seal v1"))
        self._index = _derive(key, b"zaitang people index v1")

    def marker(self, one: IdNumber) -> str:
        """64 hex digits: the same for the same document of the same person, whichever class; nothing leads back."""
        return hmac.digest(self._index, f"{one.document}\0{one.number}".encode(), "sha256").hex()

    def seal(self, class_id: str, person: str, one: IdNumber) -> bytes:
        """Nonce and ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, json.dumps(encode(one)).encode(), _place(class_id, person))

    def open(self, class_id: str, person: str, sealed: bytes) -> IdNumber:
        """The number. Raises NumbersLocked."""
        try:
            plain = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(class_id, person))
            return decode(IdNumber, json.loads(plain), "number", strict=True)
        except (InvalidTag, ValueError, RecursionError, BadShape):
            raise NumbersLocked from None


def people_key(folder: Path) -> bytes:
    """The key of the ID numbers in `folder` (CENTRE/keys), made at its first use. Raises BadKeyFile, NoCentre."""
    path = folder / FILE
    if not path.exists():
        fresh = path.with_name(f".{FILE}.{secrets.token_hex(4)}")
        try:
            write_new(fresh, to_keep(path, secrets.token_bytes(KEY_BYTES)))
            with contextlib.suppress(FileExistsError):  # another process was first, and its key is read below
                os.link(fresh, path)
        except OSError as error:
            raise BadKeyFile(path=path, why=error.strerror) from None
        finally:
            fresh.unlink(missing_ok=True)
    key = read_secret(path)
    if len(key) != KEY_BYTES:
        raise BadKeyFile(path=path, why=N_("it has not the length of a key"))
    return key


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def _place(class_id: str, person: str) -> bytes:
    return f"{class_id}\0{person}".encode()
