"""Certificates: X.509 with Ed25519. A site's root, kept offline, certifies a centre, and an intermediate for the boxes.

Wherever a certificate is a text, it is PEM: that of the device, then that of the intermediate, if there is one. It
names the role of its key: what a box signs counts as a box's word and nothing else, whatever it says that it is.
A key made for tests says so in its own certificate, in an extension that is critical: a reader that does not know it
must refuse the certificate. The dates of a certificate are not compared with those of records (evidence/README.md).
"""
from __future__ import annotations

import dataclasses
import datetime
import itertools
import re
from collections.abc import Sequence
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from evidence.errors import BadCertificate
from evidence.seal import keyid_of

OWN_ARC = "2.25."
"""Numbers that anybody makes of a UUID: no library gives those a meaning."""
TEST_KEY = x509.ObjectIdentifier("2.25.307793491334158622302749188636843853207")
"""The critical extension of test certificates; its value is DER NULL."""
EVIDENCE_USE = x509.ObjectIdentifier("2.25.79549728352203093903114946346335203196")
"""The extended key usage of certificates for evidence; those for connections lack it and sign nothing."""
BOX_USE = x509.ObjectIdentifier("2.25.274516451270135780721873771191722747225")
CENTRE_USE = x509.ObjectIdentifier("2.25.339277266100390135395322660745001921669")
"""The further extended key usage by which the certificate of a box, or of a centre, names its role."""
_KNOWN = (x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, TEST_KEY)
_ALONE = re.compile(r"-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/= \t\r\n]+-----END CERTIFICATE-----[ \t\r\n]*")
MAX_PEM = 16384
MOST_INTERMEDIATES = 1
DER_NULL = b"\x05\x00"
UNREADABLE = (
    ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion,
    x509.UnsupportedGeneralNameType)
"""What the library raises for a certificate, or a request for one, that it cannot read."""
_Y_BITS = 2**255 - 1
_P = 2**255 - 19
_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER = frozenset({0, 1, _P - 1, _P, _P + 1, _ORDER_8, _P - _ORDER_8})
"""The y of every point of order 1, 2, 4 and 8 of Ed25519, in all their spellings; the topmost bit is the sign of x."""
E = TypeVar("E", bound=x509.ExtensionType)
Role = Literal["box", "centre"]
ROLES: dict[x509.ObjectIdentifier, Role] = {BOX_USE: "box", CENTRE_USE: "centre"}


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who a certificate speaks of. `role`: the one that was asked for, which it may have; `test`: it, or its root, is
    marked as a test key."""

    name: str
    public_key: Ed25519PublicKey
    keyid: str
    role: Role
    test: bool


def make_root(
    key: Ed25519PrivateKey, name: str, serial: int, start_us: int, days: int, test: bool
) -> x509.Certificate:
    """A self-signed root certificate. `start_us`: UTC microseconds from which it is valid."""
    names = _name(name), _name(name)
    return _certificate(key, key.public_key(), names, serial, start_us, days, test, path_length=MOST_INTERMEDIATES)


def make_intermediate(
    root: x509.Certificate, root_key: Ed25519PrivateKey, public_key: Ed25519PublicKey, name: str, serial: int,
    start_us: int, days: int, test: bool,
) -> x509.Certificate:
    """The root's certificate for a key that certifies devices in its stead."""
    names = _name(name), root.subject
    return _certificate(root_key, public_key, names, serial, start_us, days, test, path_length=0)


def issue(
    issuer: x509.Certificate, issuer_key: Ed25519PrivateKey, public_key: Ed25519PublicKey, name: str, serial: int,
    start_us: int, days: int, test: bool, role: Role,
) -> x509.Certificate:
    """A certificate for a box called `name`, by an intermediate or a root, or for a centre, by a root."""
    names = _name(name), issuer.subject
    return _certificate(issuer_key, public_key, names, serial, start_us, days, test, path_length=None, role=role)


