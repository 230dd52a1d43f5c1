"""A draft or plan as a page shows it: weeks of class-hours, people, what would change and what speaks against it."""
from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Mapping

from central.plans.changes import KINDS, PEOPLE, ROLES, Change, change_words
from central.plans.draft import Draft, DraftHour, joining, joins, leaves
from central.plans.foresight import FEW
from central.plans.views import BoxState, Shown
from central.web.localtime import LocalTime, span
from central.web.plan_choices import policy_title
from central.web.plan_foreign import Sees, earlier_words, refusal_words
from common.alarms import refusal_of_box
from common.reasons import AND, minute_words
from common.texts import N_, translate, words
from evidence.blocks import local
from evidence.bodies import Place
from evidence.strangers import LEAST_PEOPLE
from evidence.times import utc_us

MARKS = {"hour_added": N_("new"), "hour_moved": N_("moved"), "hour_changed": N_("changed")}
STATES = {"draft": N_("draft, never published"), "changed": N_("published, with changes not published yet"),
          "published": N_("published")}
JOINS, LEAVES = N_("joins {moment}"), N_("leaves {moment}")
LEAVE = N_("on leave {start} – {end}")
PENDING = N_("not published yet")


@dataclasses.dataclass(frozen=True)
class Slot:
    """A class-hour in the calendar. `mark`: how it differs from what is published; `past`: it has begun."""

    hour: str
    time: str
    kind: str
    kind_words: str
    room: str
    teachers: str
    make_up: str
    gear: bool
    mark: str
    past: bool


@dataclasses.dataclass(frozen=True)
class Day:
    date: str
    weekday: str
    slots: list[Slot]


@dataclasses.dataclass(frozen=True)
class Week:
    """`open`: it is not over."""

    label: str
    count: int
    open: bool
    days: list[Day]


@dataclasses.dataclass(frozen=True)
class PersonRow:
    """Somebody of the class. `here`: may leave, and be on leave; `notes`: what is planned with them."""

    person: str
    name: str
    role: str
    role_words: str
    here: bool
    notes: list[str]


@dataclasses.dataclass(frozen=True)
class ChangeRow:
    """`number`: by which it is taken back; 0 where it is not."""

    number: int
    text: str


@dataclasses.dataclass(frozen=True)
class BoxRow:
    """`state`: accepted, refused or waiting."""

    device: str
    room: str
    state: str
    since: str
    why: str
    introduced: bool


@dataclasses.dataclass(frozen=True)
class PlanView:
    """`state`: of STATES; `order`: number of the order in force, 0 without one; `outdated`: the draft is of an older
    order; `concerned`: names of those whom the changes name; `foreseen`: rule → reasons; `few`: a remark, or empty."""

    class_id: str
    title: str
    version: int
    policy: str
    institution: str
    state: str
    state_words: str
    order: int
    outdated: bool
    places: tuple[Place, ...]
    dates: str
    hours: int
    trainees: list[PersonRow]
    teachers: list[PersonRow]
    weeks: list[Week]
    changes: list[ChangeRow]
    concerned: list[str]
    refusals: list[str]
    foreseen: list[tuple[str, list[str]]]
    few: str
    earlier: list[str]

    @property
    def published(self) -> bool:
        return self.order > 0


def plan_view(shown: Shown, lang: str, now_us: int, sees: Sees) -> PlanView:
    """The page of a draft in one language. `sees`: of which other classes it may tell."""
    draft, order = shown.draft, shown.published.order
    state = "draft" if order is None else "changed" if shown.changes else "published"
    people = _people(shown, lang, now_us)
    return PlanView(
        draft.class_id, draft.title, shown.version, policy_title(draft.policy.id, lang), draft.institution or "", state,
        translate(STATES[state], lang), 0 if order is None else order.number,
        draft.based_on != (0 if order is None else order.number), draft.boxes, dates_of(draft, lang), len(draft.hours),
        [one for one in people if one.role == "trainee"], [one for one in people if one.role == "instructor"],
        _weeks(shown, lang, now_us),
        [ChangeRow(number, change_words(one, shown.names, lang)) for number, one in shown.numbered()],
        _concerned(shown.changes, shown.names), [refusal_words(one, lang, sees) for one in shown.refusals],
        [(one.rule, [words(reason, lang, shown.names) for reason in one.reasons]) for one in shown.foreseen],
        "" if shown.few is None else translate(FEW, lang, people=shown.few, least=LEAST_PEOPLE),
        [earlier_words(one, _named(one.people, shown.names, lang), lang, sees) for one in shown.earlier])


