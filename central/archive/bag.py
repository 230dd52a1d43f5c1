"""The files beside data/ of a bag (BagIt 1.0, RFC 8493): what they say follows from the plan. Pure."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from central.archive.plan import Plan
from evidence.canonical import sha256_hex

INFO, MANIFEST, TAG_MANIFEST = "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def tag_files(plan: Plan) -> dict[str, bytes]:
    """By name; the manifest of the others comes last. Paths of ours hold nothing that must be written another way."""
    files = {"bagit.txt": BAGIT, INFO: _info(plan),
             MANIFEST: lines({one.path: one.sha256 for one in plan.payload})}
    hashes = {name: sha256_hex(data) for name, data in files.items()}
    beside = {one.path: one.sha256 for one in plan.small if not one.path.startswith("data/")}
    return {**files, TAG_MANIFEST: lines({**hashes, **beside})}


def lines(hashes: Mapping[str, str]) -> bytes:
    """A manifest: path → hash, a line for each."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes.items())).encode()


def oxum(sizes: Sequence[int]) -> str:
    """The line that counts the files below data/, by their sizes in bytes."""
    return f"Payload-Oxum: {sum(sizes)}.{len(sizes)}"


def _info(plan: Plan) -> bytes:
    return (f"Source-Organization: {plan.centre}\nExternal-Identifier: {plan.class_id}\nBagging-Date: {plan.day}\n"
            f"{oxum([one.size for one in plan.payload])}\nZaitang-Export: {plan.export}\n").encode()
