"""Parsers of the evidence format and of what both ends share: envelopes, receipts, certificates, sheets, MP4."""
from __future__ import annotations

import dataclasses
import functools
import io
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from central.classes.lists import names_toml
from common.hls import BadMedia, Part, begins_with_keyframe, playlist, read_init, read_media, read_piece
from common.policies import NoSuchPolicy, load_policy, policy_bytes, policy_ids
from common.sealed_pages import HEAD, BadPages, open_pages, seal_pages
from common.sheets import (
    BadCentreKey,
    BadRoster,
    BadSheet,
    Listed,
    Name,
    check_sheet,
    open_number,
    open_roster,
    open_sheet,
    public_key,
    seal_sheet,
)
from common.texts import words
from evidence.bodies import Enrolled, body_of
from evidence.canonical import MAX_BYTES, canonical, parse
from evidence.certs import fingerprint, identity, is_test, read_certificate
from evidence.errors import BadCertificate, BadRecord, BadSeal, BadShape, WrongSigner
from evidence.fold import fold
from evidence.own_links import peek_own_link, read_link_text
from evidence.policy import parse_policy
from evidence.receipts import peek_receipt, read_receipt
from evidence.records import Record, Sealed
from evidence.rules import finding_json, findings
from evidence.seal import RECEIPT_TYPE, RECORD_TYPE, keyid_of, open_envelope, read_sealed, seal, verify_seal
from evidence.shape import encode
from evidence.times import utc_us
from tests.common.test_hls import FILM, film
from tests.common.test_sealed_pages import png
from tests.evidence.making import Site
from tests.evidence.test_golden import CHAINS, golden, load
from tests.evidence.test_hostile import whole
from tests.fuzz.parser import Bench, Parser

SITE = Site()
BOX, CENTRE = SITE.box().alarms(2), SITE.centre()
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PAGE = png()
NAMES = {"p-1": Name("王秀英", "01" * 16), "p-2": Name("李强", "02" * 16)}


def _certificates() -> list[bytes]:
    return [case[key].encode() for case in load("certificates")["accepted"] for key in ("certificate", "root")]


