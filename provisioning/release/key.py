"""The public key that releases are signed with: its PEM, and the fingerprint that people compare. Pure."""
from __future__ import annotations

import base64
import binascii
import hashlib
import re

from provisioning.release.errors import BadKey

MAX_PEM = 4096
_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""Of the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410); its 32 bytes follow."""
_PEM = re.compile(rb"\s*-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=]{1,200})\s+-----END PUBLIC KEY-----\s*")


def read_key(pem: bytes, file: str = "release.pem") -> bytes:
    """The 32 bytes of the key. `file`: what the error names. Raises BadKey."""
    match = _PEM.fullmatch(pem) if len(pem) <= MAX_PEM else None
    try:
        der = base64.b64decode(match[1], validate=True) if match else b""
    except binascii.Error:
        der = b""
    if len(der) != len(_PREFIX) + 32 or not der.startswith(_PREFIX):
        raise BadKey(file=file)
    return der[len(_PREFIX):]


def write_key(key: bytes) -> bytes:
    """The PEM of these 32 bytes."""
    told = base64.b64encode(_PREFIX + key).decode("ascii")
    return f"-----BEGIN PUBLIC KEY-----\n{told}\n-----END PUBLIC KEY-----\n".encode("ascii")


def fingerprint(key: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, in hex, in groups of four, as people read it aloud."""
    told = hashlib.sha256(_PREFIX + key).hexdigest()
    return " ".join(told[at:at + 4] for at in range(0, 64, 4))