def pem(certificate: x509.Certificate) -> str:
    """PEM text of a certificate."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def read_certificate(certificate_pem: str, where: str = "certificate") -> x509.Certificate:
    """The one certificate in a PEM text. Raises BadCertificate."""
    found = _read(certificate_pem, where)
    if len(found) != 1:
        raise BadCertificate(where=where, why=f"{len(found)} certificates where one is expected")
    return found[0]


def join_chain(certificate: str, intermediates: Sequence[str] | None, where: str = "certificate") -> str:
    """One text from what a genesis record holds: the device's certificate alone, and those between it and the root.

    Raises BadCertificate unless each text holds exactly one, and nothing else: what is around it not every reader
    passes over."""
    parts = [certificate, *(intermediates or ())]
    found = [read_certificate(part, where) for part in parts]
    if not all(_ALONE.fullmatch(part) for part in parts):
        raise BadCertificate(where=where, why="it is not one certificate in PEM and nothing else")
    return "".join(map(pem, found))


def split_chain(certificate_pem: str, where: str = "certificate") -> tuple[str, tuple[str, ...] | None]:
    """The inverse: the device's certificate alone, and the others, None where there are none. Raises BadCertificate."""
    first, *others = (pem(one) for one in _chain(certificate_pem, where))
    return first, tuple(others) or None


def identity(certificate_pem: str, root: x509.Certificate, role: Role, where: str = "certificate") -> Identity:
    """The identity that `root` vouches for in a certificate, or through its intermediate, as that of a box or a centre.

    Whoever believes a signature asks here, and says whose it must be. Raises BadCertificate."""
    chain = _chain(certificate_pem, where)
    try:
        return _checked(chain, root, role, where)
    except InvalidSignature:
        raise BadCertificate(where=where, why="the root did not issue it") from None
    except UNREADABLE:
        raise BadCertificate(where=where, why="it cannot be read as a certificate") from None


def is_test(certificate: x509.Certificate, where: str = "certificate") -> bool:
    """Whether a certificate is marked as a test key. Raises BadCertificate."""
    try:
        return _test_mark(certificate)
    except UNREADABLE:
        raise BadCertificate(where=where, why="it cannot be read as a certificate") from None


def fingerprint(certificate: x509.Certificate) -> str:
    """Lower-case hex SHA-256 of the certificate's SubjectPublicKeyInfo: the keyid of its key. Raises BadCertificate."""
    try:
        key = certificate.public_key()
    except UNREADABLE:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadCertificate(where="certificate", why="its key is not an Ed25519 key")
    return keyid_of(key)


def _read(certificate_pem: str, where: str) -> list[x509.Certificate]:
    if len(certificate_pem) > MAX_PEM:
        raise BadCertificate(where=where, why="it is too long")
    try:
        return x509.load_pem_x509_certificates(certificate_pem.encode())
    except UNREADABLE:
        raise BadCertificate(where=where, why="it is not PEM") from None


def _chain(certificate_pem: str, where: str) -> list[x509.Certificate]:
    found = _read(certificate_pem, where)
    if len(found) > 1 + MOST_INTERMEDIATES:
        raise BadCertificate(where=where, why=f"{len(found)} certificates where two at most are expected")
    return found


def _checked(chain: Sequence[x509.Certificate], root: x509.Certificate, role: Role, where: str) -> Identity:
    certificate, *intermediates = chain
    authorities = [*intermediates, root]
    for issued, issuer in itertools.pairwise([*chain, root, root]):
        try:
            issued.verify_directly_issued_by(issuer)
        except ValueError:  # another name, or another kind of key
            raise BadCertificate(where=where, why="the root did not issue it") from None
    key, names = certificate.public_key(), certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not isinstance(key, Ed25519PublicKey) or not all(_has_our_key(one) for one in authorities):
        raise BadCertificate(where=where, why="its key is not an Ed25519 key")
    if any(one.version is not x509.Version.v3 for one in (certificate, *authorities)):
        raise BadCertificate(where=where, why="it is not of version 3 of X.509")
    if any(_is_small(one) for one in (certificate, *authorities)):
        raise BadCertificate(where=where, why="its key is one for which anybody can sign")
    for below, authority in enumerate(authorities):
        _may_certify(authority, below, where)
    if _constraints(certificate).ca:
        raise BadCertificate(where=where, why="it is a root certificate, not that of a device")
    if len(names) != 1:
        raise BadCertificate(where=where, why="it does not have one name")
    for one in (certificate, *authorities):
        _no_unknown_demands(one, where)
    for one in chain:
        _for_evidence(one, where)
    for one in (certificate, *authorities):
        _nothing_besides(one, where)
    if (usage := _extension(certificate, x509.KeyUsage)) is not None and not usage.digital_signature:
        raise BadCertificate(where=where, why="its key may not sign")
    test = any(_test_mark(one) for one in (certificate, *authorities))
    # Below a root for tests, or by the root itself: an intermediate of a real site makes nobody that is not named.
    nameless = test and (_test_mark(root) or not intermediates)
    _may_be(role, certificate, len(intermediates), nameless, where)
    return Identity(name=str(names[0].value), public_key=key, keyid=keyid_of(key), role=role, test=test)


