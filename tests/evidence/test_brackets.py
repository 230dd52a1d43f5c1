"""What receipts and checkpoints of a centre say of the clock of a box, and what it costs to lie about the time."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import CheckpointSeen
from evidence.brackets import Bracket, Brackets
from evidence.clocks import ChainClock
from evidence.fold import fold
from evidence.receipts import Receipt
from evidence.rules import Finding, findings
from evidence.times import HOUR, MINUTE, utc_text
from tests.evidence.course import SHA, SIMULATED, Chain, Course, at, codes

DAY = "2026-03-02"
START = at(f"{DAY} 08:00")


def receipt(chain: Chain, up_to: int, us: int) -> Receipt:
    record = chain.records[up_to]
    return Receipt(1, "centre", record.device, record.chain, up_to, SHA, up_to, utc_text(us))


def seen(chain: Chain, us: int, recorded_us: int | None = None) -> None:
    body = CheckpointSeen("zaitang/centre", 7, SHA, utc_text(us), "A" * 86 + "==")
    chain.add("checkpoint.seen", body, recorded_us or us)


def class_of_a_morning(policy: str = "sanmenxia-2023", checkpoint_us: int | None = None) -> Course:
    """One recorded class-hour; the box names a checkpoint before it."""
    made = Course(policy=policy)
    made.hour(f"{DAY} 08:00", "08:45", kind="theory")
    made.order()
    if checkpoint_us is not None:
        seen(made.boxes["box-1"], checkpoint_us, START - 10 * MINUTE)
    made.film(f"{DAY} 07:58", "08:47")
    return made


def judged(made: Course, receipt_us: int | None) -> tuple[Finding, list[str]]:
    """R1, and what is said of the time, when all that the box states came to the centre at once."""
    box = made.boxes["box-1"]
    last = box.records[-1]
    receipts = {} if receipt_us is None else {(last.device, last.chain): [receipt(box, last.seq, receipt_us)]}
    story = fold(made.records, "c-1", made.policy, receipts=receipts)
    found = findings(story, made.policy, at("2026-03-20 08:00"))
    clock = [one for one in found if one.rule == "clock"]
    return next(one for one in found if one.rule == "R1"), codes(clock[0]) if clock else []


# What a bracket says


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=12), st.integers(0, 14))
def test_a_bracket_is_what_the_plainest_search_finds(told: list[tuple[bool, int]], seq: int) -> None:
    chain = Chain("box-1", SIMULATED, is_box=True)
    given_for = []
    for is_checkpoint, minute in told:
        us = START + minute * MINUTE
        if is_checkpoint:
            seen(chain, us)
        else:
            given_for.append(receipt(chain, len(chain.records) - 1, us))
    before = [one.utc_us for one in chain.records if one.type == "checkpoint.seen" and one.seq <= seq]
    after = [START + minute * MINUTE for (is_checkpoint, minute), one in zip(
        [item for item in told if not item[0]], given_for, strict=True) if one.up_to >= seq and not is_checkpoint]
    assert Brackets(chain.records, given_for).of(seq) == Bracket(
        max(before, default=None), min(after, default=None))


@given(st.integers(-10 * HOUR, 10 * HOUR))
def test_an_honest_clock_within_its_bracket_is_never_contradicted(skew_us: int) -> None:
    bracket = Bracket(START, START + HOUR)
    wrong = bracket.contradicts(START + skew_us, 2 * MINUTE, 72 * HOUR)
    inside = -2 * MINUTE <= skew_us <= HOUR + 2 * MINUTE
    assert wrong == (None if inside else "early" if skew_us < 0 else "ahead")


def test_a_checkpoint_record_that_cannot_be_read_says_nothing() -> None:
    chain = Chain("box-1", SIMULATED, is_box=True)
    chain.add("checkpoint.seen", {"origin": 5}, START)
    chain.add("alarm", {}, START)
    assert Brackets(chain.records, []).of(2) == Bracket(None, None)


# The attacks


def test_what_arrives_in_time_is_believed() -> None:
    r1, said = judged(class_of_a_morning(checkpoint_us=START - HOUR), START + HOUR)
    assert r1.result == "satisfied" and said == []


def test_a_class_that_was_made_up_later_and_dated_back_is_not_believed() -> None:
    """The box saw a checkpoint of Friday, and says afterwards that it filmed on Monday."""
    r1, said = judged(class_of_a_morning(checkpoint_us=START + 96 * HOUR), START + 100 * HOUR)
    assert r1.result == "open" and said == ["doubt_early"]


def test_a_class_that_reaches_the_centre_after_days_is_uncertain_never_valid() -> None:
    for late_us, result in ((71 * HOUR, "satisfied"), (73 * HOUR + HOUR, "open")):
        r1, said = judged(class_of_a_morning(checkpoint_us=START - HOUR), START + late_us)
        assert (r1.result, said) == (result, [] if result == "satisfied" else ["doubt_offline"])


def test_a_clock_that_runs_ahead_of_the_receipt_is_not_believed() -> None:
    r1, said = judged(class_of_a_morning(), START - 3 * HOUR)
    assert r1.result == "open" and said == ["doubt_ahead"]


def test_a_receipt_that_came_again_later_does_not_make_a_record_late() -> None:
    made = class_of_a_morning()
    box = made.boxes["box-1"]
    last = box.records[-1]
    given = [receipt(box, last.seq, START + 400 * HOUR), receipt(box, last.seq, START + HOUR)]
    for receipts in (given, given[::-1]):
        clock = ChainClock(box.records, made.policy, receipts)
        assert clock.doubt(last) is None


@pytest.mark.parametrize("receipt_us", [None, START + 400 * HOUR])
def test_a_policy_that_says_nothing_of_brackets_and_a_simulated_clock_are_judged_as_before(
    receipt_us: int | None,
) -> None:
    plain = class_of_a_morning()
    plain.policy = dataclasses.replace(plain.policy, clock=None)
    assert judged(plain, receipt_us)[0].result == "satisfied"
    played = Course(policy="demo", clock=SIMULATED)
    played.hour(f"{DAY} 08:00", "08:45", kind="theory")
    played.order()
    played.film(f"{DAY} 07:58", "08:47")
    assert judged(played, receipt_us)[0].result == "satisfied"


def test_a_centre_narrows_when_something_was_done_while_the_clock_was_not_set() -> None:
    made = class_of_a_morning()
    box = made.boxes["box-1"]
    seen(box, START + 2 * HOUR)
    box.clock = type(box.clock)(synced=False, max_error_us=16_000_000, source="kernel", rate=1)
    box.restart(START + 3 * HOUR, "1f")
    record = box.add("alarm", {"code": "x", "params": {}}, START - 1000 * HOUR)
    clock = ChainClock(box.records, made.policy, [receipt(box, record.seq, START + 5 * HOUR)])
    assert clock.doubt(record) == "clock"
    assert clock.proven(record) == (START + 2 * HOUR, START + 5 * HOUR)
