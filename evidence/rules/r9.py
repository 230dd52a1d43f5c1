"""R9: satisfaction after the training. The rate is that of those who answered (ours); respondents and those who were
asked are shown beside it. Where too few answered it is open: they may not say what the others do."""
from __future__ import annotations

from evidence.policy import R9
from evidence.rules.finding import Finding, Reason, Result, reason
from evidence.rules.hours import share
from evidence.story import Story, SurveyFact


def judge(story: Story, rule: R9, as_of_us: int) -> Finding:
    """Open until a survey is closed."""
    fact = story.survey
    ends_us = max((hour.span.end_us for hour in story.hours), default=None)
    if fact is None:
        over = ends_us is not None and ends_us <= as_of_us
        return Finding("R9", rule.clause, "open", False, (reason("r9_none" if over else "r9_pending"),), ())
    if fact.void is not None:
        return Finding("R9", rule.clause, "open", False, (reason(f"r9_{fact.void}"),), (fact.ref,))
    result, told = _counted(fact, rule)
    if ends_us is not None and fact.closed_us < ends_us:
        told.append(reason("r9_early"))
        result = "open"
    due = _due(story)
    if fact.survey.denominator < due:
        told.append(reason("r9_denominator", count=fact.survey.denominator, due=due))
        result = "warning" if result == "satisfied" else result
    return Finding("R9", rule.clause, result, False, tuple(told), (fact.ref,))


def _counted(fact: SurveyFact, rule: R9) -> tuple[Result, list[Reason]]:
    satisfied, answered, asked = fact.survey.satisfied, fact.survey.respondents, fact.survey.denominator
    limit, least = rule.percent.value, rule.least_pct
    if not answered:
        return "open", [reason("r9_nobody", asked=asked)]
    kept = satisfied * 100 >= limit * answered
    told = [reason("r9_kept" if kept else "r9_below", count=satisfied, answered=answered, asked=asked, limit=limit,
                   percent=share(satisfied, answered))]
    if least is not None and answered * 100 < least.value * asked:
        return "open", [*told, reason("r9_few", answered=answered, asked=asked, percent=share(answered, asked),
                                      limit=least.value)]
    return ("satisfied" if kept else "violated"), told


def _due(story: Story) -> int:
    """How many trainees are due in the last class-hour that is no make-up."""
    last = max((hour for hour in story.hours if hour.hour.make_up is None), key=lambda hour: hour.span.start_us,
               default=None)
    return len(last.roster) if last else 0
