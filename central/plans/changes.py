"""What would change if a draft were published: a list for people, made by comparing it with what is on record. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from central.plans.draft import Draft, Published
from central.plans.roster_changes import roster_to_order
from common.reasons import AND, minute_words
from common.texts import N_, translate
from evidence.bodies import ClassOrder
from evidence.times import MINUTE, utc_us

WORDS: dict[str, str] = {
    "new": N_("a new class: {title}"),
    "title": N_("title: {before} → {after}"),
    "policy": N_("policy: {before} → {after}"),
    "institution": N_("institution: {before} → {after}"),
    "box_added": N_("box {device} in {room} records the class"),
    "box_removed": N_("box {device} in {room} records the class no longer"),
    "hour_added": N_("class-hour {hour} is new: {moment}, {minutes} min, {kind}"),
    "hour_removed": N_("class-hour {hour} is left out: {moment}, {minutes} min, {kind}"),
    "hour_moved": N_("class-hour {hour} moves from {before} to {moment}, {minutes} min"),
    "hour_changed": N_("class-hour {hour} ({moment}) changes: {kind}, protective gear: {gear}, make-up for: {people}"),
    "listed": N_("{person} is on the roster: {role}"),
    "unlisted": N_("{person} is not on the roster any more: {role}"),
    "renamed": N_("{person}: another name"),
    "enrolment": N_("{person} enrols, from {moment} on: {reason} (approved by {approver})"),
    "late_entry": N_("{person} enters late, from {moment} on: {reason} (approved by {approver})"),
    "withdrawal": N_("{person} withdraws, from {moment} on: {reason} (approved by {approver})"),
    "substitution": N_("{substitute} comes instead of {person}, from {moment} on: {reason} (approved by {approver})"),
    "leave": N_("{person} is on leave from {moment} to {until}: {reason} (approved by {approver})"),
}
KINDS = {"theory": N_("theory"), "practical": N_("practical"), "online": N_("online")}
ROLES = {"trainee": N_("trainee"), "instructor": N_("instructor")}
YES, NO, NOBODY = N_("yes"), N_("no"), N_("nobody")
PEOPLE = ("person", "substitute")


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that would change. `code`: of WORDS; people in `params` are pseudonyms."""

    code: str
    params: Mapping[str, object]


def changes(draft: Draft, published: Published, now_us: int) -> tuple[Change, ...]:
    """Everything that publishing the draft would change; nothing where it says what is published."""
    order = published.order
    return (*_class(draft, order), *_hours(draft, order), *_people(draft, published, now_us), *_pending(draft))


def change_words(change: Change, names: Mapping[str, str], lang: str) -> str:
    """A change as a sentence. `names`: pseudonym → name."""
    said: dict[str, object] = {}
    for key, value in change.params.items():
        if key in ("moment", "until") or (key == "before" and change.code == "hour_moved"):
            said[key] = minute_words(str(value), lang)
        elif key in PEOPLE:
            said[key] = names.get(str(value), value)
        elif key == "people" and isinstance(value, tuple):
            said[key] = AND[lang].join(names.get(one, one) for one in value) or translate(NOBODY, lang)
        else:
            said[key] = translate(str(value), lang) if key in ("kind", "role", "gear") else value
    return translate(WORDS[change.code], lang, **said)


def _class(draft: Draft, order: ClassOrder | None) -> Iterator[Change]:
    if order is None:
        yield Change("new", {"title": draft.title})
    else:
        for code, before, after in (
            ("title", order.title, draft.title), ("policy", order.policy.id, draft.policy.id),
            ("institution", order.institution or "-", draft.institution or "-"),
        ):
            if before != after or (code == "policy" and order.policy != draft.policy):
                yield Change(code, {"before": before, "after": after})
    old = () if order is None else order.boxes
    for code, these, those in (("box_removed", old, draft.boxes), ("box_added", draft.boxes, old)):
        yield from (Change(code, {"device": one.device, "room": one.room}) for one in these if one not in those)


def _hours(draft: Draft, order: ClassOrder | None) -> Iterator[Change]:
    old = {one.hour: one for one in order.hours} if order else {}
    new = {one.hour: one for one in draft.hours}

    def said(hour: str, start: str, end: str, kind: str) -> dict[str, object]:
        minutes = (utc_us(end) - utc_us(start)) // MINUTE
        return {"hour": hour, "moment": draft.moment(utc_us(start)), "minutes": minutes, "kind": KINDS[kind]}

    for hour, was in old.items():
        now = new.get(hour)
        if now is None:
            yield Change("hour_removed", said(hour, was.start, was.end, was.kind))
            continue
        if (was.start, was.end) != (now.start, now.end):
            before = draft.moment(utc_us(was.start))
            yield Change("hour_moved", {**said(hour, now.start, now.end, now.kind), "before": before})
        if (was.kind, was.gear, was.make_up) != (now.kind, now.gear, now.make_up):
            yield Change("hour_changed", {**said(hour, now.start, now.end, now.kind), "gear": YES if now.gear else NO,
                                          "people": now.make_up or ()})
    yield from (Change("hour_added", said(one.hour, one.start, one.end, one.kind))
                for one in draft.hours if one.hour not in old)


def _people(draft: Draft, published: Published, now_us: int) -> Iterator[Change]:
    old = {one.person: one for one in published.order.roster} if published.order else {}
    new = {one.person: one for one in roster_to_order(draft, published, now_us)}
    yield from (Change("unlisted", {"person": one.person, "role": ROLES[one.role]})
                for one in old.values() if one.person not in new or new[one.person].role != one.role)
    yield from (Change("listed", {"person": one.person, "role": ROLES[one.role]})
                for one in new.values() if one.person not in old or old[one.person].role != one.role)
    yield from (Change("renamed", {"person": one.person}) for one in new.values()
                if one.person in old and old[one.person].commitment != one.commitment)


def _pending(draft: Draft) -> Iterator[Change]:
    for event in draft.events:
        yield Change(event.kind, {"person": event.person, "substitute": event.substitute or "",
                                  "moment": draft.moment(utc_us(event.effective)), "reason": event.reason,
                                  "approver": event.approver})
    for one in draft.leaves:
        yield Change("leave", {"person": one.person, "moment": draft.moment(utc_us(one.start)),
                               "until": draft.moment(utc_us(one.end)), "reason": one.reason, "approver": one.approver})
