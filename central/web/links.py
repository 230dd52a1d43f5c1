"""What several parts of a page say the same way: a record as a link, shares, scores."""
from __future__ import annotations

import dataclasses

from common.texts import N_, translate
from evidence.story import Ref

RECORD, OWN = N_("record {seq} of {device}"), N_("the centre's record {seq}")


@dataclasses.dataclass(frozen=True)
class Link:
    """A record, as a link: number `seq` in a chain of `device`."""

    device: str
    seq: int
    href: str


def link(ref: Ref) -> Link:
    """The page of a record."""
    device, chain, seq = ref
    return Link(device, seq, f"/records/{device}/{chain}/{seq}")


def record_words(device: str, seq: int, own: str, lang: str) -> str:
    """What a record is called. `own`: the centre's own name in records."""
    return translate(OWN if device == own else RECORD, lang, device=device, seq=seq)


def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all of it."""
    return 100 * part // whole if whole else 0


def score(ppm: int) -> str:
    """A similarity, like 0.71."""
    return f"{ppm / 1_000_000:.2f}"
