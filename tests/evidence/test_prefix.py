"""A few records stand for the beginning of a chain: what came after it is believed as if all of it were there."""
from __future__ import annotations

import dataclasses

from hypothesis import example, given
from hypothesis import strategies as st

from evidence.bodies import SessionStart
from evidence.clocks import ChainClock
from evidence.corrections import void
from evidence.prefix import Prefix
from evidence.records import Record
from evidence.times import HOUR, MINUTE, SECOND
from tests.evidence.course import REAL, UNSET, Chain, at
from tests.evidence.test_brackets import receipt, signed_seen
from tests.evidence.test_checkpoint import KEY

START = at("2026-03-02 08:00")
DAY_S = 86400
MOST = 40
"""A prefix is never more records than that."""
SLACK_US = 10 * MINUTE
"""Where CLOCK_BOOTTIME since two records of one start says when something was, they may differ by the drift between."""


@dataclasses.dataclass(frozen=True)
class Belief:
    """What policies say of clocks."""

    bracket_us: tuple[int, int] | None
    accept_simulated: bool = False
    step_tolerance_us: int = 5 * SECOND


POLICIES = (Belief(None), Belief((10 * MINUTE, 48 * HOUR)))
JUMPS_S = (-2 * DAY_S, -HOUR // SECOND, -20, 20, HOUR // SECOND, 400 * DAY_S)
Event = tuple[str, int]
PASSES = st.tuples(st.just("record"), st.integers(0, 3 * DAY_S))
HAPPENS = st.one_of(
    PASSES, PASSES, PASSES,
    st.tuples(st.sampled_from(["boot", "boot unset"]), st.integers(0, 2 * DAY_S)),
    st.tuples(st.sampled_from(["set", "unset"]), st.just(0)),
    st.tuples(st.just("moved"), st.sampled_from(JUMPS_S)),
    st.tuples(st.just("right"), st.just(0)),
    st.tuples(st.just("checkpoint"), st.just(0)))
ORDINARY = st.lists(HAPPENS.filter(lambda event: event[0] != "moved"), max_size=25)
LIVES = st.lists(HAPPENS, max_size=25)


class Life:
    """What a box states while things happen to it and to its clock; its centre gives receipts by its own, true one."""

    def __init__(self) -> None:
        self.us, self.wrong_us, self.boots = START, 0, 0
        self.chain = Chain("box-1", REAL, True, START - MINUTE)
        self.receipts = [receipt(self.chain, 0, START)]

    def live(self, events: list[Event]) -> None:
        for what, arg in events:
            self.happen(what, arg)

    def happen(self, what: str, arg: int) -> None:
        self.us += SECOND
        if what.startswith("boot"):
            self.us += arg * SECOND
            self.boots += 1
            self.chain.restart(self.us - SECOND, f"{self.boots:04x}")
            self.chain.clock = UNSET if what == "boot unset" else REAL
        elif what in ("set", "unset"):
            self.chain.clock = REAL if what == "set" else UNSET
        elif what in ("moved", "right"):
            self.wrong_us = self.wrong_us + arg * SECOND if arg else 0
        elif what == "checkpoint":
            self.add("checkpoint.seen", signed_seen(7, self.us - SECOND))
        else:
            self.us += arg * SECOND
            self.add("alarm", {"code": "camera.silent", "params": {}})

    def add(self, type: str, body: object) -> Record:
        """The wall clock may be wrong; CLOCK_BOOTTIME never is."""
        mono_us = self.us - self.chain.boot_us
        record = self.chain.add(type, body, self.us + self.wrong_us)
        self.chain.records[-1] = record = dataclasses.replace(record, mono_us=mono_us)
        self.receipts.append(receipt(self.chain, record.seq, self.us))
        return record


class Two:
    """A box's whole chain, and the same with a prefix in place of what came before a cut."""

    def __init__(self, before: list[Event], after: list[Event]) -> None:
        life, prefix = Life(), Prefix()
        life.live(before)
        self.cut = len(life.chain.records)
        for record in life.chain.records:
            prefix.add(record)
        life.add("session.start", SessionStart("c-1", "s-1", "page"))
        life.live(after)
        self.whole, self.rest = life.chain.records, life.chain.records[self.cut:]
        self.kept = [*prefix.kept(), *self.rest]
        self.receipts = life.receipts

    def clocks(self, policy: Belief) -> tuple[ChainClock, ChainClock]:
        """By the whole chain, and by what is kept; of the receipts those that cover what is kept."""
        covering = {next((one.up_to for one in self.receipts if one.up_to >= record.seq), None) for record in self.kept}
        given = [one for one in self.receipts if one.up_to in covering]
        return (ChainClock(self.whole, policy, self.receipts, log=KEY), ChainClock(self.kept, policy, given, log=KEY))

    def set_back(self) -> bool:
        """Whether a clock was."""
        told = [record.utc_us for record in self.whole if record.clock.synced]
        return told != sorted(told)


def seq(record: Record | None) -> int | None:
    return None if record is None else record.seq


@given(LIVES, LIVES, st.sampled_from(POLICIES))
def test_what_comes_after_is_believed_as_by_the_whole_chain(
    before: list[Event], after: list[Event], policy: Belief,
) -> None:
    two = Two(before, after)
    whole, kept = two.clocks(policy)
    for record in two.rest:
        assert kept.doubt(record) == whole.doubt(record)
        assert kept.heard_us(record.boot_id) == whole.heard_us(record.boot_id)
        assert seq(kept.anchor(record.boot_id, record.mono_us)) == seq(whole.anchor(record.boot_id, record.mono_us))
        for start in two.rest:
            told = start.boot_id, start.mono_us, record
            assert kept.running_us(*told) == whole.running_us(*told)


@example(  # the pair that showed the jump lies in the middle of what is left out
    [("moved", 20), ("record", 0), ("right", 0), ("boot", 0), ("record", 0), ("record", 3600), ("record", 60),
     ("boot unset", 60)], [("record", 60)])
@example(  # what contradicts the first record, too
    [("record", 55958), ("moved", -172800), ("record", 62685), ("right", 0), ("boot", 0), ("record", 0), ("boot", 0),
     ("record", 54083)], [("moved", -172800), ("record", 0)])
@given(LIVES, LIVES)
def test_what_may_be_at_any_time_is_put_between_the_same_moments_or_wider_ones(
    before: list[Event], after: list[Event],
) -> None:
    two = Two(before, after)
    whole, kept = two.clocks(POLICIES[0])
    for record in two.rest:
        for ask in ("proven", "ordered"):
            (least, most), (least_kept, most_kept) = (getattr(clock, ask)(record) for clock in (whole, kept))
            assert least_kept <= least + SLACK_US
            assert most_kept is None or (most is not None and most <= most_kept + SLACK_US)
            assert two.set_back() or (least_kept, most_kept) == (least, most)
        assert kept.since_us(record.boot_id) <= whole.since_us(record.boot_id)
        assert two.set_back() or kept.since_us(record.boot_id) == whole.since_us(record.boot_id)


@given(ORDINARY, ORDINARY, st.sampled_from(POLICIES))
def test_where_nobody_moves_the_clock_all_is_as_by_the_whole_chain(
    before: list[Event], after: list[Event], policy: Belief,
) -> None:
    two = Two(before, after)
    whole, kept = two.clocks(policy)
    for record in two.rest:
        assert kept.proven(record) == whole.proven(record)
        assert kept.ordered(record) == whole.ordered(record)
        assert kept.since_us(record.boot_id) == whole.since_us(record.boot_id)


@given(LIVES, LIVES)
def test_a_correction_counts_as_by_the_whole_chain(before: list[Event], after: list[Event]) -> None:
    two = Two(before, after)
    for said in two.rest[1:]:
        assert void(two.rest[0], said, two.kept) == void(two.rest[0], said, two.whole)


def test_it_holds_as_much_of_a_long_chain_as_of_a_short_one() -> None:
    sizes = []
    for lives in (10, 100):
        life, prefix = Life(), Prefix()
        for _ in range(lives):
            life.live([("record", 60), ("boot", 60), ("record", 60), ("moved", 3600), ("record", 60), ("right", 0),
                       ("record", 60), ("checkpoint", 0)])
        for record in life.chain.records:
            prefix.add(record)
        sizes.append(len(prefix.kept()))
    assert sizes[0] == sizes[1] < MOST
