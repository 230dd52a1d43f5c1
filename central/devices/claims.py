"""A box's way in: a claim with a token, the box's keys, a person's word. Decides; wiring and HTTP are elsewhere.

    open --the box sends token, serial number and keys--> waiting --a person--> approved or refused

A token is good for one pair of keys, and the same request again gets the same answer: a box may lose power at any step.
"""
from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import secrets

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from central.devices.errors import BadRequest, OtherName, OtherSerial, TokenExpired, TokenUsed
from central.store.devices import Claim
from evidence.certs import UNREADABLE
from evidence.times import MINUTE

TOKEN_BYTES = 20
MOST_HOURS = 24 * 14
SERIAL = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Presented:
    """What a box sent: whose it says it is, and its keys, each proved by its own signature."""

    device: str
    serial: str
    evidence_key: Ed25519PublicKey
    tls_key: Ed25519PublicKey


def new_token() -> str:
    """A token to type: 32 letters and digits in groups of four."""
    letters = base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode()
    return "-".join(letters[at:at + 4] for at in range(0, len(letters), 4))


def hash_of(token: str) -> str:
    """What is kept of a token. 160 random bits need no slow hash."""
    plain = re.sub(r"[\s-]", "", token).upper()
    return hashlib.sha256(f"zaitang claim {plain}".encode("utf-8", "replace")).hexdigest()


def new_claim(token: str, device: str, serial: str, hours: int, now_us: int) -> Claim:
    """The claim of a new token."""
    return Claim(hash_of(token), device, same_serial(serial), now_us + hours * 60 * MINUTE)


def same_serial(serial: str) -> str:
    """A serial number as it is compared: stickers and kernels disagree on capitals and leading zeros."""
    return serial.strip().lower().lstrip("0") or "0"


def after_presenting(claim: Claim, sent: Presented, now_us: int, address: str) -> Claim:
    """The claim once a box has come with its token. Raises TokenExpired, TokenUsed, OtherSerial, OtherName."""
    if same_serial(sent.serial) != claim.serial:
        raise OtherSerial(serial=sent.serial)
    if sent.device != claim.device:
        raise OtherName(device=claim.device, name=sent.device)
    if claim.state != "open":
        if not same_keys(claim, sent):
            raise TokenUsed
        return claim
    if now_us >= claim.expires_us:
        raise TokenExpired
    evidence_key, tls_key = keys_of(sent)
    return dataclasses.replace(
        claim, state="waiting", evidence_key=evidence_key, tls_key=tls_key, asked_us=now_us, asked_from=address[:64])


def same_keys(claim: Claim, sent: Presented) -> bool:
    """Whether it is the box that came for this claim; nobody else has its keys."""
    return (claim.evidence_key, claim.tls_key) == keys_of(sent)


def keys_of(sent: Presented) -> tuple[str, str]:
    """As a claim keeps them, hex: of evidence, of connections."""
    return sent.evidence_key.public_bytes_raw().hex(), sent.tls_key.public_bytes_raw().hex()


def key_of_request(csr_pem: str) -> tuple[str, Ed25519PublicKey]:
    """Name and key of a certificate request (PKCS #10, PEM) whose own signature holds. Raises BadRequest."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key, names = request.public_key(), request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        holds = isinstance(key, Ed25519PublicKey) and request.is_signature_valid
    except UNREADABLE:
        raise BadRequest(why="it holds no certificate request") from None
    if not isinstance(key, Ed25519PublicKey) or not holds:
        raise BadRequest(why="a certificate request is not signed by its own Ed25519 key")
    if len(names) != 1:
        raise BadRequest(why="a certificate request does not have one name")
    return str(names[0].value), key


def public_key(raw_hex: str) -> Ed25519PublicKey:
    """A key as a claim keeps it."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw_hex))
