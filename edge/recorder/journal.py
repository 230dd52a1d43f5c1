"""The recorder's own memory beside the video: append-only lines with checksums, each durable before what follows.

    <crc32 hex> {"do": "run", …}      what every segment of the run shares
    <crc32 hex> {"do": "open", …}     a segment file is about to be created
    <crc32 hex> {"do": "mark", …}     so many bytes of it are whole fragments and durable, and add up to this
    <crc32 hex> {"do": "done", …}     the file is finished

A torn last line is what a power cut leaves; reading stops before the first line that does not check.
"""
from __future__ import annotations

import dataclasses
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from edge.recorder.tally import Tally
from edge.storage.files import AppendFile
from evidence.bodies import ClassId, FileName, Segment
from evidence.errors import BadShape
from evidence.records import BootId, Count, Id, Sha256
from evidence.shape import decode, encode

Began = Literal["start", "gap", "step", "clock", "restart"]
Cut = Literal["end", "gap", "step", "clock", "restart"]
TAIL = 65_536
"""More than any line of ours has, but for a mark of a file with hundreds of gaps."""
LONGEST_LINE, LONGEST = 1 << 20, 1 << 28
"""Bytes of a line, and of a journal, that are read: a week of one run has less."""
MOST_FILES = 100_000


@dataclasses.dataclass(frozen=True)
class Run:
    """What all segments of a run share."""

    class_id: ClassId | None
    session: Id | None
    camera: Id
    run: Id
    codec: Id
    width: Count
    height: Count
    gap_floor_us: Count
    began: Began
    boot_id: BootId | None = None


@dataclasses.dataclass(frozen=True)
class Mark:
    """A segment file up to a fragment edge. `cut` is meant in a `done` line only."""

    index: Count
    file: FileName
    size: Count
    sha256: Sha256
    tally: Tally
    cut: Cut | None = None


@dataclasses.dataclass
class Told:
    """What a journal tells: of each segment its file, its last mark, and whether it was finished."""

    run: Run
    files: dict[int, str]
    marks: dict[int, Mark]
    done: set[int]


class Journal:
    """Open for writing. Methods raise OSError."""

    def __init__(self, path: Path, run: Run, create: Callable[[Path], AppendFile]) -> None:
        self.path = path
        self._file = create(path)
        try:
            self._line("run", run)
        except OSError:
            self._file.close()
            raise

    def open(self, index: int, file: str) -> None:
        self._line("open", {"index": index, "file": file})

    def mark(self, mark: Mark) -> None:
        self._line("mark", mark)

    def done(self, mark: Mark) -> None:
        self._line("done", mark)

    def close(self) -> None:
        self._file.close()

    def _line(self, do: str, what: object) -> None:
        text = json.dumps({"do": do, **encode(what)}, separators=(",", ":")).encode()
        self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
        self._file.sync()


def read_journal(path: Path) -> Told | None:
    """What the journal tells up to its first bad line; None when not even its run is known. Raises OSError."""
    told: Told | None = None
    with path.open("rb") as file:
        left = LONGEST
        while left > 0 and (line := file.readline(LONGEST_LINE)):
            left -= len(line)
            try:
                told = _with(told, _checked(line), path)
            except (BadShape, KeyError):
                break
    return told


def newest_mark(path: Path) -> tuple[Run, Mark] | None:
    """The run and the newest fragment edge of the file that is being written now; only the journal's ends are read.

    None when no file is being written, or the last line is not whole. Raises OSError."""
    with path.open("rb") as file:
        first = _checked(file.readline(TAIL))
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        last = _checked(file.read(TAIL).rpartition(b"\n")[0].rpartition(b"\n")[2])
    if last.get("do") != "mark":
        return None
    try:
        run = _run(first, path)
        return run, _mark(run, last, path)
    except (BadShape, KeyError):
        return None


def segment_body(run: Run, mark: Mark, recovered: bool, cut: Cut | None) -> Segment:
    """The body of the record of a finished segment."""
    tally = mark.tally
    return Segment(
        class_id=run.class_id, session=run.session, camera=run.camera, run=run.run, index=mark.index, file=mark.file,
        size=mark.size, sha256=mark.sha256, codec=run.codec, width=run.width, height=run.height,
        packets=tally.packets, keyframes=tally.keyframes, first_pts_us=tally.first_pts_us, end_pts_us=tally.end_pts_us,
        first_mono_us=tally.first_mono_us, last_mono_us=tally.last_mono_us, gap_floor_us=run.gap_floor_us,
        gaps=tally.gaps, recovered=recovered, began=run.began, cut=cut,
        boot_id=run.boot_id,
    )


def _checked(line: bytes) -> dict[str, object]:
    """The value of a line; an empty one when it does not check."""
    crc, _, text = line.removesuffix(b"\n").partition(b" ")
    if crc != b"%08x" % zlib.crc32(text):
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        # Only what we did not write checks and is no JSON.
        return {}
    return value if isinstance(value, dict) else {}


def _with(told: Told | None, value: dict[str, object], path: Path) -> Told:
    """`told` and one line more. Raises KeyError or BadShape for a line that tells nothing."""
    if told is None:
        return Told(_run(value, path), {}, {}, set())
    do = value["do"]
    if do == "open":
        opened = decode(_Opened, value, str(path))
        _must_be_its(told.run, opened.index, opened.file)
        told.files[opened.index] = opened.file
    elif do in ("mark", "done"):
        mark = _mark(told.run, value, path)
        if mark.index not in told.files:
            raise KeyError(mark.index)
        told.marks[mark.index] = mark
        if do == "done":
            told.done.add(mark.index)
    else:
        raise KeyError(do)
    return told


def _run(value: dict[str, object], path: Path) -> Run:
    """The run that a journal's first line tells, which its name tells too."""
    if value["do"] != "run":
        raise KeyError(value["do"])
    run = decode(Run, value, str(path))
    if run.run != path.stem:
        raise KeyError(run.run)
    return run


def _mark(run: Run, value: dict[str, object], path: Path) -> Mark:
    mark = decode(Mark, value, str(path))
    _must_be_its(run, mark.index, mark.file)
    return mark


def _must_be_its(run: Run, index: int, file: str) -> None:
    """A journal speaks of the files of its run alone, whoever wrote it."""
    if index >= MOST_FILES or file != segment_name(run.run, index):
        raise KeyError(file)


def segment_name(run: str, index: int) -> str:
    """The file of a segment, below the volume's folder of segments."""
    return f"{run}/{index:06d}.mp4"


@dataclasses.dataclass(frozen=True)
class _Opened:
    index: Count
    file: FileName
