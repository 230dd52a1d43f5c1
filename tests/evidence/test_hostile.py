"""Whatever decodable bodies a box signs, folding and judging ends, with findings or with an error of ours."""
from __future__ import annotations

import contextlib
import dataclasses
import functools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import (
    Admitted,
    Apprentices,
    Certificate,
    CodeRead,
    CodeShown,
    Compared,
    Consented,
    Controls,
    Dispute,
    Earlier,
    Learnt,
    MarkSeen,
    Online,
    Platform,
    SessionCorrected,
    SessionEnd,
    SessionStart,
    body_of,
)
from evidence.bodies import Assessment as Assessed
from evidence.errors import BadRecord, ZaitangError
from evidence.fold import fold
from evidence.records import Record
from evidence.rules import findings
from evidence.times import SECOND, utc_text
from tests.evidence.course import TRAINEES, Course, at, roll_call_of
from tests.evidence.looking import name
from tests.evidence.test_pictures import course_of, look_at
from tests.evidence.test_reused import copied_hour

DAY = "2026-03-02"
EDGES = (0, 1, -1, 2**53 - 1, -(2**53 - 1))


@functools.cache
def whole(kind: str) -> tuple[Course, tuple[Record, ...]]:
    """A course with a record of every type that is judged, and its records. Nobody changes them."""
    if kind == "reused":
        made = copied_hour()
        return made, tuple(made.records)
    if kind == "rooms":
        made = two_rooms()
        return made, tuple(made.records)
    made, filmed = course_of(kind, end="08:20")
    look_at(made, filmed, {})
    box, segment = made.boxes["box-1"], filmed.segments[7]
    box.add("session.start", SessionStart("c-1", "s-1", "page"), at(f"{DAY} 07:59"))
    shown_us = at(f"{DAY} 08:05") - box.boot_us
    box.add("code.shown", CodeShown("c-1", "s-1", (1, 2, 3), shown_us, shown_us + 6 * SECOND), at(f"{DAY} 08:06"))
    seen = (MarkSeen(segment.first_pts_us, 1),)
    box.add("code.read", CodeRead("c-1", segment.run, segment.sha256, 3, seen), at(f"{DAY} 08:21"))
    box.add("session.end", SessionEnd("c-1", "s-1", "page"), at(f"{DAY} 08:22"))
    box.add("session.corrected", SessionCorrected("c-1", "c-2", "s-1", "x", "page"), at(f"{DAY} 08:23"))
    for one in filmed.segments:
        inside = (one.first_pts_us, one.end_pts_us)
        box.add("rollcall", roll_call_of(one, TRAINEES, inside), at(f"{DAY} 08:24"))
    made.enrol("t-2", "2026-03-01 09:00")
    made.check_in("t-1", f"{DAY} 08:00")
    made.check_in("t-1", f"{DAY} 08:20", direction="out")
    made.pin("t-3", f"{DAY} 08:01")
    made.withdraw("t-2", f"{DAY} 08:02")
    made.leave("t-4", f"{DAY} 08:00", f"{DAY} 09:00")
    made.roster_event("late_entry", "t-5", f"{DAY} 08:00", f"{DAY} 08:10")
    made.point_out("t-4", filmed, f"{DAY} 08:11")
    made.review(f"{DAY}-am", "open")
    made.remove(segment, f"{DAY} 08:30")
    made.centre.add("assessment", Assessed("c-1", utc_text(at("2026-03-10 00:00"))), at("2026-03-10 09:00"))
    made.centre.add("dispute", Dispute("c-1", "d-1", "opened", "r"), at("2026-03-10 10:00"))
    made.enrol("t-1", f"{DAY} 07:30", "inspector", by="1107")
    made.inspect(f"{DAY} 08:00", "08:10", 4, "opening", workplaces=2, numbers=("1107",), people=("t-1",))
    made.inspect(f"{DAY} 08:10", "08:15", 4, inspection="i-9", remark="x")
    made.survey("2026-03-09 12:00", 3, 4, 4)
    made.imported("R8", Consented(("h-1",), "Li"))
    made.imported("O5", Online((Platform("MOOC", True),), (Learnt("t-1", 2, 90),)))
    made.imported("O6", Certificate(True, 40))
    made.imported("O8", Compared(TRAINEES, (Earlier("t-1", "cook", utc_text(at("2026-02-21 00:00"))),)))
    made.imported("O10", Admitted(True, True, 0, 0, Apprentices(2026, 10, 200)))
    made.imported("O11", Controls(False, False, 5, True, True, True))
    made.look("live", f"{DAY} 08:05")
    return made, tuple(made.records)


