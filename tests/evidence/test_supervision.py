"""R5, R6, R8, R9, and what inspections say in O2, O7 and O9."""
from __future__ import annotations

import pytest

from evidence.bodies import Consented
from evidence.rules import findings_with_looks
from tests.evidence.course import TRAINEES, Course, at, codes

DAY, NEXT, MADE_UP = "2026-03-02", "2026-03-03", "2026-03-05"


def course(policy: str = "sanmenxia-2023", kind: str = "practical") -> Course:
    """Two half-days; t-4 misses the second and makes up one class-hour of it."""
    made = Course(policy=policy)
    made.half_day(DAY, kind=kind)
    made.half_day(NEXT, kind=kind)
    made.hour(f"{MADE_UP} 08:00", "08:45", kind, ["t-4"])
    made.order()
    for day, people in ((DAY, TRAINEES), (NEXT, TRAINEES[:3])):
        for person in people:
            made.check_in(person, f"{day} 07:50")
        made.film(f"{day} 07:58", "09:42", people)
    return made


def make_up(made: Course, start: str = "07:58", end: str = "08:47") -> None:
    made.check_in("t-4", f"{MADE_UP} 07:50")
    made.film(f"{MADE_UP} {start}", end, ["t-4"])


# R5


def test_r5_counts_looks_of_the_centre_and_is_never_against_a_school() -> None:
    made = course()
    assert (made.finding("R5").result, codes(made.finding("R5"))) == ("not_recorded", ["r5_none"])
    made.look("video", f"{DAY} 08:00", "institution")
    made.look("person", f"{DAY} 08:05")
    assert codes(made.finding("R5")) == ["r5_none"], "no supervision: a school looked, or nobody at the class"
    for what, when in (("live", "08:10"), ("video", "11:00"), ("video", "11:05"), ("class", "12:00")):
        made.look(what, f"{DAY} {when}")
    found = made.finding("R5")
    assert (found.result, found.reasons[0].params) == ("satisfied", {"live": 1, "video": 2, "checkins": 1})
    assert len(found.records) == 4


def test_r5_counts_a_recording_that_is_played_once_whatever_reason_and_files_it_takes() -> None:
    made = course()
    made.look("replay", f"{DAY} 11:00")
    assert codes(made.finding("R5")) == ["r5_none"], "a reason was given, and nothing was played yet"
    made.look("video", f"{DAY} 11:01")
    for number, when in enumerate(("11:01", "11:11")):
        made.look("video", f"{DAY} {when}", file=f"{number:064x}")
    assert made.finding("R5").reasons[0].params == {"live": 0, "video": 1, "checkins": 0}


def test_r5_counts_a_look_into_a_room_by_its_class_and_no_wall() -> None:
    made = course()
    made.look("wall", f"{DAY} 08:00", device="box-1")
    made.look("live", f"{DAY} 08:05", "institution", "box-1")
    assert codes(made.finding("R5")) == ["r5_none"], "a wall shows many rooms for a moment; a school supervises nobody"
    for device, when in (("box-1", "08:10"), ("box-2", "08:20"), ("box-1", "10:00")):
        made.look("live", f"{DAY} {when}", device=device)
    assert made.finding("R5").reasons[0].params == {"live": 3, "video": 0, "checkins": 0}


def test_after_a_look_r5_alone_is_another_finding() -> None:
    made = course()
    before = made.findings()
    made.look("live", f"{DAY} 08:10")
    found = findings_with_looks(before, made.story(), made.policy, at("2026-04-01 00:00"))
    changed = [one.rule for one, two in zip(found, before, strict=True) if one != two]
    assert found == made.findings() and changed == ["R5"]


# R6


def test_r6_is_the_authoritys_matter() -> None:
    made = course()
    while_it_runs, after = made.finding("R6", f"{DAY} 12:00"), made.finding("R6")
    assert (while_it_runs.result, codes(while_it_runs)) == ("open", ["r6_pending"])
    assert (after.result, codes(after), after.flag) == ("warning", ["r6_none"], False)
    made.inspect(f"{DAY} 08:10", "08:30", remark="all well", signature="b" * 64)
    found = made.finding("R6")
    assert (found.result, codes(found)) == ("satisfied", ["r6_field", "r6_remark"])
    assert found.reasons[0].params == {"date": DAY, "from_time": "08:10", "to_time": "08:30", "place": "101",
                                       "inspector": "Sun", "headcount": 4, "teachers": 2}


