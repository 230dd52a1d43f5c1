"""What a checked value may be: the rules that type hints carry, and the sizes that hold for all."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable

MAX_INT = 2**53 - 1
MAX_TEXT = 65536
MAX_ITEMS = 100_000


@dataclasses.dataclass(frozen=True)
class Between:
    """An integer from `low` to `high`, both included."""

    low: int
    high: int = MAX_INT


@dataclasses.dataclass(frozen=True)
class Match:
    """A text that the whole pattern matches; `what` says it in words."""

    pattern: str
    what: str


@dataclasses.dataclass(frozen=True)
class Such:
    """A text for which `holds` is true: what a pattern cannot say; `what` says it in words."""

    holds: Callable[[str], bool]
    what: str


def is_whole_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: JSON can hold halves of characters (lone surrogates), no file can."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
