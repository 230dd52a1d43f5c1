"""What one trainee may see of a class: their own check-ins, answers of the roll call, leave and objections. Nobody
else's data are in it, nor free texts that others wrote of them, nor how like a face was to anybody."""
from __future__ import annotations

import dataclasses
from typing import Literal

from central.classes.errors import UnknownPerson
from central.classes.stories import Told
from evidence.checkin import CheckInAnswer
from evidence.rollcall import Answer, Why
from evidence.roster import trainees
from evidence.rules import R3Finding
from evidence.story import Block, ObjectionFact, PinFact, RosterChange
from evidence.times import utc_us

Shown = Literal["pending", "not_judged", "not_all"] | Answer


@dataclasses.dataclass(frozen=True)
class OwnBlock:
    """One recording in which the trainee was due. Times are UTC microseconds. `answer`: of the roll call; *pending*
    before the recording is over, *not judged* where a time is uncertain, *not all* where not all of it was recorded or
    looked at."""

    block: str
    start_us: int
    end_us: int
    make_up: bool
    on_leave: bool
    came: bool
    way: Literal["face", "pin", "none"]
    in_us: int | None
    out_us: int | None
    late: bool
    answer: Shown
    why: tuple[Why, ...]
    shown_us: int | None
    """The best sight."""
    pointed_out: bool
    """Shown by a person's word alone."""


@dataclasses.dataclass(frozen=True)
class OwnSign:
    """An attempt to sign in or out that was taken for the trainee's. `answer` None: by a PIN."""

    at_us: int
    direction: Literal["in", "out"]
    way: Literal["face", "pin"]
    answer: CheckInAnswer | None
    counts: bool


@dataclasses.dataclass(frozen=True)
class OwnObjection:
    """What the trainee objected to, and what was answered."""

    objection: str
    raised_us: int
    text: str
    state: Literal["raised", "answered", "withdrawn", "upheld", "rejected"]
    answers: tuple[tuple[int, str], ...]
    """Each with its time; whoever gave it is not named to the trainee."""


@dataclasses.dataclass(frozen=True)
class OwnChange:
    """The trainee joined or left the roster."""

    kind: Literal["enrolment", "late_entry", "withdrawal", "substitution", "order"]
    joined: bool
    from_us: int


@dataclasses.dataclass(frozen=True)
class OwnRecord:
    """All of it. Times are UTC microseconds. Whoever objects names `class_id` and `person` to the centre."""

    class_id: str
    title: str
    person: str
    utc_offset_min: int
    as_of_us: int
    simulated: bool
    blocks: tuple[OwnBlock, ...]
    signs: tuple[OwnSign, ...]
    leaves: tuple[tuple[int, int], ...]
    """Approved absences, from and to."""
    changes: tuple[OwnChange, ...]
    face_used: bool
    """False: the use of the face was refused, or the consent withdrawn."""
    objections: tuple[OwnObjection, ...]


def own_record(told: Told, person: str) -> OwnRecord:
    """What a trainee (the pseudonym) may see. Raises UnknownPerson of everybody who never was a trainee of it."""
    story = told.story
    due = {one.person for block in story.blocks for one in block.presences}
    moved = {who for one in story.roster_changes for who in (one.joins, one.leaves)}
    if person not in due | moved | {*trainees(told.order)}:
        raise UnknownPerson(class_id=story.class_id, person=person[:100])
    r3 = next((one for one in told.findings if isinstance(one, R3Finding)), None)
    return OwnRecord(
        class_id=story.class_id,
        title=told.order.title,
        person=person,
        utc_offset_min=told.order.utc_offset_min,
        as_of_us=told.as_of.us,
        simulated=story.simulated,
        blocks=tuple(_block(block, person, r3, told.as_of.us) for block in story.blocks if person in block.roster),
        signs=_signs(told, person),
        leaves=tuple((utc_us(body.start), utc_us(body.end)) for _, body in story.leaves if body.person == person),
        changes=tuple(_change(one, person) for one in story.roster_changes if person in (one.joins, one.leaves)),
        face_used=person not in story.faceless,
        objections=tuple(_objection(one) for one in story.objections if one.person == person),
    )


def _block(block: Block, person: str, r3: R3Finding | None, as_of_us: int) -> OwnBlock:
    missing = r3 is not None and not {block.id, *block.hours}.isdisjoint(r3.recordings)
    presence = next(one for one in block.presences if one.person == person)
    attendance = next(one for one in block.attendance if one.person == person)
    best = max(presence.sightings, key=lambda one: one.score_ppm, default=None)
    return OwnBlock(
        block=block.id, start_us=block.span.start_us, end_us=block.span.end_us, make_up=block.make_up,
        on_leave=presence.on_leave, came=attendance.came, way=attendance.way, in_us=attendance.in_us,
        out_us=attendance.out_us, late=attendance.late, answer=_answer(block, presence.answer, missing, as_of_us),
        why=presence.why if block.over(as_of_us) else (), shown_us=None if best is None else best.shown_us,
        pointed_out=bool(presence.sightings) and all(one.pointed for one in presence.sightings),
    )


def _answer(block: Block, answer: Answer, missing: bool, as_of_us: int) -> Shown:
    """As supervisors read it. `missing`: by the rule the recording does not show everyone."""
    if answer == "shown":
        return answer
    if not block.over(as_of_us):
        return "pending"
    if answer != "absent" or block.tells_absent or missing:
        return answer
    return "not_all" if block.time_certain else "not_judged"


def _signs(told: Told, person: str) -> tuple[OwnSign, ...]:
    found = []
    for fact in told.story.signs:
        if fact.person != person:
            continue
        if isinstance(fact, PinFact):
            found.append(OwnSign(fact.at_us, fact.direction, "pin", None, fact.counts))
        else:
            found.append(OwnSign(fact.at_us, fact.direction, "face", fact.answer, fact.counts))
    return tuple(found)


def _change(change: RosterChange, person: str) -> OwnChange:
    return OwnChange(change.kind, change.joins == person, change.applied_us)


def _objection(fact: ObjectionFact) -> OwnObjection:
    answers = tuple((step.at_us, step.text) for step in fact.steps[1:])
    return OwnObjection(fact.objection, fact.raised_us, fact.text, fact.state, answers)
