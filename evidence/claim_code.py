"""The code by which a person at the centre picks out a new box: a short digest of its keys and its serial number.

It is no secret. It is shown on the box's screen, and whoever types it at the centre gets that machine and no other: to
have the same code another machine would have to compute about 2^60 hashes; it may say any serial number, so that this
needs no keys of its own for each. What is compared besides is the whole fingerprint.
"""
from __future__ import annotations

import hashlib
import re

UNNAMED = "unnamed"
"""The name in the certificate requests of a box that has none yet."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
LENGTH, GROUP = 12, 4
_ALIKE = str.maketrans("ILO", "110")
_CONTEXT = b"zaitang claim code 1"


def claim_code(evidence_key: bytes, tls_key: bytes, serial: str) -> str:
    """The code of a machine, like `7K3M-0QXA-92TB`. Keys: Ed25519, raw; `serial`: as the box says it."""
    parts = (_CONTEXT, evidence_key, tls_key, serial.encode())
    digest = hashlib.sha256(b"".join(len(part).to_bytes(2, "big") + part for part in parts)).digest()
    number = int.from_bytes(digest, "big")
    letters = "".join(LETTERS[number >> 5 * place & 31] for place in range(LENGTH))
    return "-".join(letters[at:at + GROUP] for at in range(0, LENGTH, GROUP))


def read_claim_code(text: str) -> str | None:
    """A code as somebody typed it: small letters, without hyphens, O for 0. None: it is none."""
    plain = re.sub(r"[\s-]", "", text[:80]).upper().translate(_ALIKE)
    if len(plain) != LENGTH or not set(plain) <= set(LETTERS):
        return None
    return "-".join(plain[at:at + GROUP] for at in range(0, LENGTH, GROUP))
