"""O1, O3–O6, O8, O10 and O11: what the plan alone says, and what other systems say."""
from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Admitted, Apprentices, Certificate, Compared, Controls, Earlier, Learnt, Online, Platform
from evidence.rules.hours import months_later, share
from evidence.times import utc_text
from tests.evidence.course import TRAINEES, Course, at, codes

DAY = "2026-03-02"
EARLY = "2026-03-01 19:00"
"""The plan is signed, nothing has begun."""


def planned(practical: int = 6, theory: int = 4, online: int = 0, make_up: int = 0, minutes: int = 45) -> Course:
    """A plan of so many class-hours, one after another, ten a day."""
    made = Course()
    kinds = ["practical"] * practical + ["theory"] * theory + ["online"] * online
    for number, kind in enumerate([*kinds, *["theory"] * make_up]):
        day, start = divmod(number, 10)
        begins = 8 * 60 + start * 50
        ends = begins + minutes
        made.hour(f"2026-03-{day + 2:02} {begins // 60:02}:{begins % 60:02}", f"{ends // 60:02}:{ends % 60:02}", kind,
                  TRAINEES[:1] if number >= len(kinds) else None)
    made.order()
    return made


# O1


def crowd(count: int) -> Course:
    made = Course([f"t-{n}" for n in range(count)])
    made.half_day(DAY)
    made.half_day("2026-03-04")
    made.order()
    return made


@pytest.mark.parametrize(("count", "result"), [(80, "satisfied"), (81, "violated")])
def test_o1_counts_the_roster_before_anything_began(count: int, result: str) -> None:
    found = crowd(count).finding("O1", EARLY)
    assert (found.result, found.flag, found.reasons[0].params["count"]) == (result, False, count)


def test_o1_a_late_entry_makes_a_class_too_large_and_a_withdrawal_leaves_it_so() -> None:
    made = crowd(80)
    made.roster_event("late_entry", "t-new", "2026-03-03 18:00", "2026-03-03 18:00")
    found = made.finding("O1")
    assert found.result == "violated" and found.reasons[0].params == {"date": "2026-03-04", "count": 81, "limit": 80}
    made.roster_event("withdrawal", "t-1", "2026-03-04 18:00", "2026-03-04 18:00")
    assert made.finding("O1").result == "violated"


def test_o1_of_a_plan_without_class_hours_is_its_roster() -> None:
    made = Course([f"t-{n}" for n in range(81)])
    made.order()
    assert codes(made.finding("O1")) == ["o1_over_plan"]
    assert {made.finding(name).result for name in ("O3", "O4", "O5")} == {"not_recorded"}


# O3, O4, O5: from the plan at once


@pytest.mark.parametrize(("minutes", "result"), [(40, "satisfied"), (39, "violated")])
def test_o3_every_class_hour_is_long_enough(minutes: int, result: str) -> None:
    found = planned(minutes=minutes).finding("O3", EARLY)
    assert found.result == result
    if result == "violated":
        assert found.reasons[0].params["shortest_min"] == 39 and found.reasons[0].params["count"] == 10
        assert found.reasons[0].params["when"][0] == f"{DAY} 08:00–08:39"  # type: ignore[index]


@pytest.mark.parametrize(("plan", "result"), [
    ({"practical": 6, "theory": 4}, "satisfied"), ({"practical": 5, "theory": 4}, "violated"),
    ({"practical": 6, "theory": 3, "online": 1}, "satisfied"), ({"practical": 6, "theory": 4, "online": 1}, "violated"),
    ({"practical": 6, "theory": 4, "make_up": 3}, "satisfied"),
])
def test_o4_practice_is_a_share_of_all_class_hours_online_ones_too(plan: dict[str, int], result: str) -> None:
    assert planned(**plan).finding("O4", EARLY).result == result


