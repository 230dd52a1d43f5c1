"""A trainee's own record in plain words: what happened in each recording, and why somebody was not recognised."""
from __future__ import annotations

import dataclasses

from central.classes.own import OwnBlock, OwnObjection, OwnRecord, OwnSign
from central.web.localtime import LocalTime
from common.decisions import OBJECTIONS
from common.reasons import block_words
from common.texts import N_, translate

SEEN = N_("The video shows you.")
SEEN_AT = N_("The video shows you, best at {time}.")
POINTED = N_("A person found you in the video.")
ABSENT = N_("The video was looked through, and you were not found in it. If you were there, object below.")
NOT_IDENTIFIABLE = N_("You could not be recognised in the video. This is not counted as an absence by itself.")
COVERED = N_("Your face was covered in the video, so nobody can say whether it was you.")
PENDING = N_("This lesson is not over yet.")
NOT_JUDGED = N_("The time of the video or of a sign-in is not certain, so nothing is said of you here.")
NOT_ALL = N_("Not all of this lesson was recorded or looked at, so that you were not found in it says nothing.")
ANSWERS = {"shown": SEEN, "absent": ABSENT, "not_identifiable": NOT_IDENTIFIABLE, "covered": COVERED,
           "pending": PENDING, "not_judged": NOT_JUDGED, "not_all": NOT_ALL}
WHYS = {
    "small": N_("You sat too far from the camera: faces were too small."),
    "turned": N_("You never looked towards the camera."),
    "dark": N_("It was too dark."),
    "blurred": N_("The picture was blurred."),
    "mask": N_("A mask covered your face."),
    "gear": N_("Protective gear covered your face."),
    "alike": N_("Somebody else looks too much like you."),
    "near": N_("Somebody was similar to you, but not clearly enough."),
    "few": N_("Somebody was similar to you, but was seen too seldom."),
    "still": N_("What looked like you never moved, as a picture does."),
    "full": N_("As many people were in view as were due, so you may have been among them."),
    "two_rooms": N_("You were seen in two rooms at once, which cannot be."),
    "no_template": N_("No face of yours is enrolled at the terminal."),
    "beside": N_("You were seen best just before or after the lesson."),
    "reach": N_("The models of the box cannot see small faces: you may have sat too far from the camera for them."),
}
CAME = {"face": N_("Signed in by face at {time}"), "pin": N_("Signed in by PIN at {time}")}
ONLY_OUT = N_("Signed out only, without signing in")
DID_NOT = N_("You did not sign in")
LATE, LEFT, LEAVE = N_("late"), N_("signed out at {time}"), N_("on approved leave")
SIGNS = {
    "accepted": N_("recognised"), "unknown": N_("not recognised"), "not_live": N_("refused: not a live face"),
    "liveness_missing": N_("refused: liveness was not checked"),
    "second_factor_missing": N_("refused: looks too much like somebody else, and no PIN was given"),
}
BY_PIN = N_("by PIN")
BY_PIN_VOID = N_("by PIN, which does not count: no instructor confirmed it, or its time is not certain")
UNCERTAIN = N_("does not count: its time is not certain")
FORBIDDEN = N_("does not count: the use of the face was refused or withdrawn")
DIRECTIONS = {"in": N_("signing in"), "out": N_("signing out")}
JOINED, LEFT_CLASS = N_("You are on the roster from {time} on."), N_("You are off the roster from {time} on.")


@dataclasses.dataclass(frozen=True)
class BlockWords:
    """One recording. `kind`: a class of the style sheet."""

    name: str
    times: str
    kind: str
    answer: str
    whys: tuple[str, ...]
    came: str
    notes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ObjectionWords:
    """What the trainee objected to."""

    objection: str
    at: str
    text: str
    state: str
    open: bool
    answers: tuple[tuple[str, str], ...]
    """When, and what."""


@dataclasses.dataclass(frozen=True)
class OwnWords:
    """The whole page. `due` and `came`: half-days that are over, and those of them with a sign-in or a sight."""

    as_of: str
    simulated: bool
    face_used: bool
    due: int
    came: int
    shown: int
    blocks: tuple[BlockWords, ...]
    signs: tuple[tuple[str, str, str], ...]
    """When, in or out, what came of it."""
    leaves: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    objections: tuple[ObjectionWords, ...]


def own_words(own: OwnRecord, lang: str) -> OwnWords:
    """A trainee's record in one language."""
    local = LocalTime(own.utc_offset_min, lang)
    over = [block for block in own.blocks if block.answer != "pending"]
    return OwnWords(
        as_of=local.full(own.as_of_us), simulated=own.simulated, face_used=own.face_used, due=len(over),
        came=sum(block.came for block in over), shown=sum(block.answer == "shown" for block in over),
        blocks=tuple(_block(block, local) for block in own.blocks),
        signs=tuple(_sign(sign, own.face_used, local) for sign in own.signs),
        leaves=tuple((_minute(start, local), _minute(end, local)) for start, end in own.leaves),
        changes=tuple(translate(JOINED if one.joined else LEFT_CLASS, lang, time=_minute(one.from_us, local))
                      for one in own.changes),
        objections=tuple(_objection(one, local) for one in own.objections),
    )


def _block(block: OwnBlock, local: LocalTime) -> BlockWords:
    lang, answer = local.lang, translate(ANSWERS[block.answer], local.lang)
    if block.answer == "shown" and block.pointed_out:
        answer = translate(POINTED, lang)
    elif block.answer == "shown" and block.shown_us is not None:
        answer = translate(SEEN_AT, lang, time=local.seconds(block.shown_us))
    return BlockWords(
        name=block_words(block.block, lang), times=f"{local.clock(block.start_us)}–{local.clock(block.end_us)}",
        kind=block.answer, answer=answer,
        whys=tuple(translate(WHYS[one], lang) for one in block.why if one in WHYS), came=_came(block, local),
        notes=_notes(block, local))


def _came(block: OwnBlock, local: LocalTime) -> str:
    if block.in_us is not None and block.way in CAME:
        return translate(CAME[block.way], local.lang, time=local.clock(block.in_us))
    if block.out_us is not None:
        return translate(ONLY_OUT, local.lang)
    return "" if block.answer == "pending" else translate(DID_NOT, local.lang)


def _notes(block: OwnBlock, local: LocalTime) -> tuple[str, ...]:
    found = [LATE] if block.late else []
    found += [LEAVE] if block.on_leave else []
    notes = [translate(note, local.lang) for note in found]
    if block.out_us is not None and block.in_us is not None:
        notes.append(translate(LEFT, local.lang, time=local.clock(block.out_us)))
    return tuple(notes)


def _sign(sign: OwnSign, face_used: bool, local: LocalTime) -> tuple[str, str, str]:
    if sign.way == "pin":
        said = BY_PIN if sign.counts else BY_PIN_VOID
    else:
        said = SIGNS.get(str(sign.answer), SIGNS["unknown"])
        if sign.answer == "accepted" and not sign.counts:
            said = UNCERTAIN if face_used else FORBIDDEN
    way = translate(DIRECTIONS[sign.direction], local.lang)
    return _minute(sign.at_us, local), way, translate(said, local.lang)


def _objection(one: OwnObjection, local: LocalTime) -> ObjectionWords:
    return ObjectionWords(one.objection, _minute(one.raised_us, local), one.text,
                          translate(OBJECTIONS[one.state], local.lang), one.state in ("raised", "answered"),
                          tuple((_minute(at_us, local), text) for at_us, text in one.answers))


def _minute(us: int, local: LocalTime) -> str:
    return f"{local.date(us)} {local.clock(us)}"
