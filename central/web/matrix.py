"""Who is shown in which recording: a row for each trainee, a column for each block."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.classes.stories import Told
from central.web.links import Link, link, percent
from central.web.localtime import LocalTime
from central.web.reels import cameras_of, facts_of
from central.web.signs import Signed, left_words, signed, signed_words
from common.reasons import ANSWERS, NOT_ALL, NOT_JUDGED, answer_words, block_words, length_words
from common.texts import N_, translate
from evidence.rules import R3Finding
from evidence.story import Attendance, Block, Occasion, Presence
from evidence.times import SECOND

NOT_OVER = N_("not over yet")
NOT_CALLED = N_("not looked at yet")
STATES = {
    "missing": N_("not everyone shown"),
    "open": N_("undecided"),
    "pending": NOT_OVER,
    "complete": N_("everyone shown"),
}
CELLS = {**ANSWERS, "pending": NOT_OVER, "not_looked_at": NOT_CALLED, "not_judged": NOT_JUDGED, "not_all": NOT_ALL}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One trainee in one recording. `at_us`: the best sight, which the page can play."""

    block: str
    answer: str
    """As `answer_of` tells it: `pending`, `not_looked_at`, `not_judged` and `not_all` say nothing against anybody."""
    answer_words: str
    doubtful: bool
    """The recording counts against nobody: what the cell says is no reproach."""
    signed: str
    """How the person signed in; empty for who did not."""
    checkin: Link | None
    late: bool
    left: str
    on_leave: bool
    left_early: bool
    at: str
    at_us: int | None
    record: Link | None


@dataclasses.dataclass(frozen=True)
class PersonRow:
    """A trainee's row of the matrix; a block where the trainee is not due has None."""

    person: str
    name: str
    cells: tuple[Cell | None, ...]


@dataclasses.dataclass(frozen=True)
class BlockView:
    """A recording: its state for R3 and what is there to play."""

    id: str
    name: str
    state: str
    state_words: str
    covered: str
    due: str
    share: int
    headcount: int
    roster: int
    shown: int
    signed: Signed
    cameras: tuple[tuple[str, str], ...]
    doubtful: bool
    roll_called: bool
    pack_refused: bool
    """A box makes no roll call of what waits for one; the findings say why."""


def answer_of(told: Told, block: Block, presence: Presence, r3: R3Finding | None) -> str:
    """The roll call's answer. Of who was not shown: `pending` before the block is over. Where nobody is called absent,
    `not_judged` for who would be, if a time is uncertain; else `not_looked_at` for anybody, while not all was looked
    through; `not_all` for who would be absent, if that left something out."""
    return answer_in(block, presence, _state(block, r3, told.as_of.us) == "missing", told.as_of.us)


def answer_in(unit: Occasion, presence: Presence, missing: bool, as_of_us: int) -> str:
    """The same of a block or a class-hour of which is known whether it does not show everyone."""
    if presence.answer == "shown":
        return presence.answer
    if not unit.over(as_of_us):
        return "pending"
    if unit.tells_absent or missing:
        return presence.answer
    if presence.answer == "absent" and not unit.time_certain:
        return "not_judged"
    if not unit.looked_through:
        return "not_looked_at"
    return "not_all" if presence.answer == "absent" else presence.answer


def block_view(told: Told, block: Block, r3: R3Finding | None, local: LocalTime) -> BlockView:
    """A recording as the page shows it."""
    state = _state(block, r3, told.as_of.us)
    return BlockView(
        id=block.id,
        name=block_words(block.id, local.lang),
        state=state,
        state_words=translate(STATES[state], local.lang),
        covered=length_words(block.covered_us // SECOND, local.lang),
        due=length_words(block.due_us // SECOND, local.lang),
        share=percent(block.covered_us, block.due_us),
        headcount=block.headcount_max,
        roster=len(block.roster),
        shown=sum(one.answer == "shown" for one in block.presences),
        signed=signed(block),
        cameras=tuple(cameras_of(told.story, block)),
        doubtful=any(not fact.certain for fact in facts_of(told.story, block)),
        roll_called=block.roll_called,
        pack_refused=bool(block.pack_refused),
    )


def state_of(told: Told, block: Block) -> str:
    """What a recording is for R3: a key of `STATES`."""
    r3 = next((finding for finding in told.findings if isinstance(finding, R3Finding)), None)
    return _state(block, r3, told.as_of.us)


def _state(block: Block, r3: R3Finding | None, as_of_us: int) -> str:
    ids = {block.id, *block.hours}  # a strict policy counts class-hours
    if r3 is None or not block.over(as_of_us):
        return "pending"
    if ids & set(r3.recordings):
        return "missing"
    return "open" if ids & set(r3.open_recordings) else "complete"


def people_rows(told: Told, names: Mapping[str, str], r3: R3Finding | None, local: LocalTime) -> list[PersonRow]:
    """A row for everybody who is or was a trainee."""
    trainees = [one.person for one in told.order.roster if one.role == "trainee"]
    later = [person for block in told.story.blocks for person in block.roster if person not in trainees]
    columns = []
    for block in told.story.blocks:
        due = {one.person: one for one in reversed(block.presences)}
        came = {one.person: one for one in reversed(block.attendance)}
        columns.append({person: _cell(told, block, r3, due[person], came[person], local)
                        for person in due.keys() & came.keys()})
    return [PersonRow(person, names.get(person, person), tuple(column.get(person) for column in columns))
            for person in dict.fromkeys([*trainees, *later])]


def _cell(
    told: Told, block: Block, r3: R3Finding | None, presence: Presence, came: Attendance, local: LocalTime
) -> Cell:
    best = max(presence.sightings, key=lambda one: (one.pointed, one.score_ppm), default=None)
    answer = answer_of(told, block, presence, r3)
    return Cell(
        block=block.id,
        answer=answer,
        answer_words=answer_words(answer, presence.why, local.lang) if answer in ANSWERS
        else translate(CELLS[answer], local.lang),
        doubtful=_state(block, r3, told.as_of.us) != "missing",
        signed=signed_words(came, local),
        checkin=link(came.refs[0]) if came.came else None,
        late=came.late,
        left=left_words(came, local),
        on_leave=presence.on_leave,
        left_early=presence.left_early and block.over(told.as_of.us),
        at=local.seconds(best.shown_us) if best else "",
        at_us=best.shown_us if best else None,
        record=link(best.ref) if best else None,
    )
