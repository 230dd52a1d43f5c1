"""The files beside data/ of a bag (BagIt 1.0, RFC 8493): what they say follows from the plan. Pure."""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from central.archive.plan import Piece, Plan
from evidence.canonical import sha256_hex

MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def tag_files(plan: Plan) -> dict[str, bytes]:
    """By name; the manifest of the others comes last. Paths of ours hold nothing that must be written another way."""
    files = {"bagit.txt": BAGIT, "bag-info.txt": _info(plan), MANIFEST: manifest(plan.payload)}
    hashes = {name: sha256_hex(data) for name, data in files.items()}
    beside = {one.path: one.sha256 for one in plan.small if not one.path.startswith("data/")}
    return {**files, TAG_MANIFEST: _lines({**hashes, **beside})}


def manifest(pieces: Iterable[Piece]) -> bytes:
    """A line for each file."""
    return _lines({one.path: one.sha256 for one in pieces})


def _info(plan: Plan) -> bytes:
    size, count = sum(one.size for one in plan.payload), len(plan.payload)
    return (f"Source-Organization: {plan.centre}\nExternal-Identifier: {plan.class_id}\nBagging-Date: {plan.day}\n"
            f"Payload-Oxum: {size}.{count}\nZaitang-Export: {plan.export}\n").encode()


def _lines(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes.items())).encode()
