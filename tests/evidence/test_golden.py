"""The golden vectors: what was sealed once reads the same for ever, and sealing it again gives the same bytes."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.bodies import TYPES, Head, body_of, class_of
from evidence.canonical import canonical, parse
from evidence.certs import Role, fingerprint, identity, read_certificate
from evidence.chain import check_chain, check_order, head_of
from evidence.errors import (
    BadCertificate,
    BadRecord,
    ChainBroken,
    Fork,
    OutOfOrder,
    RecordAdded,
    RecordChanged,
    RecordMissing,
    RecordsMissing,
    StrangeRecord,
    TailCut,
    VerificationError,
    WrongSigner,
)
from evidence.gaps import GAP_TYPE, read_gap
from evidence.heartbeats import HEARTBEAT_TYPE, read_heartbeat
from evidence.live import read_live, seal_live
from evidence.places import check_places
from evidence.receipts import read_receipt
from evidence.records import read_record
from evidence.seal import RECORD_TYPE, KeySigner, keyid_of, pae, read_sealed, seal, verify_seal
from evidence.shape import decode
from evidence.uploads import read_upload, seal_upload

GOLDEN = Path(__file__).parents[1] / "golden"
WORDS = {
    RecordChanged: "changed", WrongSigner: "another signer", RecordMissing: "missing", RecordsMissing: "missing",
    RecordAdded: "added", StrangeRecord: "added", ChainBroken: "does not follow", Fork: "fork", TailCut: "cut",
    OutOfOrder: "not in order",
}


def load(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def test_canonical_bytes() -> None:
    vectors = load("canonical")
    for case in vectors["accepted"]:
        assert canonical(case["value"]) == case["text"].encode()
        assert parse(case["text"].encode()) == case["value"]
    for refused in vectors["refused"]:
        with pytest.raises(BadRecord):
            parse(bytes.fromhex(refused))


def test_the_steps_of_a_seal() -> None:
    vector = load("seal")
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"]))
    payload, kind = vector["payload"].encode(), vector["payload_type"]
    assert kind == RECORD_TYPE
    assert key.public_key().public_bytes_raw().hex() == vector["public_key"]
    assert keyid_of(key.public_key()) == vector["keyid"]
    assert pae(payload, kind).hex() == vector["pae"]
    assert key.sign(pae(payload, kind)).hex() == vector["signature"]
    assert seal(payload, kind, KeySigner(key)) == vector["envelope"].encode()
    assert verify_seal(vector["envelope"].encode(), kind, key.public_key(), "it") == payload
    for case in vector["refused"]:
        with pytest.raises((BadRecord, VerificationError)):
            verify_seal(case["envelope"].encode(), kind, key.public_key(), case["why"])


@pytest.mark.parametrize("role", ["box", "centre"])
def test_certificates(role: Role) -> None:
    """They name no role: a test certificate may be either, one without the mark is neither since there are roles."""
    vectors = load("certificates")
    for case in vectors["accepted"]:
        root = read_certificate(case["root"])
        assert fingerprint(root) == case["fingerprint"]
        if not case["test"]:
            with pytest.raises(BadCertificate, match="neither a box nor a centre"):
                identity(case["certificate"], root, role)
            continue
        who = identity(case["certificate"], root, role)
        assert (who.name, who.keyid, who.role, who.test) == (case["name"], case["keyid"], role, True)
    for case in vectors["refused"]:
        with pytest.raises(BadCertificate):
            identity(case["certificate"], read_certificate(case["root"]), role)


@pytest.mark.parametrize("role", ["box", "centre"])
def test_chains_of_certificates_to_refuse(role: Role) -> None:
    for case in load("devices")["refused"]:
        with pytest.raises(BadCertificate):
            identity(case["certificate"], read_certificate(case["root"]), role)


def test_certificates_that_name_a_role() -> None:
    vectors = load("roles")
    for case in vectors["accepted"]:
        who = identity(case["certificate"], read_certificate(case["root"]), case["role"])
        assert (who.name, who.keyid, who.role, who.test) == tuple(
            case[key] for key in ("name", "keyid", "role", "test"))
    for case in vectors["refused"]:
        with pytest.raises(BadCertificate):
            identity(case["certificate"], read_certificate(case["root"]), case["role"])


CHAINS = [("chains", "box"), ("chains", "centre"), ("sessions", "box"), ("picture", "box"),
          ("codes", "box"), ("codes", "centre"), ("people", "box"), ("people", "centre"), ("reused", "centre"),
          ("disputes", "centre"), ("pins", "box"), ("rollcall", "box"), ("reviews", "centre"), ("looks", "box"),
          ("attempts", "box"), ("checkpoints", "box"), ("naming", "box"), ("still", "box"), ("devices", "box"),
          ("devices", "centre"), ("orders", "box"), ("new-chain", "box"), ("orders", "centre"), ("settings", "centre"),
            ("decisions", "centre"), ("accounts", "centre"), ("inspections", "centre"), ("sheets", "box"),
          ("sheets", "centre"), ("live", "box"), ("live", "centre"), ("keeping", "box"), ("keeping", "centre"),
          ("erasures", "centre"), ("release", "box"), ("release", "centre"),
          ("missing", "centre")]
"""File and name of every chain that is kept."""
UNMARKED = {"pins", "rollcall"}
"""Their certificates have no mark and name no role: since there are roles they are refused; what they hold is read."""


def golden(key: str) -> list[bytes]:
    """`payload` or `envelope` of one record of every type, and of every set of keys that its body has somewhere."""
    found = {(one["type"], tuple(json.loads(one["payload"])["body"])): one[key].encode()
             for file, chain in CHAINS for one in load(file)[chain]}
    return list(found.values())


def test_the_class_of_a_record_is_that_of_its_body() -> None:
    """The store finds records by it; an order to a box names its class deeper, and only where it is about one."""
    seen = set()
    for record in [read_sealed(one["envelope"].encode()).record for file, chain in CHAINS for one in load(file)[chain]]:
        assert class_of(record) == getattr(body_of(record), "class_id", None), record.type
        seen |= {record.type} if class_of(record) else set()
    assert {"order.box", "order.class", "sheet", "look.centre"} <= seen


@pytest.mark.parametrize(("file", "name"), CHAINS)
def test_a_whole_chain(file: str, name: str) -> None:
    vector = load(file)
    sealed = [read_sealed(one["envelope"].encode()) for one in vector[name]]
    role: Role = "centre" if name == "centre" else "box"
    checked = check_chain(sealed, read_certificate(vector["root"]), role, [head_of(sealed[-1])], closed=True)
    if file in UNMARKED:  # and nothing else is wrong with it
        (refused,) = checked.problems
        assert isinstance(refused, BadCertificate) and "neither a box nor a centre" in str(refused)
    else:
        assert checked.problems == () and checked.identity is not None and checked.identity.role == role
    assert check_places(sealed, of_centre=name == "centre") == ()
    device = sealed[0].record.device
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_keys"][device]))
    for one, expected in zip(sealed, vector[name], strict=True):
        assert (one.payload.decode(), one.hash) == (expected["payload"], expected["hash"])
        assert read_record(one.payload).type == expected["type"]
        assert (body_of(one.record) is None) == (expected["type"] not in TYPES)
        assert seal(one.payload, RECORD_TYPE, KeySigner(key)) == one.envelope


def test_every_type_of_this_version_is_there() -> None:
    known = {one["type"] for file, chain in CHAINS for one in load(file)[chain]}
    assert known >= set(TYPES)


def test_a_receipt_and_an_export_state_the_same_head() -> None:
    vector = load("chains")
    box, centre = ([read_sealed(one["envelope"].encode()) for one in vector[name]] for name in ("box", "centre"))
    who = identity(str(centre[0].record.body["certificate"]), read_certificate(vector["root"]), "centre")
    receipt = read_receipt(vector["receipt"].encode(), who.public_key, "receipt")
    assert receipt.head == head_of(box[-1])
    assert centre[-1].record.body["heads"] == [vars(receipt.head)]


def test_an_upload_token() -> None:
    vector = load("orders")
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_keys"]["box-3"]))
    upload = read_upload(vector["upload"].encode(), key.public_key())
    assert (upload.device, upload.centre, upload.method, upload.size) == ("box-3", "centre", "PUT", 5_000_000)
    assert seal_upload(upload, KeySigner(key)) == vector["upload"].encode()


def test_a_word_for_a_piece_of_live_pictures() -> None:
    vector = load("live")
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_keys"]["box-1"]))
    piece = read_live(vector["piece"].encode(), key.public_key())
    assert (piece.device, piece.order, piece.epoch, piece.number) == ("box-1", vector["centre"][2]["hash"], 0, 1)
    assert seal_live(piece, KeySigner(key)) == vector["piece"].encode()


@pytest.mark.parametrize("case", load("tampered")["cases"], ids=lambda case: case["case"])
def test_what_was_done_to_a_chain(case: dict[str, Any]) -> None:
    vector = load("tampered")
    sealed = [read_sealed(envelope.encode()) for envelope in case["envelopes"]]
    head = decode(Head, vector["head"], "head")
    checked = check_chain(sealed, read_certificate(vector["root"]), "box", [head], closed=True)
    assert [WORDS[type(error)] for error in (*check_order(sealed), *checked.problems)] == case["problems"]


def test_what_both_ends_say_beside_records() -> None:
    vector = load("heartbeats")
    box, centre = (Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_keys"][name]))
                   for name in ("box-1", "centre"))
    sealed = [read_sealed(envelope) for envelope in vector["message"].encode().split(b"\n")]
    beat = read_heartbeat(vector["heartbeat"]["envelope"].encode(), box.public_key(), "heartbeat")
    assert beat.head == head_of(sealed[-1]) and dict(beat.free) == {"box": 31 * 10**9, "video": 18 * 10**11}
    gap = read_gap(vector["gap"]["envelope"].encode(), centre.public_key(), "gap")
    assert (gap.centre, gap.device, gap.chain, gap.first) == ("centre", "box-1", beat.chain, 1)
    for name, kind, key in (("heartbeat", HEARTBEAT_TYPE, box), ("gap", GAP_TYPE, centre)):
        made = seal(vector[name]["payload"].encode(), kind, KeySigner(key))
        assert made.decode() == vector[name]["envelope"]
