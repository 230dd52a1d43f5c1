"""The file in which face templates travel: sealed to one box (HPKE), signed by the other. Pure: bytes in, bytes out.

    line 1   an envelope (DSSE, as for records) of type PACKAGE_TYPE: which order, which box sends, its certificate, and
             the SHA-256 of all bytes after the first line
    rest     HPKE (RFC 9180: X25519, HKDF-SHA256, AES-128-GCM), `info` the hash of the order; inside a JSON header in a
             line, then the descriptions, float32, little-endian, one person after the other
"""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from common.sheets import public_key
from common.texts import N_
from edge.enrol.errors import BadPackage, NotForThisBox
from evidence.canonical import canonical, parse, sha256_hex
from evidence.certs import identity
from evidence.errors import BadRecord, BadShape, VerificationError
from evidence.records import Id, Sha256
from evidence.seal import Signer, open_envelope, seal, verify_seal
from evidence.shape import decode, encode

PACKAGE_TYPE = "application/vnd.zaitang.templates.v1+json"
MAX_BYTES = 64 << 20
TOO_LARGE, CHANGED = N_("it is too large"), N_("its bytes were changed")
REVOKED = N_("the centre has revoked the key of the box that made it")
MAX_DIMENSIONS, MAX_VECTORS = 4096, 64
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


@dataclasses.dataclass(frozen=True)
class Cover:
    """What everybody may read of a package. `order`: payload hash; `sealed`: SHA-256 of the rest of the file."""

    v: Literal[1]
    order: Sha256
    device: Id
    certificate: str
    sealed: Sha256


@dataclasses.dataclass(frozen=True)
class Carried:
    """One person in a package. `vectors` × `dimensions`; the anchor and the consent as the sender recorded them."""

    person: Id
    vectors: int
    dimensions: int
    anchor: Literal["none", "id_card", "inspector"]
    anchor_by: str
    anchor_commitment: Sha256 | None
    consent: Sha256


@dataclasses.dataclass(frozen=True)
class Inside:
    """The header inside."""

    pack: Id
    pack_sha256: Sha256
    people: tuple[Carried, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Package:
    """An opened package. `templates`: float32 (n, d) by person. `sha256`: of the whole file."""

    cover: Cover
    inside: Inside
    templates: dict[str, np.ndarray]
    sha256: str


def write_package(
    order: str, to_key: str, device: str, certificate: str, signer: Signer, pack: str, pack_sha256: str,
    people: Sequence[tuple[Carried, np.ndarray]],
) -> bytes:
    """The bytes of a package for the box whose sealing key (hex) this is. Raises BadCentreKey if it is none."""
    header = json.dumps(encode(Inside(pack, pack_sha256, tuple(carried for carried, _ in people)))).encode()
    plain = header + b"\n" + b"".join(vectors.astype("<f4").tobytes() for _, vectors in people)
    sealed = _SUITE.encrypt(plain, public_key(to_key), info=_info(order))
    cover = Cover(1, order, device, certificate, sha256_hex(sealed))
    return seal(canonical(encode(cover)), PACKAGE_TYPE, signer) + b"\n" + sealed


def read_cover(data: bytes, root: x509.Certificate, revoked: Collection[str] = ()) -> Cover:
    """Whose package it is, once its signature and its bytes hold: a box of the same site signed it, whose key is
    not `revoked`.

    Raises BadPackage."""
    if len(data) > MAX_BYTES:
        raise BadPackage(why=TOO_LARGE)
    line, _, sealed = data.partition(b"\n")
    try:
        cover = decode(Cover, parse(open_envelope(line, PACKAGE_TYPE).payload), "package", strict=True)
        who = identity(cover.certificate, root, "box")
        verify_seal(line, PACKAGE_TYPE, who.public_key, "package")
    except (BadRecord, BadShape, VerificationError) as error:
        raise BadPackage(why=error) from None
    if who.keyid in revoked:
        raise BadPackage(why=REVOKED)
    if who.name != cover.device:
        raise BadPackage(why=f"{who.name} signed for {cover.device}")
    if sha256_hex(sealed) != cover.sealed:
        raise BadPackage(why=CHANGED)
    return cover


def open_package(data: bytes, cover: Cover, key: X25519PrivateKey) -> Package:
    """What is inside. `cover`: from `read_cover`. Raises NotForThisBox, BadPackage."""
    try:
        plain = _SUITE.decrypt(data.partition(b"\n")[2], key, info=_info(cover.order))
    except (InvalidTag, ValueError):
        raise NotForThisBox() from None
    header, _, rest = plain.partition(b"\n")
    try:
        inside = decode(Inside, json.loads(header), "package", strict=True)
        return Package(cover, inside, _templates(inside, rest), sha256_hex(data))
    except (BadShape, ValueError, RecursionError) as error:
        raise BadPackage(why=str(error)) from None


def _templates(inside: Inside, rest: bytes) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    at = 0
    for one in inside.people:
        if not (1 <= one.vectors <= MAX_VECTORS and 1 <= one.dimensions <= MAX_DIMENSIONS) or one.person in found:
            raise ValueError(f"{one.person} cannot be read")
        vectors = np.frombuffer(rest, "<f4", one.vectors * one.dimensions, at).reshape(one.vectors, one.dimensions)
        if not np.isfinite(vectors).all():
            raise ValueError(f"{one.person} cannot be read")
        found[one.person] = vectors.astype(np.float32)
        at += vectors.nbytes
    if at != len(rest):
        raise ValueError("it is longer than it says")
    return found


def _info(order: str) -> bytes:
    return b"zaitang templates v1:" + order.encode()
