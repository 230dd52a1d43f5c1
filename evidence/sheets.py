"""Contact sheets that travel to a centre: until when one may lie anywhere, and whose word ends it before (README)."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from evidence.bodies import Consent, ConsentWithdrawn, FaceErased, Sheet, body_of
from evidence.records import Sealed
from evidence.times import HOUR, utc_text, utc_us

DAY_US = 24 * HOUR
KEPT_DAYS = 30
"""*Ours*: so long a sheet lies at the centre at most, counted from the order."""
MOST_BYTES = 32 << 20
"""No sheet is larger."""
TYPES = ("consent", "consent.withdrawn", "face.erased")
"""Records by which a sheet may end before its time."""


@dataclasses.dataclass(frozen=True)
class Stated:
    """A sheet as a box states it, and its record."""

    sealed: Sealed
    sheet: Sheet


def stated(records: Iterable[Sealed]) -> list[Stated]:
    """The sheets among records of the type `sheet`."""
    bodies = [(sealed, body_of(sealed.record)) for sealed in records]
    return [Stated(sealed, body) for sealed, body in bodies if isinstance(body, Sheet)]


def kept_until(now_us: int, untils: Iterable[str | None]) -> str:
    """Until when a sheet that is made now may lie anywhere (utc). `untils`: until when the faces of those whose
    pictures are on it are kept; None: nobody said."""
    return utc_text(min([now_us + KEPT_DAYS * DAY_US, *(utc_us(until) for until in untils if until is not None)]))


def ends_us(one: Stated, ordered_us: int, final_us: int | None = None) -> int:
    """When a sheet must be gone, UTC microseconds: when its box says, no later than KEPT_DAYS after the order, and when
    the decision about the class is final (`final_us`), for which it was ordered; not where it was ordered later. What
    a box says by a simulated clock is no real time."""
    until_us = ordered_us + KEPT_DAYS * DAY_US
    if one.sealed.record.clock.source != "simulated":
        until_us = min(until_us, utc_us(one.sheet.until))
    return until_us if final_us is None or final_us <= ordered_us else min(until_us, final_us)


def erased(one: Stated, said: Iterable[Sealed]) -> Collection[str]:
    """Who of a sheet may not be shown any more. `said`: the records of TYPES, of any chain, in the order of each.

    It ends with a person whose last word, in any chain, is a refusal or a withdrawal, or of whom its own chain states
    after it that the face was erased: also when that was enrolled anew, for the old picture is gone."""
    last: dict[tuple[str, str, str], bool] = {}
    taken: set[str] = set()
    mine = one.sealed.record
    for sealed in said:
        body, record = body_of(sealed.record), sealed.record
        if not isinstance(body, Consent | ConsentWithdrawn | FaceErased):
            continue
        if body.class_id != one.sheet.class_id or body.person not in one.sheet.people:
            continue
        if not isinstance(body, FaceErased):
            last[record.device, record.chain, body.person] = isinstance(body, Consent) and body.given
        elif (record.device, record.chain) == (mine.device, mine.chain) and record.seq > mine.seq:
            taken.add(body.person)
    return taken | {person for (_, _, person), given in last.items() if not given}
