"""Which order is followed: the newest of its form, as long as its time lasts; others are over, each once, with why."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from edge.box_orders import Watch
from edge.live.choice import choose
from edge.live.session import above
from evidence.box_orders import WantedLive
from evidence.records import ClockState, Stamp
from evidence.times import SECOND

NOW = Stamp("ab", 10_000 * SECOND, 1_772_413_200 * SECOND, ClockState(True, 0, "kernel", 1))


def watch(number: int, form: str, ago_s: int, seconds: int = 600) -> Watch:
    taken = dataclasses.replace(NOW, mono_us=NOW.mono_us - ago_s * SECOND, utc_us=NOW.utc_us - ago_s * SECOND)
    return Watch(f"{number:064x}", number, WantedLive("room", form, seconds, "a-1"), taken)  # type: ignore[arg-type]


WATCHES = st.lists(st.tuples(st.sampled_from(["video", "pictures"]), st.integers(0, 1200)), max_size=6).map(
    lambda found: [watch(number, form, ago_s) for number, (form, ago_s) in enumerate(found, 1)])


@given(WATCHES, st.sets(st.integers(1, 6)))
def test_every_order_is_followed_or_over(open: list[Watch], lost: set[int]) -> None:
    choice = choose(open, NOW, {f"{number:064x}" for number in lost})
    over = {watch.number: why for watch, why in choice.over}
    assert {watch.number for watch in choice.follow.values()} | over.keys() == {watch.number for watch in open}
    assert len(choice.follow) + len(over) == len(open)
    for form in ("video", "pictures"):
        same = [watch for watch in open if watch.wanted.form == form]
        for one in same[:-1]:
            assert over[one.number] == "newer"
        for newest in same[-1:]:
            gone = NOW.mono_us - newest.taken.mono_us >= 600 * SECOND
            followed = choice.follow.get(newest.wanted.form)
            assert (followed is newest) == (not gone)
            assert not gone or over[newest.number] == ("restart" if newest.number in lost else "time")


def test_a_start_that_does_not_know_the_time_keeps_an_order_until_it_does() -> None:
    """Nothing is sent meanwhile. A newer order takes its place all the same."""
    open = [watch(1, "video", 90)]
    unset = Stamp("cd", 30 * SECOND, 77, dataclasses.replace(NOW.clock, synced=False))
    assert choose(open, unset, {open[0].order}) == choose(open, unset) == choose([], unset)
    assert choose(open, dataclasses.replace(NOW, boot_id="cd", mono_us=31 * SECOND)).follow == {"video": open[0]}
    late = dataclasses.replace(unset, mono_us=600 * SECOND)
    assert choose(open, late).over == ((open[0], "time"),)
    assert choose(open, late, {open[0].order}).over == ((open[0], "restart"),)
    both = [*open, watch(2, "video", 60)]
    assert choose(both, unset).over == ((open[0], "newer"),) and choose(both, unset).follow == {}


def test_what_begins_is_numbered_above_what_a_process_before_used() -> None:
    taken = watch(1, "video", 0).taken
    later = dataclasses.replace(NOW, mono_us=NOW.mono_us + 37 * SECOND, utc_us=NOW.utc_us + 37 * SECOND)
    assert [above(-1, taken, NOW), above(0, taken, NOW), above(-1, taken, later), above(40, taken, later)] == [
        0, 1, 37, 41]
    assert above(-1, taken, dataclasses.replace(later, boot_id="cd", mono_us=0)) == 37
