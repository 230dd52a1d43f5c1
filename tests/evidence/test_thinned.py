"""Of an hour with nothing to tell its ends stay: what stays is believed as if nothing had been left out."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from evidence.clocks import ChainClock
from evidence.corrections import void
from evidence.prefix import TOLERANCE_US
from evidence.thinned import ASIDE_US, LONG_US, thinned
from tests.evidence.test_checkpoint import KEY
from tests.evidence.test_prefix import HAPPENS, POLICIES, Belief, Life

Happened = tuple[tuple[str, int], bool]
MINUTES = st.tuples(st.just("record"), st.integers(0, 900))
LIVES = st.lists(st.tuples(st.one_of(MINUTES, MINUTES, MINUTES, HAPPENS), st.integers(0, 4).map(bool)), max_size=40)
"""What happens, and whether it says nothing that is asked for."""
EASY = LIVES.map(lambda life: [one for one in life if one[0][0] != "moved"])


class Two:
    """A whole chain, and the same thinned."""

    def __init__(self, events: list[Happened]) -> None:
        life = Life()
        for event, bare in events:
            life.happen(*event)
            if bare and life.chain.records[-1].type == "alarm":
                life.chain.records[-1] = dataclasses.replace(life.chain.records[-1], body={})
        self.whole, self.receipts = life.chain.records, life.receipts
        self.kept = list(thinned(self.whole))

    def clocks(self, policy: Belief) -> tuple[ChainClock, ChainClock]:
        whole, kept = (ChainClock(chain, policy, self.receipts, log=KEY) for chain in (self.whole, self.kept))
        return whole, kept


@given(LIVES, st.sampled_from(POLICIES))
def test_what_stays_is_believed_as_by_the_whole_chain(events: list[Happened], policy: Belief) -> None:
    two = Two(events)
    whole, kept = two.clocks(policy)
    for record in two.kept:
        assert kept.doubt(record) == whole.doubt(record)
        for start in two.kept:
            assert kept.heard_us(start.boot_id) == whole.heard_us(start.boot_id)
            told = start.boot_id, start.mono_us, record
            assert kept.running_us(*told) == whole.running_us(*told)


@given(LIVES)
def test_what_was_filmed_beside_one_that_is_left_out_is_placed_nearly_there(events: list[Happened]) -> None:
    two = Two(events)
    whole, kept = two.clocks(POLICIES[0])
    for record in two.whole:
        labels = [clock.anchor(record.boot_id, record.mono_us) for clock in (whole, kept)]
        there, thin = (one.utc_us - one.mono_us for one in labels if one is not None)
        assert abs(there - thin) <= ASIDE_US


@given(LIVES)
def test_what_is_doubtful_is_put_between_the_same_moments_or_wider_ones(events: list[Happened]) -> None:
    two = Two(events)
    whole, kept = two.clocks(POLICIES[0])
    for record in two.kept:
        for ask in ("proven", "ordered"):
            (least, most), (least_kept, most_kept) = (getattr(clock, ask)(record) for clock in (whole, kept))
            assert least - LONG_US - 2 * TOLERANCE_US <= least_kept <= least + ASIDE_US
            assert most_kept is None or (most is not None and most <= most_kept + ASIDE_US)
        assert kept.since_us(record.boot_id) <= whole.since_us(record.boot_id)


@given(EASY)
def test_where_nobody_moves_the_clock_all_is_as_by_the_whole_chain(events: list[Happened]) -> None:
    two = Two(events)
    whole, kept = two.clocks(POLICIES[0])
    for record in two.kept:
        assert (kept.proven(record), kept.ordered(record), kept.since_us(record.boot_id)) == (
            whole.proven(record), whole.ordered(record), whole.since_us(record.boot_id))


@given(LIVES, st.integers(0, 40))
def test_a_correction_counts_as_by_the_whole_chain(events: list[Happened], which: int) -> None:
    two = Two(events)
    start = two.whole[which % len(two.whole)]
    for said in two.whole[start.seq + 1:]:
        assert void(start, said, [*two.kept, start]) == void(start, said, [*two.whole, start])


def test_of_an_hour_its_ends_stay_and_all_that_says_something() -> None:
    two = Two([(("record", 29), number != 50) for number in range(200)])
    assert [record.seq for record in two.kept] == [0, 50, 51, 171, 172, 200]
    assert list(thinned(two.kept)) == two.kept
