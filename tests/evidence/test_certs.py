"""Certificates: whom a root vouches for, and the mark that test keys cannot hide."""
from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from evidence import certs
from evidence.certs import (
    BOX_USE,
    CENTRE_USE,
    EVIDENCE_USE,
    TEST_KEY,
    Role,
    fingerprint,
    identity,
    is_test,
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
ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
"""The y of four of the points of order 8."""
KEY = Ed25519PrivateKey.from_private_bytes(seed("box-1"))
REAL_SITE, TEST_SITE = Site(test=False), Site(test=True)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(seed("other root"))
CA_KEY = Ed25519PrivateKey.from_private_bytes(seed("intermediate"))


def leaf(site: Site = REAL_SITE, test: bool = False, name: str = "box-1") -> x509.Certificate:
    return issue(site.root, site.root_key, KEY.public_key(), name, 7, START, 30, test, "box")


def odd(
    *extensions: tuple[x509.ExtensionType, bool], names: tuple[str, ...] = ("box-1",), ca: bool = False,
    uses: tuple[x509.ObjectIdentifier, ...] | None = (EVIDENCE_USE, BOX_USE), site: Site = REAL_SITE,
) -> str:
    """A certificate of a site's root that is not quite as it should be."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(site.root.subject)
    builder = builder.public_key(KEY.public_key()).serial_number(9).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=9))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    if uses is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return pem(builder.sign(site.root_key, None))


def test_the_root_vouches_for_name_and_key() -> None:
    who = identity(pem(leaf()), REAL_SITE.root, "box")
    assert (who.name, who.keyid, who.test) == ("box-1", keyid_of(KEY.public_key()), False)
    assert fingerprint(REAL_SITE.root) == keyid_of(REAL_SITE.root_key.public_key())


@pytest.mark.parametrize(("site", "test"), [(REAL_SITE, True), (TEST_SITE, False), (TEST_SITE, True)])
def test_a_mark_on_the_certificate_or_on_its_root_makes_a_test_key(site: Site, test: bool) -> None:
    assert identity(pem(leaf(site, test)), site.root, "box").test


def test_the_mark_is_critical_so_that_other_readers_refuse() -> None:
    extension = leaf(test=True).extensions.get_extension_for_oid(TEST_KEY)
    assert extension.critical
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert extension.value.value == b"\x05\x00"


def test_another_root_does_not_vouch() -> None:
    other = make_root(OTHER_KEY, "Test Site", 1, START, 30, False)
    with pytest.raises(BadCertificate, match="did not issue"):
        identity(pem(leaf()), other, "box")


def test_a_root_is_no_device_and_a_device_no_root() -> None:
    with pytest.raises(BadCertificate, match="root certificate"):
        identity(pem(REAL_SITE.root), REAL_SITE.root, "box")
    with pytest.raises(BadCertificate):
        identity(pem(issue(leaf(), KEY, OTHER_KEY.public_key(), "box-2", 3, START, 30, False, "box")), leaf(), "box")


@pytest.mark.parametrize("text", [
    odd((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)),
    odd(names=()), odd(names=("box-1", "box-2")), odd(ca=True), "", "x", "在堂", "\ud800", pem(leaf()) * 2,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", pem(leaf()) + " " * 20_000,
])
def test_odd_certificates_are_refused(text: str) -> None:
    with pytest.raises(BadCertificate):
        identity(text, REAL_SITE.root, "box")


def test_an_extension_of_nobody_else_that_is_not_critical_does_no_harm() -> None:
    text = odd((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.7"), b"\x05\x00"), False))
    assert identity(text, REAL_SITE.root, "box").name == "box-1"


@pytest.mark.parametrize(("oid", "value"), [
    ("1.2.3.4", "0500"), ("2.5.29.17", "3003820161"), ("2.5.29.17", "3002a300"), ("2.5.29.17", "3002a500"),
    ("2.5.29.17", "30038201ff"), ("1.3.6.1.5.5.7.1.1", "3000"), ("1.3.6.1.5.5.7.1.1", "3008300606022a03a500"),
    ("2.5.29.14", "0401ff"), ("2.5.29.36", "3003800100"),
])
def test_attack_what_libraries_read_each_in_its_way_is_refused(oid: str, value: str) -> None:
    text = odd((x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value)), False))
    with pytest.raises(BadCertificate):
        identity(text, REAL_SITE.root, "box")
    if value in ("3002a300", "3002a500"):
        with pytest.raises(BadCertificate):
            is_test(read_certificate(text))


def test_keys_of_another_kind_are_refused() -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=1))
    root = builder.sign(key, hashes.SHA256())
    with pytest.raises(BadCertificate, match="Ed25519"):
        fingerprint(root)
    with pytest.raises(BadCertificate):
        identity(pem(leaf()), root, "box")


@given(st.data())
def test_a_damaged_certificate_gives_our_error_or_the_same_identity(data: st.DataObject) -> None:
    text = bytearray(pem(leaf()).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 127))
    try:
        who = identity(text.decode(), REAL_SITE.root, "box")
    except BadCertificate:
        return
    assert who == identity(pem(leaf()), REAL_SITE.root, "box")


@given(st.text(max_size=200))
def test_any_text_gives_our_error(text: str) -> None:
    with pytest.raises(BadCertificate):
        read_certificate(text)


# --- whose word it is

OF_CENTRE = issue(REAL_SITE.root, REAL_SITE.root_key, KEY.public_key(), "centre", 7, START, 30, False, "centre")


def test_a_box_is_no_centre_and_a_centre_no_box() -> None:
    assert identity(pem(OF_CENTRE), REAL_SITE.root, "centre").role == "centre"
    assert identity(pem(leaf()), REAL_SITE.root, "box").role == "box"
    with pytest.raises(BadCertificate, match="it is for a box, and a centre is expected"):
        identity(pem(leaf()), REAL_SITE.root, "centre")
    with pytest.raises(BadCertificate, match="it is for a centre, and a box is expected"):
        identity(pem(OF_CENTRE), REAL_SITE.root, "box")


@pytest.mark.parametrize("role", ["box", "centre"])
@pytest.mark.parametrize(("uses", "why"), [
    (None, "neither a box nor a centre"),
    ((EVIDENCE_USE,), "neither a box nor a centre"),
    ((EVIDENCE_USE, BOX_USE, CENTRE_USE), "for a box and a centre"),
    ((BOX_USE,), "for connections"),
    ((CENTRE_USE,), "for connections"),
])
def test_a_certificate_names_one_role(uses: tuple[x509.ObjectIdentifier, ...] | None, why: str, role: Role) -> None:
    with pytest.raises(BadCertificate, match=why):
        identity(odd(uses=uses), REAL_SITE.root, role)


def test_a_test_certificate_without_a_role_may_be_either_and_with_one_it_is_that() -> None:
    for role in ("box", "centre"):
        for uses in (None, (EVIDENCE_USE,)):
            who = identity(odd(uses=uses, site=TEST_SITE), TEST_SITE.root, role)
            assert (who.role, who.test) == (role, True)
    with pytest.raises(BadCertificate, match="for a box"):
        identity(pem(leaf(TEST_SITE)), TEST_SITE.root, "centre")


@pytest.mark.parametrize("site", [REAL_SITE, TEST_SITE])
def test_whoever_steals_the_intermediate_makes_no_centre(site: Site) -> None:
    ca = make_intermediate(site.root, site.root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, site.test)
    made = issue(ca, CA_KEY, OTHER_KEY.public_key(), "centre", 8, START, 30, site.test, "centre")
    with pytest.raises(BadCertificate, match="an intermediate issued it"):
        identity(pem(made) + pem(ca), site.root, "centre")


# --- through an intermediate

CA = make_intermediate(REAL_SITE.root, REAL_SITE.root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, False)
BELOW = issue(CA, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, False, "box")


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
    who = identity(pem(BELOW) + pem(CA), REAL_SITE.root, "box")
    assert (who.name, who.keyid, who.test) == ("box-1", keyid_of(KEY.public_key()), False)


@pytest.mark.parametrize("marked", ["root", "intermediate", "leaf"])
def test_one_mark_anywhere_in_the_chain_makes_a_test_key(marked: str) -> None:
    site = TEST_SITE if marked == "root" else REAL_SITE
    ca = make_intermediate(
        site.root, site.root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, marked == "intermediate")
    below = issue(ca, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, marked == "leaf", "box")
    assert identity(pem(below) + pem(ca), site.root, "box").test


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
    ([issue(leaf(), KEY, OTHER_KEY.public_key(), "box-2", 3, START, 30, False, "box"), leaf()], "may not issue"),
])
def test_what_an_intermediate_may_not_be(chain: list[x509.Certificate], why: str) -> None:
    with pytest.raises(BadCertificate, match=why):
        identity("".join(map(pem, chain)), REAL_SITE.root, "box")


def test_a_root_that_allows_no_intermediate_is_obeyed() -> None:
    early = read_certificate(json.loads((GOLDEN / "chains.json").read_text("utf-8"))["root"])
    root_key = REAL_SITE.root_key
    assert fingerprint(early) == keyid_of(root_key.public_key())
    ca = make_intermediate(early, root_key, CA_KEY.public_key(), "Test Authority", 3, START, 30, False)
    with pytest.raises(BadCertificate, match="allows no intermediate"):
        identity(pem(issue(ca, CA_KEY, KEY.public_key(), "box-1", 8, START, 30, False, "box")) + pem(ca), early, "box")
    below = issue(early, root_key, KEY.public_key(), "box-1", 8, START, 30, False, "box")
    assert identity(pem(below), early, "box").name == "box-1"


@given(st.data())
def test_a_damaged_chain_gives_our_error_or_the_same_identity(data: st.DataObject) -> None:
    text = bytearray((pem(BELOW) + pem(CA)).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 127))
    try:
        who = identity(text.decode(), REAL_SITE.root, "box")
    except BadCertificate:
        return
    assert who == identity(pem(BELOW) + pem(CA), REAL_SITE.root, "box")


def test_whoever_has_the_on_line_intermediate_makes_no_centre_by_marking_it_as_a_test() -> None:
    """A test certificate of before there were roles may be either, below a root for tests alone."""
    keys = [Ed25519PrivateKey.generate() for _ in range(3)]
    for test in (False, True):
        root = make_root(keys[0], "site", 1, START, 3650, test)
        between = make_intermediate(root, keys[0], keys[1].public_key(), "authority", 2, START, 1825, test)
        leaf = certs._certificate(
            keys[1], keys[2].public_key(), (between.subject, between.subject), 9, START, 100, True, None)
        for role in ("box", "centre"):
            if test:
                assert identity(pem(leaf) + pem(between), root, role).test
            else:
                with pytest.raises(BadCertificate, match="names neither a box nor a centre"):
                    identity(pem(leaf) + pem(between), root, role)


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, ORDER_8, 2**255 - 19 - ORDER_8])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_for_which_anybody_can_sign_is_nobodys(y: int, sign: int) -> None:
    """Of one message in eight these bytes are a signature by such a key, made by nobody."""
    site, small = Site(), Ed25519PublicKey.from_public_bytes((y | sign).to_bytes(32, "little"))
    one = issue(site.root, site.root_key, small, "box-1", 7, START, 365, True, "box")
    with pytest.raises(BadCertificate, match="anybody can sign"):
        identity(pem(one), site.root, "box")