def dates_of(draft: Draft, lang: str) -> str:
    """From the first class-hour to the last; empty without any."""
    if not draft.hours:
        return ""
    days = [_day(one, draft) for one in draft.hours]
    return span(min(days).isoformat(), max(days).isoformat(), lang)


def box_rows(boxes: Iterable[BoxState], local_time: LocalTime) -> list[BoxRow]:
    """Whether each box took the plan."""
    return [BoxRow(one.device, one.room, "accepted" if one.accepted else "refused" if one.refused else "waiting",
                   local_time.full(one.since_us),
                   refusal_of_box(one.refused, local_time.lang) if one.refused else "", one.introduced)
            for one in boxes]


def _weeks(shown: Shown, lang: str, now_us: int) -> list[Week]:
    draft = shown.draft
    marks = {str(one.params["hour"]): translate(MARKS[one.code], lang) for one in shown.changes if one.code in MARKS}
    if shown.published.order is None:
        marks = {}

    def monday(one: DraftHour) -> datetime.date:
        day = _day(one, draft)
        return day - datetime.timedelta(days=day.weekday())

    found = []
    for first, hours in itertools.groupby(draft.hours, monday):
        of_week = list(hours)
        local_time = LocalTime(draft.utc_offset_min, lang)
        days = [
            Day(local_time.short_date(one[0].start_us), local_time.weekday(one[0].start_us),
                [_slot(hour, shown, marks, lang, now_us) for hour in one])
            for one in (list(those) for _, those in itertools.groupby(of_week, lambda hour: _day(hour, draft)))]
        found.append(Week(
            span(first.isoformat(), (first + datetime.timedelta(days=6)).isoformat(), lang), len(of_week),
            of_week[-1].end_us > now_us, days))
    return found


def _slot(one: DraftHour, shown: Shown, marks: Mapping[str, str], lang: str, now_us: int) -> Slot:
    moments = [shown.draft.moment(us)[-5:] for us in (one.start_us, one.end_us)]
    return Slot(one.hour, "–".join(moments), one.kind, translate(KINDS[one.kind], lang), one.room,
                _named(one.teachers, shown.names, lang), _named(one.make_up or (), shown.names, lang), one.gear,
                marks.get(one.hour, ""), one.start_us <= now_us)


def _people(shown: Shown, lang: str, now_us: int) -> list[PersonRow]:
    draft, published = shown.draft, shown.published
    listed = {one.person: one.role for one in (*(published.order.roster if published.order else ()), *draft.people,
                                               *joining(draft))}
    if published.order is None:
        listed = {one.person: one.role for one in draft.people}
    notes: dict[str, list[str]] = {person: [] for person in listed}
    gone = set[str]()
    for event, pending in [*((one, False) for one in published.events), *((one, True) for one in draft.events)]:
        at_us = utc_us(event.effective)
        for person, said in ((joins(event), JOINS), (leaves(event), LEAVES)):
            if person in notes:
                told = translate(said, lang, moment=minute_words(draft.moment(at_us), lang))
                notes[person].append(_note(told, pending, lang))
                gone = gone | {person} if said is LEAVES else gone - {person}
    for leave, pending in [*((one, False) for one in published.leaves), *((one, True) for one in draft.leaves)]:
        if leave.person in notes and utc_us(leave.end) > now_us:
            start, end = (minute_words(draft.moment(utc_us(at)), lang) for at in (leave.start, leave.end))
            said = translate(LEAVE, lang, start=start, end=end)
            notes[leave.person].append(_note(said, pending, lang))
    return [PersonRow(person, shown.names.get(person, person), role, translate(ROLES[role], lang),
                      person not in gone, notes[person]) for person, role in listed.items()]


def _note(said: str, pending: bool, lang: str) -> str:
    return f"{said} · {translate(PENDING, lang)}" if pending else said


def _concerned(changes: Iterable[Change], names: Mapping[str, str]) -> list[str]:
    people = [str(one.params[key]) for one in changes for key in PEOPLE if one.params.get(key)]
    people += [person for one in changes if isinstance(those := one.params.get("people"), tuple) for person in those]
    return [names.get(one, one) for one in dict.fromkeys(people)]


def _named(people: Iterable[str], names: Mapping[str, str], lang: str) -> str:
    return AND[lang].join(names.get(one, one) for one in people)


def _day(one: DraftHour, draft: Draft) -> datetime.date:
    return local(one.start_us, draft.utc_offset_min).date()
