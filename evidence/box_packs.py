"""A pack of a box: what its centre puts together of a box whose card died, and signs (evidence/README.md, "A pack of a
box"). Every file of it is named with its hash, so that a part of a pack is none.
"""
from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.bodies import Head
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import ChainId, Count, Id, Sha256
from evidence.seal import Signer, open_envelope, seal, verify_seal
from evidence.shape import Match, decode, encode

PACK_TYPE = "application/vnd.zaitang.pack.v1+json"
MANIFEST, ORDERS, VIDEO = "pack.json", "orders.jsonl", "video.jsonl"
MOST_CHAINS, MOST_FILES, MOST_BYTES = 1000, 2200, 8 << 30
"""Of one pack. Bytes are those of all its files together."""


def chain_file(chain: str) -> str:
    """The name of the file with the records of a chain."""
    return f"chains/{chain}.jsonl"


def receipts_file(chain: str) -> str:
    """The name of the file with the receipts of a chain."""
    return f"receipts/{chain}.jsonl"


def policy_file(sha256: str) -> str:
    """The name of the file with a policy."""
    return f"policies/{sha256}.toml"


@dataclasses.dataclass(frozen=True)
class PackFile:
    """A file of a pack. `size` in bytes."""

    name: Annotated[str, Match(r"[a-z]{1,9}(/[0-9a-f]{32,64})?\.(jsonl|toml)", "a name of a file of a pack")]
    size: Count
    sha256: Sha256


@dataclasses.dataclass(frozen=True)
class BoxPack:
    """What `centre` holds of `device`: `heads` are its chains, the oldest first, and how far they are here; `files`
    stand in the pack behind this one, in this order."""

    v: Literal[1]
    centre: Id
    device: Id
    heads: tuple[Head, ...]
    files: tuple[PackFile, ...]


@dataclasses.dataclass(frozen=True)
class PackVideo:
    """Where a segment is that a `segment` record names, a line of `video.jsonl`: at the centre, in its bucket, at the
    box alone (as far as the centre knows), or removed, as the box says."""

    chain: ChainId
    seq: Count
    sha256: Sha256
    at: Literal["centre", "bucket", "box", "removed"]


def seal_pack(pack: BoxPack, signer: Signer) -> bytes:
    """The envelope of a pack's manifest. Raises BadRecord for one that no reader would take."""
    payload = canonical(encode(pack))
    _pack(payload)
    return seal(payload, PACK_TYPE, signer)


def read_pack(envelope: bytes, key: Ed25519PublicKey, where: str) -> BoxPack:
    """A manifest whose signature by the centre's key holds. Raises BadRecord, WrongSigner or BadSeal."""
    return _pack(verify_seal(envelope, PACK_TYPE, key, where))


def peek_pack(envelope: bytes) -> BoxPack:
    """What a manifest says, its signature NOT checked. Raises BadRecord."""
    return _pack(open_envelope(envelope, PACK_TYPE).payload)


def _pack(payload: bytes) -> BoxPack:
    try:
        pack = decode(BoxPack, parse(payload), "pack")
    except BadShape as error:
        raise BadRecord(why=error) from None
    if len(pack.heads) > MOST_CHAINS or len(pack.files) > MOST_FILES or sum(
            one.size for one in pack.files) > MOST_BYTES:
        raise BadRecord(why="it is larger than a pack may be")
    return pack


def video_line(video: PackVideo) -> bytes:
    """A line of `video.jsonl`, without its end."""
    return canonical(encode(video))


def read_video_line(line: bytes) -> PackVideo:
    """The same read. Raises BadRecord."""
    try:
        return decode(PackVideo, parse(line), "video")
    except BadShape as error:
        raise BadRecord(why=error) from None
