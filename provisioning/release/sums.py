"""SHA256SUMS of a bundle: its lines, and which paths a bundle may hold. Pure."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from provisioning.release.errors import BadPath, BadSums, FolderAndFile, NotALine, OutOfOrder, TooMuch

SUMS, SIGNATURE, ABOUT = "SHA256SUMS", "SHA256SUMS.sig", "release.toml"
MAX_FILES, MAX_DEPTH, MAX_PATH = 5000, 12, 255
MAX_SUMS = MAX_FILES * (MAX_PATH + 67)
"""Bytes of a list of so many files."""
MAX_FILE, MAX_BYTES = 4 << 30, 16 << 30
"""Bytes of one file, which a stick with FAT holds, and of all."""
_LINE = re.compile(rb"([0-9a-f]{64})  ([\x21-\x7e]+)")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~!%@-]*")
"""No part begins with a dot or a dash, and none has what FAT, a shell or sha256sum would read otherwise."""


def safe_path(path: str) -> bool:
    """Whether a bundle may hold a file or a folder at this path: relative, below its top, plain letters."""
    parts = path.split("/")
    return (len(path) <= MAX_PATH and len(parts) <= MAX_DEPTH and path.isascii()
            and all(_PART.fullmatch(part) and not part.endswith(".") for part in parts))


def read_sums(data: bytes) -> dict[str, str]:
    """Path → lower-case hex SHA-256 of each file, as listed. Raises BadSums, TooMuch."""
    if len(data) > MAX_SUMS:
        raise TooMuch(what=f"{SUMS} (bytes)", most=MAX_SUMS)
    lines = data.split(b"\n")
    if lines.pop() != b"" or not lines:
        raise BadSums(line=len(lines) + 1, why=NotALine())
    if len(lines) > MAX_FILES:
        raise TooMuch(what=SUMS, most=MAX_FILES)
    found: dict[str, str] = {}
    last = ""
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise BadSums(line=number, why=NotALine())
        path = match[2].decode("ascii")
        if not safe_path(path) or path in (SUMS, SIGNATURE):
            raise BadSums(line=number, why=BadPath(path=path[:MAX_PATH]))
        if path <= last:
            raise BadSums(line=number, why=OutOfOrder(path=path))
        found[path], last = match[1].decode("ascii"), path
    _no_two_places(found)
    return found


def write_sums(hashes: Mapping[str, str]) -> bytes:
    """What `read_sums` reads, and `sha256sum -c` too."""
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode("ascii")


def folders(paths: Iterable[str]) -> set[str]:
    """Every folder that these files lie in, without the top."""
    return {"/".join(parts[:end]) for parts in (path.split("/") for path in paths) for end in range(1, len(parts))}


def _no_two_places(found: Mapping[str, str]) -> None:
    """A stick with FAT does not tell `A` from `a`. Raises BadSums."""
    files: dict[str, int] = {}
    for number, path in enumerate(found, 1):
        if files.setdefault(path.lower(), number) != number:
            raise BadSums(line=number, why=OutOfOrder(path=path))
    for folder in folders(found):
        if folder.lower() in files:
            raise BadSums(line=files[folder.lower()], why=FolderAndFile(path=folder))
