"""A second verifier of exported classes, written from docs/evidence.md: no line of the product is in it.

    python second_verifier.py FOLDER [FINGERPRINT OF THE ROOT [KEY OF A WITNESS ...]]
"""
from __future__ import annotations

import base64
import datetime
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
EVIDENCE = "2.25.79549728352203093903114946346335203196"
BOX, CENTRE = "2.25.274516451270135780721873771191722747225", "2.25.339277266100390135395322660745001921669"
KNOWN_EXTENSIONS = {"2.5.29.19", "2.5.29.15", "2.5.29.37", TEST_MARK}
LARGEST, DEEPEST, LARGEST_NUMBER, NO_PREV = 1 << 20, 32, 2**53 - 1, "0" * 64
LARGEST_NOTE, LARGEST_TIME = 1 << 16, 253402300799
OF_CENTRE = {"order.class", "order.templates", "order.box", "roster.event", "leave", "assessment", "dispute", "review",
             "objection", "decision", "video.reused", "export", "device.approved", "device.refused", "device.revoked",
             "institution", "account", "look.centre", "inspection", "survey", "imported", "hold", "video.removed",
             "erasure.asked", "person.erased"}
OF_BOX = {"order.accepted", "order.answered", "consent", "consent.withdrawn", "enrolment", "face.erased",
          "templates.moved", "session.start", "session.end", "session.corrected", "segment", "checkin", "checkin.pin",
          "pin.set", "rollcall", "picture", "bareface", "look", "code.shown", "code.read", "checkpoint.seen"}


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


class Told(dict[str, Any]):
    """What somebody says: whatever it lacks is a finding."""

    def __missing__(self, key: str) -> Any:
        raise Broken(f"{key} is missing")


def read_json(data: bytes) -> dict[str, Any]:
    must(len(data) <= LARGEST, "too large")
    try:
        value = json.loads(data.decode(), object_hook=Told)
        must(isinstance(value, dict) and canonical(value, 1).encode() == data, "not canonical")
    except (ValueError, RecursionError):
        raise Broken("not JSON") from None
    return Told(value)


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
    alone = r"-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/= \t\r\n]+-----END CERTIFICATE-----[ \t\r\n]*"
    must(re.fullmatch(alone, pem), "not one certificate and nothing else")
    try:
        (found,) = x509.load_pem_x509_certificates(pem.encode())
        key = found.public_key()
        must(isinstance(key, Ed25519PublicKey) and not_small(key.public_bytes_raw()), "the key of a certificate")
        others = [one for one in found.extensions if one.oid.dotted_string not in KNOWN_EXTENSIONS]
        must(all(one.oid.dotted_string.startswith("2.25.") and not one.critical for one in others), "extension")
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion,
            x509.UnsupportedGeneralNameType):
        raise Broken("a certificate cannot be read") from None
    return found


def not_small(key: bytes) -> bool:
    """Whether eight times the point is something: y of what is nothing then is one of seven."""
    p, y = 2**255 - 19, (int.from_bytes(key, "little") & (2**255 - 1)) % (2**255 - 19)
    d = -121665 * pow(121666, -1, p)
    # Order 1, 2: y = 1, -1. Order 4: y = 0. Order 8: x² = y², so that -y² + y² = 0 = 1 + d·y⁴.
    return y not in (0, 1, p - 1) and (1 + d * pow(y, 4, p)) % p != 0


def extension(certificate: x509.Certificate, kind: Any) -> Any:
    return next((one.value for one in certificate.extensions if isinstance(one.value, kind)), None)


