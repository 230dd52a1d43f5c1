"""The keys of a box, under BOX/keys with mode 0600: evidence key and certificate, sealing key, data key.

Where the machine hands over a passphrase (common/lock.py) the secret ones are written under it; plain ones are read,
too."""
from __future__ import annotations

import dataclasses
import functools
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.lock import Lock, lock, new_salt
from common.texts import N_
from edge.errors import BadCertificateFile, BadKeyFile, BadKeys, NotCertified
from edge.storage.files import replace, sync_folder, write_new
from evidence.certs import MAX_PEM, fingerprint, identity, issue, make_root, read_certificate, split_chain
from evidence.errors import BadCertificate
from evidence.seal import keyid_of

Certify = Callable[[Ed25519PublicKey], tuple[str, str]]
"""From the box's public key to its certificate and the root's, both PEM."""
DATA_KEY_BYTES = 32
SECRET = ("data.key", "sealing.pem", "device.pem")
"""What is locked, in this order: where the last is, all are."""
ALREADY = N_("there are keys already")
NOT_SECRET = N_("other users can read it (its mode must be 600)")
DAMAGED = N_("it is damaged")
WRONG_KIND = N_("it is of the wrong kind")
OTHER_KEY = N_("it certifies another key")
OTHER_BOX = N_("it certifies a box of another name than box.toml says")
NOT_CERTIFIED = N_("the centre has not certified this box yet: `zaitang-edge join` asks it to; where no line leads "
                   "there, `zaitang-edge certify` takes its certificate from a stick")
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class BoxKeys:
    """`device` signs records; `sealing` opens name sheets; `data` (AES-256-GCM) protects templates at rest.

    `certificate`: PEM of the evidence key's, then of the intermediate that issued it, if the root did not."""

    device: Ed25519PrivateKey = dataclasses.field(repr=False)
    certificate: str
    root: str
    sealing: X25519PrivateKey = dataclasses.field(repr=False)
    data: bytes = dataclasses.field(repr=False)

    @property
    def sealing_key(self) -> str:
        """The public sealing key, hex: what the genesis record publishes."""
        return self.sealing.public_key().public_bytes_raw().hex()

    @property
    def root_fingerprint(self) -> str:
        """Hex SHA-256 of the root's public key (SPKI DER)."""
        return fingerprint(x509.load_pem_x509_certificate(self.root.encode()))


def make_box_keys(folder: Path, certify: Certify) -> BoxKeys:
    """Make all keys of a new box in `folder` (BOX/keys), all or nothing. Raises BadKeys if it exists."""
    if folder.exists():
        raise BadKeys(folder=folder, why=ALREADY)
    device = Ed25519PrivateKey.generate()
    certificate, root = certify(device.public_key())
    keys = BoxKeys(device, certificate, root, X25519PrivateKey.generate(), secrets.token_bytes(DATA_KEY_BYTES))
    _write(folder, _files(keys))
    return keys


def make_waiting_keys(folder: Path) -> str:
    """The same without certificates: `certify_keys` brings them. The public key, PEM. Raises BadKeys."""
    device = Ed25519PrivateKey.generate()
    keys = BoxKeys(device, "", "", X25519PrivateKey.generate(), secrets.token_bytes(DATA_KEY_BYTES))
    _write(folder, {name: data for name, data in _files(keys).items() if data})
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return device.public_key().public_bytes(serialization.Encoding.PEM, spki).decode("ascii")


def certify_keys(folder: Path, device: str, certificate: str, root: str, where: tuple[str, str]) -> str:
    """Keep the certificate of this box's key and the root that issued it; the root's fingerprint. `where` names both in
    errors. Raises BadKeys."""
    try:
        trusted = read_certificate(root, where[1])
        who = identity(certificate, trusted, "box", where[0])
    except BadCertificate as error:
        raise BadCertificateFile(why=error) from None
    if who.keyid != keyid_of(load_device_key(folder).public_key()):
        raise BadKeyFile(path=where[0], why=OTHER_KEY)
    if who.name != device:
        raise BadKeyFile(path=where[0], why=OTHER_BOX)
    try:
        replace(folder / "root.crt", root.encode())
        replace(folder / "device.crt", certificate.encode())
    except OSError as error:
        raise BadKeys(folder=folder, why=error.strerror or str(error)) from None
    return fingerprint(trusted)


