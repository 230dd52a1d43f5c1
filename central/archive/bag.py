"""The files beside data/ of a bag (BagIt 1.0, RFC 8493): what they say follows from the plan."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from central.archive.plan import Plan
from evidence.canonical import sha256_hex

INFO, MANIFEST, TAG_MANIFEST = "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
OF_CLASS, OXUM, MISSING = "External-Identifier", "Payload-Oxum", "Zaitang-Missing"
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
    return f"{OXUM}: {sum(sizes)}.{len(sizes)}"


def said_of(bag: Path, label: str) -> str | None:
    """What the bag says of itself under a label; None: nothing. Raises OSError."""
    said = [line.removeprefix(f"{label}: ") for line in (bag / INFO).read_text("utf-8").splitlines()
            if line.startswith(f"{label}: ")]
    return said[0] if said else None


def lacks(bag: Path) -> int:
    """How many files of video a finished bag lacks. Raises OSError."""
    try:
        said = said_of(bag, MISSING)
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return 0
    return int(said) if said is not None and said.isascii() and said.isdigit() else 0


def _info(plan: Plan) -> bytes:
    missing = sum(len(one.seqs) for one in plan.missing)
    return (f"Source-Organization: {plan.centre}\n{OF_CLASS}: {plan.class_id}\nBagging-Date: {plan.day}\n"
            f"{oxum([one.size for one in plan.payload])}\nZaitang-Export: {plan.export}\n"
            + (f"{MISSING}: {missing}\n" if missing else "")).encode()