def is_ca(certificate: x509.Certificate) -> bool:
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def check_issued(chain: list[x509.Certificate], role: str) -> None:
    """Section 4: of a device, of an intermediate if there is one, of the root; each issued by the next."""
    must(2 <= len(chain) <= 3, "more than one intermediate")
    try:
        for issued, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
            issued.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        raise Broken("the root did not issue the certificate") from None
    for below, authority in enumerate(chain[1:]):
        most, usage = extension(authority, x509.BasicConstraints), extension(authority, x509.KeyUsage)
        must(is_ca(authority) and (most.path_length is None or most.path_length >= below), "it may not issue these")
        must(usage is None or usage.key_cert_sign, "its key may not sign certificates")
    usage = extension(chain[0], x509.KeyUsage)
    must(not is_ca(chain[0]) and (usage is None or usage.digital_signature), "the certificate of a device")
    for one in chain[:-1]:
        uses = extension(one, x509.ExtendedKeyUsage)
        must(uses is None or EVIDENCE in {use.dotted_string for use in uses}, "it is for connections")
    uses = extension(chain[0], x509.ExtendedKeyUsage) or ()
    named = {use.dotted_string for use in uses} & {BOX, CENTRE}
    must(named == {role} or (not named and is_test(*chain)), "a box in place of a centre, or the reverse")
    must(named != {CENTRE} or len(chain) == 2, "an intermediate makes no centre")


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
        must(isinstance(first["body"], dict) and isinstance(first["body"]["certificate"], str), "record 0")
        must(first["type"] == "genesis" and first["body"]["root"] == sha256(spki(root.public_key())), "record 0")
        between = [read_certificate(one) for one in first["body"].get("intermediates") or ()]
        certificate = read_certificate(first["body"]["certificate"])
        check_issued([certificate, *between, root], CENTRE if of_centre else BOX)
        names = [str(one.value) for one in certificate.subject]
        must(names == [head["device"]], "whose certificate it is")
        self.device, self.chain = head["device"], head["chain"]
        self.key, self.test = certificate.public_key(), is_test(certificate, *between, root)
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


def check_receipts(path: Path, chain: Chain, head: dict[str, Any], centre: Chain, name: str, digest: Any) -> None:
    """Section 5. `digest`: what the manifest says of the file, null in exports of before."""
    must(digest is None or sha256(path.read_bytes()) == digest, "the receipts are not those of the manifest")
    data = path.read_bytes() if path.exists() else b""
    must(not data or data.endswith(b"\n"), "the last receipt")
    for line in data[:-1].split(b"\n") if data else ():
        _, receipt = opened(line, RECEIPT, centre.key)
        must((receipt["device"], receipt["chain"], receipt["centre"]) == (head["device"], head["chain"], name),
            "receipt")
        up_to = receipt["up_to"]
        must(up_to < len(chain.hashes) and receipt["head_hash"] == chain.hashes[up_to], "a receipt")


def counts(start: dict[str, Any] | None, said: dict[str, Any]) -> bool:
    """Section 6, `session.corrected`: within 24 hours of the start. Over a restart of the box clocks must tell, which
    are not judged here."""
    if start is None or start["seq"] > said["seq"]:
        return False
    must(start["boot_id"] == said["boot_id"], "a class was put right after a restart: this verifier does not judge it")
    return int(said["mono_us"]) - int(start["mono_us"]) <= 24 * 3600 * 10**6


