"""Certificates for connections (TLS 1.3, Ed25519), and the list of those that were revoked. Bytes in, bytes out.

They hang on the root's own key, by a second self-signed certificate of it: TLS libraries refuse the critical mark of
test keys, so here the mark is not critical. No reader of evidence takes them: their use is connections alone.
"""
from __future__ import annotations

import dataclasses
import datetime
import ipaddress
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from evidence.certs import DER_NULL, TEST_KEY, key_usage

SKEW = datetime.timedelta(days=1)
"""So much earlier than it is made a certificate begins, for clocks that are behind."""
DAYS = 90
"""The life of a device's certificate, and of the centre's."""
LIST_DAYS = 3650
"""The broker refuses everybody once the list is too old; a new one is written at each start and each revocation."""
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclasses.dataclass(frozen=True)
class Authority:
    """Who certifies: certificate and key."""

    certificate: x509.Certificate
    key: Ed25519PrivateKey = dataclasses.field(repr=False)

    @property
    def test(self) -> bool:
        """Whether it carries the mark of test keys."""
        return any(extension.oid == TEST_KEY for extension in self.certificate.extensions)


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What a certificate says. `path_length` None: of a device."""

    name: str
    key: Ed25519PublicKey
    days: int
    path_length: int | None = None
    uses: tuple[x509.ObjectIdentifier, ...] = ()
    server_names: tuple[str, ...] = ()


def make_tls_root(root: Authority, name: str, now_us: int, days: int) -> x509.Certificate:
    """The root's second certificate, by which connections trust it: of the same key and name."""
    asked = _Asked(name, root.key.public_key(), days, path_length=1)
    return _signed(root.key, _name(name), asked, now_us, root.test)


def make_tls_authority(
    root: Authority, key: Ed25519PublicKey, name: str, now_us: int, days: int
) -> x509.Certificate:
    """The root's certificate for a key that certifies connections."""
    asked = _Asked(name, key, days, path_length=0, uses=(CLIENT, SERVER))
    return _signed(root.key, root.certificate.subject, asked, now_us, root.test)


def issue_client(authority: Authority, key: Ed25519PublicKey, device: str, now_us: int) -> x509.Certificate:
    """A box's certificate: it may connect, and serve nobody."""
    asked = _Asked(device, key, DAYS, uses=(CLIENT,))
    return _signed(authority.key, authority.certificate.subject, asked, now_us, authority.test)


def issue_server(
    authority: Authority, key: Ed25519PublicKey, device: str, server_names: Sequence[str], now_us: int
) -> x509.Certificate:
    """The centre's certificate: for its servers under these names and addresses, and for its collector."""
    asked = _Asked(device, key, DAYS, uses=(CLIENT, SERVER), server_names=tuple(server_names))
    return _signed(authority.key, authority.certificate.subject, asked, now_us, authority.test)


def revocation_list(authority: Authority, serials: Iterable[int], now_us: int) -> bytes:
    """The authority's signed list (PEM) of certificates that may not connect any more."""
    now = moment(now_us)
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    # As old as the authority itself: a list from a clock that was ahead would shut everybody out once it is put right.
    begun = authority.certificate.not_valid_before_utc
    builder = builder.last_update(begun).next_update(max(now, begun) + datetime.timedelta(days=LIST_DAYS))
    builder = builder.add_extension(x509.CRLNumber(now_us), critical=False)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(own, critical=False)
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begun)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(authority.key, None).public_bytes(Encoding.PEM)


def is_due(certificate: x509.Certificate, now_us: int) -> bool:
    """Whether two thirds of its life are over, or it has not begun (somebody set the clock back): then it is time for
    a new one."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return not start <= moment(now_us) < start + (end - start) * 2 / 3


def _signed(
    key: Ed25519PrivateKey, issuer: x509.Name, asked: _Asked, now_us: int, test: bool
) -> x509.Certificate:
    now, ca = moment(now_us), asked.path_length is not None
    builder = x509.CertificateBuilder().subject_name(_name(asked.name)).issuer_name(issuer).public_key(asked.key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - SKEW)
    builder = builder.not_valid_after(now + datetime.timedelta(days=asked.days))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=asked.path_length), critical=True)
    builder = builder.add_extension(key_usage(ca), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(asked.key), critical=False)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.add_extension(signer, critical=False)
    if asked.uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(asked.uses), critical=False)
    if asked.server_names:
        names = x509.SubjectAlternativeName([_server_name(one) for one in asked.server_names])
        builder = builder.add_extension(names, critical=False)
    if test:
        builder = builder.add_extension(x509.UnrecognizedExtension(TEST_KEY, DER_NULL), critical=False)
    return builder.sign(key, None)


def _server_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def moment(us: int) -> datetime.datetime:
    """Microseconds since the epoch as certificates say it, in whole seconds."""
    return datetime.datetime.fromtimestamp(us // 1_000_000, datetime.UTC)
