"""How what is kept is told to people: sizes, the lines of a plan, and how far the erasure of a face is."""
from __future__ import annotations

import dataclasses

from central.keeping.erasing import BoxErasing
from central.keeping.plan import ClassKept, Group, KeepPlan
from central.orders.cli import WHY
from common.reasons import date_words
from common.texts import N_, translate, words
from evidence.blocks import day

GOES, STAYS = N_("may go"), N_("stays")
NO_CLASS = N_("(no class)")
UNKNOWN = N_("not known")
DISPUTED = N_("not before {until}; {years} years after the dispute ends")


BOXES = [N_("Class"), N_("Person"), N_("Box"), N_("How far it is")]
CERTIFICATE = N_("erased everywhere: the centre's record {seq} certifies it")
STATES = {
    "asked": N_("ordered; the box has not answered yet"),
    "taken": N_("the box has taken the order and is erasing"),
    "erased": N_("the box says that it is erased"),
    "nothing": N_("the box says that it holds nothing of this person"),
    "refused": N_("the box refuses: {why}"),
    "expired": N_("the box has not answered within a year; order it again"),
}


@dataclasses.dataclass(frozen=True)
class Line:
    """A group of files. `until`: a date, or that nobody knows it."""

    class_id: str
    files: int
    size: str
    until: str
    goes: bool
    what: str
    why: str


def lines(plan: KeepPlan, lang: str) -> list[Line]:
    """The groups of all classes, in their order."""
    return [_line(kept, group, lang) for kept in plan.classes for group in kept.groups]


def _line(kept: ClassKept, group: Group, lang: str) -> Line:
    return Line(
        group.class_id or translate(NO_CLASS, lang), group.files, size_words(group.bytes),
        until_words(kept, group, lang), group.remove, translate(GOES if group.remove else STAYS, lang),
        "; ".join(words(one, lang) for one in group.reasons))


def box_words(box: BoxErasing, lang: str) -> str:
    """How far a box is with the erasure of a face."""
    return translate(STATES[box.state], lang, why=translate(WHY.get(box.why, box.why), lang))


def until_words(kept: ClassKept, group: Group | None, lang: str) -> str:
    """Until when, on the class's own calendar."""
    until_us = kept.until_us if group is None else group.until_us
    if until_us is None:
        return translate(UNKNOWN, lang)
    until = date_words(day(until_us, kept.utc_offset_min), lang)
    return translate(DISPUTED, lang, until=until, years=kept.years) if kept.disputed else until


def size_words(size: float) -> str:
    """Bytes in thousands of thousands, with as many places as tell something."""
    for unit, of in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= of:
            return f"{size / of:.1f} {unit}"
    return f"{size / 1000:.1f} kB"
