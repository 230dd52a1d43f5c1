"""The form of a BagIt bag (RFC 8493) as centres write them: the declaration, what the bag says of itself, manifests."""
from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping

from evidence.errors import BadRecord, VerificationError
from verify.errors import FileMissing, FileRefused, LineChanged
from verify.folder import Folder
from verify.lines import read_lines

DECLARATION, INFO, MANIFEST, TAGS = "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MAX_INFO = 65_536
MAX_NAME = 4096
"""Bytes of a name in a manifest: no path is longer."""
_LINE = re.compile(rb"([0-9a-f]{64})  ([^\r\n]+)")
_ESCAPE = re.compile(r"%(?:0[Aa]|0[Dd]|25)")
_LABEL = re.compile(r"([A-Za-z0-9-]{1,64}): ([^\r\n]*)")


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Names of files with the hashes that they should have, in the order of the manifest."""

    name: str
    hashes: Mapping[str, str]


def check_declaration(folder: Folder) -> list[VerificationError]:
    """`bagit.txt` has one spelling."""
    if DECLARATION not in folder.sizes:
        return [folder.refused.get(DECLARATION) or FileMissing(file=DECLARATION)]
    try:
        data = folder.read(DECLARATION, len(DECLARED))
    except FileRefused as error:
        return [error]
    if data == DECLARED:
        return []
    line = 1 if data.split(b"\n")[0] != DECLARED.split(b"\n")[0] else 2
    return [LineChanged(line=line, file=DECLARATION, why="it does not say BagIt 1.0 and UTF-8")]


def read_info(folder: Folder) -> tuple[dict[str, str], list[VerificationError]]:
    """What `bag-info.txt` says, by its labels. One that stands there twice is wrong, and so is a line in another
    form."""
    if INFO not in folder.sizes:
        return {}, [folder.refused.get(INFO) or FileMissing(file=INFO)]
    try:
        *lines, rest = folder.read(INFO, MAX_INFO).split(b"\n")
    except FileRefused as error:
        return {}, [error]
    said: dict[str, str] = {}
    wrong: list[VerificationError] = []
    for number, line in enumerate(lines, 1):
        try:
            match = _LABEL.fullmatch(_text(line))
        except BadRecord as error:
            wrong.append(LineChanged(line=number, file=INFO, why=error.params["why"]))
            continue
        if match is not None and match[1] not in said:
            said[match[1]] = match[2]
            continue
        why = "it is no label with a value" if match is None else "its label stands there twice"
        wrong.append(LineChanged(line=number, file=INFO, why=why))
    if rest:
        wrong.append(LineChanged(line=len(lines) + 1, file=INFO, why="the file ends within the line"))
    return said, wrong


def read_manifest(folder: Folder, name: str) -> tuple[Manifest | None, list[VerificationError]]:
    """A manifest, and what is wrong with its lines; None where it cannot be read at all. `data/` and what is below it
    stand in the one of the payload, everything else in the other."""
    if name not in folder.sizes:
        return None, [folder.refused.get(name) or FileMissing(file=name)]
    hashes: dict[str, str] = {}
    folded: set[str] = set()

    def read(line: bytes) -> None:
        match = _LINE.fullmatch(line)
        if match is None or len(match[2]) > MAX_NAME:
            raise BadRecord(why="it is not a hash, two spaces and the name of a file")
        path = _path(_text(match[2]))
        if path.startswith("data/") != (name == MANIFEST):
            raise BadRecord(why="that file does not belong into this manifest")
        if _folded(path) in folded:
            raise BadRecord(why="it names a file twice, or two whose names are the same on another machine")
        folded.add(_folded(path))
        hashes[path] = match[1].decode()

    try:
        _, wrong = read_lines(folder, name, read)
    except FileRefused as error:
        return None, [error]
    return Manifest(name, hashes), wrong


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRecord(why="it is not UTF-8") from None


def _path(text: str) -> str:
    """The name of a file as it is within the bag. It is compared with the names that were found there, never opened.
    Raises BadRecord."""
    if "%" in _ESCAPE.sub("", text):
        raise BadRecord(why="a per cent sign begins nothing that RFC 8493 knows")
    path = _ESCAPE.sub(lambda found: bytes.fromhex(found[0][1:]).decode(), text)
    if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        raise BadRecord(why="that is no name of a file within the bag")
    return path


def _folded(path: str) -> str:
    """The name as file systems see it that do not tell capitals, or composed letters, from others."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())

