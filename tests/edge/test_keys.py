"""The keys of a box: whatever lies in their files, what is wrong is told by the name of the file."""
from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from common.lock import HEAD
from edge.errors import BadKeyFile
from edge.keys import (
    LOCK,
    SECRET,
    load_device_key,
    load_keys,
    make_box_keys,
    make_waiting_keys,
    self_certified,
)


def written(der: bytes) -> bytes:
    """As PEM."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


def with_version(pem: bytes) -> bytes:
    """A certificate of a version that does not exist."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    at = der.index(b"\xa0\x03\x02\x01\x02") + 4
    return written(der[:at] + b"\x09" + der[at + 1:])


def of_kind(pem: bytes, oid: bytes) -> bytes:
    """A certificate whose key says that it is of another kind."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    at = der.rindex(b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21")
    return written(der[:at + 4] + oid + der[at + 7:])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_box_keys(tmp_path / "keys", self_certified("box-1", 0))
    return tmp_path / "keys"


def encrypted() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize("name", ["device.pem", "sealing.pem"])
def test_a_key_that_wants_a_password_is_told_by_its_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(encrypted())
    with pytest.raises(BadKeyFile, match=name):
        load_keys(folder)


@pytest.mark.parametrize("name", ["device.crt", "root.crt"])
@pytest.mark.parametrize("damage", [
    with_version, lambda pem: of_kind(pem, b"\x2b\x65\x71"), lambda pem: pem + pem, lambda pem: pem * 20,
    lambda pem: b"",
    lambda pem: encrypted()])
def test_a_damaged_certificate_is_told_by_its_name(folder: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    with pytest.raises(BadKeyFile, match=name):
        load_keys(folder)


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase, as systemd hands it over."""
    (tmp_path / LOCK.credential).write_bytes(b"a long passphrase\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))


@pytest.mark.usefixtures("given")
def test_new_keys_are_locked_where_a_passphrase_is_given(tmp_path: Path) -> None:
    keys = tmp_path / "box/keys"
    made = make_box_keys(keys, self_certified("box-1", 0))
    assert load_keys(keys).data == made.data
    assert all((keys / name).read_bytes().startswith(HEAD) for name in SECRET)
    assert b"CERTIFICATE" in (keys / "device.crt").read_bytes()
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}


@pytest.mark.usefixtures("given")
def test_a_box_that_waits_for_its_centre_has_locked_keys_too(tmp_path: Path) -> None:
    public = make_waiting_keys(tmp_path / "keys")
    assert all((tmp_path / "keys" / name).read_bytes().startswith(HEAD) for name in SECRET)
    assert "PUBLIC KEY" in public and load_device_key(tmp_path / "keys")