def segments_of(chain: Chain, class_id: str) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Section 6: the files that must be there, by name, and the hashes of those that may be gone."""
    of_type = {kind: [one for one in chain.records if one["type"] == kind]
               for kind in ("session.start", "session.corrected", "segment", "segment.removed")}
    starts = {one["body"]["session"]: one for one in reversed(of_type["session.start"])}
    corrected = {one["body"]["session"]: one["body"]["class"] for one in of_type["session.corrected"]
                 if counts(starts.get(one["body"]["session"]), one)}
    named = {}
    for body in (one["body"] for one in of_type["segment"]):
        if corrected.get(body.get("session"), body["class"]) == class_id:
            must(re.fullmatch(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,3}", body["file"]) is not None, "a name")
            named[f"segments/{chain.device}/{body['file']}"] = body
    return named, {one["body"]["segment"] for one in of_type["segment.removed"]}


def removed_at(centre: Chain, class_id: str) -> set[str]:
    """Section 6, `video.removed`: the hashes of segments of a class that the centre says it deleted."""
    bodies = [one["body"] for one in centre.records if one["type"] == "video.removed"]
    return {file["segment"] for body in bodies if body["class"] == class_id for file in body["files"]}


def missing_in(chain: Chain, export: dict[str, Any]) -> set[str]:
    """Section 7, `missing` of the export record: the hashes of segments of a chain that the centre says it lacks."""
    seqs = {seq for one in export.get("missing") or [] if f"{one['device']}.{one['chain']}.jsonl" == chain.name
            for seq in one["seqs"]}
    return {one["body"]["sha256"] for one in chain.records if one["type"] == "segment" and one["seq"] in seqs}


class Note:
    """Section 5, "The tree": a signed note whose text is a checkpoint. `log`: name and key of the centre's tree."""

    def __init__(self, data: bytes, log: tuple[str, Ed25519PublicKey]) -> None:
        must(len(data) <= LARGEST_NOTE, "a note is too long")
        try:
            text, between, lines = data.decode().rpartition("\n\n")
        except UnicodeDecodeError:
            raise Broken("a note is not UTF-8") from None
        must(all(char >= " " or char == "\n" for char in data.decode()), "control characters in a note")
        self.text = text + "\n"
        self.signed = [self._signature(line) for line in lines.removesuffix("\n").split("\n")]
        must(bool(between) and lines.endswith("\n") and len(self.signed) <= 64, "a note")
        parts = self.text.split("\n")
        must(len(parts) == 4 and parts[3] == "" and parts[0] == log[0], "of which tree it is")
        must(re.fullmatch(r"0|[1-9][0-9]{0,15}", parts[1], re.ASCII) is not None, "the size of a tree")
        self.size, self.root = int(parts[1]), unbase64(parts[2])
        must(len(self.root) == 32, "the root of a tree")
        plain = self.by(*log, 1)
        must(bool(plain) and all(holds(log[1], one, self.text.encode()) for one in plain), "the seal of a checkpoint")
        must(self.cosigned(*log), "the time of a checkpoint")

    @staticmethod
    def _signature(line: str) -> tuple[str, bytes]:
        match = re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line)
        must(match is not None, "a line of signature")
        assert match is not None
        must(len(match[1]) <= 255 and match[1].isprintable() and not any(map(str.isspace, match[1])), "a name")
        data = unbase64(match[2])
        must(len(data) > 4, "a signature is too short")
        return match[1], data

    def by(self, name: str, key: Ed25519PublicKey, kind: int) -> list[bytes]:
        """What this key is said to have signed with."""
        return [data[4:] for who, data in self.signed if (who, data[:4]) == (name, key_id(name, key, kind))]

    def cosigned(self, name: str, key: Ed25519PublicKey) -> bool:
        """Whether a cosigner signed, with its time. One that does not match spoils the note."""
        found = self.by(name, key, 4)
        for data in found:
            must(len(data) == 72 and int.from_bytes(data[:8], "big") <= LARGEST_TIME, "a cosignature")
            must(holds(key, data[8:], timed(int.from_bytes(data[:8], "big"), self.text)), "a cosignature")
        return bool(found)


def key_id(name: str, key: Ed25519PublicKey, kind: int) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.public_bytes_raw()).digest()[:4]


