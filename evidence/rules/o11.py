"""O11: what the platform of online class-hours lets pass and what it keeps. It is imported: no box of ours sees it."""
from __future__ import annotations

from evidence.bodies import Controls
from evidence.policy import O11
from evidence.rules.finding import Finding, Reason, Result, reason
from evidence.rules.hours import lessons, unsaid
from evidence.story import Story


def judge(story: Story, rule: O11, as_of_us: int) -> Finding:
    """Violated where the platform lets pass what the clause forbids, or lacks what it demands; open where something of
    it is not known."""
    if not any(hour.hour.kind == "online" for hour in lessons(story)):
        return Finding("O11", rule.clause, "satisfied", False, (reason("no_online_hours"),), (story.order_ref,))
    fact = story.fact_of("O11")
    if fact is None or not fact.whole or fact.imported.o11 is None:
        return unsaid("O11", rule.clause, fact)
    bad, unknown = _told(fact.imported.o11, rule.minutes.value)
    told = [*bad, *([reason("o11_unknown", controls=tuple(unknown))] if unknown else [])]
    if not told:
        told = [reason("o11_kept", source=fact.imported.source)]
    result: Result = "violated" if bad else "open" if unknown else "satisfied"
    return Finding("O11", rule.clause, result, False, tuple(told), (fact.ref,))


def _told(said: Controls, minutes: int) -> tuple[list[Reason], list[str]]:
    """What is wrong; what is not known."""
    wrong = {
        "fast_forward": said.fast_forward, "windows": said.windows,
        "prompts": None if said.popup_min is None else said.popup_min > minutes,
        "live_face": _not(said.live_face), "in_order": _not(said.in_order), "photos": _not(said.photos),
    }
    limits = {"prompts": {"count": said.popup_min or 0, "limit": minutes}}
    bad = [reason(f"o11_{name}", **limits.get(name, {})) for name, holds in wrong.items() if holds]
    return bad, [name for name, holds in wrong.items() if holds is None]


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
