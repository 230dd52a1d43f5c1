"""Orders of a room that follow each other are one sitting, and every look is in one."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from central.live.sittings import FORMS, TOUCH_US, Look, Watched, sittings
from evidence.bodies import CentreLook
from evidence.times import MINUTE, SECOND

NOW = 10**15
times = st.integers(0, 120).map(lambda minutes: NOW + minutes * MINUTE)
devices, kinds = st.sampled_from(["box-1", "box-2"]), st.sampled_from(["live", "wall"])


def look(seq: int, at_us: int, device: str = "box-1", what: str = "live") -> Look:
    return Look(seq, at_us, CentreLook("wang", what, "supervisor", why="x", device=device))


def order(number: int, from_us: int, until_us: int, ended: bool = True) -> Watched:
    return Watched(number, "box-1", "video", from_us, until_us, ended)


def test_who_joins_is_in_the_sitting_and_who_comes_later_is_not() -> None:
    orders = [order(3, NOW, NOW + 10 * MINUTE), order(4, NOW + 9 * MINUTE, NOW + 20 * MINUTE),
              order(5, NOW + 30 * MINUTE, NOW + 31 * MINUTE)]
    said = [look(1, NOW - SECOND), look(2, NOW + 15 * MINUTE), look(3, NOW + 30 * MINUTE),
            look(4, NOW + MINUTE, "box-2")]
    found = sittings(orders, said)
    assert [(one.numbers, [each.seq for each in one.looks]) for one in found] == [
        ((5,), [3]), ((), [4]), ((3, 4), [1, 2])]


def test_a_sitting_is_over_as_the_last_of_its_orders_is() -> None:
    orders = order(3, NOW + MINUTE, NOW + 9 * MINUTE), order(4, NOW + 8 * MINUTE, NOW + 20 * MINUTE, ended=False)
    (one,) = sittings(orders, [])
    assert not one.ended and sittings(orders[:1], [])[0].ended


@given(st.lists(st.tuples(times, st.integers(0, 40), devices, kinds), max_size=12),
       st.lists(st.tuples(times, devices, kinds), max_size=12))
def test_no_order_and_no_look_is_lost(
    made: list[tuple[int, int, str, str]], said: list[tuple[int, str, str]],
) -> None:
    orders = [Watched(number, device, FORMS[what], at_us, at_us + minutes * MINUTE, True)
              for number, (at_us, minutes, device, what) in enumerate(made, 1)]
    looks = [look(seq, at_us, device, what) for seq, (at_us, device, what) in enumerate(said)]
    found = sittings(orders, looks)
    assert sorted(number for one in found for number in one.numbers) == list(range(1, len(orders) + 1))
    assert sorted(each.seq for one in found for each in one.looks) == list(range(len(looks)))
    for one in found:
        assert all((each.said.device, FORMS[each.said.what]) == (one.device, one.form) for each in one.looks)
        assert all(one.from_us - TOUCH_US <= each.at_us <= one.until_us for each in one.looks)
