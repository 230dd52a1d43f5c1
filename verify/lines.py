"""Files of one envelope per line: read line by line, each bounded, every deviation named with its line."""
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from evidence.canonical import MAX_BYTES
from evidence.errors import BadRecord, VerificationError
from verify.errors import LineChanged
from verify.folder import Folder, shown

MAX_LINES = 5_000_000
MOST_WRONG = 1000
"""So many lines of one file are named that are none: with more of them nobody wants the rest, which fills memory."""
T = TypeVar("T")


def read_lines(
    folder: Folder, name: str, read: Callable[[bytes], T]
) -> tuple[list[tuple[int, T]], list[VerificationError]]:
    """What `read` makes of each line, with the line's number from 1, and what is wrong. Raises FileRefused."""
    good: list[tuple[int, T]] = []
    wrong: list[VerificationError] = []
    with folder.open(name) as file:
        for number, line in enumerate(file.lines(MAX_BYTES + 1), 1):
            why: object = _shape(line) or ("more lines than any chain has" if number > MAX_LINES else "")
            try:
                if not why:
                    good.append((number, read(line[:-1])))
            except BadRecord as error:
                why = error.params.get("why", error)
            except VerificationError as error:
                wrong.append(error)
            if why:
                wrong.append(LineChanged(line=number, file=shown(name), why=why))
            if number > MAX_LINES or len(wrong) >= MOST_WRONG:
                break
    return good, wrong


def _shape(line: bytes) -> str:
    if line.endswith(b"\n"):
        return ""
    return "the line is longer than any envelope" if len(line) > MAX_BYTES else "the file ends within the line"
