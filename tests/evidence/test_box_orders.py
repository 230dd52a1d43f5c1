"""When a box takes an order: each number once and rising, none after its end, none that it cannot follow."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.box_orders import (
    MOST_WANTED,
    BoxOrder,
    BoxSettings,
    Revocation,
    WantedFile,
    WantedUpload,
    known_us,
    refusal,
)
from evidence.errors import BadShape
from evidence.records import ClockState, Stamp
from evidence.shape import decode, encode
from evidence.times import utc_text, utc_us

CHAIN, SHA = "ab" * 16, "cd" * 32
ORDER = BoxOrder("box-1", 5, "2026-03-09T00:00:00.000000Z", "upload", WantedUpload(CHAIN, (WantedFile(3, SHA),)))
END = utc_us(ORDER.expires)


def stamp(utc: int, synced: bool) -> Stamp:
    return Stamp("0b", 1, utc, ClockState(synced=synced, max_error_us=1, source="kernel", rate=1))


@given(answered=st.lists(st.integers(1, 9)))
def test_a_number_is_taken_once_and_only_above_all_before(answered: list[int]) -> None:
    why = refusal(ORDER, CHAIN, answered, None, True)
    assert why == ("" if all(number < ORDER.number for number in answered) else "not_newer")


@given(numbers=st.lists(st.integers(1, 20), max_size=30))
def test_in_whatever_order_they_come_what_is_taken_rises(numbers: list[int]) -> None:
    answered: list[int] = []
    taken = []
    for number in numbers:
        if not refusal(dataclasses.replace(ORDER, number=number), CHAIN, answered, None, True):
            taken.append(number)
        answered.append(number)
    assert taken == sorted(set(taken))


def test_a_revocation_is_taken_whatever_its_number() -> None:
    """A centre that was set back to a backup states it again, by a number that it does not know was used."""
    order = dataclasses.replace(ORDER, kind="revocation", upload=None, number=1,
                                revocation=Revocation("box-2", ("ab" * 32,), "stolen"))
    assert refusal(order, [CHAIN], [1, 2, 9], None, True) == ""


def test_a_box_whose_clock_is_a_year_ahead_takes_a_revocation_all_the_same() -> None:
    """A key that is not believed any more is so for good; the box would never be told again."""
    order = dataclasses.replace(ORDER, kind="revocation", upload=None, revocation=Revocation("box-2", (SHA,), "stolen"))
    assert refusal(order, [CHAIN], [], END + 365 * 86400 * 10**6, True) == ""
    assert refusal(dataclasses.replace(order, kind="upload"), [CHAIN], [], END, True) == "unclear"


@given(clock=st.integers(END - 9, END + 9), synced=st.booleans(), vouched=st.none() | st.integers(END - 9, END + 9))
def test_an_order_ends_as_soon_as_the_box_can_know_it(clock: int, synced: bool, vouched: int | None) -> None:
    why = refusal(ORDER, [CHAIN], [], known_us(stamp(clock, synced), vouched), True)
    over = (synced and clock >= END) or (vouched is not None and vouched >= END)
    assert why == ("expired" if over else "")


def test_a_clock_that_is_not_set_refuses_nothing() -> None:
    assert known_us(stamp(END + 10**15, False), None) is None
    assert refusal(ORDER, [CHAIN], [], None, True) == ""


@pytest.mark.parametrize(("order", "chain", "road", "why"), [
    (dataclasses.replace(ORDER, kind="live"), CHAIN, True, "unknown_kind"),
    (dataclasses.replace(ORDER, upload=None), CHAIN, True, "unclear"),
    (dataclasses.replace(ORDER, upload=WantedUpload(CHAIN, (WantedFile(3, SHA),) * (MOST_WANTED + 1))), CHAIN, True,
     "unclear"),
    (dataclasses.replace(ORDER, settings=BoxSettings()), CHAIN, True, "unclear"),
    (dataclasses.replace(ORDER, kind="revocation"), CHAIN, True, "unclear"),
    (dataclasses.replace(ORDER, kind="settings", upload=None, settings=BoxSettings()), "ef" * 16, False, ""),
    (dataclasses.replace(ORDER, kind="revocation", upload=None, revocation=Revocation("b", (SHA,), "x")), CHAIN, False,
     ""),
    (ORDER, "ef" * 16, True, "other_chain"),
    (ORDER, CHAIN, False, "no_road"),
])
def test_what_a_box_cannot_follow_is_refused_with_its_reason(
    order: BoxOrder, chain: str, road: bool, why: str,
) -> None:
    assert refusal(order, [chain], [], None, road) == why


@pytest.mark.parametrize("change", [
    {"number": 0}, {"kind": "Live"}, {"kind": "x" * 33}, {"expires": "soon"}, {"upload": {"chain": "x", "files": []}},
    {"upload": {"chain": CHAIN, "files": [{"seq": -1, "sha256": SHA}]}}, {"device": ""},
])
def test_what_is_no_order_is_not_read(change: dict[str, object]) -> None:
    with pytest.raises(BadShape):
        decode(BoxOrder, {**encode(ORDER), **change}, "order")


def test_an_order_of_a_later_version_is_read_and_refused() -> None:
    value = {**encode(ORDER), "kind": "live", "upload": None, "live": {"camera": "room"}}
    assert refusal(decode(BoxOrder, value, "order"), [CHAIN], [], None, True) == "unknown_kind"
    assert utc_text(END) == ORDER.expires