def _has_our_key(certificate: x509.Certificate) -> bool:
    return isinstance(certificate.public_key(), Ed25519PublicKey)


def _is_small(certificate: x509.Certificate) -> bool:
    """Whether its key is a point of small order: signatures for those are made without any secret, and some libraries
    refuse them where others do not."""
    key = certificate.public_key()
    return isinstance(key, Ed25519PublicKey) and (
        int.from_bytes(key.public_bytes_raw(), "little") & _Y_BITS) in _SMALL_ORDER


def _may_certify(authority: x509.Certificate, below: int, where: str) -> None:
    """Whether a root or an intermediate may stand above so many intermediates."""
    constraints, usage = _constraints(authority), _extension(authority, x509.KeyUsage)
    if not constraints.ca:
        raise BadCertificate(where=where, why="what issued it may not issue certificates")
    if constraints.path_length is not None and constraints.path_length < below:
        raise BadCertificate(where=where, why="its root allows no intermediate")
    if usage is not None and not usage.key_cert_sign:
        raise BadCertificate(where=where, why="the key that issued it may not sign certificates")


def _for_evidence(certificate: x509.Certificate, where: str) -> None:
    uses = _extension(certificate, x509.ExtendedKeyUsage)
    if uses is not None and EVIDENCE_USE not in uses:
        raise BadCertificate(where=where, why="it is for connections, not for evidence")


def _may_be(role: Role, certificate: x509.Certificate, between: int, nameless: bool, where: str) -> None:
    """Whether a certificate is one of this role. `nameless`: it may name none, as test certificates of before there
    were roles, which prove nothing in either. No intermediate makes a centre: it is on-line, and who steals it must not
    speak as the centre."""
    named = _roles(certificate)
    if not named and nameless:
        return
    if not named:
        raise BadCertificate(where=where, why="it names neither a box nor a centre: have a new one issued")
    if named != {role}:
        said = " and ".join(f"a {one}" for one in sorted(named))
        raise BadCertificate(where=where, why=f"it is for {said}, and a {role} is expected")
    if role == "centre" and between:
        raise BadCertificate(where=where, why="an intermediate issued it, and a centre's is from the root itself")


def _roles(certificate: x509.Certificate) -> set[Role]:
    uses = _extension(certificate, x509.ExtendedKeyUsage) or ()
    return {ROLES[use] for use in uses if use in ROLES}


def _no_unknown_demands(certificate: x509.Certificate, where: str) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _KNOWN:
            raise BadCertificate(where=where, why=f"it demands {extension.oid.dotted_string}, which is not known here")


def _nothing_besides(certificate: x509.Certificate, where: str) -> None:
    """Of what standards define each library reads another part, and each more or less strictly: with such an extension
    a certificate would be good for one verifier and broken for another."""
    for extension in certificate.extensions:
        number = extension.oid.dotted_string
        if extension.oid not in _KNOWN and not number.startswith(OWN_ARC):
            raise BadCertificate(where=where, why=f"it bears {number}, which no certificate for evidence does")


def _test_mark(certificate: x509.Certificate) -> bool:
    return any(extension.oid == TEST_KEY for extension in certificate.extensions)


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    return _extension(certificate, x509.BasicConstraints) or x509.BasicConstraints(ca=False, path_length=None)


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    return next((one.value for one in certificate.extensions if isinstance(one.value, kind)), None)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    signing_key: Ed25519PrivateKey, public_key: Ed25519PublicKey, names: tuple[x509.Name, x509.Name], serial: int,
    start_us: int, days: int, test: bool, path_length: int | None, role: Role | None = None,
) -> x509.Certificate:
    """`path_length` None: of a device, which certifies nobody, and has a role."""
    start, ca = datetime.datetime.fromtimestamp(start_us // 1_000_000, datetime.UTC), path_length is not None
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(public_key)
    builder = builder.serial_number(serial).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    builder = builder.add_extension(key_usage(ca), critical=True)
    if names[0] != names[1]:
        uses = [EVIDENCE_USE, *(use for use, named in ROLES.items() if named == role)]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    if test:
        builder = builder.add_extension(x509.UnrecognizedExtension(TEST_KEY, DER_NULL), critical=True)
    return builder.sign(signing_key, None)


def key_usage(ca: bool) -> x509.KeyUsage:
    """What a key may do that certifies others, or else one that signs."""
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )
