"""Decisions and objections of the class of tests/evidence/course.py, as records of its centre."""
from __future__ import annotations

import copy
import functools
from typing import Any

from evidence.bodies import Decision, JudgedChain, Objection, PolicyRef
from evidence.canonical import sha256_hex
from evidence.records import Record, record_bytes
from evidence.rules import RULES_VERSION
from evidence.standing import Standing, findings_hash, standing
from evidence.times import MINUTE, utc_text
from tests.evidence.course import SHA, TRAINEES, Chain, Course, at

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
AS_OF = "2026-04-01 00:00"


def flagged(days: int = 3) -> Course:
    """A class of three short practices; the last trainee is in so many of them neither shown nor signed in."""
    return copied(_flagged(days))


@functools.cache
def _flagged(days: int) -> Course:
    made = Course()
    for day in DAYS:
        made.hour(f"{day} 08:00", "08:10")
    made.order()
    for number, day in enumerate(DAYS):
        for person in TRAINEES[:3] if number < days else TRAINEES:
            made.check_in(person, f"{day} 07:50")
        made.film(f"{day} 07:58", "08:12", TRAINEES[:3] if number < days else TRAINEES)
    return made


def copied(made: Course) -> Course:
    """The same class; what is stated from now on stands in the copy alone."""
    own = copy.copy(made)
    own.centre, own.boxes = _copied(made.centre), {name: _copied(chain) for name, chain in made.boxes.items()}
    return own


def _copied(chain: Chain) -> Chain:
    own = copy.copy(chain)
    own.records = list(chain.records)
    return own


def decision(made: Course, stage: str, answer: str, by: str, first: Record | None = None, **changes: Any) -> Decision:
    """On the findings of now."""
    r3 = made.r3(AS_OF)
    body = {
        "class_id": "c-1", "stage": stage, "answer": answer, "reason": "looked at all three", "by": by,
        "by_name": by.upper(), "findings": findings_hash(made.findings(AS_OF)), "verdict": r3.verdict,
        "recordings": r3.recordings, "policy": PolicyRef(made.policy.id, made.policy.sha256), "rules": RULES_VERSION,
        "as_of": utc_text(at(AS_OF)), "chains": (JudgedChain("box-1", "ab" * 16, 3, SHA, 2),),
        "first": None if first is None else sha256_hex(record_bytes(first)),
    }
    return Decision(**body | changes)  # type: ignore[arg-type]


def decide(
    made: Course, stage: str, answer: str, by: str, first: Record | None = None, when: str = "", **changes: Any
) -> Record:
    """The record of it, by default a minute after the centre's last one."""
    return _put(made, "decision", decision(made, stage, answer, by, first, **changes), when)


def objection(made: Course, name: str, state: str = "raised", when: str = "", **changes: Any) -> Record:
    """A record of an objection: of the school, or its answer."""
    said: dict[str, Any] = {"source": "school", "text": "she was there", "by": "school-1", "dispute": "d-1"}
    if state != "raised":
        said = {"answer": "we looked again", "handled_by": "li"}
    return _put(made, "objection", Objection("c-1", name, state, **said | changes), when)  # type: ignore[arg-type]


def stand(made: Course, as_of: str = AS_OF) -> Standing:
    """Where the class stands."""
    return standing(made.story(), made.findings(as_of), made.policy, at(as_of))


def _put(made: Course, kind: str, body: object, when: str) -> Record:
    last_us = max(made.centre.records[-1].utc_us, at("2026-03-20 09:00"))
    return made.centre.add(kind, body, at(when) if when else last_us + MINUTE)


def voids(made: Course) -> list[str | None]:
    """Of each decision, in order, why it does not count."""
    return [one.void for one in made.story().decisions]
