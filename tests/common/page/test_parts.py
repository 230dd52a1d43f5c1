"""The scripts of the page alone, against the golden vectors of the format and of other programs."""
from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from common.page import HERE, SCRIPTS
from evidence.bodies import TYPES
from evidence.certs import BOX_USE, EVIDENCE_USE, fingerprint, identity, join_chain, pem, read_certificate
from evidence.errors import BadCertificate
from evidence.times import utc_us
from tests.evidence.test_golden import load

YEAR = datetime.timedelta(days=365)
END = "-----END CERTIFICATE-----\n"
GIVEN = ("BODIES", "BOX_TYPES", "CENTRE_TYPES", "EITHER_TYPES", "Sha256", "checkConsistency", "checkInclusion",
         "filmedMs", "fromBase64",
         "fromHex", "hashInPieces", "identityOf", "isUtc", "openEnvelope", "RECORD_TYPE", "readCanonical",
         "readCertificate", "readNote", "readRoot", "readWitness", "sealState", "sha256Hex", "toHex", "toUtf8",
         "Broken", "leafHash")
HELD = """async (held) => {
  try { await held(); return ""; } catch (error) {
    if (error instanceof given.Broken) return error.text;
    throw error;
  }
}"""


@pytest.fixture(scope="module")
def parts(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page that holds the scripts and shows nothing. `given` is what they define, `held` whether something holds."""
    source = "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS if name != "start")
    path = tmp_path_factory.mktemp("parts") / "parts.html"
    tables = "const CHINESE = {}, RULES = {}, RESULTS = {}, ANSWERS = {}, STAGES = {}, OBJECTIONS = {};"
    path.write_text(f"<!doctype html><meta charset=utf-8><script type=module>{tables}{source}\n"
                    f"globalThis.given = {{{', '.join(GIVEN)}}}; globalThis.held = {HELD};</script>", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    yield page
    context.close()


def test_a_file_was_filmed_by_the_clock_of_its_record_however_fast_that_runs(parts: Any) -> None:
    body = {"first_mono_us": 7_200_000_000, "last_mono_us": 7_260_000_000}
    record = {"utc": "2026-03-02T00:36:00.000000Z", "mono_us": 7_560_000_000, "boot_id": "0",
              "clock": {"synced": True, "rate": 60}}
    got = parts.evaluate("([body, record]) => given.filmedMs(body, record)", [body, record])
    assert [at * 1000 for at in got] == [utc_us(f"2026-03-02T00:3{minute}:00.000000Z") for minute in (0, 1)]


def test_sha256_is_that_of_others_however_it_is_cut(parts: Any) -> None:
    rng = random.Random(7)
    texts = [rng.randbytes(size) for size in (0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003)]
    got = parts.evaluate("""(texts) => texts.map((text) => {
      const bytes = given.fromBase64(text), hash = new given.Sha256();
      for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7 + 3) % 200 + 1) {
        hash.update(bytes.subarray(at, at + step));
      }
      return [given.sha256Hex(bytes), given.toHex(hash.digest())];
    })""", [base64.b64encode(text).decode() for text in texts])
    assert got == [[hashlib.sha256(text).hexdigest()] * 2 for text in texts]


def test_a_file_is_hashed_in_pieces(parts: Any) -> None:
    """Of 4 MiB each, and the last one is no whole block."""
    got = parts.evaluate("""async () => {
      const file = new File([new Uint8Array(2 ** 23).fill(7), Uint8Array.of(1, 2, 3)], "x"), told = [];
      return [await given.hashInPieces(file, "x", (bytes) => told.push(bytes)), told];
    }""")
    assert got == [hashlib.sha256(b"\7" * 2**23 + b"\1\2\3").hexdigest(), [1 << 22, 1 << 22, 3]]


def test_canonical_bytes(parts: Any) -> None:
    vector = load("canonical")
    for case in vector["accepted"]:
        text = case["text"]
        assert parts.evaluate("(text) => held(() => given.readCanonical(given.toUtf8(text)))", text) == ""
    for case in vector["refused"]:
        assert parts.evaluate("(hex) => held(() => given.readCanonical(given.fromHex(hex)))", case), case


def test_numbers_beyond_2_53_and_nesting(parts: Any) -> None:
    for text in ('{"a":9007199254740993}', '{"a":9007199254740992}', '{"a":-0}', '{"a":1.0}', '{"a":1e3}',
                 '{"a":"\\ud800"}', '{"a":1,"a":1}', '{"b":1,"a":1}', '{"a": 1}', '\ufeff{"a":1}', "[" * 100_000,
                 '{"a":' * 33 + "1" + "}" * 33, "[]", "1", ""):
        assert parts.evaluate("(text) => held(() => given.readCanonical(given.toUtf8(text)))", text), text
    for text in ('{"a":9007199254740991}', '{"__proto__":{"x":1}}', '{"a":' * 32 + "1" + "}" * 32, '{"10":1,"9":2}'):
        assert parts.evaluate("(text) => held(() => given.readCanonical(given.toUtf8(text)))", text) == "", text


def test_envelopes(parts: Any) -> None:
    vector = load("seal")
    for case in vector["refused"]:
        got = parts.evaluate("""async ({ envelope, key, keyid }) => held(async () => {
          const opened = given.openEnvelope(given.toUtf8(envelope), given.RECORD_TYPE);
          const state = await given.sealState(opened, { key: given.fromHex(key), keyid });
          if (state) throw new given.Broken(state);
        })""", {"envelope": case["envelope"], "key": vector["public_key"], "keyid": vector["keyid"]})
        assert got, case.get("why")


def vouched(parts: Any, chain: str, root: str, role: str) -> bool:
    pems = [part + END for part in chain.split(END)[:-1]]
    return bool(parts.evaluate("""async ({ pems, root, role }) => (await held(async () => {
      await given.identityOf(pems, await given.readRoot(root, false), role);
    })) === "" """, {"pems": pems, "root": root, "role": role}))


def test_the_same_chains_of_certificates_are_trusted(parts: Any) -> None:
    certificates, roles = load("certificates"), load("roles")
    for case in certificates["accepted"]:
        for role in ("box", "centre"):  # they name none
            assert vouched(parts, case["certificate"], case["root"], role) == case["test"]
    assert all(vouched(parts, case["certificate"], case["root"], case["role"]) for case in roles["accepted"])
    assert not any(vouched(parts, case["certificate"], case["root"], case["role"]) for case in roles["refused"])
    for case in (*certificates["refused"], *load("devices")["refused"]):
        assert not vouched(parts, case["certificate"], case["root"], "box"), case.get("why")


def issued(
    name: x509.NameAttribute, extension: tuple[str, str] | None = None, at_root: bool = False,
) -> tuple[str, x509.Certificate]:
    """A box's certificate with this name, and its root; one of them with these bytes (hex) for an extension, which may
    be one that it bears anyway."""
    key, start = Ed25519PrivateKey.generate(), datetime.datetime(2026, 1, 1)
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")])

    def certificate(subject: x509.Name, of: Ed25519PrivateKey, ca: bool, uses: list[x509.ObjectIdentifier]) -> Any:
        builder = x509.CertificateBuilder(root, subject, of.public_key(), 2, start, start + YEAR)
        said: dict[str, x509.ExtensionType] = {"2.5.29.19": x509.BasicConstraints(ca, None)}
        if uses:
            said["2.5.29.37"] = x509.ExtendedKeyUsage(uses)
        if extension is not None and ca == at_root:
            oid, value = extension
            said[oid] = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))
        for one in said.values():
            builder = builder.add_extension(one, False)
        return builder.sign(key, None)

    box = certificate(x509.Name([name]), Ed25519PrivateKey.generate(), False, [EVIDENCE_USE, BOX_USE])
    return pem(box), certificate(root, key, True, [])


def reads(certificate: str, root: x509.Certificate) -> bool:
    try:
        return identity(certificate, root, "box").name == "box-1"
    except BadCertificate:
        return False


def test_names_of_any_kind_are_read_alike(parts: Any) -> None:
    for kind in set(_ASN1Type) - {_ASN1Type.BitString}:
        certificate, root = issued(x509.NameAttribute(NameOID.COMMON_NAME, "box-1", _type=kind))
        assert vouched(parts, certificate, pem(root), "box") and reads(certificate, root), kind


@pytest.mark.parametrize("at_root", [False, True])
@pytest.mark.parametrize(("oid", "data", "good"), [
    ("2.25.7", "0500", True), ("2.25.7", "", True), ("2.250.7", "0500", False), ("1.2.25.7", "0500", False),
    ("2.5.29.17", "3003820161", False), ("2.5.29.17", "30038201ff", False), ("2.5.29.17", "30058703010203", False),
    ("2.5.29.17", "3002a300", False), ("2.5.29.17", "3002a500", False), ("2.5.29.17", "", False),
    ("1.3.6.1.5.5.7.1.1", "3000", False), ("1.3.6.1.5.5.7.1.1", "3008300606022a03a500", False),
    ("1.3.6.1.5.5.7.1.1", "0400", False), ("2.5.29.36", "3003800100", False), ("2.5.29.36", "3000", False),
    ("2.5.29.14", "0401ff", False), ("2.5.29.35", "3000", False), ("1.3.6.1.4.1.311.21.7", "00", False),
])
def test_attack_extensions_that_libraries_read_each_in_its_way_are_refused_alike(
    parts: Any, oid: str, data: str, good: bool, at_root: bool,
) -> None:
    certificate, root = issued(x509.NameAttribute(NameOID.COMMON_NAME, "box-1"), (oid, data), at_root)
    assert (vouched(parts, certificate, pem(root), "box"), reads(certificate, root)) == (good, good)


ARC_128, ARC_129 = "83" + "ff" * 17 + "7f", "87" + "ff" * 17 + "7f"


@pytest.mark.parametrize(("oid", "data", "at_root", "good"), [
    ("2.5.29.19", "30060101ff02017f", True, True), ("2.5.29.19", "30070101ff02020080", True, True),
    ("2.5.29.19", "300e0101ff020900ffffffffffffffff", True, True), ("2.5.29.19", "30060101ff0201ff", True, False),
    ("2.5.29.19", "300f0101ff020a00ffffffffffffffffff", True, False), ("2.5.29.19", "30070101ff02020001", True, False),
    ("2.5.29.19", "3003020100", False, False), ("2.5.29.19", "3000", False, True), ("2.5.29.19", "", False, False),
    ("2.5.29.15", "03020780", False, True), ("2.5.29.15", "03020081", False, False),
    ("2.5.29.15", "03020089", False, True),
    ("2.5.29.15", "0303078080", False, False), ("2.5.29.15", "0303078880", False, True),
    ("2.5.29.15", "03020781", False, False), ("2.5.29.15", "03020780", True, False),
    ("2.5.29.15", "03020204", True, True),
    ("2.5.29.37", "3000", True, False), ("2.5.29.37", f"301706152a81{ARC_128}", True, False),
    ("2.5.29.37", f"301606142a{ARC_128}", True, True), ("2.5.29.37", f"301606142a{ARC_129}", True, False),
    ("2.5.29.37", f"3041063f{'2a' * 63}", True, True), ("2.5.29.37", f"30420640{'2a' * 64}", True, False),
])
def test_attack_the_extensions_that_count_are_read_alike(
    parts: Any, oid: str, data: str, at_root: bool, good: bool,
) -> None:
    certificate, root = issued(x509.NameAttribute(NameOID.COMMON_NAME, "box-1"), (oid, data), at_root)
    assert (vouched(parts, certificate, pem(root), "box"), reads(certificate, root)) == (good, good)


@pytest.mark.parametrize(("change", "good"), [
    (lambda text: text, True), (lambda text: text.replace("\n", "\r\n"), True), (lambda text: text + " \n\n", True),
    (lambda text: text[:-1], True), (lambda text: "said before\n" + text, False), (lambda text: "\n" + text, False),
    (lambda text: text + "said after\n", False), (lambda text: text.replace("CERT", "X509 CERT"), False),
    (lambda text: text + "-----BEGIN X-----\nAAAA\n-----END X-----\n", False), (lambda text: text * 2, False),
    (lambda text: text + "\u00a0", False), (lambda text: text.replace("=\n-----END", "\n-----END"), None),
])
def test_attack_text_around_a_certificate_is_read_alike(parts: Any, change: Any, good: bool | None) -> None:
    """`good` None: alike, whatever it is."""
    case = load("roles")["accepted"][0]
    text = change(case["certificate"].split(END)[0] + END)
    page = parts.evaluate("async (pem) => await held(() => given.readCertificate(pem))", text) == ""
    try:
        mine = bool(join_chain(text, None))
    except BadCertificate:
        mine = False
    assert page == mine and good in (mine, None)


def test_the_fingerprint_of_a_root(parts: Any) -> None:
    root = load("export-roles")["files"]["root.pem"]
    assert parts.evaluate("async (root) => (await given.readRoot(root, true)).keyid", root) == fingerprint(
        read_certificate(root))


def test_any_changed_byte_of_a_certificate_is_refused(parts: Any) -> None:
    case = load("roles")["accepted"][0]
    body = base64.b64decode("".join(case["certificate"].splitlines()[1:-1]))
    rng = random.Random(3)
    for _ in range(60):
        data = bytearray(body)
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        text = base64.encodebytes(bytes(data)).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{text}{END}"
        assert not vouched(parts, pem, case["root"], case["role"])


def test_instants(parts: Any) -> None:
    good = ["2026-03-02T00:40:00.000000Z", "2024-02-29T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"]
    bad = ["2026-03-02T00:40:00Z", "2026-02-29T00:00:00.000000Z", "2026-03-02T24:00:00.000000Z",
           "0000-01-01T00:00:00.000000Z", "2026-03-02T00:00:60.000000Z", "2026-13-01T00:00:00.000000Z",
           "2026-03-02t00:40:00.000000z", ""]
    assert parts.evaluate("(texts) => texts.map(given.isUtc)", good + bad) == [True] * 3 + [False] * len(bad)


def test_every_type_of_record_is_known(parts: Any) -> None:
    known = parts.evaluate("() => [...given.BOX_TYPES, ...given.CENTRE_TYPES, ...given.EITHER_TYPES]")
    assert set(known) == set(TYPES)


def test_proofs_of_certificate_transparency_and_no_other_place(parts: Any) -> None:
    """Each proof holds for its own leaf, and for no other index."""
    vector = load("tree")["merkle"]
    got = parts.evaluate("""async ({ leaves, roots, inclusion, consistency }) => {
      const bytes = given.fromHex, said = [];
      for (const { index, size, proof } of inclusion) {
        for (let at = 0; at < size; at++) {
          const held_ = await held(() => given.checkInclusion(given.leafHash(bytes(leaves[index])), BigInt(at),
            BigInt(size), bytes(roots[size]), proof.map(bytes)));
          said.push((held_ === "") === (at === index));
        }
      }
      for (const { old, size, proof } of consistency) {
        for (const other of [old, Math.max(0, old - 1)]) {
          const held_ = await held(() => given.checkConsistency(BigInt(old), bytes(roots[other]), BigInt(size),
            bytes(roots[size]), proof.map(bytes)));
          said.push((held_ === "") === (other === old));
        }
      }
      return said;
    }""", vector)
    assert len(got) > 10 and all(got)


def test_notes_and_keys_of_other_programs(parts: Any) -> None:
    vector = load("tree")
    for case in vector["notes"]:
        assert parts.evaluate("(text) => held(() => given.readNote(given.toUtf8(text)))", case["note"]) == ""
        assert parts.evaluate("(text) => held(() => given.readNote(given.toUtf8(text)))", case["note"][:-1])
    for key in vector["keys"]:
        refused = parts.evaluate("(text) => held(() => given.readWitness(text))", key["key"])
        assert (refused == "") == (key["kind"] == 4)
    case = vector["checkpoint"]
    assert parts.evaluate("(text) => held(() => given.readWitness(text))", case["witness"][:-1] + "B")


@pytest.mark.parametrize("type_", ["export", "genesis", "order.class", "roster.event", "segment", "segment.removed",
                                   "session.corrected", "video.removed", "checkpoint.seen", "chain.begun",
                                   "device.approved"])
def test_of_a_body_on_which_a_verdict_rests_every_key_is_looked_at(parts: Any, type_: str) -> None:
    """Else the page believes one that another verifier cannot use. Of `session.start` all ask for its session alone."""
    fields = {one.metadata.get("key", one.name) for one in dataclasses.fields(TYPES[type_])}
    assert set(parts.evaluate("(type) => Object.keys(given.BODIES[type])", type_)) == fields
