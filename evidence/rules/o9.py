"""O9: real names. Whose face was enrolled how, and what an invented trainee would leave behind: nobody vouches for the
face, or only a number that anybody could type at the box; it was enrolled again, or only after misses; an enrolment
was stopped, or finished all the same; it came from another box by nobody's order; no consent is recorded.

It only warns; people look. Without any enrolment on record there is nothing to say."""
from __future__ import annotations

from collections import defaultdict

from evidence.blocks import day
from evidence.bodies import Enrolment
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, reason
from evidence.story import EnrolmentFact, Ref, Story

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
    if told:
        return Finding("O9", rule.clause, "warning", False, tuple(told), records)
    return Finding("O9", rule.clause, "satisfied", False, (reason("o9_anchored", count=len(people)),), records)


def _stops(story: Story) -> tuple[list[Reason], list[Ref]]:
    """What is said of enrolments that stopped or went on after a stop, and the alarms that say so."""
    who: dict[str, set[str]] = defaultdict(set)
    refs = []
    for ref, alarm, _ in story.alarms:
        if alarm.code in STOPS:
            who[alarm.code].add(str(alarm.params.get("person", "?")))
            refs.append(ref)
    found = [(STOPS[code], tuple(sorted(who[code]))) for code in STOPS if code in who]
    return [reason(code, trainees=people, count=len(people)) for code, people in found], refs


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
    return told + _typed(people)


def _typed(people: dict[str, list[EnrolmentFact]]) -> list[Reason]:
    """An inspector's word is a number that was typed at the box; until the centre backs it, it anchors nothing."""
    typed = {person: _newest(found).anchor_by for person, found in people.items() if _anchor(found) == "inspector"}
    if not typed:
        return []
    numbers = tuple(sorted({number or "?" for number in typed.values()}))
    return [reason("o9_inspector", trainees=tuple(sorted(typed)), count=len(typed), numbers=numbers)]


def _newest(found: list[EnrolmentFact]) -> Enrolment:
    """The newest enrolment that was made here; templates of another box say what was tied there."""
    own = [one for one in found if one.enrolment.source != "box"]
    return (own or found)[-1].enrolment


def _anchor(found: list[EnrolmentFact]) -> str:
    return _newest(found).anchor


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
