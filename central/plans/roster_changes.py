"""Who joins and leaves a published class, and approved leave: each with reason and approver, never backwards. Pure."""
from __future__ import annotations

import dataclasses
from typing import Literal

from central.plans.draft import APPROVER, REASON, Draft, Published, checked, joining, joins, leaves, plain
from central.plans.errors import (
    LateOrEarly,
    LeaveBackward,
    LeaveOver,
    LeavesMeet,
    NoSubstitute,
    NoSuchChange,
    NotATrainee,
    NotYetPublished,
    OffRoster,
    OnRoster,
    Retroactive,
)
from common.texts import N_
from evidence.bodies import Enrolled, Leave, RosterEvent
from evidence.times import utc_text, utc_us

Kind = Literal["enrolment", "late_entry", "withdrawal", "substitution"]
MAX_REASON = 500
JOINING = {"enrolment": N_("enrolment"), "late_entry": N_("late entry")}


@dataclasses.dataclass(frozen=True)
class Why:
    """Why, and who approved it: on record for ever."""

    reason: str
    approver: str

    def plain(self) -> Why:
        """Each as one line. Raises BadText."""
        return Why(plain(self.reason, REASON, MAX_REASON), plain(self.approver, APPROVER))


def enrolled(published: Published, draft: Draft) -> set[str]:
    """The trainees of a published class when everything holds that is on record or in the draft."""
    found = set() if published.order is None else {
        one.person for one in published.order.roster if one.role == "trainee"}
    for event in (*published.events, *draft.events):
        found -= {leaves(event) or ""}
        found |= {person for person in (joins(event),) if person is not None}
    return found


def add_event(
    draft: Draft, published: Published, kind: Kind, person: str | None, newcomer: Enrolled | None, effective_us: int,
    why: Why, now_us: int,
) -> Draft:
    """The draft with a roster event. `person`: who leaves; `newcomer`: who joins; a substitution has both.

    Raises NotYetPublished, Retroactive, NoSubstitute, OnRoster, OffRoster, LateOrEarly, BadText."""
    if published.order is None:
        raise NotYetPublished(class_id=draft.class_id)
    if (person is None) != (kind in ("enrolment", "late_entry")) or (newcomer is None) != (kind == "withdrawal"):
        raise NoSubstitute()
    moment = draft.moment(effective_us)
    if effective_us < now_us:
        raise Retroactive(moment=moment)
    there = enrolled(published, draft)
    if newcomer is not None and (newcomer.person in there or newcomer.person in draft.of("instructor")):
        raise OnRoster(person=newcomer.person, class_id=draft.class_id)
    if person is not None and person not in there:
        raise OffRoster(person=person, class_id=draft.class_id)
    first_us = min((one.start_us for one in draft.hours), default=effective_us)
    if kind == ("late_entry" if effective_us <= first_us else "enrolment"):
        raise LateOrEarly(kind=JOINING[kind], moment=moment)
    said = why.plain()
    event = RosterEvent(
        class_id=draft.class_id, kind=kind, person=person or (newcomer.person if newcomer else ""),
        effective=utc_text(effective_us), reason=said.reason, approver=said.approver,
        commitment=None if newcomer is None else newcomer.commitment,
        substitute=newcomer.person if newcomer and kind == "substitution" else None)
    return checked(dataclasses.replace(draft, events=(*draft.events, event)))


def add_leave(
    draft: Draft, published: Published, person: str, start_us: int, end_us: int, why: Why, now_us: int
) -> Draft:
    """The draft with a leave. One that overlaps others of the same person, reason and approver is merged with them.

    Raises NotATrainee, LeaveBackward, LeaveOver, LeavesMeet, BadText."""
    there = enrolled(published, draft) if published.order else set(draft.of("trainee"))
    if person not in there:
        raise NotATrainee(person=person, class_id=draft.class_id)
    if end_us <= start_us:
        raise LeaveBackward()
    if end_us <= now_us:
        raise LeaveOver()
    said = why.plain()
    kept = []
    for one, pending in [*((one, False) for one in published.leaves), *((one, True) for one in draft.leaves)]:
        meets = one.person == person and utc_us(one.start) <= end_us and start_us <= utc_us(one.end)
        if meets and (one.reason, one.approver) != (said.reason, said.approver):
            raise LeavesMeet(person=person, start=draft.moment(utc_us(one.start)), end=draft.moment(utc_us(one.end)))
        if meets:
            start_us, end_us = min(start_us, utc_us(one.start)), max(end_us, utc_us(one.end))
        elif pending:
            kept.append(one)
    fresh = Leave(draft.class_id, person, utc_text(start_us), utc_text(end_us), said.reason, said.approver)
    return dataclasses.replace(draft, leaves=(*kept, *(() if fresh in published.leaves else (fresh,))))


def drop_change(draft: Draft, number: int) -> Draft:
    """The draft without its pending roster event or leave of that number: from 1 on, events first. Raises
    NoSuchChange, NotATrainee (who joins by it makes up for something)."""
    if not 1 <= number <= len(draft.events) + len(draft.leaves):
        raise NoSuchChange(class_id=draft.class_id, number=number)
    events = tuple(one for at, one in enumerate(draft.events, 1) if at != number)
    left = tuple(one for at, one in enumerate(draft.leaves, 1 + len(draft.events)) if at != number)
    return checked(dataclasses.replace(draft, events=events, leaves=left))


def late(draft: Draft, now_us: int) -> list[Retroactive]:
    """The pending roster events whose time came before they were published."""
    return [Retroactive(moment=draft.moment(utc_us(one.effective))) for one in draft.events
            if utc_us(one.effective) < now_us]


def roster_to_order(draft: Draft, published: Published, now_us: int) -> tuple[Enrolled, ...]:
    """The roster of the next order: everybody who is due at some time from now on. Who joins later is in it, for their
    name and face are needed before; who has left stays for as long as a class-hour before that is to come."""
    if published.order is None:
        return draft.people
    latest = {one.person: one for one in draft.people}
    there = enrolled(published, draft)
    out = {leaves(event): utc_us(event.effective) for event in (*published.events, *draft.events)}

    def due(person: str) -> bool:
        return person in there or any(
            one.end_us > now_us and one.start_us < out.get(person, 0) for one in draft.hours)

    known = {one.person: latest.get(one.person, one) for one in (*published.order.roster, *joining(draft))}
    known |= {one.person: one for one in draft.people if one.role == "instructor"}
    return tuple(one for person, one in known.items()
                 if (due(person) if one.role == "trainee" else person in latest))
