"""Files of keys and certificates: read with a bound, written so that a power cut leaves the old one or the new one."""
from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.errors import BadKeyFile, NoCentre
from common.texts import N_
from evidence.certs import read_certificate

MAX_FILE = 16384
PRIVATE, PUBLIC, OTHERS = 0o600, 0o644, 0o077
"""`OTHERS`: rights of other accounts of the machine."""


def read(path: Path, secret: bool = False) -> bytes:
    """The bytes of a small file. `secret`: somebody wrote it by hand, and nobody else may read it. Raises BadKeyFile,
    NoCentre."""
    try:
        with path.open("rb") as file:
            if secret and os.fstat(file.fileno()).st_mode & OTHERS:
                raise BadKeyFile(path=path, why=N_("other users can read it (its mode must be 600)"))
            return file.read(MAX_FILE + 1)
    except FileNotFoundError:
        if path.parent.name == "keys" and not path.parent.exists():
            raise NoCentre(folder=path.parent.parent) from None
        raise BadKeyFile(path=path, why=N_("it does not exist")) from None
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror) from None


def read_pem(path: Path) -> str:
    """The text of a small PEM file. Raises BadKeyFile."""
    return read(path).decode("ascii", "replace")


def load_certificate(path: Path) -> x509.Certificate:
    """A certificate in PEM. Raises BadKeyFile, BadCertificate."""
    return read_certificate(read_pem(path), str(path))


def private_pem(key: Ed25519PrivateKey | X25519PrivateKey, passphrase: bytes | None = None) -> bytes:
    """PEM of a private key, encrypted if there is a passphrase."""
    sealed = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)


def write_new(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Create `path`, which must not exist; durable when it returns. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def replace(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Put these bytes at `path`: old or new, never half. Raises BadKeyFile."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(fresh, data, mode)
        os.rename(fresh, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror) from None
    finally:
        fresh.unlink(missing_ok=True)
