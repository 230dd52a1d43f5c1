"""Names of people, encrypted at rest under a key of their own (AES-256-GCM): the database alone tells nobody."""
from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.errors import BadName
from common.sheets import Name
from evidence.errors import BadShape
from evidence.shape import decode, encode

NONCE_BYTES = 12


class NameBox:
    """Encrypts and decrypts names. What is sealed for one person of one class opens for no other."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, class_id: str, person: str, named: Name) -> bytes:
        """Nonce and ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = json.dumps(encode(named), ensure_ascii=False).encode()
        return nonce + self._aead.encrypt(nonce, plain, _place(class_id, person))

    def open(self, class_id: str, person: str, sealed: bytes) -> Name:
        """The name. Raises BadName."""
        try:
            plain = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(class_id, person))
            return decode(Name, json.loads(plain), "name", strict=True)
        except (InvalidTag, ValueError, RecursionError, BadShape):
            raise BadName from None

    def open_all(self, class_id: str, sealed: Mapping[str, bytes]) -> dict[str, Name]:
        """All names of a class by pseudonym. Raises BadName."""
        return {person: self.open(class_id, person, data) for person, data in sealed.items()}


def _place(class_id: str, person: str) -> bytes:
    return f"{class_id}\0{person}".encode()
