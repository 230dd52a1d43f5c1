"""Why a draft cannot be published now: everything at once, each as a sentence."""
from __future__ import annotations

from collections.abc import Mapping

from central.plans.draft import Draft, Published, faults, unfinished
from central.plans.errors import (
    HourPast,
    LeaveLate,
    LeaveOver,
    PlanError,
    PolicyBegun,
    UnknownBoxHere,
    UnknownInstitution,
)
from central.plans.overlaps import overlaps
from central.plans.roster_changes import late, roster_to_order
from central.store.tables import Tx
from evidence.bodies import ClassOrder
from evidence.times import utc_us


def order_of_draft(draft: Draft, published: Published, now_us: int) -> ClassOrder:
    """The order that publishing the draft would sign."""
    number = 1 if published.order is None else published.order.number + 1
    return ClassOrder(
        draft.class_id, number, draft.title, draft.policy, draft.utc_offset_min, draft.boxes,
        roster_to_order(draft, published, now_us), tuple(one.ordered for one in draft.hours), draft.institution)


def refusals(
    tx: Tx, draft: Draft, published: Published, markers: Mapping[str, str], now_us: int
) -> list[PlanError]:
    """What keeps it from being published; people by pseudonym. `markers`: pseudonym → marker of the ID number."""
    found = [*unfinished(draft), *faults(draft), *past(draft, published, now_us), *late(draft, now_us)]
    found += excused(draft, published, now_us)
    found += begun(draft, published, now_us)
    found += [LeaveOver() for one in draft.leaves if utc_us(one.end) <= now_us]
    found += [UnknownBoxHere(device=one.device) for one in draft.boxes if not tx.keys_of(one.device)]
    known = {str(one.record.body.get("institution")) for one in tx.of_type("institution")}
    if draft.institution is not None and draft.institution not in known:
        found.append(UnknownInstitution(institution=draft.institution))
    hours = [one for one in draft.hours if one.end_us > now_us]
    order = order_of_draft(draft, published, now_us)
    return found + overlaps(tx, order, (*published.events, *draft.events), hours, markers)


def excused(draft: Draft, published: Published, now_us: int) -> list[PlanError]:
    """Class-hours that were over before anybody put a leave for them on record: one for each leave."""
    found: list[PlanError] = []
    for leave in draft.leaves:
        start_us, end_us = utc_us(leave.start), utc_us(leave.end)
        known = [(utc_us(one.start), utc_us(one.end)) for one in published.leaves if one.person == leave.person]
        late = [one for one in draft.hours if start_us < one.end_us <= now_us and one.start_us < end_us
                and not any(since <= one.start_us and one.end_us <= until for since, until in known)]
        found += [LeaveLate(hour=one.hour, moment=draft.moment(one.start_us)) for one in late[:1]]
    return found


def begun(draft: Draft, published: Published, now_us: int) -> list[PlanError]:
    """Another policy for a class of which a class-hour has begun: whoever plans would choose by what it is judged."""
    order = published.order
    if order is None or order.policy == draft.policy or all(utc_us(hour.start) > now_us for hour in order.hours):
        return []
    return [PolicyBegun(policy=order.policy.id)]


def past(draft: Draft, published: Published, now_us: int) -> list[PlanError]:
    """Class-hours that have begun and are new, changed or gone: every one of a first plan, for it is new."""
    old = {one.hour: one for one in published.order.hours} if published.order else {}
    new = {one.hour: one for one in draft.hours}
    found = {hour: one.start_us for hour, one in new.items() if one.start_us <= now_us and old.get(hour) != one.ordered}
    for hour, was in old.items():
        if utc_us(was.start) <= now_us and (hour not in new or new[hour].ordered != was):
            found.setdefault(hour, utc_us(was.start))
    return [HourPast(hour=hour, moment=draft.moment(at_us)) for hour, at_us in found.items()]
