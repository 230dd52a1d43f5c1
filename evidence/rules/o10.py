"""O10: who may attend: people are surveyed and compared before the opening, and apprentices have a cap a year. All of
it is imported. In-school students and people whose job does not match are told, so that somebody looks (ours: the
clause names them and no number); only a cap that is exceeded is violated. Which cap holds for whom the imported fact
says, and it must be one of the policy's."""
from __future__ import annotations

from evidence.bodies import Admitted, Apprentices
from evidence.policy import O10
from evidence.rules.finding import Finding, Param, Reason, Result, reason
from evidence.rules.hours import unsaid, worst
from evidence.story import Story


def judge(story: Story, rule: O10, as_of_us: int) -> Finding:
    """The finding from what was imported."""
    fact = story.fact_of("O10")
    if fact is None or not fact.whole or fact.imported.o10 is None:
        return unsaid("O10", rule.clause, fact)
    said = fact.imported.o10
    told = [*_admitted(said), *(_capped(said.apprentices, rule.caps) if said.apprentices else ())]
    results: list[Result] = [result for result, _ in told]
    return Finding("O10", rule.clause, worst(results), False, tuple(one for _, one in told), (fact.ref,))


def _admitted(said: Admitted) -> list[tuple[Result, Reason]]:
    found: list[tuple[Result, Reason]] = [
        ("satisfied", reason("o10_surveyed")) if said.surveyed else ("warning", reason("o10_unsurveyed")),
        ("satisfied", reason("o10_compared")) if said.compared else ("warning", reason("o10_uncompared")),
    ]
    for code, count in (("o10_students", said.students), ("o10_mismatched", said.mismatched)):
        if count is None:
            found.append(("satisfied", reason(f"{code}_unknown")))
        else:
            found.append(("warning" if count else "satisfied", reason(code, count=count)))
    return found


def _capped(said: Apprentices, caps: tuple[int, ...]) -> list[tuple[Result, Reason]]:
    params: dict[str, Param] = {"year": str(said.year), "count": said.count, "limit": said.cap}
    if said.cap not in caps:
        allowed = tuple(str(one) for one in caps)
        return [("open", reason("o10_cap_unknown", **params, caps=allowed))]
    if said.count > said.cap:
        return [("violated", reason("o10_over", **params))]
    return [("satisfied", reason("o10_kept", **params))]
