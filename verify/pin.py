"""Which root an auditor trusts: the value of `--root`, a fingerprint or a PEM file of a certificate or public key."""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evidence.certs import MAX_PEM, fingerprint, read_certificate
from evidence.errors import BadCertificate
from evidence.seal import keyid_of
from verify.errors import BadRoot
from verify.folder import shown


@dataclasses.dataclass(frozen=True)
class Pin:
    """The fingerprint that the root must have, and the root certificate itself where it was given."""

    fingerprint: str
    certificate: x509.Certificate | None = None


def read_pin(value: str) -> Pin:
    """The pin in the argument of `--root`. Spaces, colons and capitals in a fingerprint are fine. Raises BadRoot."""
    digits = re.sub(r"[\s:]", "", value).lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits):
        return Pin(digits)
    path = Path(value)
    try:
        if path.exists() and not path.is_file():
            raise BadRoot(value=shown(value), why="it is not a plain file")
        with path.open("rb") as file:
            text = file.read(MAX_PEM + 1).decode("ascii")
    except OSError as error:
        raise BadRoot(value=shown(value), why=error.strerror or str(error)) from None
    except ValueError:
        raise BadRoot(value=shown(value), why="it is not PEM") from None
    return _from_pem(text, value)


def _from_pem(text: str, value: str) -> Pin:
    try:
        if "BEGIN CERTIFICATE" in text:
            certificate = read_certificate(text)
            return Pin(fingerprint(certificate), certificate)
        key = load_pem_public_key(text.encode())
    except BadCertificate as error:
        raise BadRoot(value=shown(value), why=error.params["why"]) from None
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise BadRoot(value=shown(value), why="it is not PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadRoot(value=shown(value), why="its key is not an Ed25519 key")
    return Pin(keyid_of(key))
