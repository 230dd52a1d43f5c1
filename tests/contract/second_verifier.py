"""A second verifier of exported classes, written from docs/evidence.md: no line of the product is in it.

    python second_verifier.py FOLDER [FINGERPRINT OF THE ROOT]
"""
from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD, RECEIPT = (f"application/vnd.zaitang.{kind}.v1+json" for kind in ("record", "receipt"))
TEST_MARK = "2.25.307793491334158622302749188636843853207"
KNOWN_CRITICAL = {"2.5.29.19", "2.5.29.15", TEST_MARK}
LARGEST, DEEPEST, LARGEST_NUMBER, NO_PREV = 1 << 20, 32, 2**53 - 1, "0" * 64
OF_CENTRE = {"order.class", "order.templates", "roster.event", "leave", "assessment", "dispute", "review",
    "video.reused",
             "export"}
OF_BOX = {"order.accepted", "consent", "consent.withdrawn", "enrolment", "face.erased", "templates.moved",
    "session.start",
          "session.end", "session.corrected", "segment", "checkin", "checkin.pin", "pin.set", "rollcall", "picture",
          "bareface", "look", "code.shown", "code.read"}


class Broken(Exception):
    """The evidence does not hold; the text says where."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any, depth: int = 0) -> str:
    """Section 2: RFC 8785 for values without fractions."""
    must(depth <= DEEPEST, "nested too deep")
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(one, depth + 1)}" for key, one in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(one, depth + 1) for one in value) + "]"
    must(not isinstance(value, float) and (not isinstance(value, int) or abs(value) <= LARGEST_NUMBER), "a number")
    return json.dumps(value, ensure_ascii=False)


def read_json(data: bytes) -> dict[str, Any]:
    must(len(data) <= LARGEST, "too large")
    try:
        value = json.loads(data.decode())
        must(isinstance(value, dict) and canonical(value, 1).encode() == data, "not canonical")
    except (ValueError, RecursionError):
        raise Broken("not JSON") from None
    return dict(value)


def unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Broken("not base64") from None
    must(base64.b64encode(data).decode() == text, "another spelling of base64")
    return data


def spki(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def opened(envelope: bytes, kind: str, key: Ed25519PublicKey | None) -> tuple[bytes, dict[str, Any]]:
    """Section 3: payload bytes and payload; the signature checked where the key is known."""
    outer = read_json(envelope)
    must(set(outer) == {"payload", "payloadType", "signatures"} and outer["payloadType"] == kind, "envelope")
    must(isinstance(outer["signatures"], list) and len(outer["signatures"]) == 1, "one signature")
    (signature,) = outer["signatures"]
    must(set(signature) == {"alg", "keyid", "sig"} and signature["alg"] == "ed25519", "signature")
    payload = unbase64(outer["payload"])
    if key is not None:
        must(signature["keyid"] == sha256(spki(key)), "signed by another key")
        pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
        try:
            key.verify(unbase64(signature["sig"]), pae)
        except InvalidSignature:
            raise Broken("the signature does not match") from None
    return payload, read_json(payload)


def read_certificate(pem: str) -> x509.Certificate:
    try:
        (found,) = x509.load_pem_x509_certificates(pem.encode())
        must(isinstance(found.public_key(), Ed25519PublicKey), "the key of a certificate")
        must(all(one.oid.dotted_string in KNOWN_CRITICAL for one in found.extensions if one.critical), "extension")
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion):
        raise Broken("a certificate cannot be read") from None
    return found


def is_ca(certificate: x509.Certificate) -> bool:
    return any(isinstance(one.value, x509.BasicConstraints) and one.value.ca for one in certificate.extensions)


def is_test(*certificates: x509.Certificate) -> bool:
    return any(one.oid.dotted_string == TEST_MARK for certificate in certificates for one in certificate.extensions)


def read_root(data: bytes) -> x509.Certificate:
    """Section 4."""
    root = read_certificate(data.decode("ascii", "replace"))
    must(root.public_bytes(Encoding.PEM) == data and is_ca(root), "root.pem")
    try:
        root.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        raise Broken("root.pem") from None
    return root


class Chain:
    """Section 5: one file of a chain, checked from its first line to its last."""

    def __init__(self, folder: Path, head: dict[str, Any], root: x509.Certificate, of_centre: bool) -> None:
        self.name = f"{head['device']}.{head['chain']}.jsonl"
        data = (folder / "chains" / self.name).read_bytes()
        must(data.endswith(b"\n"), "the last line")
        self.lines = data[:-1].split(b"\n")
        self.hashes: list[str] = []
        self.records: list[dict[str, Any]] = []
        first = opened(self.lines[0], RECORD, None)[1]
        must(first["type"] == "genesis" and first["body"]["root"] == sha256(spki(root.public_key())), "record 0")
        certificate = read_certificate(first["body"]["certificate"])
        try:
            certificate.verify_directly_issued_by(root)
        except (InvalidSignature, ValueError, TypeError):
            raise Broken("the root did not issue the certificate") from None
        names = [str(one.value) for one in certificate.subject]
        must(names == [head["device"]] and not is_ca(certificate), "whose certificate it is")
        self.key, self.test = certificate.public_key(), is_test(certificate, root)
        must(first["body"]["keyid"] == sha256(spki(self.key)), "the key of record 0")
        must((first["body"].get("sealing_key") is None) == of_centre, "a box in place of a centre, or the reverse")
        for number, line in enumerate(self.lines):
            payload, record = opened(line, RECORD, self.key)
            must((record["device"], record["chain"], record["seq"]) == (head["device"], head["chain"], number), "place")
            must(record["prev"] == (self.hashes[-1] if number else NO_PREV), f"record {number} does not follow")
            must((record["type"] == "genesis") == (number == 0), "a second record 0")
            must(record["type"] not in (OF_BOX if of_centre else OF_CENTRE),
                f"record {number} stands in the wrong chain")
            self.hashes.append(sha256(payload))
            self.records.append(record)
        must((len(self.lines) - 1, self.hashes[-1]) == (head["up_to"], head["head_hash"]), "the end of a chain")


def check_receipts(path: Path, chain: Chain, head: dict[str, Any], centre: Chain, name: str) -> None:
    data = path.read_bytes() if path.exists() else b""
    must(not data or data.endswith(b"\n"), "the last receipt")
    for line in data[:-1].split(b"\n") if data else ():
        _, receipt = opened(line, RECEIPT, centre.key)
        must((receipt["device"], receipt["chain"], receipt["centre"]) == (head["device"], head["chain"], name),
            "receipt")
        up_to = receipt["up_to"]
        must(up_to < len(chain.hashes) and receipt["head_hash"] == chain.hashes[up_to], "a receipt")


def segments_of(chain: Chain, class_id: str) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Section 6: the files that must be there, by name, and the hashes of those that may be gone."""
    corrected = {record["body"]["session"]: record["body"]["class"] for record in chain.records
                 if record["type"] == "session.corrected"}
    named, gone = {}, set()
    for record in chain.records:
        body = record["body"]
        if record["type"] == "segment" and corrected.get(body["session"], body["class"]) == class_id:
            must(re.fullmatch(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,3}", body["file"]) is not None, "a name")
            named[f"segments/{record['device']}/{body['file']}"] = body
        elif record["type"] == "segment.removed":
            gone.add(body["segment"])
    return named, gone


def verify(folder: Path, pin: str | None = None) -> None:
    """Raises Broken, or OSError for what is not there."""
    root = read_root((folder / "root.pem").read_bytes())
    must(pin in (None, sha256(spki(root.public_key()))), "another root")
    manifest = (folder / "manifest.json").read_bytes()
    payload, export = opened(manifest, RECORD, None)
    must(export["type"] == "export", "manifest.json")
    policy = (folder / "policy.toml").read_bytes()
    must(sha256(policy) == export["body"]["policy"]["sha256"], "policy.toml")
    own = {"device": export["device"], "chain": export["chain"], "up_to": export["seq"], "head_hash": sha256(payload)}
    centre = Chain(folder, own, root, of_centre=True)
    must(centre.lines[-1] == manifest, "the manifest is not the last record of the centre")
    chains, known = [centre], {"manifest.json", "root.pem", "policy.toml", f"chains/{centre.name}"}
    for head in export["body"]["heads"]:
        chain = Chain(folder, head, root, of_centre=False)
        check_receipts(folder / "receipts" / chain.name, chain, head, centre, export["device"])
        named, gone = segments_of(chain, export["body"]["class"])
        for name, body in named.items():
            path = folder / name
            if path.exists() or body["sha256"] not in gone:
                data = path.read_bytes()
                must((len(data), sha256(data)) == (body["size"], body["sha256"]), name)
        chains.append(chain)
        known |= {f"chains/{chain.name}", f"receipts/{chain.name}", *named}
    rules = tomllib.loads(policy.decode())
    must(rules["accept_test_keys"] or not any(chain.test for chain in chains), "a test key")
    simulated = any(record["clock"]["source"] == "simulated" for chain in chains for record in chain.records)
    must(rules["accept_simulated"] or not simulated, "a simulated clock")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    must(there <= known and not any(path.is_symlink() for path in folder.rglob("*")), f"added: {sorted(there - known)}")


if __name__ == "__main__":
    try:
        verify(Path(sys.argv[1]), *sys.argv[2:3])
    except (Broken, OSError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"does not hold: {error!r}")
    print("whole")
