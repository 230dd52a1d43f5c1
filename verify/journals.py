"""What a box was still recording: files that no record names yet, held against the journals that must vouch for them.

A journal is no evidence: nobody signs it. It only has to tell a box that is recording, or lost its power, from a folder
into which somebody put a file (evidence/README.md, section 7).
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping

from evidence.bodies import Segment
from verify.errors import FileRefused
from verify.folder import CHUNK, Folder

MAX_LINE, MAX_LINES = 1 << 20, 1_000_000


@dataclasses.dataclass(frozen=True)
class Mark:
    """A file up to the last fragment that the recorder knew to be on the disk."""

    size: int
    sha256: str
    done: bool


@dataclasses.dataclass
class Journal:
    """By index in the run: the files that were begun (index N is N.mp4 in six digits), and how far they had come."""

    files: set[int] = dataclasses.field(default_factory=set)
    marks: dict[int, Mark] = dataclasses.field(default_factory=dict)


def read_journals(folder: Folder, journals: str) -> dict[str, Journal]:
    """By run. To be read before the records are: a journal is dropped when all that it tells is recorded."""
    found = {}
    for name in folder.under(f"{journals}/"):
        run = name.removeprefix(f"{journals}/").removesuffix(".jsonl")
        try:
            found[run] = read_journal(folder, name, run)
        except FileRefused as error:
            if (folder.path / name).exists():
                folder.refused[name] = error
    return found


def unfinished(
    folder: Folder, segments: str, journals: Mapping[str, Journal], recorded: Iterable[Segment]
) -> set[str]:
    """The files under `segments` that no record names and that a run's journal vouches for."""
    last: dict[str, Segment] = {}
    for segment in recorded:
        if segment.run not in last or last[segment.run].index < segment.index:
            last[segment.run] = segment
    found: set[str] = set()
    for run, journal in journals.items():
        found |= _vouched(folder, segments, journal, run, last.get(run))
    return found


def _vouched(folder: Folder, segments: str, journal: Journal, run: str, last: Segment | None) -> set[str]:
    """Those that follow the run's last recorded segment without a hole, all whole but the one that was begun last."""
    if last is not None and last.cut is not None:
        return set()
    found = set()
    newest, index = max(journal.files, default=-1), 0 if last is None else last.index + 1
    while index in journal.files:
        mark, name = journal.marks.get(index), f"{segments}/{run}/{index:06}.mp4"
        may = index == newest or (mark is not None and mark.done)
        if may and name in folder.sizes and _matches(folder, name, mark):
            found.add(name)
        index += 1
    return found


def _matches(folder: Folder, name: str, mark: Mark | None) -> bool:
    """Whether the file begins with the bytes of its mark, and is no longer once it is done."""
    if mark is None:
        return True
    digest, left = hashlib.sha256(), mark.size
    try:
        with folder.open(name) as file:
            while left and (data := file.read(min(CHUNK, left))):
                digest.update(data)
                left -= len(data)
            more = file.read(1)
    except FileRefused:
        return False
    return not left and digest.hexdigest() == mark.sha256 and not (mark.done and more)


def read_journal(folder: Folder, name: str, run: str) -> Journal:
    """What the journal of that run tells, up to its first line that does not check: a torn one is what a power cut
    leaves. Raises FileRefused."""
    journal, begun = Journal(), False
    with folder.open(name) as file:
        for number, line in enumerate(file.lines(MAX_LINE)):
            told = _checked(line)
            if number >= MAX_LINES or not told or not (_takes(journal, told) if begun else _begins(told, run)):
                break
            begun = True
    return journal


def _begins(told: dict[str, object], run: str) -> bool:
    return told.get("do") == "run" and told.get("run") == run


def _takes(journal: Journal, told: dict[str, object]) -> bool:
    do, index, size, sha256 = told.get("do"), told.get("index"), told.get("size"), told.get("sha256")
    if type(index) is not int:
        return False
    if do == "open":
        journal.files.add(index)
        return True
    if do not in ("mark", "done") or type(size) is not int or size < 0 or index not in journal.files:
        return False
    journal.marks[index] = Mark(size, str(sha256), done=do == "done")
    return True


def _checked(line: bytes) -> dict[str, object]:
    """The object of a line: its CRC-32 as eight hex digits, a space, JSON. An empty one when it does not check."""
    crc, _, text = line.removesuffix(b"\n").partition(b" ")
    if crc != b"%08x" % zlib.crc32(text):
        return {}
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