@pytest.mark.parametrize(("online", "theory", "result", "said"), [
    (0, 4, "satisfied", ["no_online_hours"]),
    (1, 3, "satisfied", ["o5_kept", "o5_platform_unknown"]),
    (4, 0, "satisfied", ["o5_kept", "o5_reading", "o5_platform_unknown"]),
    (5, 1, "violated", ["o5_over", "o5_platform_unknown"]),
])
def test_o5_counts_online_class_hours_among_all_and_tells_the_other_reading(
    online: int, theory: int, result: str, said: list[str]
) -> None:
    found = planned(6, theory, online).finding("O5", EARLY)
    assert (found.result, codes(found)) == (result, said)


def test_o5_the_platform_is_in_the_catalogue_or_not() -> None:
    made = planned(6, 3, 1)
    made.imported("O5", Online((Platform("MOOC", True),)))
    assert codes(made.finding("O5")) == ["o5_kept", "o5_listed"] and made.finding("O5").result == "satisfied"
    made.imported("O5", Online((Platform("MOOC", True), Platform("Another", False))), "2026-03-21 09:00")
    found = made.finding("O5")
    assert (found.result, codes(found)) == ("violated", ["o5_kept", "o5_unlisted"])
    assert found.reasons[1].params["platforms"] == ("Another",)


def test_o5_credit_alone_says_nothing_of_the_platform() -> None:
    made = planned(6, 3, 1)
    made.imported("O5", Online((), (Learnt("t-1", 1),)))
    assert codes(made.finding("O5")) == ["o5_kept", "o5_platform_unknown"]


@given(st.integers(0, 400), st.integers(1, 400))
def test_a_share_in_words_never_seems_to_keep_a_limit_that_it_breaks(part: int, whole: int) -> None:
    part = min(part, whole)
    for limit in (40, 60, 85):
        assert (float(share(part, whole)) >= limit) == (100 * part >= limit * whole)
        assert (float(share(part, whole, up=True)) > limit) == (100 * part > limit * whole)


# O6


@pytest.mark.parametrize(("course", "said", "result", "told"), [
    ((24, 16), Certificate(True), "satisfied", ["o6_kept"]),
    ((24, 15), Certificate(True), "violated", ["o6_short"]),
    ((24, 15), Certificate(True, 24), "satisfied", ["o6_kept", "o6_expressly"]),
    ((24, 16), Certificate(True, 60), "violated", ["o6_short", "o6_expressly"]),
    ((2, 1), Certificate(False), "satisfied", ["o6_none"]),
])
def test_o6_needs_to_know_that_it_is_a_certificate_course(
    course: tuple[int, int], said: Certificate, result: str, told: list[str]
) -> None:
    made = planned(*course)
    assert made.finding("O6").result == "not_recorded"
    made.imported("O6", said)
    assert (made.finding("O6").result, codes(made.finding("O6"))) == (result, told)


# O8


def end_of(date: str) -> str:
    return utc_text(at(f"{date} 00:00") + 24 * 3600 * 1_000_000)


@pytest.mark.parametrize(("assessed", "told"), [
    ("2026-02-02", []), ("2026-02-03", ["o8_early"]), ("2026-03-02", ["o8_early"]), ("2026-03-03", ["o8_unassessed"]),
    (None, ["o8_unassessed"]), ("2025-12-31", []),
])
def test_o8_a_calendar_month_lies_between_an_assessment_and_the_first_class_hour(
    assessed: str | None, told: list[str]
) -> None:
    made = planned()
    made.imported("O8", Compared(TRAINEES, (Earlier("t-2", "Cook 7", end_of(assessed) if assessed else None),)))
    found = made.finding("O8")
    assert codes(found) == (told or ["o8_kept"]) and found.result == ("violated" if told else "satisfied")


def test_o8_is_open_for_whom_nobody_compared_and_says_nothing_of_strangers() -> None:
    made = planned()
    made.imported("O8", Compared(TRAINEES[:3], (Earlier("t-9", "Cook 7"),)))
    found = made.finding("O8")
    assert (found.result, codes(found)) == ("open", ["o8_uncompared"])
    assert found.reasons[0].params["trainees"] == ("t-4",)


def test_o8_who_joins_late_begins_late() -> None:
    made = planned(12, 8)
    made.roster_event("late_entry", "t-9", f"{DAY} 18:00", f"{DAY} 18:00")
    made.imported("O8", Compared((*TRAINEES, "t-9"), (Earlier("t-9", "Cook 7", end_of("2026-02-03"), "cook-7"),)))
    assert made.finding("O8").result == "satisfied"