def test_r6_one_that_does_not_count_is_told_and_satisfies_nothing() -> None:
    made = course()
    made.inspect("2026-03-10 08:10", "08:30")
    found = made.finding("R6")
    assert (found.result, codes(found)) == ("warning", ["r6_none", "inspections_void"])
    made.inspect(f"{DAY} 08:10", "08:30", kind="remote")
    assert codes(made.finding("R6")) == ["r6_remote", "r6_unsigned", "inspections_void"]


# R8


def test_r8_shows_who_missed_how_much_and_made_up_how_much() -> None:
    made = course()
    make_up(made)
    made.assessed("2026-03-10")
    found = made.finding("R8")
    assert (found.result, codes(found)) == ("satisfied", ["r8_hours", "r8_recorded", "r8_missed"])
    assert found.reasons[2].params == {"trainee": "t-4", "count": 2, "made_up": 1, "left": 1, "leave": 0, "open": 0}


def test_r8_does_not_cure_a_recording_that_does_not_show_everyone() -> None:
    made = course()
    before = made.r3().recordings
    make_up(made)
    assert before == made.r3().recordings == (f"{NEXT}-am",)


def test_r8_comes_before_the_assessment() -> None:
    made = course()
    make_up(made)
    made.assessed(MADE_UP)
    assert made.finding("R8").result == "satisfied"
    early = course()
    make_up(early)
    early.assessed("2026-03-04")
    found = early.finding("R8")
    assert (found.result, codes(found)[1]) == ("violated", "r8_late")
    early.assessed("2026-03-06")
    assert early.finding("R8").result == "satisfied"


@pytest.mark.parametrize("kind", ["theory", "practical"])
def test_r8_is_recorded_in_full_in_sanmenxia_whatever_its_kind(kind: str) -> None:
    made = course(kind=kind)
    make_up(made, end="08:30")
    found = made.finding("R8")
    assert found.result == "violated" and "r8_unrecorded" in codes(found)
    assert made.finding("R8", f"{MADE_UP} 08:20").result != "violated"


def test_r8_whether_it_is_recorded_is_open_while_its_box_is_silent() -> None:
    made = course()
    made.silent = True
    found = made.finding("R8", "2026-03-20 08:00")
    assert found.result == "open" and "r8_unsure" in codes(found)


def test_r8_needs_the_authoritys_consent_in_zhengzhou_and_no_recording_of_its_own() -> None:
    made = course("zhengzhou-2022")
    make_up(made, end="08:30")
    found = made.finding("R8")
    assert (found.result, codes(found)) == ("open", ["r8_hours", "r8_no_consent", "r8_missed"])
    made.imported("R8", Consented(("h-9",), "Li"))
    assert made.finding("R8").result == "open"
    made.imported("R8", Consented(("h-5",), "Li"), "2026-03-21 09:00")
    assert codes(made.finding("R8")) == ["r8_hours", "r8_consent", "r8_missed"]
    assert made.finding("R8").result == "satisfied"


def test_r8_names_who_was_asked_and_did_not_come() -> None:
    made = course()
    made.film(f"{MADE_UP} 07:58", "08:47", [])
    found = made.finding("R8")
    assert "r8_absent" in codes(found) and found.reasons[2].params["left"] == 2


def test_r8_without_make_ups_has_nothing_to_say() -> None:
    made = Course()
    made.half_day(DAY)
    made.order()
    assert (made.finding("R8").result, codes(made.finding("R8"))) == ("satisfied", ["r8_none"])


# R9


@pytest.mark.parametrize(("satisfied", "answered", "asked", "result", "told"), [
    (85, 100, 100, "satisfied", ["r9_kept"]),
    (84, 100, 100, "violated", ["r9_below"]),
    (4, 4, 4, "satisfied", ["r9_kept"]),
    (2, 2, 4, "satisfied", ["r9_kept"]),
    (1, 1, 4, "open", ["r9_kept", "r9_few"]),
    (0, 1, 4, "open", ["r9_below", "r9_few"]),
    (0, 0, 4, "open", ["r9_nobody"]),
    (3, 3, 3, "warning", ["r9_kept", "r9_denominator"]),
    (2, 3, 3, "violated", ["r9_below", "r9_denominator"]),
    (5, 4, 4, "open", ["r9_numbers"]),
])
def test_r9_is_the_share_of_those_who_answered(
    satisfied: int, answered: int, asked: int, result: str, told: list[str]
) -> None:
    made = course()
    made.survey("2026-03-10 09:00", satisfied, answered, asked)
    found = made.finding("R9")
    assert (found.result, codes(found), found.flag) == (result, told, False)


