"""O2, O7 and O9: teachers, headcounts and real names, from check-ins, roll calls and enrolments."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.bodies import Alarm, TemplatesMoved, TemplatesOrder
from evidence.canonical import sha256_hex
from evidence.records import record_bytes
from evidence.times import utc_text
from tests.evidence.course import SHA, TRAINEES, Course, at, codes, sha

DAY, LATER = "2026-03-02", "2026-03-04"
BUT_4 = TRAINEES[:3]


def course(signed: tuple[str, ...] = (*TRAINEES, "teacher"), shows: tuple[str, ...] = TRAINEES) -> Course:
    """Two half-days, filmed; `signed` signed in to both by face."""
    made = Course()
    for day in (DAY, LATER):
        made.half_day(day)
    made.order()
    for day in (DAY, LATER):
        made.film(f"{day} 07:58", "09:42", shows, segment_s=3600)
        for person in signed:
            made.check_in(person, f"{day} 07:50")
    return made


# O2


def test_teachers_are_counted_in_the_plan_and_where_the_clause_says_how_many() -> None:
    found = course().finding("O2")
    assert (found.result, codes(found), found.flag) == ("warning", ["o2_few"], False)
    assert found.reasons[0].params == {"count": 1, "need": 2}
    made = Course(policy="zhengzhou-2022")
    made.half_day(DAY)
    made.order()
    for person in (*TRAINEES, "teacher"):
        made.check_in(person, f"{DAY} 07:50")
    assert codes(made.finding("O2")) == ["o2_kept", "o2_workplaces"] and made.finding("O2").result == "satisfied"


def test_a_half_day_without_a_teacher_and_one_with_too_few() -> None:
    found = course(TRAINEES).finding("O2")
    assert codes(found) == ["o2_few", "o2_nobody", "o2_nobody"]
    made = Course(trainees=[f"t-{number}" for number in range(21)])
    made.half_day(DAY)
    made.order()
    for person in (*made.trainees, "teacher"):
        made.check_in(person, f"{DAY} 07:50")
    few = made.finding("O2").reasons[-1]
    assert few.code == "o2_ratio" and {"count": 21, "teachers": 1, "ratio": 20}.items() <= few.params.items()


def test_the_plan_in_force_says_who_teaches() -> None:
    made = course()
    order = made.centre.records[-1]
    roster = [{**one, "person": "teacher-2"} if one["role"] == "instructor" else one for one in order.body["roster"]]
    made.centre.add("order.class", {**order.body, "number": 2, "roster": roster}, at("2026-03-03 08:00"))
    assert [[one.person for one in block.teachers] for block in made.story().blocks] == [["teacher"], ["teacher-2"]]
    assert "o2_nobody" in codes(made.finding("O2"))


def test_without_any_sign_in_nothing_is_said_of_teachers_but_what_the_plan_says() -> None:
    assert codes(course(()).finding("O2")) == ["o2_few"]


# O7


def test_three_numbers_apart() -> None:
    made = course((*BUT_4, "teacher"), BUT_4)
    made.pin("t-4", f"{DAY} 07:55")
    found = made.finding("O7")
    assert (found.result, codes(found)) == ("satisfied", ["o7_opening", "o7_evidence", "o7_inspections"])
    assert {"faces": 3, "pins": 1, "due": 4}.items() <= found.reasons[0].params.items()
    assert found.reasons[1].params == {"count": 2, "mean": "3.0", "teachers": "0.0"}


def test_cameras_of_one_room_are_not_added_up() -> None:
    made = course()
    made.film(f"{DAY} 07:58", "09:42", BUT_4, camera="second", segment_s=3600)
    assert made.finding("O7").reasons[1].params == {"count": 2, "mean": "4.0", "teachers": "0.0"}


def test_the_opening_is_the_first_block_that_is_no_make_up() -> None:
    made = course()
    assert made.finding("O7", f"{DAY} 09:00").result == "not_recorded"
    made.hour("2026-03-01 19:00", "19:45", make_up=("t-1",))
    made.order("2026-03-01 18:30")
    assert made.finding("O7").reasons[0].params["id"] == f"{DAY}-am"


# O9


def enrolled(*people: str) -> Course:
    made = course()
    for person in people or TRAINEES:
        made.enrol(person, "2026-03-01 19:00")
    return made


def test_real_names_are_there_when_all_are_anchored_once_and_with_consent() -> None:
    made = enrolled()
    found = made.finding("O9")
    assert (found.result, codes(found)) == ("satisfied", ["o9_anchored"])
    assert found.reasons[0].params == {"count": 4}
    assert course().finding("O9").result == "not_recorded"


def test_nobody_vouches_or_no_consent_or_no_face_at_all() -> None:
    made = enrolled("t-1")
    made.enrol("t-2", "2026-03-01 19:00", anchor="none")
    wrong = made.enrol("t-3", "2026-03-01 19:00", consent=made.consent("t-1", "2026-03-01 19:00"))
    found = made.finding("O9")
    assert [(one.code, one.params["trainees"]) for one in found.reasons] == [
        ("o9_unanchored", ("t-2",)), ("o9_no_consent", ("t-3",)), ("o9_unenrolled", ("t-4",))]
    assert (found.result, found.flag) == ("warning", False) and wrong.key in found.records
    made.consent("t-4", "2026-03-01 19:00", given=False)
    assert "o9_unenrolled" not in codes(made.finding("O9"))


def test_a_number_that_anybody_could_type_confirms_nothing() -> None:
    made = enrolled(*BUT_4)
    made.enrol("t-4", "2026-03-01 19:00", anchor="inspector", by="00")
    found = made.finding("O9")
    assert (found.result, codes(found), found.flag) == ("warning", ["o9_inspector"], False)
    assert found.reasons[0].params == {"trainees": ("t-4",), "count": 1, "numbers": ("00",)}


@pytest.mark.parametrize("what", ["same_face", "other_face", "overruled"])
def test_an_enrolment_that_stopped_or_went_on_all_the_same_is_told(what: str) -> None:
    for made in (enrolled(), course()):
        alarm = made.boxes["box-1"].add("alarm", Alarm(f"enrol.{what}", {"person": "t-2"}, "c-1"), at(f"{DAY} 07:00"))
        found = made.finding("O9")
        assert (found.result, codes(found), found.flag) == ("warning", [f"o9_{what}"], False)
        assert found.reasons[0].params == {"trainees": ("t-2",), "count": 1} and alarm.key in found.records
    made.boxes["box-1"].add("alarm", Alarm(f"enrol.{what}", {}, "c-1"), at(f"{DAY} 07:01"))
    assert made.finding("O9").reasons[0].params["trainees"] == ("?", "t-2")


def test_a_refusal_is_no_consent_to_an_enrolment() -> None:
    made = enrolled(*BUT_4)
    made.enrol("t-4", "2026-03-01 19:00", consent=made.consent("t-4", "2026-03-01 19:00", given=False))
    assert codes(made.finding("O9")) == ["o9_no_consent"]


def test_enrolled_again_and_only_after_misses() -> None:
    made = enrolled(*BUT_4)
    made.enrol("t-1", "2026-03-03 08:00")
    made.enrol("t-1", "2026-03-03 09:00", source="box")
    found = made.finding("O9")
    again = next(one for one in found.reasons if one.code == "o9_again")
    assert again.params == {"trainee": "t-1", "count": 1, "date": "2026-03-03"}
    ghost = course((*BUT_4, "teacher"), BUT_4)
    for person in BUT_4:
        ghost.enrol(person, "2026-03-01 19:00")
    ghost.enrol("t-4", "2026-03-03 10:00")
    late = next(one for one in ghost.finding("O9").reasons if one.code == "o9_late")
    assert late.params == {"trainee": "t-4", "date": "2026-03-03", "count": 1, "blocks": (f"{DAY}-am",)}


def test_templates_of_another_box_need_an_order_of_the_centre() -> None:
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.enrol(person, "2026-03-01 19:00")
        made.enrol(person, "2026-03-01 20:00", source="box", box="box-2")
    assert codes(made.finding("O9")) == ["o9_unordered"]
    expires = utc_text(at("2026-03-01 21:00"))
    body = TemplatesOrder("c-1", TRAINEES[:3], "box-1", "box-2", "ab" * 32, expires)
    order = made.centre.add("order.templates", body, at("2026-03-01 19:30"))
    moved = TemplatesMoved("c-1", TRAINEES, "in", sha256_hex(record_bytes(order)), SHA)
    made.boxes["box-2"].add("templates.moved", moved, at("2026-03-01 20:00"))
    left = made.finding("O9").reasons
    assert [(one.code, one.params["trainees"]) for one in left] == [("o9_unordered", ("t-4",))]
    for wrong in (dataclasses.replace(moved, order=sha("nothing")), dataclasses.replace(moved, way="out")):
        made.boxes["box-2"].records[-1] = dataclasses.replace(
            made.boxes["box-2"].records[-1], body={**vars(wrong), "class": "c-1", "people": list(wrong.people)})
        assert made.finding("O9").reasons[0].params["count"] == 4


def test_an_order_that_is_over_lets_nothing_move() -> None:
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    made.enrol("t-1", "2026-03-01 20:00", source="box", box="box-2")
    body = TemplatesOrder("c-1", TRAINEES, "box-1", "box-2", "ab" * 32, utc_text(at("2026-03-01 19:45")))
    order = made.centre.add("order.templates", body, at("2026-03-01 19:30"))
    moved = TemplatesMoved("c-1", TRAINEES, "in", sha256_hex(record_bytes(order)), SHA)
    made.boxes["box-2"].add("templates.moved", moved, at("2026-03-01 20:00"))
    assert "o9_unordered" in codes(made.finding("O9"))