@given(st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1)), st.integers(1, 24))
def test_months_later_is_the_same_day_or_the_last_of_its_month(date: datetime.date, months: int) -> None:
    later = months_later(date, months)
    assert (later.year * 12 + later.month) - (date.year * 12 + date.month) == months
    assert later.day == date.day or (later.day < date.day and (later + datetime.timedelta(1)).day == 1)


def test_a_month_after_the_end_of_the_calendar_is_its_end() -> None:
    assert months_later(datetime.date(9999, 12, 5), 1) == datetime.date.max


@pytest.mark.parametrize("offset", [-840, 840])
@pytest.mark.parametrize("assessed", ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"])
def test_o8_at_the_ends_of_the_calendar(assessed: str, offset: int) -> None:
    made = planned()
    order = made.centre.records[-1]
    made.centre.add("order.class", {**order.body, "number": 2, "utc_offset_min": offset}, order.utc_us)
    made.imported("O8", Compared(TRAINEES, (Earlier("t-2", "Cook 7", assessed),)))
    assert codes(made.finding("O8")) == (["o8_kept"] if assessed < "2" else ["o8_unassessed"])


# O10


@pytest.mark.parametrize(("said", "result", "told"), [
    (Admitted(True, True, 0, 0), "satisfied", ["o10_surveyed", "o10_compared", "o10_students", "o10_mismatched"]),
    (Admitted(True, True), "satisfied",
     ["o10_surveyed", "o10_compared", "o10_students_unknown", "o10_mismatched_unknown"]),
    (Admitted(False, True, 0, 0), "warning", ["o10_unsurveyed", "o10_compared", "o10_students", "o10_mismatched"]),
    (Admitted(True, False, 2, 0), "warning", ["o10_surveyed", "o10_uncompared", "o10_students", "o10_mismatched"]),
])
def test_o10_who_may_attend(said: Admitted, result: str, told: list[str]) -> None:
    made = planned()
    made.imported("O10", said)
    assert (made.finding("O10").result, codes(made.finding("O10"))) == (result, told)


@pytest.mark.parametrize(("count", "cap", "result", "told"), [
    (200, 200, "satisfied", "o10_kept"), (201, 200, "violated", "o10_over"), (400, 400, "satisfied", "o10_kept"),
    (1001, 1000, "violated", "o10_over"), (201, 300, "open", "o10_cap_unknown"),
])
def test_o10_apprentices_have_a_cap_a_year(count: int, cap: int, result: str, told: str) -> None:
    made = planned()
    made.imported("O10", Admitted(True, True, 0, 0, Apprentices(2026, count, cap)))
    found = made.finding("O10")
    assert (found.result, codes(found)[-1], found.flag) == (result, told, False)


def test_o10_does_not_exist_in_zhengzhou() -> None:
    made = Course(policy="zhengzhou-2022")
    made.half_day(DAY)
    made.order()
    made.imported("O10", Admitted(False, False))
    assert "O10" not in {one.rule for one in made.findings()}


# O11

GOOD = Controls(False, False, 5, True, True, True)


@pytest.mark.parametrize(("said", "result", "told"), [
    (GOOD, "satisfied", ["o11_kept"]),
    (Controls(True, False, 5, True, True, True), "violated", ["o11_fast_forward"]),
    (Controls(False, True, 6, True, True, True), "violated", ["o11_windows", "o11_prompts"]),
    (Controls(False, False, 5, False, False, False), "violated", ["o11_live_face", "o11_in_order", "o11_photos"]),
    (Controls(False, False, None, True, True, None), "open", ["o11_unknown"]),
    (Controls(True), "violated", ["o11_fast_forward", "o11_unknown"]),
])
def test_o11_what_the_platform_lets_pass(said: Controls, result: str, told: list[str]) -> None:
    made = planned(6, 3, 1)
    assert made.finding("O11").result == "not_recorded"
    made.imported("O11", said)
    assert (made.finding("O11").result, codes(made.finding("O11"))) == (result, told)
