"""The publisher's key, and the signature that it puts under a bundle. Needs `cryptography`."""
from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from provisioning.release.about import Release
from provisioning.release.check import read_file, whole
from provisioning.release.errors import CannotWrite, KeyLocked, KeyThere
from provisioning.release.key import MAX_PEM, write_key
from provisioning.release.sums import MAX_SUMS, SIGNATURE, SUMS

PRIVATE, PUBLIC = "release-key.pem", "release.pem"


def keygen(folder: Path, passphrase: bytes) -> bytes:
    """A new key: PRIVATE, locked by the passphrase, and PUBLIC, for the machines. The 32 public bytes. Raises KeyThere,
    CannotWrite."""
    private = Ed25519PrivateKey.generate()
    locked = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    public = private.public_key().public_bytes_raw()
    for name in (PRIVATE, PUBLIC):
        if (folder / name).exists():
            raise KeyThere(file=folder / name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / PRIVATE, locked, 0o600)
        _write(folder / PUBLIC, write_key(public), 0o644)
    except OSError as error:
        raise CannotWrite(file=folder, why=error.strerror) from None
    return public


def sign(folder: Path, key: Path, passphrase: bytes) -> Release:
    """Put a signature under a bundle that is whole by its own list. Raises BadRelease."""
    private = _unlocked(key, passphrase)
    listed = read_file(folder / SUMS, MAX_SUMS)
    (folder / SIGNATURE).unlink(missing_ok=True)
    release = whole(folder, listed, {SUMS})
    part = folder.with_name(folder.name + ".sig.part")
    try:
        part.unlink(missing_ok=True)
        _write(part, private.sign(listed), 0o644)
        part.rename(folder / SIGNATURE)
    except OSError as error:
        raise CannotWrite(file=folder / SIGNATURE, why=error.strerror) from None
    return release


def _unlocked(path: Path, passphrase: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(read_file(path, MAX_PEM), passphrase)
    except (ValueError, TypeError):  # TypeError: it is not locked at all
        raise KeyLocked(file=path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyLocked(file=path)
    return key


def public_of(key: Path, passphrase: bytes) -> bytes:
    """The 32 public bytes of a private key. Raises KeyLocked, CannotRead."""
    return _unlocked(key, passphrase).public_key().public_bytes_raw()


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
