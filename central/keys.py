"""The centre's keys: root of the site, evidence key with certificate, key of the names; and certificates for boxes.

    keys/root.key root.pem centre.key centre.pem names.key      (private ones 0600)
"""
from __future__ import annotations

import dataclasses
import os
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.errors import BadKeyFile, NoCentre
from common.texts import N_
from evidence.certs import identity, issue, make_root, pem, read_certificate
from evidence.seal import KeySigner

CERTIFICATE_DAYS = 3650
NAMES_KEY_BYTES = 32
MAX_FILE = 16384


@dataclasses.dataclass(frozen=True)
class CentreKeys:
    """What the running centre holds; the root's private key is read only to issue a certificate."""

    name: str
    root: x509.Certificate
    certificate: str
    signer: KeySigner
    public_key: Ed25519PublicKey
    names_key: bytes
    test: bool


def make_centre_keys(folder: Path, device: str, start_us: int, test: bool) -> None:
    """Make root, evidence key and names key in `folder`, which must not exist. `device`: the centre's id in records."""
    folder.mkdir(mode=0o700)
    root_key, centre_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    root = make_root(root_key, f"{device} root", new_serial(), start_us, CERTIFICATE_DAYS, test)
    own = issue(root, root_key, centre_key.public_key(), device, new_serial(), start_us, CERTIFICATE_DAYS, test)
    _write(folder / "root.key", _private_pem(root_key), 0o600)
    _write(folder / "centre.key", _private_pem(centre_key), 0o600)
    _write(folder / "names.key", secrets.token_bytes(NAMES_KEY_BYTES), 0o600)
    _write(folder / "root.pem", pem(root).encode(), 0o644)
    _write(folder / "centre.pem", pem(own).encode(), 0o644)


def load_centre_keys(folder: Path) -> CentreKeys:
    """Everything but the root's private key. Raises BadKeyFile, BadCertificate."""
    root = load_certificate(folder / "root.pem")
    certificate = read_pem(folder / "centre.pem")
    key = _load_private(folder / "centre.key")
    mine = identity(certificate, root)
    if mine.keyid != KeySigner(key).keyid:
        raise BadKeyFile(path=folder / "centre.key", why=N_("it does not belong to centre.pem"))
    names_key = _read(folder / "names.key")
    if len(names_key) != NAMES_KEY_BYTES:
        raise BadKeyFile(path=folder / "names.key", why=N_("it has not the length of a key"))
    return CentreKeys(mine.name, root, certificate, KeySigner(key), mine.public_key, names_key, mine.test)


def issue_box(folder: Path, device: str, public_key: Ed25519PublicKey, start_us: int) -> str:
    """A certificate (PEM) for a box's evidence key, signed by the site's root; a test root issues test certificates."""
    root = load_certificate(folder / "root.pem")
    root_key = _load_private(folder / "root.key")
    own = identity(read_pem(folder / "centre.pem"), root)
    certificate = issue(root, root_key, public_key, device, new_serial(), start_us, CERTIFICATE_DAYS, own.test)
    return pem(certificate)


def sealing_key(folder: Path) -> X25519PrivateKey:
    """The key to which boxes seal ID numbers and lists; made at its first use. Raises BadKeyFile, NoCentre."""
    path = folder / "sealing.key"
    if not path.exists():
        _read(folder / "centre.key")
        try:
            _write(path, _private_pem(X25519PrivateKey.generate()), 0o600)
        except OSError as error:
            raise BadKeyFile(path=path, why=error.strerror) from None
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is not a private key in PEM")) from None
    if not isinstance(key, X25519PrivateKey):
        raise BadKeyFile(path=path, why=N_("it is not an X25519 key"))
    return key


def new_serial() -> int:
    """A random certificate serial of 20 octets at most, positive."""
    return x509.random_serial_number()


def load_public_key(path: Path) -> Ed25519PublicKey:
    """An Ed25519 public key in PEM. Raises BadKeyFile."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is not a public key in PEM")) from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKeyFile(path=path, why=N_("it is not an Ed25519 key"))
    return key


def load_certificate(path: Path) -> x509.Certificate:
    """A certificate in PEM. Raises BadKeyFile, BadCertificate."""
    return read_certificate(read_pem(path), str(path))


def read_pem(path: Path) -> str:
    """The text of a small PEM file. Raises BadKeyFile."""
    return _read(path).decode("ascii", "replace")


def _load_private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is not a private key in PEM")) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(path=path, why=N_("it is not an Ed25519 key"))
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except FileNotFoundError:
        if path.parent.name == "keys" and not path.parent.exists():
            raise NoCentre(folder=path.parent.parent) from None
        raise BadKeyFile(path=path, why=N_("it does not exist")) from None
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror) from None


def _write(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _private_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
