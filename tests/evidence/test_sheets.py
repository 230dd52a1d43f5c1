"""Until when a contact sheet may lie anywhere, whose word ends it, and when a box makes none."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import TYPES, Body, Consent, ConsentWithdrawn, FaceErased, Sheet
from evidence.box_orders import BoxOrder, WantedSheet, refusal, sheet_refusal
from evidence.records import ClockState, Record, Sealed
from evidence.shape import encode
from evidence.sheets import DAY_US, KEPT_DAYS, Stated, ends_us, erased, kept_until, stated
from evidence.times import utc_text, utc_us

CHAIN, NOW = "ab" * 16, utc_us("2026-03-02T00:40:00.000000Z")
TYPE_OF = {cls: name for name, cls in TYPES.items()}
SHEET = Sheet("weld-1", "2026-03-02-am", "aa" * 32, "bb" * 32, 1000, "cc" * 32, ("p-1", "p-2"), utc_text(NOW + DAY_US))
ORDER = BoxOrder("box-1", 1, utc_text(NOW + DAY_US), "sheet",
                 sheet=WantedSheet("weld-1", "2026-03-02-am", "dd" * 32, "zh", "li.ming"))


def sealed(seq: int, body: Body, device: str = "box-1", chain: str = CHAIN) -> Sealed:
    record = Record(1, TYPE_OF[type(body)], device, chain, seq, "0" * 64, "b0", seq, utc_text(NOW),
                    ClockState(True, 0, "kernel", 1), encode(body))
    return Sealed(b"", b"", record)


ONE = Stated(sealed(10, SHEET), SHEET)


def said(person: str, is_given: bool, class_id: str = "weld-1") -> Consent:
    return Consent(class_id, person, is_given, "0" * 64, "zh", None, "terminal", is_given)


def gone(person: str, why: str = "withdrawn", class_id: str = "weld-1") -> FaceErased:
    return FaceErased(class_id, person, why, 1, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("records", "people"), [
    ([], set()),
    ([sealed(1, said("p-1", True))], set()),
    ([sealed(11, ConsentWithdrawn("weld-1", "p-1", "terminal"))], {"p-1"}),
    ([sealed(1, said("p-2", False))], {"p-2"}),
    ([sealed(9, ConsentWithdrawn("weld-1", "p-1", "terminal")), sealed(12, said("p-1", True))], set()),
    ([sealed(11, gone("p-1", "again"))], {"p-1"}),
    ([sealed(9, gone("p-1", "again"))], set()),
    ([sealed(11, gone("p-1"), "box-2")], set()),
    ([sealed(11, gone("p-1"), chain="cd" * 16)], set()),
    ([sealed(1, ConsentWithdrawn("weld-1", "p-1", "terminal"), "box-2"), sealed(1, said("p-1", True))], {"p-1"}),
    ([sealed(11, ConsentWithdrawn("weld-2", "p-1", "terminal")), sealed(12, gone("p-3"))], set()),
    ([sealed(11, gone("p-1")), sealed(12, gone("p-2", "over"))], {"p-1", "p-2"}),
])
def test_who_of_a_sheet_may_not_be_shown_any_more(records: list[Sealed], people: set[str]) -> None:
    assert set(erased(ONE, records)) == people


@given(st.lists(st.sampled_from([said("p-1", True), said("p-1", False), ConsentWithdrawn("weld-1", "p-1", "command"),
                                 gone("p-1"), said("p-3", False), gone("p-3")])))
def test_a_sheet_stands_just_while_the_last_word_agrees_and_no_face_on_it_was_erased_since(bodies: list[Body]) -> None:
    records = [sealed(11 + at, body) for at, body in enumerate(bodies)]
    words = [body for body in bodies if isinstance(body, Consent | ConsentWithdrawn) and body.person == "p-1"]
    ends = gone("p-1") in bodies or (bool(words) and words[-1] != said("p-1", True))
    assert bool(erased(ONE, records)) is ends


@given(st.integers(NOW, NOW + 400 * DAY_US), st.lists(st.none() | st.integers(NOW, NOW + 400 * DAY_US)))
def test_a_sheet_lies_no_longer_than_anybody_agreed_to_and_no_longer_than_thirty_days(
    now_us: int, untils: list[int | None],
) -> None:
    until_us = utc_us(kept_until(now_us, [None if one is None else utc_text(one) for one in untils]))
    assert until_us == min([now_us + 30 * DAY_US, *(one for one in untils if one is not None)])
    made = dataclasses.replace(SHEET, until=utc_text(until_us))
    assert ends_us(Stated(sealed(1, made), made), NOW) == min(until_us, NOW + KEPT_DAYS * DAY_US)


def test_what_is_no_sheet_is_none() -> None:
    assert stated([ONE.sealed, sealed(1, said("p-1", True))]) == [ONE]


def test_an_order_of_a_sheet_is_taken_and_refused_like_any_other() -> None:
    assert refusal(ORDER, CHAIN, [], NOW, True) == ""
    assert refusal(ORDER, CHAIN, [1], NOW, True) == "not_newer"
    assert refusal(ORDER, CHAIN, [], NOW + DAY_US, True) == "expired"
    assert refusal(ORDER, CHAIN, [], NOW, False) == "no_road"
    assert refusal(dataclasses.replace(ORDER, sheet=None), CHAIN, [], NOW, True) == "unclear"
    assert refusal(dataclasses.replace(ORDER, kind="upload"), CHAIN, [], NOW, True) == "unclear"


def test_why_a_box_makes_no_sheet() -> None:
    assert sheet_refusal(False, None, NOW, 0) == "no_class"
    assert sheet_refusal(True, None, NOW, 1) == "no_block"
    assert sheet_refusal(True, NOW + 1, NOW, 1) == "not_over" == sheet_refusal(True, NOW - 1, None, 1)
    assert sheet_refusal(True, NOW, NOW, 0) == "no_roll_call" and sheet_refusal(True, NOW, NOW, 1) == ""


def test_a_final_decision_ends_what_was_ordered_for_it_and_nothing_that_was_ordered_later() -> None:
    sheet = dataclasses.replace(SHEET, until=utc_text(NOW + 20 * DAY_US))
    long = Stated(sealed(1, sheet), sheet)
    assert ends_us(long, NOW, NOW + 5 * DAY_US) == NOW + 5 * DAY_US
    assert ends_us(long, NOW, NOW + 25 * DAY_US) == ends_us(long, NOW, NOW - 1) == ends_us(long, NOW, NOW)
    assert ends_us(long, NOW) == ends_us(long, NOW, NOW) == NOW + 20 * DAY_US


def test_what_a_box_says_by_a_simulated_clock_is_no_real_time() -> None:
    record = dataclasses.replace(ONE.sealed.record, clock=ClockState(True, 0, "simulated", 60))
    paced = Stated(Sealed(b"", b"", record), SHEET)
    assert ends_us(ONE, NOW) == NOW + DAY_US and ends_us(paced, NOW) == NOW + KEPT_DAYS * DAY_US
    assert ends_us(paced, NOW, NOW + 1) == NOW + 1
