"""O8: nobody comes again while the earlier subsidised training was not assessed, or its assessment is less than so many
months past. A person begins with the first class-hour for which they are due; a month is one of the calendar, on the
class's own clock, from the day of the assessment (ours). Who had an earlier training is imported, from other systems or
from this centre's own classes."""
from __future__ import annotations

from evidence.blocks import day, local
from evidence.bodies import Earlier
from evidence.policy import O8
from evidence.rules.finding import Finding, Reason, Result, reason
from evidence.rules.hours import months_later, unsaid
from evidence.story import Story
from evidence.times import utc_us


def judge(story: Story, rule: O8, as_of_us: int) -> Finding:
    """Violated where somebody came too early; open where nobody compared somebody who is due."""
    fact = story.fact_of("O8")
    if fact is None or not fact.whole or fact.imported.o8 is None:
        return unsaid("O8", rule.clause, fact)
    said, begins = fact.imported.o8, _begins(story)
    early = [told for one in said.earlier if one.person in begins
             for told in _early(story, one, begins[one.person], rule.months.value)]
    compared = {*said.people, *(one.person for one in said.earlier)}
    unknown = tuple(sorted(set(begins) - compared))
    told = [*early]
    if unknown:
        told.append(reason("o8_uncompared", trainees=unknown, count=len(unknown)))
    if not told:
        told.append(reason("o8_kept", count=len(begins), source=fact.imported.source))
    result: Result = "violated" if early else "open" if unknown else "satisfied"
    return Finding("O8", rule.clause, result, False, tuple(told), (story.order_ref, fact.ref))


def _begins(story: Story) -> dict[str, int]:
    """Trainee → the start of the first class-hour that is no make-up and for which they are due."""
    found: dict[str, int] = {}
    for hour in story.hours:
        if hour.hour.make_up is None:
            for person in hour.roster:
                found[person] = min(hour.span.start_us, found.get(person, hour.span.start_us))
    return found


def _early(story: Story, one: Earlier, begins_us: int, months: int) -> list[Reason]:
    offset = story.order.utc_offset_min
    who = {"trainee": one.person, "training": one.training, "begins": day(begins_us, offset)}
    begins = local(begins_us, offset).date()
    # `assessed` is the end of the day, which is the first moment of the next one.
    assessed = None if one.assessed is None else local(utc_us(one.assessed) - 1, offset).date()
    if assessed is None or assessed > begins:
        return [reason("o8_unassessed", **who)]
    if begins < months_later(assessed, months):
        return [reason("o8_early", **who, date=assessed.isoformat(), months=months)]
    return []
