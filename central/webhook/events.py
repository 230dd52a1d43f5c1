"""What others are told of a class, and when: its verdict, what was decided, that it is over. Pure; nobody's name."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Any, Literal

from central.classes.decisions import Case
from central.store.outbox import Waiting
from evidence.canonical import canonical, parse, sha256_hex
from evidence.rules import RULES_VERSION
from evidence.shape import decode, encode
from evidence.times import HOUR, utc_text

Kind = Literal["flag", "decision", "closed"]
AWAITED_US = HOUR
"""So often a class is looked at whose box has not reported past a recording."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What is compared with what was told before. `state`, `answer`, `final`: of the decisions."""

    verdict: str = "clear"
    recordings: tuple[str, ...] = ()
    over: bool = False
    state: str = "none"
    answer: str | None = None
    final: bool = False

    def text(self) -> str:
        """As it is kept."""
        return canonical(encode(self)).decode()


@dataclasses.dataclass(frozen=True)
class Event:
    """`id`: the same however often it is sent. `body`: canonical JSON."""

    id: str
    kind: Kind
    class_id: str
    body: bytes


def summary_of(case: Case) -> Summary:
    """A class as it is now."""
    verdict, recordings = (case.r3.verdict, case.r3.recordings) if case.r3 else ("clear", ())
    now = case.standing
    return Summary(verdict, recordings, case.over, now.round.state, now.answer, now.final)


def read_summary(text: str) -> Summary:
    """What `Summary.text` wrote."""
    return decode(Summary, parse(text.encode()), "summary")


def kinds_of(before: Summary, now: Summary) -> list[Kind]:
    """What happened in between: a flag or a review that came, changed or went; something decided, final or stale; the
    class is over."""
    found: list[Kind] = []
    if now.verdict != before.verdict or (now.verdict != "clear" and now.recordings != before.recordings):
        found.append("flag")
    if (now.state, now.answer, now.final) != (before.state, before.answer, before.final):
        found.append("decision")
    return [*found, "closed"] if now.over and not before.over else found


def wants_alarm(alarms: bool, institutions: Collection[str]) -> Callable[[Waiting], bool]:
    """Whether a target is told of an event: of classes always, of alarms where it asked for them, of all institutions
    (`institutions` is empty) or of these."""
    def wants(event: Waiting) -> bool:
        if event.kind != "alarm":
            return True
        return alarms and (not institutions or parse(event.body).get("institution") in institutions)

    return wants


def event_of(kind: Kind, case: Case, centre: str, now_us: int) -> Event:
    """An event with all that others need to know, so that the newest of a class is enough."""
    told, now = case.told, summary_of(case)
    body: dict[str, Any] = {
        "v": 1, "kind": kind, "centre": centre, "class": told.story.class_id, "title": told.order.title,
        "at": utc_text(now_us), "as_of": utc_text(told.as_of.us), "simulated": told.story.simulated,
        "verdict": now.verdict, "recordings": list(now.recordings), "over": now.over,
        "decision": {"state": now.state, "answer": now.answer, "final": now.final},
        "open_objections": sum(one.open for one in told.story.objections), "findings": case.findings,
        "rules": RULES_VERSION,
        "policy": {"id": told.policy.id, "sha256": told.policy.sha256},
    }
    name = f"evt_{sha256_hex(canonical(body))[:32]}"
    return Event(name, kind, told.story.class_id, canonical({"id": name, **body}))


def again_us(case: Case, now_us: int) -> int | None:
    """When time alone may change it next: a class-hour is over, or late; a public notice ends. None: never. A box that
    is awaited may report by a record of no class, or of another one, which wakes nobody here."""
    story = case.told.story
    moments = [unit.settled_us for unit in (*story.hours, *story.blocks)]
    moments += [now_us + AWAITED_US] if any(unit.awaited and unit.over(now_us) for unit in story.blocks) else []
    moments += [case.standing.final_us] if case.standing.final_us is not None else []
    return min((one for one in moments if one > now_us), default=None)
