"""What receipts and checkpoints of a centre say of the clock of a box, and what it costs to lie about the time."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import CheckpointSeen
from evidence.brackets import Bracket, Brackets
from evidence.brackets import seen as seen_in
from evidence.centre_times import Contradicted, contradictions
from evidence.checkpoint import Checkpoint, open_checkpoint, seen_of, sign_checkpoint
from evidence.clocks import ChainClock
from evidence.fold import fold
from evidence.receipts import Receipt
from evidence.records import ClockState, Record
from evidence.rules import Finding, findings
from evidence.seal import KeySigner
from evidence.times import HOUR, MINUTE, SECOND, utc_text, utc_us
from tests.evidence.course import SHA, SIMULATED, Chain, Course, at, codes
from tests.evidence.test_checkpoint import CENTRE, KEY

DAY = "2026-03-02"
START = at(f"{DAY} 08:00")
DAYS = 24 * HOUR
YEAR = 365 * DAYS


def receipt(chain: Chain, up_to: int, us: int) -> Receipt:
    record = chain.records[up_to]
    return Receipt(1, "centre", record.device, record.chain, up_to, SHA, up_to, utc_text(us))


def seen(chain: Chain, us: int, recorded_us: int | None = None) -> None:
    chain.add("checkpoint.seen", signed_seen(7, us), recorded_us or us)


def signed_seen(size: int, us: int) -> CheckpointSeen:
    """What a box that saw a checkpoint of the centre records."""
    note = sign_checkpoint(Checkpoint(KEY.name, size, bytes(32)), KEY, KeySigner(CENTRE), us // SECOND)
    return seen_of(open_checkpoint(note.bytes(), KEY), KEY)


def forged_seen(size: int, us: int) -> CheckpointSeen:
    """One that the centre never signed."""
    return CheckpointSeen(KEY.name, size, SHA, utc_text(us), "A" * 86 + "==")


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
    return judged_by(made, {} if receipt_us is None else {"box-1": [receipt(box, box.records[-1].seq, receipt_us)]})


def judged_by(made: Course, given: dict[str, list[Receipt]]) -> tuple[Finding, list[str]]:
    """The same by all that a centre gave for some boxes."""
    receipts = {(device, made.boxes[device].records[0].chain): items for device, items in given.items()}
    story = fold(made.records, "c-1", made.policy, receipts=receipts, log=KEY)
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
    assert Brackets(chain.records, given_for, KEY).of(seq) == Bracket(
        max(before, default=None), min(after, default=None), min(after, default=None))


@given(st.integers(-10 * HOUR, 10 * HOUR))
def test_an_honest_clock_within_its_bracket_is_never_contradicted(skew_us: int) -> None:
    bracket = Bracket(START, START + HOUR, START + HOUR)
    wrong = bracket.contradicts(START + skew_us, 2 * MINUTE, 72 * HOUR)
    inside = -2 * MINUTE <= skew_us <= HOUR + 2 * MINUTE
    assert wrong == (None if inside else "early" if skew_us < 0 else "ahead")


def test_a_checkpoint_record_that_cannot_be_read_says_nothing() -> None:
    chain = Chain("box-1", SIMULATED, is_box=True)
    chain.add("checkpoint.seen", {"origin": 5}, START)
    chain.add("alarm", {}, START)
    assert Brackets(chain.records, [], KEY).of(2) == Bracket()


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


@pytest.mark.parametrize("liar", ["box-1", "box-2"])
def test_a_checkpoint_that_the_centre_never_signed_frees_no_box(liar: str) -> None:
    """Anybody can write one of a year ahead into a chain: it must not make the receipts of that box, or of another,
    say nothing of what is made up later and dated back."""
    made = Course(policy="sanmenxia-2023", boxes=("box-1", "box-2"))
    made.hour(f"{DAY} 08:00", "08:45", kind="theory")
    made.order()
    made.boxes[liar].add("checkpoint.seen", forged_seen(1, START + YEAR), START - 10 * MINUTE)
    made.film(f"{DAY} 07:58", "08:47")
    r1, said = judged(made, START + 200 * HOUR)
    assert r1.result == "open" and said == ["doubt_offline"]


def test_a_checkpoint_that_the_centre_never_signed_accuses_nobody() -> None:
    made = class_of_a_morning()
    made.boxes["box-1"].add("checkpoint.seen", forged_seen(1, START + YEAR), START + HOUR)
    made.boxes["box-1"].add("alarm", {"code": "x", "params": {}}, START + HOUR + MINUTE)
    r1, said = judged(made, START + 2 * HOUR)
    assert r1.result == "satisfied" and said == []


def test_without_the_key_of_the_tree_no_checkpoint_counts() -> None:
    chain = Chain("box-1", SIMULATED, is_box=True)
    seen(chain, START)
    assert Brackets(chain.records, []).of(1) == Bracket()


def test_a_clock_of_the_centre_that_was_ahead_once_makes_nothing_in_time_that_came_late() -> None:
    """The box names a checkpoint that the centre really signed, 300 days ahead, before somebody put its clock right."""
    for late_us, result in ((2 * HOUR, "satisfied"), (200 * HOUR, "open"), (299 * 24 * HOUR, "open")):
        made = class_of_a_morning()
        made.boxes["box-1"].add("checkpoint.seen", signed_seen(1, START + 300 * 24 * HOUR), START + 50 * MINUTE)
        r1, said = judged(made, START + late_us)
        assert r1.result == result
        assert said == ["centre_clock"] if result == "satisfied" else set(said) == {"doubt_offline", "centre_clock"}


def test_a_clock_that_runs_ahead_of_the_receipt_is_not_believed() -> None:
    r1, said = judged(class_of_a_morning(), START - 3 * HOUR)
    assert r1.result == "open" and said == ["doubt_ahead"]


def test_a_receipt_that_came_again_later_does_not_make_a_record_late() -> None:
    made = class_of_a_morning()
    box = made.boxes["box-1"]
    last = box.records[-1]
    given = [receipt(box, last.seq, START + 400 * HOUR), receipt(box, last.seq, START + HOUR)]
    for receipts in (given, given[::-1]):
        clock = ChainClock(box.records, made.policy, receipts, log=KEY)
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
    clock = ChainClock(box.records, made.policy, [receipt(box, record.seq, START + 5 * HOUR)], log=KEY)
    assert clock.doubt(record) == "clock"
    assert clock.proven(record) == (START + 2 * HOUR, START + 5 * HOUR)


# A centre whose own clock is wrong

def centre_days(wrong_us: int, kind: str, at_day: int = 3, days: int = 6) -> tuple[Course, list[Receipt]]:
    """A box that names a checkpoint and records something every day, and gets a receipt an hour later. On one day the
    clock of its centre is wrong by `wrong_us`, for the checkpoint or for the receipt."""
    made = Course(policy="sanmenxia-2023")
    box, given = made.boxes["box-1"], []
    for day in range(days):
        us, wrong = START + day * 24 * HOUR, wrong_us if day == at_day else 0
        size = 10 * (day + 1)
        body = signed_seen(size, us + (wrong if kind == "checkpoint" else 0))
        box.add("checkpoint.seen", body, us + MINUTE)
        last = box.add("alarm", {"code": "x", "params": {}}, us + 2 * MINUTE)
        at_us = us + HOUR + (wrong if kind == "receipt" else 0)
        given.append(Receipt(1, "centre", last.device, last.chain, last.seq, SHA, size + 1, utc_text(at_us)))
    return made, given


def doubts(made: Course, given: list[Receipt]) -> set[str | None]:
    box, skew_us = made.boxes["box-1"], made.policy.bracket_us[0]
    told = [(size, us) for _, size, us in seen_in(box.records, KEY)]
    clock = ChainClock(box.records, made.policy, given, log=KEY, wrong=contradictions(given, told, skew_us))
    return {clock.doubt(one) for one in box.records}


@pytest.mark.parametrize("kind", ["receipt", "checkpoint"])
@pytest.mark.parametrize("wrong_us", [YEAR, -YEAR])
@pytest.mark.parametrize("at_day", range(6))
def test_one_wrong_clock_of_the_centre_convicts_no_honest_box(wrong_us: int, kind: str, at_day: int) -> None:
    made, given = centre_days(wrong_us, kind, at_day)
    if (kind, wrong_us, at_day) != ("receipt", YEAR, 5):  # nothing contradicts the last word but the next one
        told = [(size, us) for _, size, us in seen_in(made.boxes["box-1"].records, KEY)]
        assert contradictions(given, told, made.policy.bracket_us[0]) != Contradicted() or (
            kind == "checkpoint" and at_day == 0 and wrong_us < 0)
        assert doubts(made, given) == {None}


def test_what_a_centre_contradicts_is_told_of_the_centre() -> None:
    made = class_of_a_morning(checkpoint_us=START + YEAR)
    box = made.boxes["box-1"]
    last = box.records[-1]
    given = [receipt(box, last.seq, START + HOUR)]
    story = fold(made.records, "c-1", made.policy, receipts={(last.device, last.chain): given}, log=KEY)
    found = {one.rule: one for one in findings(story, made.policy, at("2026-03-20 08:00"))}
    assert found["R1"].result == "satisfied"
    assert (found["clock"].result, codes(found["clock"])) == ("open", ["centre_clock"])


@pytest.mark.parametrize("by", ["checkpoint", "receipt"])
@pytest.mark.parametrize("slips", [False, True])
def test_a_class_that_was_made_up_before_its_day_is_not_believed_after_a_slip_of_the_centre(
    slips: bool, by: str,
) -> None:
    """Whichever is wrong: the receipt came 30 hours before the class, or 300 days after it."""
    made = class_of_a_morning()
    box, given = made.boxes["box-1"], []
    if slips and by == "receipt":
        given.append(receipt(box, 0, START + 300 * DAYS))
    if slips and by == "checkpoint":
        box.add("checkpoint.seen", signed_seen(1, START + 300 * DAYS), START + 50 * MINUTE)
    given.append(receipt(box, len(box.records) - 1, START - 30 * HOUR))
    r1, said = judged_by(made, {"box-1": given})
    assert r1.result == "open" and said == (["doubt_ahead", "centre_clock"] if slips else ["doubt_ahead"])


@pytest.mark.parametrize("by", ["checkpoint", "receipt"])
def test_an_honest_box_whose_last_receipt_fell_into_a_slip_of_the_centre_is_not_late(by: str) -> None:
    """What the centre said to another box shows that its clock was wrong, and by when the record had come."""
    made = Course(policy="sanmenxia-2023", boxes=("box-1", "box-2"))
    made.hour(f"{DAY} 08:00", "08:45", kind="theory")
    made.order()
    made.film(f"{DAY} 07:58", "08:47")
    one, other = made.boxes["box-1"], made.boxes["box-2"]
    last = one.records[-1].seq
    given = []
    if by == "receipt":
        other.add("alarm", {"code": "x", "params": {}}, START + 2 * HOUR)
        given.append(receipt(other, 1, START + 300 * DAYS + MINUTE))
    else:
        other.add("checkpoint.seen", signed_seen(1, START + 300 * DAYS + MINUTE), START + 2 * HOUR)
        other.add("checkpoint.seen", signed_seen(last + 1, START + 3 * HOUR), START + 3 * HOUR)
    end = other.add("alarm", {"code": "x", "params": {}}, START + 3 * HOUR)
    given.append(dataclasses.replace(receipt(other, end.seq, START + 4 * HOUR), leaf_index=last + 2))
    r1, said = judged_by(made, {"box-1": [receipt(one, last, START + 300 * DAYS)], "box-2": given})
    assert r1.result == "satisfied" and said == ["centre_clock"]


def test_a_receipt_that_a_centre_owed_for_long_contradicts_nothing() -> None:
    """While its clock was not set it gave none; one box asked again an hour after the other."""
    chains = [Chain(f"box-{number}", SIMULATED, is_box=True) for number in (1, 2)]
    given = [receipt(chains[0], 0, START + HOUR), dataclasses.replace(receipt(chains[1], 0, START), leaf_index=1)]
    assert contradictions(given, [], 2 * MINUTE) == Contradicted()


def test_where_a_receipt_is_wrong_a_later_one_makes_nothing_late() -> None:
    made, given = centre_days(-YEAR, "receipt", at_day=1, days=9)
    assert doubts(made, given) == {None}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=10),
       st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=10), st.integers(0, 3))
def test_contradictions_are_what_the_plainest_comparison_finds(
    given_for: list[tuple[int, int]], told: list[tuple[int, int]], skew_min: int,
) -> None:
    given = [Receipt(1, "centre", f"box-{up_to % 2}", "0" * 32, up_to, SHA, up_to, utc_text(START + minute * MINUTE))
             for up_to, minute in given_for]
    seen_us = [(size, START + minute * MINUTE) for size, minute in told]
    skew_us = skew_min * MINUTE

    def falls(first_us: int, then_us: int) -> bool:
        return first_us > then_us + skew_us

    late: set[Receipt] = set()
    early: dict[Receipt, int] = {}
    seen_late: set[tuple[int, int]] = set()
    for one in given:
        for other in given:
            if (one.device == other.device and one.up_to < other.up_to
                    and falls(utc_us(one.time), utc_us(other.time))):
                late.add(one)
                early[other] = min(utc_us(one.time), early.get(other, utc_us(one.time)))
        for size, us in seen_us:
            if size <= one.leaf_index and falls(us, utc_us(one.time)):
                early[one] = min(us, early.get(one, us))
                seen_late.add((size, us))
    for a in seen_us:
        for b in seen_us:
            if a[0] < b[0] and falls(a[1], b[1]):
                seen_late.add(a)
    fallen = [b for b in seen_us if any(a[0] < b[0] and falls(a[1], b[1]) for a in seen_us)]
    for one in given:
        if any(one.leaf_index < other.leaf_index and falls(utc_us(one.time), utc_us(other.time)) for other in early):
            late.add(one)
        if any(one.leaf_index < size and falls(utc_us(one.time), us) for size, us in fallen):
            late.add(one)
    assert contradictions(given, seen_us, skew_us) == Contradicted(frozenset(late), early, frozenset(seen_late))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_centre_whose_clock_only_rises_contradicts_nothing(minutes: list[int], kinds: list[bool]) -> None:
    given, told, us, leaf = [], [], START, 0
    for minute, is_receipt in zip(minutes, kinds, strict=False):
        us, leaf = us + minute * MINUTE, leaf + 1
        if is_receipt:
            given.append(Receipt(1, "centre", "box-1", "0" * 32, leaf, SHA, leaf - 1, utc_text(us)))
        else:
            told.append((leaf, us))
    assert contradictions(given, told, 0) == Contradicted()


# A box without a time server

FREE = ClockState(synced=False, max_error_us=16_000_000, source="kernel", rate=1)


def free_running(hours: int, drift_us: int = 0) -> tuple[Chain, Record, ChainClock]:
    """A box whose clock was set, and whose kernel says after so many hours of the same start that nobody sets it."""
    made = Course(policy="sanmenxia-2023")
    box = made.boxes["box-1"]
    box.add("alarm", {"code": "x", "params": {}}, START)
    box.clock = FREE
    record = box.add("alarm", {"code": "x", "params": {}}, START + hours * HOUR)
    record = dataclasses.replace(record, utc=utc_text(record.utc_us + drift_us))
    box.records[-1] = record
    clock = ChainClock(box.records, made.policy, [receipt(box, record.seq, START + hours * HOUR + MINUTE)])
    return box, record, clock


@pytest.mark.parametrize(("hours", "doubt"), [(1, None), (10, None), (24, None), (40, "clock"), (72, "clock")])
def test_an_honest_box_that_nobody_sets_is_believed_while_its_error_is_small(hours: int, doubt: str | None) -> None:
    """The kernel calls a clock unset after nine hours without a server: its own bound has reached 16 s."""
    _, record, clock = free_running(hours)
    assert clock.doubt(record) == doubt


@given(st.integers(1, 30), st.integers(-300, 300))
def test_an_unset_clock_is_believed_only_where_it_agrees_with_the_running_one(hours: int, drift_s: int) -> None:
    """One thousandth of the time since, and what two records of a box may differ by."""
    _, record, clock = free_running(hours, drift_s * 1_000_000)
    least, most = clock.proven(record)
    agrees = most is not None and least <= record.utc_us
    if abs(drift_s) > 3.6 * hours + 20:
        assert clock.doubt(record) == "clock"
    if clock.doubt(record) is None:
        assert agrees and abs(drift_s) <= 3.6 * hours + 20


def test_an_unset_clock_of_another_start_is_not_believed() -> None:
    made = Course(policy="sanmenxia-2023")
    box = made.boxes["box-1"]
    box.add("alarm", {"code": "x", "params": {}}, START)
    box.clock = FREE
    box.restart(START + HOUR, "1f")
    record = box.add("alarm", {"code": "x", "params": {}}, START + 2 * HOUR)
    assert ChainClock(box.records, made.policy).doubt(record) == "clock"