def _sealed(kind: str, data: bytes) -> bytes:
    """An envelope around any bytes at all, as a holder of the box's key can make it."""
    return seal(data[:MAX_BYTES // 2], kind, BOX.signer)


def _envelope(data: bytes, _: Bench) -> object:
    sealed = read_sealed(data)
    return body_of(sealed.record), verify_seal(data, RECORD_TYPE, _signer(sealed), "it")


def _own_link(data: bytes, _: Bench) -> object:
    return peek_own_link(read_link_text(data.decode("utf-8", "replace")))


def _own_links() -> list[bytes]:
    return [load("own-links")["token"].encode()]


def _signer(sealed: Sealed) -> Ed25519PublicKey:
    """The test key that signed it; another one where no test key did."""
    ((keyid, _),) = open_envelope(sealed.envelope, RECORD_TYPE).signatures
    return _keys().get(keyid, BOX.public_key)


@functools.cache
def _keys() -> dict[str, Ed25519PublicKey]:
    seeds = {secret for file, _ in CHAINS for secret in load(file)["private_keys"].values()}
    keys = [Ed25519PrivateKey.from_private_bytes(bytes.fromhex(one)).public_key() for one in seeds]
    return {keyid_of(key): key for key in keys}


def _body(data: bytes, _: Bench) -> object:
    return body_of(read_sealed(_sealed(RECORD_TYPE, data)).record)


def _receipt(data: bytes, _: Bench) -> object:
    envelope = _sealed(RECEIPT_TYPE, data)
    return peek_receipt(envelope), read_receipt(envelope, BOX.public_key, "it")


def _certificate(data: bytes, _: Bench) -> object:
    """As that of a device, and as a root."""
    found = read_certificate(data.decode("ascii", "replace"))
    is_test(found)
    fingerprint(found)
    for root in (SITE.root, found):
        try:
            identity(data.decode("ascii", "replace"), root, "box")
        except BadCertificate as error:
            assert str(error)
    return None


def _courses() -> list[bytes]:
    """Courses with a record of every type that is judged: their bodies, by place."""
    return [json.dumps({"kind": kind, "bodies": [encode(record.body) for record in whole(kind)[1]]}).encode()
            for kind in ("rooms", "practical")]


def _judged(data: bytes, _: Bench) -> object:
    """Bodies that a signer made up, within a course: those that a reader takes are folded, judged and told, whatever
    they say. No error at all: one record must never make a class unjudgeable."""
    try:
        told = json.loads(data)
        kind, bodies = told["kind"], list(told["bodies"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    made, records = whole("rooms" if kind == "rooms" else "practical")
    mixed = [_with(record, body) for record, body in zip(records, bodies, strict=False)]
    story = fold([*mixed, *records[len(mixed):]], "c-1", made.policy)
    found = findings(story, made.policy, utc_us("2026-04-01T00:00:00.000000Z"))
    return [(finding_json(one), [words(reason, "zh") for reason in one.reasons]) for one in found]


def _with(record: Record, body: Any) -> Record:
    """The record with another body, if a reader takes it. The plan stays: without it nobody asks."""
    new = dataclasses.replace(record, body=body)
    try:
        if record.type == "order.class" or not isinstance(body, dict) or not canonical(body) or body_of(new) is None:
            return record
    except BadRecord:
        return record
    return new


def _sheet(data: bytes, _: Bench) -> object:
    """Anybody can seal a sheet to a box: its key is public."""
    sealed = SUITE.encrypt(data, KEY.public_key(), info=b"zaitang names v1:welding-1")
    names = open_sheet(sealed, KEY, "welding-1")
    check_sheet(names, [Enrolled(one, "trainee", name.commitment) for one, name in NAMES.items()], "welding-1")
    return names


def _sealed_sheet(data: bytes, _: Bench) -> object:
    return open_sheet(data, KEY, "welding-1")


def _number(data: bytes, _: Bench) -> object:
    info = b"zaitang number v1:welding-1/p-1"
    return open_number(SUITE.encrypt(data, KEY.public_key(), info=info), KEY, "welding-1", "p-1")


def _roster(data: bytes, _: Bench) -> object:
    _, people = open_roster(SUITE.encrypt(data, KEY.public_key(), info=b"zaitang roster v1"), KEY)
    return names_toml(people).encode()


def _pages(data: bytes, _: Bench) -> object:
    """A box seals what it likes to the key of the centre."""
    info = b"zaitang contact sheet v1:" + b"ab" * 32
    return open_pages(SUITE.encrypt(data, KEY.public_key(), info=info), KEY, "ab" * 32)


def _sealed_pages() -> list[bytes]:
    return [seal_pages([PAGE, PAGE], KEY.public_key().public_bytes_raw().hex(), "ab" * 32)]


def _media(data: bytes, _: Bench) -> object:
    media = read_media(io.BytesIO(data), len(data))
    return playlist([Part("a.mp4", media)]), media.follows(media)


INIT = FILM[:read_media(io.BytesIO(FILM), len(FILM)).init_size]


def _moofs() -> list[bytes]:
    media = read_media(io.BytesIO(FILM), len(FILM))
    whole_moofs = (FILM[one.offset:one.offset + one.size] for one in media.fragments)
    return [one[8:int.from_bytes(one[:4], "big")] for one in whole_moofs]


def _policy_file(data: bytes, bench: Bench) -> object:
    return load_policy(str(bench.file(data, "mine.toml")))


PARSERS = (
    Parser("canonical JSON", ("evidence/canonical.py",), "json", lambda: golden("payload"),
           lambda data, _: parse(data), (BadRecord,)),
    Parser("an envelope", ("evidence/seal.py",), "json", lambda: golden("envelope"), _envelope,
           (BadRecord, BadSeal, WrongSigner)),
    Parser("an own link's token", ("evidence/own_links.py",), "text", _own_links, _own_link, (BadRecord,)),
    Parser("a payload and its body, sealed", ("evidence/records.py", "evidence/bodies.py", "evidence/shape.py"), "json",
           lambda: golden("payload"), _body, (BadRecord,), 300),
    Parser("bodies, judged", ("evidence/fold.py", "evidence/rules/__init__.py"), "json", _courses, _judged, (), 24),
    Parser("a receipt", ("evidence/receipts.py",), "json",
           lambda: [canonical(encode(peek_receipt(load("chains")["receipt"].encode())))], _receipt, (BadRecord,)),
    Parser("a certificate", ("evidence/certs.py",), "pem", _certificates, _certificate, (BadCertificate,), 100),
    Parser("a policy", ("evidence/policy.py",), "toml", lambda: [policy_bytes(one) for one in policy_ids()],
           lambda data, _: parse_policy(data, "mine.toml"), (BadShape,), 25),
    Parser("a policy's file", ("common/policies.py",), "toml", lambda: [policy_bytes("demo")], _policy_file,
           (BadShape, NoSuchPolicy), 10),
    Parser("an instant", ("evidence/times.py",), "text", lambda: [b"2026-03-02T00:40:00.000000Z"],
           lambda data, _: utc_us(data.decode("utf-8", "surrogateescape")), (BadRecord,)),
    Parser("a sheet of names", ("common/sheets.py",), "json",
           lambda: [json.dumps({person: encode(name) for person, name in NAMES.items()}).encode()], _sheet,
           (BadSheet, BadShape)),
    Parser("a sheet, sealed", ("common/sheets.py",), "bytes",
           lambda: [seal_sheet(NAMES, KEY.public_key().public_bytes_raw().hex(), "welding-1")], _sealed_sheet,
           (BadSheet, BadShape), 20),
    Parser("an ID number, sealed", ("common/sheets.py",), "bytes", lambda: [bytes(16) + b"11010519491231002X"], _number,
           (BadSheet,), 20),
    Parser("a list of people, sealed", ("common/sheets.py", "central/classes/lists.py"), "json",
           lambda: [json.dumps({"class": "welding-1", "people": [
               encode(Listed("王秀英", "11010519491231002X", "trainee"))]}).encode()], _roster, (BadRoster,)),
    Parser("pages of a contact sheet", ("common/sealed_pages.py",), "bytes",
           lambda: [HEAD + len(PAGE).to_bytes(4) + PAGE + len(PAGE).to_bytes(4) + PAGE], _pages, (BadPages,), 60),
    Parser("a contact sheet, sealed", ("common/sealed_pages.py",), "bytes", _sealed_pages,
           lambda data, _: open_pages(data, KEY, "ab" * 32), (BadPages,), 20),
    Parser("a sealing key", ("common/sheets.py",), "text", lambda: [KEY.public_key().public_bytes_raw().hex().encode()],
           lambda data, _: public_key(data.decode("utf-8", "surrogateescape")), (BadCentreKey,)),
    Parser("a fragmented MP4", ("common/hls.py",), "boxes", lambda: [FILM], _media, (BadMedia,), 150),
    Parser("an init section alone", ("common/hls.py",), "boxes", lambda: [INIT], lambda data, _: read_init(data),
           (BadMedia,), 60),
    Parser("a piece of video alone", ("common/hls.py",), "boxes", lambda: [film(2)[len(INIT):]],
           lambda data, _: read_piece(read_init(INIT), data), (BadMedia,), 100),
    Parser("a moof", ("common/hls.py",), "boxes", _moofs, lambda data, _: begins_with_keyframe(data), (BadMedia,), 60),
)