def load_device_key(folder: Path) -> Ed25519PrivateKey:
    """The evidence key alone, also of a box that is not certified yet. Raises BadKeyFile."""
    key = _read(folder / "device.pem", _private, secret=True)
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(path=folder / "device.pem", why=WRONG_KIND)
    return key


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """All of the files in a new folder, or nothing. Raises BadKeys."""
    word, salt = LOCK.passphrase(), new_salt()
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(mode=0o700, parents=True)
        for name, data in files.items():
            write_new(fresh / name, lock(name, data, word, salt) if word and name in SECRET else data, mode=0o600)
        os.rename(fresh, folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise BadKeys(folder=folder, why=error.strerror or str(error)) from None


def self_certified(device: str, start_us: int, days: int = 3650) -> Certify:
    """A root made on the spot and thrown away, for a recording outside any site: marked as a test key.

    The validity begins a day early, so a clock that is set right later does not invalidate it.
    """
    def certify(public_key: Ed25519PublicKey) -> tuple[str, str]:
        root_key = Ed25519PrivateKey.generate()
        root = make_root(root_key, f"{device} (self-made)", 1, start_us - 86_400_000_000, days, True)
        own = issue(root, root_key, public_key, device, 2, start_us - 86_400_000_000, days, True, "box")
        return _pem(own), _pem(root)

    return certify


def load_keys(folder: Path) -> BoxKeys:
    """Read BOX/keys. Raises BadKeys naming what is missing, readable by others, or does not belong together."""
    if (folder / "device.pem").is_file() and not (folder / "device.crt").exists():
        raise NotCertified(folder=folder, why=NOT_CERTIFIED)
    device = load_device_key(folder)
    sealing = _read(folder / "sealing.pem", _private, secret=True)
    data = _read(folder / "data.key", _data_key, secret=True)
    chain = _read(folder / "device.crt", _certificates)
    root = _read(folder / "root.crt", _certificate)
    if not isinstance(sealing, X25519PrivateKey):
        raise BadKeyFile(path=folder / "sealing.pem", why=WRONG_KIND)
    certified = chain[0].public_key()
    if not isinstance(certified, Ed25519PublicKey) or keyid_of(certified) != keyid_of(device.public_key()):
        raise BadKeyFile(path=folder / "device.crt", why=OTHER_KEY)
    return BoxKeys(device, "".join(map(_pem, chain)), _pem(root), sealing, data)


def encrypt(data_key: bytes, plain: bytes, label: str) -> bytes:
    """AES-256-GCM with a fresh nonce in front; `label` says what it is and is needed again to decrypt."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(data_key).encrypt(nonce, plain, label.encode())


def decrypt(data_key: bytes, sealed: bytes, label: str) -> bytes:
    """The inverse of `encrypt`. Raises cryptography's InvalidTag if key, label or bytes do not match."""
    return AESGCM(data_key).decrypt(sealed[:12], sealed[12:], label.encode())


def _files(keys: BoxKeys) -> dict[str, bytes]:
    pkcs8 = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "device.pem": keys.device.private_bytes(*pkcs8),
        "sealing.pem": keys.sealing.private_bytes(*pkcs8),
        "data.key": keys.data,
        "device.crt": keys.certificate.encode(),
        "root.crt": keys.root.encode(),
    }


def _read(path: Path, parse: Callable[[bytes], T], secret: bool = False) -> T:
    """A parsed file. Raises BadKeyFile when it is missing, damaged, or secret and open to others or not opened."""
    data = LOCK.plain(path) if secret else _bytes(path)
    try:
        return parse(data)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, BadCertificate, x509.ExtensionNotFound):
        # TypeError: it wants a password. InternalError: OpenSSL has no words for what is wrong.
        raise BadKeyFile(path=path, why=DAMAGED) from None


def _bytes(path: Path, secret: bool = False) -> bytes:
    try:
        if secret and path.stat().st_mode & 0o077:
            raise BadKeyFile(path=path, why=NOT_SECRET)
        with path.open("rb") as file:
            return file.read(MAX_PEM)
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror or str(error)) from None


def _private(data: bytes) -> object:
    return serialization.load_pem_private_key(data, None)


def _certificate(data: bytes) -> x509.Certificate:
    """One certificate of an Ed25519 key."""
    found = read_certificate(data.decode("ascii"))
    fingerprint(found)
    return found


def _certificates(data: bytes) -> list[x509.Certificate]:
    """The box's own, of an Ed25519 key, and its intermediates, which certify."""
    own, above = split_chain(data.decode("ascii"))
    found = [read_certificate(one) for one in (own, *(above or ()))]
    for one in found:
        fingerprint(one)
        if (one is not found[0]) != one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise ValueError
    return found


def _data_key(data: bytes) -> bytes:
    if len(data) != DATA_KEY_BYTES:
        raise ValueError
    return data


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


LOCK = Lock("zaitang.keys", lambda _: SECRET, functools.partial(_bytes, secret=True), replace, BadKeyFile)
