"""What the centre states of a class beside its plan: whose word it is, which of several counts, what never counts."""
from __future__ import annotations

import pytest

from evidence.bodies import Certificate, Controls
from evidence.times import MINUTE
from tests.evidence.course import Course, at

DAY = "2026-03-02"


def course(**options: object) -> Course:
    made = Course(**options)  # type: ignore[arg-type]
    made.half_day(DAY)
    made.order()
    return made


@pytest.mark.parametrize(("start", "end", "stated", "void"), [
    (f"{DAY} 08:10", "08:30", None, None),
    (f"{DAY} 08:30", "08:10", "2026-03-03 08:00", "backwards"),
    (f"{DAY} 08:10", "08:30", f"{DAY} 08:29", "ahead"),
    ("2026-03-03 08:10", "08:30", None, "outside"),
    (f"{DAY} 07:00", "07:30", None, None),
])
def test_an_inspection_counts_on_a_day_of_the_class_once_it_is_over(
    start: str, end: str, stated: str | None, void: str | None
) -> None:
    made = course()
    made.inspect(start, end, stated=stated)
    (fact,) = made.story().inspections
    assert fact.void == void


def test_no_later_plan_makes_an_inspection_undone() -> None:
    made = course()
    made.inspect(f"{DAY} 08:10", "08:30")
    made.hours.clear()
    made.half_day("2026-03-09")
    made.order(f"{DAY} 12:00")
    assert made.story().inspections[0].void is None


def test_the_newest_word_about_an_inspection_counts() -> None:
    made = course()
    first = made.inspect(f"{DAY} 08:10", "08:30", 30, inspection="i-1")
    made.inspect(f"{DAY} 09:00", "09:10", 5, inspection="i-2")
    later = made.inspect(f"{DAY} 08:10", "08:30", 3, inspection="i-1", stated="2026-03-05 08:00")
    facts = made.story().inspections
    assert [(fact.inspection.headcount, fact.void) for fact in facts] == [(3, None), (5, None)]
    assert facts[0].refs == (first.key, later.key)


def test_no_box_inspects_surveys_or_imports() -> None:
    made = course()
    for record in (made.inspect(f"{DAY} 08:10", "08:30"), made.survey("2026-03-10 09:00", 4, 4, 4),
                   made.imported("O6", Certificate(True))):
        made.centre.records.remove(record)
        made.boxes["box-1"].add(record.type, record.body, record.utc_us)
    story = made.story()
    assert (story.inspections, story.survey, story.imported) == ((), None, ())


def test_of_several_surveys_and_imports_the_newest_counts() -> None:
    made = course()
    made.survey("2026-03-10 09:00", 1, 4, 4)
    made.survey("2026-03-11 09:00", 4, 4, 4)
    made.imported("O6", Certificate(True))
    made.imported("O6", Certificate(False), "2026-03-21 09:00")
    story = made.story()
    assert story.survey is not None and story.survey.survey.satisfied == 4
    fact = story.fact_of("O6")
    assert fact is not None and fact.imported.o6 == Certificate(False) and story.fact_of("O8") is None


@pytest.mark.parametrize(("numbers", "void"), [((4, 4, 4), None), ((5, 4, 9), "numbers"), ((3, 5, 4), "numbers")])
def test_the_numbers_of_a_survey_can_be(numbers: tuple[int, int, int], void: str | None) -> None:
    made = course()
    made.survey("2026-03-10 09:00", *numbers)
    fact = made.story().survey
    assert fact is not None and fact.void == void


def test_a_survey_is_stated_when_it_is_closed() -> None:
    made = course()
    made.survey("2026-03-10 09:00", 4, 4, 4, stated="2026-03-09 09:00")
    fact = made.story().survey
    assert fact is not None and fact.void == "ahead"


def test_a_simulated_class_has_times_that_its_centre_knows_nothing_of() -> None:
    made = course(policy="demo")
    made.inspect(f"{DAY} 08:10", "08:30", stated="2026-03-01 09:00")
    made.survey("2026-03-10 09:00", 4, 4, 4, stated="2026-03-01 09:00")
    story = made.story()
    assert story.inspections[0].void is None and story.survey is not None and story.survey.void is None


def test_an_import_holds_the_part_of_its_rule_and_no_other() -> None:
    made = course()
    made.imported("O6", None)
    made.imported("O11", Controls(), o6=Certificate(True))
    assert [fact.whole for fact in made.story().imported] == [False, False]
    assert {name: made.finding(name).result for name in ("O6", "O11")} == {"O6": "not_recorded", "O11": "satisfied"}
    assert made.finding("O6").reasons[0].code == "imported_void"


def test_looks_of_boxes_and_of_other_kinds_are_no_supervision() -> None:
    made = course()
    made.look("video", f"{DAY} 10:00", made.boxes["box-1"])
    made.look("sheet", f"{DAY} 10:00")
    assert made.story().looks == ()
    made.look("video", f"{DAY} 11:00")
    assert [(look.what, look.at_us) for look in made.story().looks] == [("video", at(f"{DAY} 11:00"))]


def test_what_is_stated_is_told_whatever_the_order_of_records() -> None:
    made = course()
    made.inspect(f"{DAY} 08:10", "08:30")
    made.survey("2026-03-10 09:00", 4, 4, 4)
    made.imported("O6", Certificate(True))
    made.look("live", f"{DAY} 08:20")
    there = made.story()
    made.centre.records.reverse()
    assert made.story() == there and there.inspections[0].length_us == 20 * MINUTE