def timed(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def holds(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def read_proof(data: bytes, log: tuple[str, Ed25519PublicKey], *before: str) -> tuple[int, list[bytes], Note]:
    """Number, hashes and checkpoint of a proof; `before`: its fixed first lines, and the word before the number."""
    head, between, note = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    word, space, number = lines[len(before) - 1].partition(" ")
    must(bool(between) and bool(space) and (*lines[:len(before) - 1], word) == before, "a proof")
    must(re.fullmatch(r"0|[1-9][0-9]{0,15}", number, re.ASCII) is not None, "the number of a proof")
    hashes = [unbase64(line) for line in lines[len(before):]]
    must(all(len(one) == 32 for one in hashes), "the hashes of a proof")
    return int(number), hashes, Note(note, log)


def path_of(first: int, size: int, hashes: list[bytes]) -> list[tuple[bool, bytes]]:
    """RFC 9162, 2.1.3.2: of each hash of a proof whether it stands at the left."""
    last, path = size - 1, []
    for one in hashes:
        must(last > 0, "a proof is too long")
        left = bool(first & 1) or first == last
        while left and not first & 1 and first:
            first, last = first >> 1, last >> 1
        path.append((left, one))
        first, last = first >> 1, last >> 1
    must(last == 0, "a proof is too short")
    return path


def check_inclusion(envelope: bytes, data: bytes, note: Note, log: tuple[str, Ed25519PublicKey]) -> None:
    index, hashes, own = read_proof(data, log, "c2sp.org/tlog-proof@v1", "index")
    must(own.text == note.text and index < note.size, "a proof of another checkpoint")
    found = hashlib.sha256(b"\0" + envelope).digest()
    for left, one in path_of(index, note.size, hashes):
        found = node(one, found) if left else node(found, one)
    must(found == note.root, "a record is not in the tree")


def check_growth(data: bytes, old: Note, new: Note, log: tuple[str, Ed25519PublicKey]) -> None:
    number, hashes, own = read_proof(data, log, "old")
    must(number == old.size and own.text == new.text, "a proof of another checkpoint")
    check_beginning(old.size, old.root, new, hashes)


def check_beginning(size: int, root: bytes, new: Note, hashes: list[bytes]) -> None:
    """RFC 9162, 2.1.4.2."""
    if size in (0, new.size):
        same = root == (new.root if size else hashlib.sha256().digest())
        must(same and not hashes, "the empty tree, or the same one")
        return
    must(size < new.size, "a tree that is larger than the newest")
    first, last = size - 1, new.size
    while first & 1:
        first, last = first >> 1, (last + 1) >> 1
    if first == 0:
        hashes = [root, *hashes]
    must(bool(hashes), "a proof is too short")
    before = after = hashes[0]
    for left, one in path_of(first, last, hashes[1:]):
        before, after = (node(one, before), node(one, after)) if left else (before, node(after, one))
    must((before, after) == (root, new.root), "the newest tree does not begin with an older one")


def check_tree(folder: Path, chains: list[Chain], log: tuple[str, Ed25519PublicKey], witnesses: list[str]) -> set[str]:
    """Section 7, "An exported class": the names of the files of the tree, all of them checked but stamps."""
    folders = (folder / "tree").iterdir() if (folder / "tree").exists() else ()
    sizes = sorted(int(path.name) for path in folders if path.name.isdecimal())
    notes = {size: Note((folder / f"tree/{size}/checkpoint").read_bytes(), log) for size in sizes}
    known = {f"tree/{size}/{name}" for size in sizes for name in ("checkpoint", "consistency", "stamp.tsr")}
    for size, note in notes.items():
        must(note.size == size, "a tree of another size")
        for text in witnesses:
            name, _, key = text.split("+")
            note.cosigned(name, Ed25519PublicKey.from_public_bytes(unbase64(key)[1:]))
        for chain in chains:
            for path in (folder / f"tree/{size}").glob(f"{chain.device}.{chain.chain}.*.tlog-proof"):
                number = path.name.split(".")[-2]
                check_inclusion(chain.lines[int(number)], path.read_bytes(), note, log)
                known.add(f"tree/{size}/{chain.device}.{chain.chain}.{int(number)}.tlog-proof")
            last = f"tree/{size}/{chain.device}.{chain.chain}.{len(chain.lines) - 1}.tlog-proof"
            must(size != sizes[-1] or last in known, "the newest tree does not hold the end of a chain")
        if size != sizes[-1]:
            check_growth((folder / f"tree/{size}/consistency").read_bytes(), note, notes[sizes[-1]], log)
    proofs, roots = read_beginnings(folder / "tree/seen", notes[sizes[-1]] if sizes else None)
    for chain in chains:
        for seen in [record["body"] for record in chain.records if record["type"] == "checkpoint.seen"]:
            must(bool(sizes), "a box saw a tree, and there is none")
            check_seen(seen, log)
            size, root = seen["size"], bytes.fromhex(seen["root_hash"])
            if size in notes:
                must(notes[size].root == root, "a box saw another tree")
            elif size in roots:
                must(roots[size] == root, "a box saw another tree")
            else:
                check_beginning(size, root, notes[sizes[-1]], proofs.get(size, []))
    return known | {"tree/seen"}


def read_beginnings(path: Path, newest: Note | None) -> tuple[dict[int, list[bytes]], dict[int, bytes]]:
    """Section 7, of each tree that boxes saw: in exports of before the proof that the newest one begins with it, else
    its root hash, which the newest tree has there."""
    found: dict[int, list[bytes]] = {}
    if not path.exists():
        return {}, {}
    *parts, end = path.read_bytes().decode("ascii", "replace").split("\n\n")
    word = parts[0].split(" ")[0] if parts else ""
    for part in parts:
        first, *lines = part.split("\n")
        must(re.fullmatch(rf"{word} (0|[1-9][0-9]{{0,15}})", first, re.ASCII) is not None, "tree/seen")
        size = int(first.split(" ")[1])
        must(size > max(found, default=-1), "the order of tree/seen")
        found[size] = [unbase64(line) for line in lines]
    must(end == "" and all(len(one) == 32 for hashes in found.values() for one in hashes), "tree/seen")
    if word == "old":
        return found, {}
    must(word == "size" and newest is not None, "tree/seen")
    roots = roots_of(found)
    must(roots.get(max(found)) == newest.root and max(found) == newest.size, "tree/seen")
    return {}, roots


def roots_of(pieces: dict[int, list[bytes]]) -> dict[int, bytes]:
    """The root hash at each size. Nodes lie side by side, and two of one height become one."""
    at, nodes, roots = 0, list[tuple[int, bytes]](), dict[int, bytes]()
    for size, hashes in pieces.items():
        for one in hashes:
            width = 1
            while at % (2 * width) == 0 and at + 2 * width <= size:
                width *= 2
            must(at + width <= size, "tree/seen")
            at += width
            while nodes and nodes[-1][0] == width:
                one, width = node(nodes.pop()[1], one), 2 * width
            nodes.append((width, one))
        must(at == size > 0, "tree/seen")
        *lefts, roots[size] = [one for _, one in nodes]
        for left in reversed(lefts):
            roots[size] = node(left, roots[size])
    return roots


def check_seen(seen: dict[str, Any], log: tuple[str, Ed25519PublicKey]) -> None:
    """Section 6, `checkpoint.seen`: signed by the centre."""
    text = f"{seen['origin']}\n{seen['size']}\n{base64.b64encode(bytes.fromhex(seen['root_hash'])).decode()}\n"
    at = datetime.datetime.fromisoformat(seen["time"])
    must(seen["origin"] == log[0] and at.microsecond == 0, "a checkpoint that a box saw")
    must(holds(log[1], unbase64(seen["signature"]), timed(int(at.timestamp()), text)), "a checkpoint that a box saw")


def verify(folder: Path, pin: str | None = None, *witnesses: str) -> None:
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
    heads = export["body"]["heads"]
    digests = export["body"].get("receipts") or [None] * len(heads)
    must(len(digests) == len(heads), "one file of receipts for each chain")
    for head, digest in zip(heads, digests, strict=True):
        chain = Chain(folder, head, root, of_centre=False)
        must(centre.device != chain.device and spki(centre.key) != spki(chain.key), "a box is its own centre")
        check_receipts(folder / "receipts" / chain.name, chain, head, centre, export["device"], digest)
        named, gone = segments_of(chain, export["body"]["class"])
        gone |= removed_at(centre, export["body"]["class"])
        gone |= missing_in(chain, export["body"])
        for name, body in named.items():
            path = folder / name
            if path.exists() or body["sha256"] not in gone:
                data = path.read_bytes()
                must((len(data), sha256(data)) == (body["size"], body["sha256"]), name)
        chains.append(chain)
        known |= {f"chains/{chain.name}", f"receipts/{chain.name}", *named}
    origin = f"zaitang/{sha256(spki(root.public_key()))}/{centre.device}"
    known |= check_tree(folder, chains, (origin, centre.key), list(witnesses))
    rules = tomllib.loads(policy.decode())
    must(rules.get("accept_test_keys", False) or not any(chain.test for chain in chains), "a test key")
    simulated = any(record["clock"]["source"] == "simulated" for chain in chains for record in chain.records)
    must(rules.get("accept_simulated", False) or not simulated, "a simulated clock")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    must(there <= known and not any(path.is_symlink() for path in folder.rglob("*")), f"added: {sorted(there - known)}")


if __name__ == "__main__":
    try:
        verify(Path(sys.argv[1]), *sys.argv[2:])
    except (Broken, OSError) as error:
        sys.exit(f"does not hold: {error!r}")
    print("whole")
