"""Certificates: X.509 with Ed25519, one root key per site, which issues one certificate per device and per centre.

A key made for tests says so in its own certificate, in an extension that is critical: a reader that does not know it
must refuse the certificate. The dates of a certificate are not compared with those of records (evidence/README.md).
"""
from __future__ import annotations

import dataclasses
import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from evidence.errors import BadCertificate
from evidence.seal import keyid_of

TEST_KEY = x509.ObjectIdentifier("2.25.307793491334158622302749188636843853207")
"""The critical extension of test certificates; its value is DER NULL."""
MAX_PEM = 16384
_DER_NULL = b"\x05\x00"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who a certificate speaks of. `test`: it, or its root, is marked as a test key."""

    name: str
    public_key: Ed25519PublicKey
    keyid: str
    test: bool


def make_root(
    key: Ed25519PrivateKey, name: str, serial: int, start_us: int, days: int, test: bool
) -> x509.Certificate:
    """A self-signed root certificate. `start_us`: UTC microseconds from which it is valid."""
    names = _name(name), _name(name)
    return _certificate(key, key.public_key(), names, serial, start_us, days, test, ca=True)


def issue(
    root: x509.Certificate, root_key: Ed25519PrivateKey, public_key: Ed25519PublicKey, name: str, serial: int,
    start_us: int, days: int, test: bool,
) -> x509.Certificate:
    """The root's certificate for a device or a centre called `name`."""
    names = _name(name), root.subject
    return _certificate(root_key, public_key, names, serial, start_us, days, test, ca=False)


def pem(certificate: x509.Certificate) -> str:
    """PEM text of a certificate."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def read_certificate(certificate_pem: str, where: str = "certificate") -> x509.Certificate:
    """The one certificate in a PEM text. Raises BadCertificate."""
    if len(certificate_pem) > MAX_PEM:
        raise BadCertificate(where=where, why="it is too long")
    try:
        found = x509.load_pem_x509_certificates(certificate_pem.encode())
    except _UNREADABLE:
        raise BadCertificate(where=where, why="it is not PEM") from None
    if len(found) != 1:
        raise BadCertificate(where=where, why=f"{len(found)} certificates where one is expected")
    return found[0]


def identity(certificate_pem: str, root: x509.Certificate, where: str = "certificate") -> Identity:
    """The identity that `root` vouches for in a certificate. Raises BadCertificate."""
    certificate = read_certificate(certificate_pem, where)
    try:
        return _checked(certificate, root, where)
    except InvalidSignature:
        raise BadCertificate(where=where, why="the root did not issue it") from None
    except _UNREADABLE as error:
        raise BadCertificate(where=where, why=f"it cannot be read ({type(error).__name__})") from None


def is_test(certificate: x509.Certificate, where: str = "certificate") -> bool:
    """Whether a certificate is marked as a test key. Raises BadCertificate."""
    try:
        return _test_mark(certificate)
    except _UNREADABLE as error:
        raise BadCertificate(where=where, why=f"it cannot be read ({type(error).__name__})") from None


def fingerprint(certificate: x509.Certificate) -> str:
    """Lower-case hex SHA-256 of the certificate's SubjectPublicKeyInfo: the keyid of its key. Raises BadCertificate."""
    try:
        key = certificate.public_key()
    except _UNREADABLE:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadCertificate(where="certificate", why="its key is not an Ed25519 key")
    return keyid_of(key)


def _checked(certificate: x509.Certificate, root: x509.Certificate, where: str) -> Identity:
    root.verify_directly_issued_by(root)
    certificate.verify_directly_issued_by(root)
    key, names = certificate.public_key(), certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not isinstance(key, Ed25519PublicKey) or not isinstance(root.public_key(), Ed25519PublicKey):
        raise BadCertificate(where=where, why="its key is not an Ed25519 key")
    if not _is_ca(root):
        raise BadCertificate(where=where, why="the root is not a root certificate")
    if _is_ca(certificate):
        raise BadCertificate(where=where, why="it is a root certificate, not that of a device")
    if len(names) != 1:
        raise BadCertificate(where=where, why="it does not have one name")
    _no_unknown_demands(certificate, where)
    _no_unknown_demands(root, where)
    test = _test_mark(certificate) or _test_mark(root)
    return Identity(name=str(names[0].value), public_key=key, keyid=keyid_of(key), test=test)


def _no_unknown_demands(certificate: x509.Certificate, where: str) -> None:
    known = (x509.BasicConstraints.oid, x509.KeyUsage.oid, TEST_KEY)
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in known:
            raise BadCertificate(where=where, why=f"it demands {extension.oid.dotted_string}, which is not known here")


def _test_mark(certificate: x509.Certificate) -> bool:
    return any(extension.oid == TEST_KEY for extension in certificate.extensions)


def _is_ca(certificate: x509.Certificate) -> bool:
    found = [one.value for one in certificate.extensions if isinstance(one.value, x509.BasicConstraints)]
    return len(found) == 1 and found[0].ca


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    signing_key: Ed25519PrivateKey, public_key: Ed25519PublicKey, names: tuple[x509.Name, x509.Name], serial: int,
    start_us: int, days: int, test: bool, ca: bool,
) -> x509.Certificate:
    start = datetime.datetime.fromtimestamp(start_us // 1_000_000, datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(public_key)
    builder = builder.serial_number(serial).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
    builder = builder.add_extension(_usage(ca), critical=True)
    if test:
        builder = builder.add_extension(x509.UnrecognizedExtension(TEST_KEY, _DER_NULL), critical=True)
    return builder.sign(signing_key, None)


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )
