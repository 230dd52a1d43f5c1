"""What the page of a class says besides its recordings: what needs whom now, attendance rates, three headcounts apart,
inspections."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from central.classes.decisions import Case, case_of
from central.classes.stories import Told
from central.papers import Papers
from central.web.case.inspections import InspectionView, inspection_views
from central.web.localtime import LocalTime
from common.reasons import rule_words
from common.texts import N_, translate, words
from evidence.rates import Rate, rates
from evidence.rules import Finding
from evidence.times import HOUR

SUPERVISORS, INSTITUTION = N_("supervisors"), N_("the institution")
FIRST = N_("A flag: a first person decides.")
FIRST_REVIEW = N_("A review is required: look at the recordings, then a first person decides.")
AGAIN = N_("What two persons said does not decide it: a first person decides anew.")
SECOND = N_("One person has decided: a second one confirms it or not.")
WAITS = N_("The second decision waits until every objection has come to its end.")
REOPENING = N_("One person says that the final decision be reopened: a second one says so, too, or that it stays.")
OBJECTION = N_("Objection {objection} waits for its end.")
UNDECIDED = N_("{count} recordings are undecided: somebody looks at them and answers.")
INSPECT = N_("No inspection is on record that counts.")
FACTS = N_("Nothing is on record for {rules}: other systems or papers know.")
BEFORE = N_("Before it begins: nothing is on record for {rules}: other systems or papers know.")
MAY_OBJECT = N_("A decision that is not final: whoever disagrees objects now.")
MAY_OBJECT_UNTIL = N_("A decision that is final from {at} on: whoever disagrees objects before that.")
MAY_OBJECT_FIRST = N_("No decision holds now: who disagrees with what is found may object already.")
UP_TO = N_("up to {rate} if what is open was attended")
IMPORTED = ("R8", "O5", "O6", "O8", "O10", "O11")
OPENING = ("O6", "O8", "O10")
"""What of these is to be known before a class begins; of the others nobody can know yet."""
SOON_US = 7 * 24 * HOUR
"""So long before its beginning a class needs them (ours): of people compared much earlier, another training may end in
between."""


@dataclasses.dataclass(frozen=True)
class Need:
    """Something that somebody should do now. `act`: the action that it needs, a key of `common.MAY`."""

    text: str
    who: str
    href: str
    act: str


@dataclasses.dataclass(frozen=True)
class RateRow:
    """The attendance rate of one trainee."""

    person: str
    name: str
    due: int
    attended: int
    online: int
    on_leave: int
    made_up: int
    missed: int
    open: int
    pending: int
    unshown: int
    rate: str
    most: str
    """A sentence where what is open could raise it."""
    share: int


@dataclasses.dataclass(frozen=True)
class Summary:
    """What stands on the page. `present`: the average number present, and over how many class-hours; empty: nobody can
    tell. `heads`: of O7, by where each number is from."""

    needs: tuple[Need, ...]
    rates: tuple[RateRow, ...]
    present: str
    hours: int
    opening: tuple[str, ...]
    inspected: tuple[str, ...]
    shown: tuple[str, ...]
    inspections: tuple[InspectionView, ...]


def summary(told: Told, names: Mapping[str, str], local: LocalTime, papers: Papers) -> Summary:
    """The summary of a class at the moment of which it is told."""
    found, place = rates(told.story, told.as_of.us), {one.person: n for n, one in enumerate(told.order.roster)}
    o7 = next((one for one in told.findings if one.rule == "O7"), None)
    return Summary(
        needs=tuple(_needs(case_of(told), local)),
        rates=tuple(_row(one, names, local.lang) for one in sorted(
            found.people, key=lambda one: place.get(one.person, len(place)))),
        present="" if found.present_ppm is None else f"{found.present_ppm / 1_000_000:.1f}", hours=found.hours,
        opening=_heads(o7, ("o7_opening", "o7_counted"), names, local.lang),
        inspected=_heads(o7, ("o7_inspected", "o7_inspections", "o7_remote"), names, local.lang),
        shown=_heads(o7, ("o7_evidence", "o7_no_evidence"), names, local.lang),
        inspections=tuple(inspection_views(told, names, local, papers)),
    )


def refreshed(made: Summary, told: Told, names: Mapping[str, str], local: LocalTime, papers: Papers) -> Summary:
    """The same summary with what moves without a record of a box: who decides next, which signed papers are here."""
    return dataclasses.replace(made, needs=tuple(_needs(case_of(told), local)),
                               inspections=tuple(inspection_views(told, names, local, papers)))


def _heads(finding: Finding | None, codes: tuple[str, ...], names: Mapping[str, str], lang: str) -> tuple[str, ...]:
    return tuple(words(one, lang, names) for one in (finding.reasons if finding else ()) if one.code in codes)


def _row(one: Rate, names: Mapping[str, str], lang: str) -> RateRow:
    most = percent_words(one.most_ppm)
    return RateRow(
        one.person, names.get(one.person, one.person), one.due, one.attended, one.online, one.on_leave, one.made_up,
        one.missed, one.open, one.pending, one.unshown, percent_words(one.ppm),
        translate(UP_TO, lang, rate=most) if one.open and one.most_ppm != one.ppm else "", (one.ppm or 0) // 10_000)


def percent_words(ppm: int | None) -> str:
    """A share in tenths of a percent, rounded down: 100.0 % means all of it."""
    return "—" if ppm is None else f"{ppm // 10_000}.{ppm // 1_000 % 10} %"


def _needs(case: Case, local: LocalTime) -> Iterator[Need]:
    told, base, lang = case.told, f"/classes/{case.told.order.class_id}", local.lang
    supervisors = translate(SUPERVISORS, lang)
    if case.r3 and case.r3.open_recordings:
        first = case.r3.open_recordings[0]
        yield Need(translate(UNDECIDED, lang, count=len(case.r3.open_recordings)), supervisors,
                   f"{base}/blocks/{first}", "review")
    for one in (one for one in told.story.objections if one.open):
        yield Need(translate(OBJECTION, lang, objection=one.objection), supervisors,
                   f"{base}/objections#{one.objection}", "answer")
    turn = _turn(case)
    if turn:
        yield Need(translate(turn, lang), supervisors, f"{base}/decision#decide", "decide")
    if case.standing.round.state == "decided" and not case.standing.final:
        final_us = case.standing.final_us
        text = MAY_OBJECT if final_us is None else MAY_OBJECT_UNTIL
        yield Need(translate(text, lang, at=local.full(final_us or 0)), translate(INSTITUTION, lang),
                   f"{base}/objections#raise", "object")
    elif turn and case.standing.round.reopening is None:
        yield Need(translate(MAY_OBJECT_FIRST, lang), translate(INSTITUTION, lang), f"{base}/objections#raise",
                   "object")
    results = {one.rule: one.result for one in told.findings}
    begun = _begun(told)
    if results.get("R6") in ("open", "warning") and begun:
        yield Need(translate(INSPECT, lang), supervisors, f"{base}/inspections#state", "inspect")
    missing = [rule for rule in _knowable(told) if results.get(rule) == "not_recorded"]
    if missing:
        rules = ("、" if lang == "zh" else ", ").join(f"{rule} {rule_words(rule, lang)}" for rule in missing)
        text = FACTS if begun else BEFORE
        yield Need(translate(text, lang, rules=rules), supervisors, f"{base}/facts", "inspect")


def _begun(told: Told, kind: str = "", before_us: int = 0) -> bool:
    """Whether a class-hour (of that kind) has begun, or begins so soon."""
    return any(hour.span.start_us <= told.as_of.us + before_us for hour in told.story.hours
               if kind in ("", hour.hour.kind))


def _knowable(told: Told) -> tuple[str, ...]:
    """The rules whose facts somebody can know now."""
    if not _begun(told):
        return OPENING if _begun(told, before_us=SOON_US) else ()
    return tuple(rule for rule in IMPORTED if rule != "O11" or _begun(told, "online"))


def _turn(case: Case) -> str:
    """Who decides next; empty where nobody does now."""
    state = case.standing.round.state
    if case.standing.round.reopening is not None:
        return REOPENING
    if case.r3 is None or case.r3.verdict == "clear" or not case.over or state == "decided":
        return ""
    if state == "first":
        return WAITS if case.standing.open else SECOND
    if state == "none":
        return FIRST if case.r3.verdict == "flag" else FIRST_REVIEW
    return AGAIN
