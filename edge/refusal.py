"""Why a process of the box does not run: the process tells its supervisor, and the supervisor everybody who looks into
BOX/run/refused, a JSON object by role. In every language, for the page's is not the supervisor's."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from common.texts import LANGS, words
from evidence.errors import ZaitangError

REFUSED = "refused"
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
    return Refusal(type(error).__name__, {lang: words(error, lang)[:LONGEST] for lang in LANGS})


def written(refusal: Refusal) -> bytes:
    """As it is sent."""
    return json.dumps(dataclasses.asdict(refusal), ensure_ascii=False).encode()


def read(data: bytes) -> Refusal | None:
    """What was sent; None if it is none."""
    try:
        return _refusal(json.loads(data))
    except (ValueError, TypeError, KeyError):
        return None


def listed(refusals: Mapping[str, Refusal]) -> bytes:
    """The file's contents. `refusals`: by role."""
    return json.dumps({role: dataclasses.asdict(one) for role, one in refusals.items()}, ensure_ascii=False).encode()


def look_up(run_folder: Path, role: str) -> Refusal | None:
    """Why the process of that role does not run; None when it does, or nobody says."""
    try:
        with (run_folder / REFUSED).open("rb") as file:
            return _refusal(json.loads(file.read(LARGEST))[role])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _refusal(value: Mapping[str, object]) -> Refusal:
    said = value["words"]
    if not isinstance(said, dict):
        raise TypeError(said)
    return Refusal(str(value["error"]), {lang: str(said[lang]) for lang in LANGS})
