"""Certificates: whom a root vouches for, and the mark that test keys cannot hide."""
from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from evidence.certs import (
    EVIDENCE_USE,
    TEST_KEY,
    fingerprint,
    identity,
    issue,
    join_chain,
    key_usage,
    make_intermediate,
    make_root,
    pem,
    read_certificate,
    split_chain,
)
from evidence.errors import BadCertificate
from evidence.seal import keyid_of
from tests.evidence.making import START, Site, seed

GOLDEN = Path(__file__).parents[1] / "golden"
KEY = Ed25519PrivateKey.from_private_bytes(seed("box-1"))
REAL_SITE, TEST_SITE = Site(test=False), Site(test=True)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(seed("other root"))


def leaf(site: Site = REAL_SITE, test: bool = False, name: str = "box-1") -> x509.Certificate:
    return issue(site.root, site.root_key, KEY.public_key(), name, 7, START, 30, test)


def odd(*extensions: tuple[x509.ExtensionType, bool], names: tuple[str, ...] = ("box-1",), ca: bool = False) -> str:
    """A certificate of the real site's root that is not quite as it should be."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(REAL_SITE.root.subject)
    builder = builder.public_key(KEY.public_key()).serial_number(9).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=9))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return pem(builder.sign(REAL_SITE.root_key, None))


def test_the_root_vouches_for_name_and_key() -> None:
    who = identity(pem(leaf()), REAL_SITE.root)
    assert (who.name, who.keyid, who.test) == ("box-1", keyid_of(KEY.public_key()), False)
    assert fingerprint(REAL_SITE.root) == keyid_of(REAL_SITE.root_key.public_key())


@pytest.mark.parametrize(("site", "test"), [(REAL_SITE, True), (TEST_SITE, False), (TEST_SITE, True)])
def test_a_mark_on_the_certificate_or_on_its_root_makes_a_test_key(site: Site, test: bool) -> None:
    assert identity(pem(leaf(site, test)), site.root).test


def test_the_mark_is_critical_so_that_other_readers_refuse() -> None:
    extension = leaf(test=True).extensions.get_extension_for_oid(TEST_KEY)
    assert extension.critical
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert extension.value.value == b"\x05\x00"


def test_another_root_does_not_vouch() -> None:
    other = make_root(OTHER_KEY, "Test Site", 1, START, 30, False)
    with pytest.raises(BadCertificate, match="did not issue"):
        identity(pem(leaf()), other)


def test_a_root_is_no_device_and_a_device_no_root() -> None:
    with pytest.raises(BadCertificate, match="root certificate"):
        identity(pem(REAL_SITE.root), REAL_SITE.root)
    with pytest.raises(BadCertificate):
        identity(pem(issue(leaf(), KEY, OTHER_KEY.public_key(), "box-2", 3, START, 30, False)), leaf())


@pytest.mark.parametrize("text", [
    odd((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)),
    odd(names=()), odd(names=("box-1", "box-2")), odd(ca=True), "", "x", "在堂", "\ud800", pem(leaf()) * 2,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", pem(leaf()) + " " * 20_000,
])
def test_odd_certificates_are_refused(text: str) -> None:
    with pytest.raises(BadCertificate):
        identity(text, REAL_SITE.root)


def test_an_extension_that_is_not_critical_does_no_harm() -> None:
    text = odd((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False))
    assert identity(text, REAL_SITE.root).name == "box-1"


def test_keys_of_another_kind_are_refused() -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=1))
    root = builder.sign(key, hashes.SHA256())
    with pytest.raises(BadCertificate, match="Ed25519"):
        fingerprint(root)
    with pytest.raises(BadCertificate):
        identity(pem(leaf()), root)


@given(st.data())
def test_a_damaged_certificate_gives_our_error_or_the_same_identity(data: st.DataObject) -> None:
    text = bytearray(pem(leaf()).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 127))
    try:
        who = identity(text.decode(), REAL_SITE.root)
    except BadCertificate:
        return
    assert who == identity(pem(leaf()), REAL_SITE.root)


@given(st.text(max_size=200))
def test_any_text_gives_our_error(text: str) -> None:
    with pytest.raises(BadCertificate):
        read_certificate(text)


# --- through an intermediate

CA_KEY = Ed25519PrivateKey.from_private_bytes(seed("intermediate"))
CA = make_intermediate(REAL_SITE.root, REAL_SITE.root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, False)
BELOW = issue(CA, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, False)


def authority(
    issuer: str = "Test Authority", use: x509.ObjectIdentifier = EVIDENCE_USE, ca: bool = True, signs: bool = True,
    key: Ed25519PrivateKey = REAL_SITE.root_key, demand: str | None = None,
) -> x509.Certificate:
    """An intermediate that is not quite as it should be."""
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
    builder = builder.issuer_name(REAL_SITE.root.subject).public_key(CA_KEY.public_key()).serial_number(9)
    builder = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=9))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
    builder = builder.add_extension(key_usage(signs), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    if demand is not None:
        value = x509.UnrecognizedExtension(x509.ObjectIdentifier(demand), b"\x05\x00")
        builder = builder.add_extension(value, critical=True)
    return builder.sign(key, None)


def test_the_root_vouches_through_its_intermediate() -> None:
    who = identity(pem(BELOW) + pem(CA), REAL_SITE.root)
    assert (who.name, who.keyid, who.test) == ("box-1", keyid_of(KEY.public_key()), False)


@pytest.mark.parametrize("marked", ["root", "intermediate", "leaf"])
def test_one_mark_anywhere_in_the_chain_makes_a_test_key(marked: str) -> None:
    site = TEST_SITE if marked == "root" else REAL_SITE
    ca = make_intermediate(
        site.root, site.root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, marked == "intermediate")
    below = issue(ca, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, marked == "leaf")
    assert identity(pem(below) + pem(ca), site.root).test


def test_a_chain_in_two_pieces_is_the_chain() -> None:
    text = pem(BELOW) + pem(CA)
    assert split_chain(text) == (pem(BELOW), (pem(CA),)) and join_chain(*split_chain(text)) == text
    assert split_chain(pem(leaf())) == (pem(leaf()), None) and join_chain(pem(leaf()), None) == pem(leaf())
    with pytest.raises(BadCertificate, match="2 certificates where one is expected"):
        join_chain(text, None)
    with pytest.raises(BadCertificate, match="2 certificates where one is expected"):
        join_chain(pem(BELOW), (pem(CA) * 2,))


CONNECTIONS = ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.mark.parametrize(("chain", "why"), [
    ([BELOW], "did not issue"),
    ([BELOW, CA, CA], "two at most"),
    ([CA, BELOW], "did not issue"),
    ([BELOW, authority("Other Authority")], "did not issue"),
    ([BELOW, authority(key=OTHER_KEY)], "did not issue"),
    ([BELOW, authority(ca=False)], "may not issue"),
    ([BELOW, authority(signs=False)], "may not sign certificates"),
    ([BELOW, authority(use=CONNECTIONS)], "for connections"),
    ([BELOW, authority(demand="1.2.3.4")], "demands 1.2.3.4"),
    ([CA], "not that of a device"),
    ([issue(leaf(), KEY, OTHER_KEY.public_key(), "box-2", 3, START, 30, False), leaf()], "may not issue"),
])
def test_what_an_intermediate_may_not_be(chain: list[x509.Certificate], why: str) -> None:
    with pytest.raises(BadCertificate, match=why):
        identity("".join(map(pem, chain)), REAL_SITE.root)


def test_a_root_that_allows_no_intermediate_is_obeyed() -> None:
    early = read_certificate(json.loads((GOLDEN / "chains.json").read_text("utf-8"))["root"])
    root_key = REAL_SITE.root_key
    assert fingerprint(early) == keyid_of(root_key.public_key())
    ca = make_intermediate(early, root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, False)
    with pytest.raises(BadCertificate, match="allows no intermediate"):
        identity(pem(issue(ca, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, False)) + pem(ca), early)
    below = issue(early, root_key, KEY.public_key(), "box-1", 8, START, 30, False)
    assert identity(pem(below), early).name == "box-1"


@given(st.data())
def test_a_damaged_chain_gives_our_error_or_the_same_identity(data: st.DataObject) -> None:
    text = bytearray((pem(BELOW) + pem(CA)).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 127))
    try:
        who = identity(text.decode(), REAL_SITE.root)
    except BadCertificate:
        return
    assert who == identity(pem(BELOW) + pem(CA), REAL_SITE.root)
