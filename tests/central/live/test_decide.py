"""What is decided of live pictures, for all that may come."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from central.contact import AWAY_US, contact
from central.live.decide import (
    APART_US,
    GRACE_US,
    ORDER_S,
    REFUSED_US,
    RENEW_US,
    SEEN_US,
    SILENT_US,
    SLOW_US,
    START_US,
    TAKEN_US,
    Ordered,
    Place,
    Standing,
    answer,
    answer_picture,
    due,
    is_heard,
    state_of,
    watched,
)
from evidence.times import SECOND

NOW = 10**15
NEW = Ordered("ab" * 32, 3, "box-1", "video", NOW, NOW + TAKEN_US, ORDER_S)
TAKEN, REFUSED = (dataclasses.replace(NEW, result=result, why=why)
                  for result, why in (("accepted", ""), ("refused", "no_camera")))
small = st.integers(0, 4)
places = st.builds(Place, small, small, small)


@given(st.lists(st.integers(-(10**9), 0), max_size=5), st.none() | st.integers(-(10**9), 0))
def test_who_asked_of_late_watches_and_after_a_start_nobody_has_to(seen: list[int], begun: int | None) -> None:
    alive = any(at > -SEEN_US for at in seen)
    fresh = begun is not None and begun > -GRACE_US
    assert watched([NOW + at for at in seen], None if begun is None else NOW + begun, NOW) == (alive or fresh)


def test_an_order_is_due_once_the_one_before_ends_or_came_to_nothing() -> None:
    for heard in (True, False):
        assert due(None, heard, False, NOW)
        for one in (NEW, TAKEN, REFUSED, dataclasses.replace(TAKEN, ended=True)):
            assert not due(one, heard, True, NOW + APART_US - 1), "however often somebody presses"
        assert due(dataclasses.replace(TAKEN, ended=True), heard, False, NOW + APART_US)
        assert not due(TAKEN, heard, True, TAKEN.ends_us - RENEW_US - 1)
        assert due(TAKEN, heard, False, TAKEN.ends_us - RENEW_US)
        assert not due(NEW, heard, True, NEW.until_us - 1), "the box may still take it"
    assert due(NEW, True, False, NEW.until_us) and due(NEW, False, True, NEW.until_us)
    assert not due(NEW, False, False, NEW.until_us), "a page orders nothing of a box that is away"
    assert due(REFUSED, True, True, NOW + APART_US) and not due(REFUSED, True, False, NOW + REFUSED_US - 1)
    assert due(REFUSED, True, False, NOW + REFUSED_US)
    assert due(dataclasses.replace(TAKEN, made_us=NOW + 1), True, False, NOW), "the centre's clock was set back"


@given(places, st.none() | places, st.booleans(), small)
def test_a_piece_is_taken_only_where_it_is_new_and_can_be_played(
    place: Place, known: Place | None, has_init: bool, closed: int,
) -> None:
    said = answer(place, known, has_init, closed)
    at, before = (place.epoch, place.number), None if known is None else (known.epoch, known.number)
    if place.order <= closed or (known is not None and place.order < known.order):
        assert said == "gone"
    elif said == "take":
        assert known is None or place.order > known.order or at > (before or at)
        assert has_init or place.number == 0
    elif said == "again":
        assert known is not None and place.order == known.order and at[0] == known.epoch and at[1] <= known.number
    else:
        assert said == "init"


@given(places)
def test_whoever_begins_an_epoch_when_told_to_is_taken_in_the_end(known: Place) -> None:
    """A box that forgot where it was, and counts from the beginning again."""
    epoch = 0
    while answer(Place(known.order, epoch, 0), known, False, -1) == "init":
        epoch += 1
        assert epoch <= known.epoch + 1
    assert answer(Place(known.order, epoch, 0), known, False, -1) == "take"


@given(places, st.none() | places, small)
def test_a_picture_needs_no_header_and_the_last_one_is_the_newest(
    place: Place, known: Place | None, closed: int,
) -> None:
    said = answer_picture(place, known, closed)
    gone = place.order <= closed or (known is not None and place.order < known.order)
    assert said == ("gone" if gone else "again" if place == known else "take")


def test_how_a_room_stands() -> None:
    def state(
        ordered: Ordered | None, after: int = 0, heard: int | None = NOW, dark: bool = False, **stands: int,
    ) -> str:
        return state_of(ordered, Standing(**stands), heard, dark, NOW + after, after)

    assert state(NEW) == "waiting" and state(NEW, TAKEN_US) == "over" and state(None) == "over"
    assert state(TAKEN, START_US - 1, since_us=0) == "waiting" and state(TAKEN, START_US, since_us=0) == "unreached"
    assert state(TAKEN, ORDER_S * SECOND - 1, NOW + 10**10, since_us=ORDER_S * SECOND - START_US) == "waiting", \
        "a centre that was just started knows nothing of what came before"
    assert state(REFUSED) == "refused" and state(NEW, heard=None) == "offline"
    assert state(NEW, heard=NOW - AWAY_US) == "offline"
    assert state(TAKEN, SILENT_US - 1, came_us=0) == "running" and state(TAKEN, SILENT_US, came_us=0) == "silent"
    assert state(TAKEN, came_us=0, skipped_us=0) == "slow"
    assert state(TAKEN, SILENT_US, dark=True, came_us=0) == state(TAKEN, dark=True) == "dark"
    assert state(TAKEN, dark=True, came_us=0) == "running", "what comes tells more than what was said"
    assert state(NEW, dark=True) == "waiting" and state(NEW, heard=None, dark=True) == "offline"
    assert state(TAKEN, SLOW_US, came_us=SLOW_US, skipped_us=0) == "running"
    assert state(TAKEN, came_us=0, heard=None) == "running", "what comes tells more than what is not heard"
    assert state(dataclasses.replace(TAKEN, ended=True)) == "over"
    assert state(TAKEN, ORDER_S * SECOND) == "offline" and state(TAKEN, ORDER_S * SECOND, NOW + 10**10) == "over"
    assert not is_heard(None, NOW) and is_heard(NOW, NOW)
    assert [contact(at, NOW) for at in (None, NOW - AWAY_US, NOW - AWAY_US + 1, NOW + 1)] == [
        "never", "away", "heard", "heard"]
    assert TAKEN.last_us == NOW + TAKEN_US + ORDER_S * SECOND
