"""The centre's own keys: evidence key with certificate, keys of names, sealing and codes. Who certifies: authority.py.

    keys/root.pem centre.key centre.pem names.key sealing.key accounts.key      (private ones 0600)
"""
from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.authority import issue_centre, load_root, make_site_root, sign_intermediates
from central.errors import BadKeyFile
from central.files import PUBLIC, load_certificate, private_pem, read, read_pem, write_new
from central.locked import FIRST, load_private, read_secret, to_keep
from common.texts import N_
from evidence.certs import identity
from evidence.seal import KeySigner

CENTRE = "centre.pem"
NAMES_KEY_BYTES = 32


@dataclasses.dataclass(frozen=True)
class CentreKeys:
    """What the running centre holds. `certificate`: PEM of its own, which the root issued."""

    name: str
    root: x509.Certificate
    certificate: str
    signer: KeySigner
    public_key: Ed25519PublicKey
    names_key: bytes
    test: bool


def make_centre_keys(
    folder: Path, root: Path, device: str, start_us: int, test: bool, passphrase: bytes | None
) -> None:
    """Make the site's root in the folder `root`; in `folder` the centre's intermediates, evidence key and names key.
    Neither folder may exist. `device`: the centre's id in records. Raises WeakPassphrase, OSError."""
    make_site_root(root, f"{device} root", start_us, test, passphrase)
    folder.mkdir(mode=0o700)
    key = Ed25519PrivateKey.generate()
    _make(folder / FIRST, private_pem(key))
    _make(folder / "names.key", secrets.token_bytes(NAMES_KEY_BYTES))
    sign_intermediates(root, passphrase, folder, device, start_us)
    certificate = issue_centre(load_root(root, passphrase), device, key.public_key(), start_us)
    write_new(folder / CENTRE, certificate.encode(), PUBLIC)


def load_centre_keys(folder: Path, word: bytes | None = None) -> CentreKeys:
    """Everything but the root's private key. `word`: the passphrase of the keys, if not the machine's. Raises
    BadKeyFile, BadCertificate."""
    root = load_certificate(folder / "root.pem")
    certificate = read_pem(folder / CENTRE)
    key = load_private(folder / FIRST, word=word)
    mine = identity(certificate, root, "centre", str(folder / CENTRE))
    if mine.keyid != KeySigner(key).keyid:
        raise BadKeyFile(path=folder / FIRST, why=N_("it does not belong to centre.pem"))
    names_key = read_secret(folder / "names.key", word)
    if len(names_key) != NAMES_KEY_BYTES:
        raise BadKeyFile(path=folder / "names.key", why=N_("it has not the length of a key"))
    return CentreKeys(mine.name, root, certificate, KeySigner(key), mine.public_key, names_key, mine.test)


def sealing_key(folder: Path) -> X25519PrivateKey:
    """The key to which boxes seal ID numbers and lists; made at its first use. Raises BadKeyFile, NoCentre."""
    path = folder / "sealing.key"
    if not path.exists():
        try:
            _make(path, private_pem(X25519PrivateKey.generate()))
        except FileExistsError:
            return sealing_key(folder)
        except OSError as error:
            raise BadKeyFile(path=path, why=error.strerror) from None
    try:
        key = serialization.load_pem_private_key(read_secret(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is not a private key in PEM")) from None
    if not isinstance(key, X25519PrivateKey):
        raise BadKeyFile(path=path, why=N_("it is not an X25519 key"))
    return key


def accounts_key(folder: Path) -> bytes:
    """The key of the secrets of one-time codes; made at its first use. Raises BadKeyFile, NoCentre."""
    path = folder / "accounts.key"
    if not path.exists():
        try:
            _make(path, secrets.token_bytes(NAMES_KEY_BYTES))
        except FileExistsError:
            return accounts_key(folder)
        except OSError as error:
            raise BadKeyFile(path=path, why=error.strerror) from None
    key = read_secret(path)
    if len(key) != NAMES_KEY_BYTES:
        raise BadKeyFile(path=path, why=N_("it has not the length of a key"))
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """An Ed25519 public key in PEM. Raises BadKeyFile."""
    try:
        key = serialization.load_pem_public_key(read(path))
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is not a public key in PEM")) from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKeyFile(path=path, why=N_("it is not an Ed25519 key"))
    return key


def _make(path: Path, plain: bytes) -> None:
    """Raises BadKeyFile, NoCentre, OSError."""
    write_new(path, to_keep(path, plain))
