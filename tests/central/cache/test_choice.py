"""Which files of the cache go: for any files, limit and moment."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from central.cache.choice import SPARED_US, Item, which_go

NOW = 10 * SPARED_US
ITEMS = st.lists(
    st.builds(Item, st.text("abcdef", min_size=3, max_size=8), st.integers(0, 100), st.integers(0, NOW + 10),
              st.booleans()), max_size=12, unique_by=lambda one: one.name)


def may_go(one: Item) -> bool:
    return not one.held and one.used_us < NOW - SPARED_US


@given(ITEMS, st.integers(0, 500))
def test_only_what_may_goes_and_the_longest_unplayed_first(items: list[Item], limit: int) -> None:
    going = which_go(items, limit, NOW)
    assert all(may_go(one) for one in going) and len(set(going)) == len(going)
    stays = [one for one in items if may_go(one) and one not in going]
    assert all(gone.used_us <= one.used_us for gone in going for one in stays)


@given(ITEMS, st.integers(0, 500))
def test_no_more_goes_than_must_and_enough_if_there_is_enough(items: list[Item], limit: int) -> None:
    going = which_go(items, limit, NOW)
    left = sum(one.size for one in items) - sum(one.size for one in going)
    assert left <= limit or {one for one in items if may_go(one)} == set(going)
    assert not going or left + going[-1].size > limit


def test_of_three_files_the_one_that_was_not_played_goes() -> None:
    held, old, new = Item("held", 5, 0, True), Item("old", 5, 1), Item("new", 5, 2)
    assert which_go([new, held, old], 10, NOW) == [old]
    assert which_go([new, held, old], 9, NOW) == [old, new]
    assert which_go([Item("playing", 50, NOW - SPARED_US)], 10, NOW) == []
    assert which_go([Item("of a clock that was ahead", 50, NOW + 5)], 10, NOW) == []
