"""Who has signed in, as the page shows it: in order, instructors apart, PINs marked and counted."""
from __future__ import annotations

from typing import Any

import pytest

from edge.terminal.signed import people
from evidence.policy import Number
from evidence.story import Attendance, Block

LIMIT = Number(10, source="ours", why="x")


def came(person: str, way: str, in_us: int | None = 1, out_us: int | None = None) -> Attendance:
    return Attendance(person, way != "none", way, in_us, out_us, False, ())  # type: ignore[arg-type]


class FakeBlock:
    def __init__(self, attendance: tuple[Attendance, ...], teachers: tuple[Attendance, ...] = ()) -> None:
        self.attendance, self.teachers = attendance, teachers
        self.roster = tuple(one.person for one in attendance)


def shown(block: Any, limit: Number | None = LIMIT, lang: str = "en") -> dict[str, Any]:
    assert block is None or isinstance(block, Block | FakeBlock)
    return people(block, {"p-1": "王秀英"}, lambda us: f"08:{us:02}", limit, lang)  # type: ignore[arg-type]


def test_the_first_who_came_stands_first_and_instructors_apart() -> None:
    told = shown(FakeBlock(
        (came("p-1", "face", 9, 50), came("p-2", "none", None), came("p-3", "pin", 4)), (came("p-9", "face", 2),)))
    assert [(one["name"], one["time"], one["left"], one["mark"]) for one in told["in"]] == [
        ("p-3", "08:04", "", "(PIN)"), ("王秀英", "08:09", "08:50", "")]
    assert told["out"] == ["p-2"] and (told["trainees_in"], told["due"]) == (2, 3)
    assert [(one["name"], one["role"]) for one in told["teachers"]] == [("p-9", "Instructor")]


@pytest.mark.parametrize(("pins", "faces", "text", "much"), [
    (0, 5, "", False), (1, 9, "by PIN: 1 (10 %)", False),
    (2, 9, "by PIN: 2 (18 %), more than 10 %", True),
])
def test_the_share_of_pins_is_told_as_the_rule_counts_it(pins: int, faces: int, text: str, much: bool) -> None:
    told = shown(FakeBlock(tuple(came(f"p-{n}", "pin" if n < pins else "face") for n in range(pins + faces))))
    assert (told["pin_text"], told["pin_much"]) == (text, much)
    assert told["pin_why"] == ("More than 10 % signed in by PIN: an inspector will ask why" if much else "")


def test_the_first_pin_of_a_morning_is_no_news() -> None:
    late = tuple(came(f"p-{n}", "none", None) for n in range(2, 12))
    told = shown(FakeBlock((came("p-1", "pin"), *late)))
    assert (told["pin_text"], told["pin_much"]) == ("by PIN: 1 (100 %)", False)


def test_without_a_limit_or_a_block_nothing_is_wrong() -> None:
    assert shown(FakeBlock((came("p-1", "pin"),)), None)["pin_much"] is False
    assert shown(None)["in"] == [] and shown(None)["due"] == 0
