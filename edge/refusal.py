"""Why a process of the box does not run: it tells its supervisor, and in BOX/run/ROLE.refused everybody, until it runs.
In every language, for the page's is not the supervisor's."""
from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from common.logs import Log
from common.texts import LANGS, words
from edge.storage.files import replace
from evidence.errors import ZaitangError

REFUSED = "{role}.refused"
LONGEST = 500
"""Characters of a sentence: all of them must fit into one datagram."""
LARGEST = 1 << 16


@dataclasses.dataclass(frozen=True)
class Refusal:
    """`error`: the name of the error's class; `words`: its sentence by language."""

    error: str
    words: Mapping[str, str]


def refusal_of(error: ZaitangError) -> Refusal:
    """An error in words."""
    return Refusal(type(error).__name__, {lang: _plain(words(error, lang)) for lang in LANGS})


def written(refusal: Refusal) -> bytes:
    """As it is sent."""
    return json.dumps(dataclasses.asdict(refusal), ensure_ascii=False).encode()


def read(data: bytes) -> Refusal | None:
    """What was sent; None if it is none."""
    try:
        return _refusal(json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def leave(refusal: Refusal, run_folder: Path, role: str) -> None:
    """Leave it for everybody who looks. A disk that refuses it stops nobody."""
    try:
        replace(run_folder / REFUSED.format(role=role), written(refusal))
    except OSError as error:
        Log(role).failed("refusal.unwritten", error)


def take_back(run_folder: Path, role: str) -> None:
    """It runs, or nobody wants it to."""
    with contextlib.suppress(OSError):
        (run_folder / REFUSED.format(role=role)).unlink(missing_ok=True)


def look_up(run_folder: Path, role: str) -> Refusal | None:
    """Why the process of that role does not run; None when it does, or nobody says."""
    try:
        with (run_folder / REFUSED.format(role=role)).open("rb") as file:
            return read(file.read(LARGEST))
    except OSError:
        return None


def _refusal(value: Mapping[str, object]) -> Refusal:
    said = value["words"]
    if not isinstance(said, dict):
        raise TypeError(said)
    return Refusal(_plain(str(value["error"])), {lang: _plain(str(said[lang])) for lang in LANGS})


def _plain(text: str) -> str:
    """As much as fits. A file name that is no UTF-8 is written with escapes: the rest of the sentence matters."""
    return text.encode(errors="backslashreplace").decode()[:LONGEST]
