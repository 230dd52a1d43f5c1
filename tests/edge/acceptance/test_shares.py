"""Shares: intervals as in the tables of Clopper and Pearson; people who fail together widen them; few are said so."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.acceptance.shares import clopper_pearson, share

GROUPS = st.lists(st.integers(1, 6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), max_size=60)


@pytest.mark.parametrize(("hits", "of", "low", "high"), [
    (0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (2, 20, 0.0123, 0.3170), (10, 10, 0.6915, 1.0),
    (5, 100, 0.0164, 0.1128),
])
def test_intervals_are_those_of_the_tables(hits: int, of: int, low: float, high: float) -> None:
    assert clopper_pearson(hits / of, of) == pytest.approx((low, high), abs=1e-4)
    each = share([(1, 1)] * hits + [(0, 1)] * (of - hits))
    assert each is not None and (each.hits, each.of, each.units) == (hits, of, of)
    assert (each.low, each.high) == pytest.approx((low, high), abs=0.03)


def test_nothing_of_few_people_leaves_much_open() -> None:
    none = share([(0, 5)] * 8)
    assert none is not None and (none.value, none.of, none.units, none.few) == (0.0, 40, 8, True)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 8)), "eight people, not forty photos"
    assert share([]) is None and share([(0, 0)]) is None
    many = share([(0, 1)] * 300)
    assert many is not None and not many.few and many.high == pytest.approx(3.7 / 300, rel=0.02)


def test_who_fails_together_counts_less() -> None:
    spread, together = share([(1, 4)] * 10 + [(0, 4)] * 10), share([(4, 4)] * 2 + [(2, 4)] + [(0, 4)] * 17)
    assert spread is not None and together is not None and spread.hits == together.hits == 10
    assert together.high - together.low > 1.3 * (spread.high - spread.low)


@given(GROUPS)
def test_an_interval_holds_its_share(groups: list[tuple[int, int]]) -> None:
    found = share(groups)
    if not groups:
        assert found is None
        return
    assert found is not None and 0 <= found.low <= found.value <= found.high <= 1
    assert found.few == (len(groups) < 30)
