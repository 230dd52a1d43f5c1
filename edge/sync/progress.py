"""How far the upload is, for whoever asks at the box: a small file beside the locks of the processes, worth nothing
after a restart."""
from __future__ import annotations

import dataclasses
from pathlib import Path

from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import Count, Sha256
from evidence.shape import decode, encode

FILE = "upload.json"
MOST = 4096


@dataclasses.dataclass(frozen=True)
class Progress:
    """`waiting`: files whose records the centre has, and not yet the files; `waiting_bytes`. `sha256`, `sent`, `size`:
    the file that is on its way, and how much of it is there. `failures`: tries in a row without success; `status`: what
    the last one was answered, 0 where nobody answered, and `why` then."""

    waiting: Count
    waiting_bytes: Count
    sha256: Sha256 | None = None
    sent: Count = 0
    size: Count = 0
    failures: Count = 0
    status: Count = 0
    why: str | None = None


def write_progress(run_folder: Path, progress: Progress) -> None:
    """Old or new, never half. Raises OSError."""
    fresh = run_folder / (FILE + ".new")
    fresh.write_bytes(canonical(encode(progress)))
    fresh.replace(run_folder / FILE)


def read_progress(run_folder: Path) -> Progress | None:
    """What was written last; None where nothing was, or nothing that can be read."""
    try:
        with (run_folder / FILE).open("rb") as file:
            return decode(Progress, parse(file.read(MOST)), FILE)
    except (OSError, BadRecord, BadShape):
        return None
