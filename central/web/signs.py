"""Attempts to sign in or out in words, and who signed in to which recording."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.web.localtime import LocalTime
from common.texts import N_, translate
from evidence.attendance import Sign
from evidence.story import Attendance, Block, CheckInFact, PinFact

ANSWERS = {
    "accepted": N_("checked in"),
    "unknown": N_("not recognised"),
    "not_live": N_("refused: not a live face"),
    "liveness_missing": N_("refused: liveness was not checked"),
    "second_factor_missing": N_("refused: looks too much like somebody else, and no PIN was given"),
}
NO_RESPONSE = N_("refused: the gestures were not what was asked")
OUT = N_("signed out")
FORBIDDEN = N_("does not count: the use of the face was refused or withdrawn")
PINS = {"in": N_("signed in by PIN, confirmed by {name}"), "out": N_("signed out by PIN, confirmed by {name}")}
VOID = {
    "unconfirmed": N_("PIN that does not count: no instructor confirmed it"),
    "self": N_("PIN that does not count: the person confirmed it alone"),
    "stranger": N_("PIN that does not count: confirmed by {name}, who is no instructor of the class"),
}
SIGNED = {"face": N_("checked in {time}"), "pin": N_("by PIN {time}")}
ONLY_OUT = N_("signed out {time}, without a sign-in")
LEFT = N_("signed out {time}")


@dataclasses.dataclass(frozen=True)
class Signed:
    """How many of a recording signed in by face, by PIN, late, not at all (and without leave); how many instructors."""

    faces: int
    pins: int
    late: int
    absent: int
    teachers: int


def answer_kind(sign: Sign) -> str:
    """A class of the style sheet."""
    if isinstance(sign, PinFact):
        return "accepted" if sign.accepted else "unknown"
    return "unknown" if sign.forbidden or _only_gestures(sign) else sign.answer


def answer_words(sign: Sign, names: Mapping[str, str], lang: str) -> str:
    """What came of an attempt."""
    if isinstance(sign, PinFact):
        by = sign.pin.confirmed_by or ""
        return translate(VOID[sign.void] if sign.void else PINS[sign.direction], lang, name=names.get(by, by))
    if sign.forbidden:
        return translate(FORBIDDEN, lang)
    if _only_gestures(sign):
        return translate(NO_RESPONSE, lang)
    left = sign.accepted and sign.direction == "out"
    return translate(OUT if left else ANSWERS[sign.answer], lang)


def _only_gestures(sign: CheckInFact) -> bool:
    """Whoever did not make the gestures is no picture for that."""
    return (sign.answer, sign.liveness) == ("not_live", "no_response")


def signed_words(one: Attendance, local: LocalTime) -> str:
    """How somebody signed in to a recording; empty for who did not."""
    if not one.came:
        return ""
    if one.in_us is None:
        return translate(ONLY_OUT, local.lang, time=local.clock(one.out_us or 0))
    return translate(SIGNED[one.way], local.lang, time=local.clock(one.in_us))


def left_words(one: Attendance, local: LocalTime) -> str:
    """When somebody who had signed in signed out; empty without that."""
    if one.in_us is None or one.out_us is None:
        return ""
    return translate(LEFT, local.lang, time=local.clock(one.out_us))


def signed(block: Block) -> Signed:
    """The numbers of one recording."""
    away = {one.person for one in block.presences if one.on_leave}
    faces, pins = (sum(one.way == way for one in block.attendance) for way in ("face", "pin"))
    return Signed(
        faces=faces, pins=pins, late=sum(one.late for one in block.attendance),
        absent=sum(not one.came and one.person not in away for one in block.attendance),
        teachers=sum(one.came for one in block.teachers),
    )
