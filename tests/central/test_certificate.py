"""A renewed certificate of the console: shown without a restart, and never half of one."""
from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from central.web.certificate import Certificate
from evidence.certs import pem


def write(folder: Path, serial: int, *names: str) -> None:
    """A certificate and its key, or one of both."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console.example")])
    made = (x509.CertificateBuilder(name, name, key.public_key(), serial).not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for file, data in (("c.pem", pem(made).encode()), ("k.pem", private)):
        if file in names or not names:
            (folder / file).write_bytes(data)


def shown(certificate: Certificate) -> int:
    """The serial number of what a browser that connects now is shown."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    browser = client.wrap_bio(back, there)
    console = certificate.context.wrap_bio(there, back, server_side=True)
    for _ in range(3):
        for end in (browser, console):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = browser.getpeercert(binary_form=True)
    assert found is not None
    return x509.load_der_x509_certificate(found).serial_number


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    write(tmp_path, 1)
    return Certificate(tmp_path / "c.pem", tmp_path / "k.pem")


def test_a_renewed_one_is_shown_to_the_next_who_comes(certificate: Certificate, tmp_path: Path) -> None:
    assert shown(certificate) == 1
    write(tmp_path, 2)
    assert shown(certificate) == 1
    certificate.look()
    assert shown(certificate) == 2


def test_half_of_one_leaves_the_earlier_one_in_use(certificate: Certificate, tmp_path: Path) -> None:
    write(tmp_path, 2, "c.pem")
    certificate.look()
    assert shown(certificate) == 1, "its key is not there yet"
    (tmp_path / "k.pem").unlink()
    certificate.look()
    assert shown(certificate) == 1
    write(tmp_path, 3)
    certificate.look()
    assert shown(certificate) == 3


def test_what_cannot_be_used_is_told_once(
    certificate: Certificate, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "c.pem").write_text("nothing")
    for _ in range(3):
        certificate.look()
    assert caplog.messages.count("certificate.not_renewed") == 1 and shown(certificate) == 1
