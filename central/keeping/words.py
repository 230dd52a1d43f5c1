"""How what is kept is told to people: sizes, the lines of a plan, and how far the erasure of a face is."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from central.keeping.erasing import BoxErasing, FaceErasing
from central.keeping.plan import ClassKept, Group, KeepPlan
from central.orders.cli import WHY
from common.clauses import AND
from common.reasons import date_words
from common.texts import N_, translate, words
from evidence.blocks import day
from evidence.bodies import PersonErased, body_as
from evidence.rules.finding import Reason

GOES, STAYS = N_("may go"), N_("stays")
NO_CLASS = N_("(no class)")
UNKNOWN = N_("not known")
DISPUTED = N_("not before {until}; {years} years after the dispute ends")


BOXES = [N_("Class"), N_("Person"), N_("Box"), N_("How far it is")]
ASKED = N_("asked for; nothing was ordered yet")
NO_BOX = N_("no box holds a face of this class; it is certified soon")
RUNS = N_("ordered; {done} of {boxes} boxes hold nothing of it any more, or are lost")
LOST = N_("{certified}; without an answer of {boxes}, for the centre believes none of its keys any more")
CERTIFICATE = N_("erased everywhere: the centre's record {seq} certifies it")
STATES = {
    "asked": N_("ordered; the box has not answered yet"),
    "taken": N_("the box has taken the order and is erasing"),
    "erased": N_("the box says that it is erased"),
    "nothing": N_("the box says that it holds nothing of this person"),
    "refused": N_("the box refuses: {why}"),
    "lost": N_("never answers, for the centre believes none of its keys any more: the certificate will name it"),
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
        AND[lang].join(words(one, lang) for one in group.reasons))


def box_words(box: BoxErasing, lang: str) -> str:
    """How far a box is with the erasure of a face."""
    return translate(STATES[box.state], lang, why=translate(WHY.get(box.why, box.why), lang))


def erasing_words(one: FaceErasing, lang: str) -> str:
    """How far the erasure of a face is, in one sentence."""
    if one.certificate is not None:
        certified = translate(CERTIFICATE, lang, seq=one.certificate.record.seq)
        lost = lost_of(one)
        return translate(LOST, lang, certified=certified, boxes=", ".join(lost)) if lost else certified
    if one.waits:
        return waits_words(one.waits, lang)
    if not one.ordered:
        return translate(ASKED, lang)
    done = sum(box.done for box in one.boxes)
    return translate(RUNS if one.boxes else NO_BOX, lang, done=done, boxes=len(one.boxes))


def waits_words(waits: Iterable[Reason], lang: str) -> str:
    """For what an erasure waits."""
    return AND[lang].join(words(one, lang) for one in waits)


def lost_of(one: FaceErasing) -> tuple[str, ...]:
    """The boxes that a certificate names as never having answered."""
    body = None if one.certificate is None else body_as(one.certificate.record, PersonErased)
    return () if body is None else body.lost


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
