"""O9: real names. Whose face was enrolled how, and what an invented trainee would leave behind: nobody vouches for the
face, it was enrolled again, or only after misses, it came from another box by nobody's order, no consent is recorded.

It only warns; people look. Without any enrolment on record there is nothing to say."""
from __future__ import annotations

from collections import defaultdict

from evidence.blocks import day
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, reason
from evidence.story import EnrolmentFact, Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The finding over all enrolments, and over who is due and has none."""
    if not story.enrolments:
        return Finding("O9", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    people: dict[str, list[EnrolmentFact]] = defaultdict(list)
    for fact in story.enrolments:
        people[fact.enrolment.person].append(fact)
    told = _groups(story, people)
    for person, found in sorted(people.items()):
        told += [*_again(story, person, found), *_late(story, person, found[0], as_of_us)]
    records = tuple(sorted(fact.ref for fact in story.enrolments))
    if told:
        return Finding("O9", rule.clause, "warning", False, tuple(told), records)
    cards = sum(_anchor(found) == "id_card" for found in people.values())
    good = reason("o9_anchored", count=len(people), cards=cards, inspectors=len(people) - cards)
    return Finding("O9", rule.clause, "satisfied", False, (good,), records)


def _groups(story: Story, people: dict[str, list[EnrolmentFact]]) -> list[Reason]:
    due = dict.fromkeys(person for block in story.blocks for person in block.roster)
    groups = (
        ("o9_unanchored", [person for person, found in people.items() if _anchor(found) == "none"]),
        ("o9_no_consent", [person for person, found in people.items() if not found[-1].consented]),
        ("o9_unordered", [person for person, found in people.items()
                          if any(one.enrolment.source == "box" and not one.ordered for one in found)]),
        ("o9_unenrolled", [person for person in due if person not in people and person not in story.faceless]),
    )
    return [reason(code, trainees=tuple(sorted(who)), count=len(who)) for code, who in groups if who]


def _anchor(found: list[EnrolmentFact]) -> str:
    """To what the newest face was tied that was enrolled here; templates of another box say what was tied there."""
    own = [one for one in found if one.enrolment.source != "box"]
    return (own or found)[-1].enrolment.anchor


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