def two_rooms() -> Course:
    """A block in gear in two rooms, with three cameras that show the same people, and bare-face roll calls."""
    made = Course(boxes=("box-1", "box-2"), rooms={"box-2": "workshop"})
    made.hour(f"{DAY} 08:00", "08:20", gear=True)
    made.order()
    made.film(f"{DAY} 07:58", "08:22", (*TRAINEES, "teacher"), camera="left", unnamed=2, faceless=1)
    made.film(f"{DAY} 07:58", "08:22", TRAINEES[:2], camera="right", unnamed=1)
    filmed = made.film(f"{DAY} 07:58", "08:22", TRAINEES[2:], box="box-2")
    made.bare_face(f"{DAY} 08:05", "08:06")
    made.bare_face(f"{DAY} 08:10", "08:10", "put_off", None, "box-2")
    made.point_out("t-1", filmed, f"{DAY} 08:11")
    made.review(f"{DAY}-am", "open", seen="0" * 64)
    return made


def other(chance: random.Random, value: Any) -> Any:
    """A JSON value near another one, changed in one place. Texts stay: most are ids or hashes."""
    if isinstance(value, bool) or value is None:
        return value is None or not value
    if isinstance(value, int):
        return chance.choice([*EDGES, value + 1, value * 2, value + chance.randint(-100, 100) * SECOND])
    if isinstance(value, list) and value:
        at_ = chance.randrange(len(value))
        return chance.choice([
            [*value[:at_], other(chance, value[at_]), *value[at_ + 1:]], [], value + value, value[:at_], value[::-1]])
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value))
        return {**value, key: other(chance, value[key])}
    return value


def changed(chance: random.Random, record: Record) -> Record:
    """A record whose clock, or whose body, says something else."""
    what = chance.random()
    if what < 0.1:
        return dataclasses.replace(record, mono_us=chance.choice([0, 2**53 - 1, record.mono_us * 2]))
    if what < 0.2:
        return dataclasses.replace(record, boot_id=chance.choice(["ff", "a", record.boot_id]))
    if what < 0.3:
        return dataclasses.replace(record, utc=utc_text(chance.choice([0, record.utc_us + 1, record.utc_us * 2])))
    body = dict(record.body)
    if record.type == "picture" and chance.random() < 0.6:
        known = [name(("r-1", 0, number)) for number in range(12)]
        body["keys"] = "".join(
            f"{chance.choice([0, 5000, 10**6, 2**32 - 1, chance.randrange(90_000)]):08x}{chance.choice(known)}"
            for _ in range(chance.randrange(20)))
    else:
        body = other(chance, body)
    return dataclasses.replace(record, body=body)


def said(record: Record) -> bool:
    """Whether a reader takes its body."""
    with contextlib.suppress(BadRecord):
        return body_of(record) is not None
    return False


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["practical", "theory", "reused", "rooms"]), st.integers(0, 2**32), st.integers(1, 12))
def test_nothing_but_an_error_of_ours_comes_out(kind: str, seed: int, many: int) -> None:
    chance = random.Random(seed)
    made, records = whole(kind)
    mixed = list(records)
    by_type: dict[str, list[int]] = {}
    for index, record in enumerate(records):
        by_type.setdefault(record.type, []).append(index)
    for _ in range(many):
        index = chance.choice(by_type[chance.choice(sorted(by_type))])
        new = changed(chance, mixed[index])
        if said(new):
            mixed[index] = new
    with contextlib.suppress(ZaitangError):
        findings(fold(mixed, "c-1", made.policy), made.policy, at("2026-04-01 00:00"))