def test_r9_is_open_until_a_survey_is_closed_after_the_training() -> None:
    made = course()
    assert codes(made.finding("R9", f"{DAY} 12:00")) == ["r9_pending"]
    assert codes(made.finding("R9")) == ["r9_none"] and made.finding("R9").result == "open"
    made.survey(f"{NEXT} 12:00", 4, 4, 4)
    assert (made.finding("R9").result, codes(made.finding("R9"))) == ("open", ["r9_kept", "r9_early"])
    made.survey("2026-03-10 09:00", 4, 4, 4, stated="2026-03-09 09:00")
    assert codes(made.finding("R9")) == ["r9_ahead"]


# inspections in O2, O7, O9


def test_o2_counts_workplaces_where_an_inspection_did() -> None:
    made = course("zhengzhou-2022")
    for day in (DAY, NEXT, MADE_UP):
        made.check_in("teacher", f"{day} 07:40")
    make_up(made)
    made.inspect(f"{DAY} 08:10", "08:30", workplaces=4)
    assert (made.finding("O2").result, codes(made.finding("O2"))) == ("satisfied", ["o2_kept", "o2_places"])
    made.inspect(f"{NEXT} 08:10", "08:30", 41, workplaces=2)
    assert made.finding("O2").result == "warning"
    crowded = [one for one in made.finding("O2").reasons if one.code == "o2_crowded"]
    assert [one.params for one in crowded] == [{"date": NEXT, "count": 41, "workplaces": 2, "ratio": 20}]


def test_o7_shows_three_headcounts_apart_and_mixes_none() -> None:
    made = course()
    made.inspect(f"{DAY} 07:55", "08:00", 40, kind="opening")
    made.inspect(f"{DAY} 08:10", "08:30", 4)
    made.inspect(f"{NEXT} 08:10", "08:30", 3)
    made.inspect(f"{NEXT} 09:10", "09:20", 30, kind="remote")
    made.inspect("2026-03-20 09:10", "09:20", 900)
    said = {one.code: one.params for one in made.finding("O7").reasons}
    assert list(said) == ["o7_opening", "o7_counted", "o7_evidence", "o7_inspected", "o7_remote"]
    assert (said["o7_opening"]["faces"], said["o7_counted"]["count"]) == (4, 40)
    assert said["o7_inspected"] == {"count": 2, "mean": "3.5"} and said["o7_remote"] == {"count": 1, "mean": "30.0"}
    assert said["o7_evidence"]["mean"] == "3.5"


def vouched(**options: object) -> Course:
    """All are enrolled on an inspector's word, typed at the box on the day of the opening."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.enrol(person, f"{DAY} 07:30", "inspector", by="I-77")
    return made


def test_o9_an_opening_backs_a_number_that_was_typed_on_its_day() -> None:
    made = vouched()
    assert codes(made.finding("O9")) == ["o9_inspector"]
    opening = made.inspect(f"{DAY} 07:00", "08:00", kind="opening", numbers=("I-77",))
    found = made.finding("O9")
    assert (found.result, codes(found)) == ("satisfied", ["o9_backed"])
    assert found.reasons[0].params == {"count": 4, "backed": 4} and opening.key in found.records


@pytest.mark.parametrize("said", [
    {"kind": "field", "numbers": ("I-77",)}, {"kind": "opening", "numbers": ("I-78",)}, {"kind": "opening"},
])
def test_o9_another_inspection_or_number_backs_nobody(said: dict[str, object]) -> None:
    made = vouched()
    made.inspect(f"{DAY} 07:00", "08:00", **said)  # type: ignore[arg-type]
    assert codes(made.finding("O9")) == ["o9_inspector"]


def test_o9_a_number_that_was_typed_on_another_day_is_backed_for_named_people_alone() -> None:
    made = Course()
    made.half_day(DAY)
    made.half_day(NEXT)
    made.order()
    for person in TRAINEES:
        made.enrol(person, f"{DAY} 07:30" if person != "t-4" else f"{NEXT} 07:30", "inspector", by="I-77")
    made.inspect(f"{DAY} 07:00", "08:00", kind="opening", numbers=("I-77",))
    found = made.finding("O9")
    assert found.reasons[0].code == "o9_inspector" and found.reasons[0].params["trainees"] == ("t-4",)
    made.inspect(f"{NEXT} 07:00", "08:00", kind="opening", people=("t-4",))
    assert made.finding("O9").reasons[0].code != "o9_inspector"


def test_what_was_stated_is_told_at_once_and_dates_are_of_the_class() -> None:
    made = course()
    made.inspect(f"{DAY} 00:10", "00:30")
    assert made.story().inspections[0].start_us == at(f"{DAY} 00:10")
    assert made.finding("R6").reasons[0].params["date"] == DAY
