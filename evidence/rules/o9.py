"""O9: real names. Whose face was enrolled how, and what an invented trainee would leave behind: nobody vouches for the
face, or only a number that anybody could type at the box and that no inspection of the centre backs; it was enrolled
again, or only after misses; an enrolment was stopped, or finished all the same; it came from another box by nobody's
order; no consent is recorded.

It only warns; people look. Without any enrolment on record there is nothing to say."""
from __future__ import annotations

from collections import defaultdict

from evidence.blocks import day
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, reason, refs
from evidence.story import EnrolmentFact, InspectionFact, Ref, Story

STOPS = {"enrol.same_face": "o9_same_face", "enrol.other_face": "o9_other_face", "enrol.overruled": "o9_overruled"}
"""The alarms of an enrolment, and what is said of them."""


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The finding over all enrolments, and over who is due and has none."""
    stops, alarms = _stops(story)
    if not story.enrolments and not stops:
        return Finding("O9", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    people: dict[str, list[EnrolmentFact]] = defaultdict(list)
    for fact in story.enrolments:
        people[fact.enrolment.person].append(fact)
    told = [*stops, *(_groups(story, people) if people else ())]
    for person, found in sorted(people.items()):
        told += [*_again(story, person, found), *_late(story, person, found[0], as_of_us)]
    records = tuple(sorted([*(fact.ref for fact in story.enrolments), *alarms]))
    backed = _backed(story, people)
    records = refs([records, *(one.refs for one in backed.values())])
    if told:
        return Finding("O9", rule.clause, "warning", False, tuple(told), records)
    good = reason("o9_backed", count=len(people), backed=len(backed)) if backed else reason(
        "o9_anchored", count=len(people))
    return Finding("O9", rule.clause, "satisfied", False, (good,), records)


def _stops(story: Story) -> tuple[list[Reason], list[Ref]]:
    """What is said of enrolments that stopped or went on after a stop, and the alarms that say so."""
    who: dict[str, set[str]] = defaultdict(set)
    stated = []
    for ref, alarm, _ in story.alarms:
        if alarm.code in STOPS:
            who[alarm.code].add(str(alarm.params.get("person", "?")))
            stated.append(ref)
    found = [(STOPS[code], tuple(sorted(who[code]))) for code in STOPS if code in who]
    return [reason(code, trainees=people, count=len(people)) for code, people in found], stated


def _groups(story: Story, people: dict[str, list[EnrolmentFact]]) -> list[Reason]:
    due = dict.fromkeys(person for block in story.blocks for person in block.roster)
    groups = (
        ("o9_unanchored", [person for person, found in people.items() if _anchor(found) == "none"]),
        ("o9_no_consent", [person for person, found in people.items() if not found[-1].consented]),
        ("o9_unordered", [person for person, found in people.items()
                          if any(one.enrolment.source == "box" and not one.ordered for one in found)]),
        ("o9_unenrolled", [person for person in due if person not in people and person not in story.faceless]),
    )
    told = [reason(code, trainees=tuple(sorted(who)), count=len(who)) for code, who in groups if who]
    return told + _typed(story, people)


def _typed(story: Story, people: dict[str, list[EnrolmentFact]]) -> list[Reason]:
    """An inspector's word is a number that was typed at the box; until the centre backs it, it anchors nothing."""
    backed = _backed(story, people)
    typed = {person: _newest(found).enrolment.anchor_by for person, found in people.items()
             if _anchor(found) == "inspector" and person not in backed}
    if not typed:
        return []
    numbers = tuple(sorted({number or "?" for number in typed.values()}))
    return [reason("o9_inspector", trainees=tuple(sorted(typed)), count=len(typed), numbers=numbers)]


def _backed(story: Story, people: dict[str, list[EnrolmentFact]]) -> dict[str, InspectionFact]:
    """Whom an inspector vouched for at the box, and the inspection of the opening that backs it: it names the person,
    or the number that was typed on its day (else who learns a number could use it for ever)."""
    opened = [one for one in story.inspections if one.void is None and one.inspection.kind == "opening"]
    found: dict[str, InspectionFact] = {}
    for person, facts in people.items():
        newest = _newest(facts)
        if newest.enrolment.anchor == "inspector":
            date = day(newest.at_us, story.order.utc_offset_min)
            for one in opened:
                dates = {day(at_us, story.order.utc_offset_min) for at_us in (one.start_us, one.end_us)}
                typed = newest.enrolment.anchor_by in one.inspection.numbers and date in dates
                if typed or person in one.inspection.people:
                    found.setdefault(person, one)
    return found


def _newest(found: list[EnrolmentFact]) -> EnrolmentFact:
    """The newest enrolment that was made here; templates of another box say what was tied there."""
    own = [one for one in found if one.enrolment.source != "box"]
    return (own or found)[-1]


def _anchor(found: list[EnrolmentFact]) -> str:
    return _newest(found).enrolment.anchor


def _again(story: Story, person: str, found: list[EnrolmentFact]) -> list[Reason]:
    """Every face after the first; the same templates on another box are none."""
    dates = [day(one.at_us, story.order.utc_offset_min) for one in found[1:] if one.enrolment.source != "box"]
    return [reason("o9_again", trainee=person, count=len(dates), date=dates[-1])] if dates else []


def _late(story: Story, person: str, first: EnrolmentFact, as_of_us: int) -> list[Reason]:
    """Recordings before the first enrolment to which the person was due, and neither came nor was shown."""
    missed = [
        block.id for block in story.blocks if block.over(as_of_us) and block.span.end_us <= first.at_us
        and any(one.person == person and one.answer != "shown" and not one.checked_in and not one.on_leave
                for one in block.presences)
    ]
    date = day(first.at_us, story.order.utc_offset_min)
    return [reason("o9_late", trainee=person, date=date, count=len(missed), blocks=tuple(missed))] if missed else []
