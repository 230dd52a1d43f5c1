"""Which classes at this centre take up what a plan takes up, too; and the trainings somebody was in before (O8)."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Mapping, Sequence

from central.plans.clashes import Taken, clashes, taken, taken_by
from central.plans.draft import Draft, DraftHour, Published, draft_of, read_draft
from central.plans.errors import PlanError, PlanRefused
from central.plans.roster_changes import enrolled
from central.store.tables import Tx
from evidence.blocks import local
from evidence.bodies import Assessment, ClassOrder, Leave, RosterEvent, body_of
from evidence.records import Sealed
from evidence.times import utc_us


@dataclasses.dataclass(frozen=True)
class Earlier:
    """Somebody of a class was in another subsidised training shortly before (O8). `over`: the day of its assessment on
    its own clock, None where it is not assessed. People are pseudonyms of the class that is planned."""

    class_id: str
    title: str
    over: datetime.date | None
    people: tuple[str, ...]


def published_of(tx: Tx, class_id: str) -> Published:
    """What is on record of a class; no order where there is none."""
    return published_with(tx, class_id)[0]


def published_with(tx: Tx, class_id: str) -> tuple[Published, Sealed | None]:
    """The same, with the record of the order in force."""
    orders = [(sealed, body_of(sealed.record)) for sealed in tx.of_type("order.class", class_id)]
    numbered = [(sealed, body) for sealed, body in orders if isinstance(body, ClassOrder)]
    sealed, order = max(numbered, key=lambda one: one[1].number) if numbered else (None, None)
    events = [body_of(one.record) for one in tx.of_type("roster.event", class_id)]
    leaves = [body_of(one.record) for one in tx.of_type("leave", class_id)]
    return Published(order, tuple(one for one in events if isinstance(one, RosterEvent)),
                     tuple(one for one in leaves if isinstance(one, Leave))), sealed


def overlaps(
    tx: Tx, order: ClassOrder, events: Sequence[RosterEvent], hours: Sequence[DraftHour], markers: Mapping[str, str],
) -> list[PlanError]:
    """What keeps an order from being published beside those in force. `hours`: those to come; `markers`: pseudonym →
    marker of the ID number."""
    if not hours:
        return []
    mine = taken(order, events, hours, markers)
    first_us, last_us = min(one.start_us for one in hours), max(one.end_us for one in hours)
    there: dict[str, dict[str, str]] = {other: {} for other in tx.sharing(order, first_us, last_us)}
    for one in tx.elsewhere(markers.values(), order.class_id):
        there.setdefault(one.class_id, {})[one.person] = one.marker
    found: list[PlanError] = []
    for class_id, known in sorted(there.items()):
        other = _taken(tx, class_id, known)
        found += [] if other is None else clashes(mine, other)
    return found


def refuse_overlaps(tx: Tx, order: ClassOrder, names: Mapping[str, str]) -> None:
    """The same for an order that no draft is behind. Raises PlanRefused."""
    published = published_of(tx, order.class_id)
    markers = {person: one.marker for person, one in tx.numbers(order.class_id).items()}
    hours = _hours(tx, dataclasses.replace(published, order=order))
    problems = overlaps(tx, order, published.events, hours, markers)
    if problems:
        raise PlanRefused([with_name(one, names) for one in problems])


def with_name(error: PlanError, names: Mapping[str, str]) -> PlanError:
    """The same error with the name instead of the pseudonym."""
    person = str(error.params.get("person", ""))
    return type(error)(**{**error.params, "person": names[person]}) if person in names else error


def _taken(tx: Tx, class_id: str, markers: Mapping[str, str]) -> Taken | None:
    published = published_of(tx, class_id)
    return None if published.order is None else taken_by(published, _hours(tx, published), markers)


def _hours(tx: Tx, published: Published) -> tuple[DraftHour, ...]:
    """The class-hours of an order, with who teaches as far as the draft behind it says."""
    assert published.order is not None
    kept = tx.draft(published.order.class_id)
    return draft_of(published, None if kept is None else read_draft(kept.body)).hours


def earlier(tx: Tx, draft: Draft, people: Collection[str], markers: Mapping[str, str], months: int) -> list[Earlier]:
    """O8: the trainings that began before this one in which its trainees were, and which are not assessed, or were
    assessed less than so many months before it begins."""
    begin_us = min((one.start_us for one in draft.hours), default=None)
    if begin_us is None:
        return []
    own = {markers[person]: person for person in people if person in markers}
    there: dict[str, dict[str, str]] = {}
    for one in tx.elsewhere(own, draft.class_id):
        there.setdefault(one.class_id, {})[one.person] = own[one.marker]
    found = []
    for class_id, same in sorted(there.items()):
        published = published_of(tx, class_id)
        if published.order is None or not published.order.hours:
            continue
        there_still = enrolled(published, draft_of(published))
        mine = tuple(sorted(mine for theirs, mine in same.items() if theirs in there_still))
        before = min(utc_us(hour.start) for hour in published.order.hours) <= begin_us
        over_us = _assessed_us(tx, class_id)
        # What is assessed is over at the end of a day, which is the beginning of the next.
        day = None if over_us is None else local(over_us - 1, published.order.utc_offset_min).date()
        late = day is None or local(begin_us, draft.utc_offset_min).date() < _months_after(day, months)
        if mine and before and late:
            found.append(Earlier(class_id, published.order.title, day, mine))
    return found


def _assessed_us(tx: Tx, class_id: str) -> int | None:
    stated = [body_of(one.record) for one in tx.of_type("assessment", class_id)]
    return max((utc_us(one.over) for one in stated if isinstance(one, Assessment)), default=None)


def _months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day of a later month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return datetime.date(year, month + 1, last)
        except ValueError:
            continue
    return datetime.date(year, month + 1, min(day.day, 28))
