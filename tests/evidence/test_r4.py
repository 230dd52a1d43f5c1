"""R4 and what an inspector should know of the terminal: what is said, how gravely, and that it never flags."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.texts import words
from tests.evidence.course import REAL, TRAINEES, UNSET, Chain, Course, at, codes

DAY, BLOCK = "2026-03-02", "2026-03-02-am"
BUT_4 = TRAINEES[:3]


def half_day(signed: tuple[str, ...] = TRAINEES, shows: tuple[str, ...] | None = TRAINEES, **film: object) -> Course:
    """A half-day to which `signed` and the instructor signed in by face; filmed unless `shows` is None."""
    made = Course()
    made.half_day(DAY)
    made.order()
    if shows is not None:
        made.film(f"{DAY} 07:58", "09:42", shows, **film)  # type: ignore[arg-type]
    for person in (*signed, "teacher"):
        made.check_in(person, f"{DAY} 07:50")
    return made


def test_kept_when_everybody_signed_in_by_face_or_by_a_confirmed_pin() -> None:
    made = half_day(BUT_4)
    made.pin("t-4", f"{DAY} 07:52")
    found = made.finding("R4")
    assert (found.result, codes(found)) == ("satisfied", ["r4_signed"])
    assert found.reasons[0].params == {"count": 1, "faces": 3, "pins": 1}
    assert len(found.records) == 4


def test_leave_explains_who_did_not_sign_in() -> None:
    made = half_day(BUT_4, BUT_4)
    made.leave("t-4", f"{DAY} 00:00", "2026-03-03 00:00")
    assert made.finding("R4").result == "satisfied"


def test_who_is_shown_but_did_not_sign_in_is_told_apart_from_who_is_neither() -> None:
    found = half_day(("t-1", "t-2"), BUT_4).finding("R4")
    assert (found.result, codes(found)) == ("warning", ["r4_signed", "r4_only_shown", "r4_neither"])
    assert [one.params["trainees"] for one in found.reasons[1:]] == [("t-3",), ("t-4",)]
    assert "张三 在录像中出现，但没有签到" in words(found.reasons[1], "zh", {"t-3": "张三"})


def test_a_class_that_was_filmed_and_never_used_the_check_in_breaks_the_clause_but_never_flags() -> None:
    made = half_day(())
    made.boxes["box-1"].records = [one for one in made.boxes["box-1"].records if one.type != "checkin"]
    found = made.finding("R4")
    assert (found.result, found.flag, codes(found)) == ("violated", False, ["r4_signed", "r4_none"])
    assert made.r3().verdict == "clear"


def test_a_terminal_that_refused_everybody_is_not_held_against_the_class() -> None:
    made = half_day(())
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:55", "fake")
    found, told = made.finding("R4"), made.finding("checkins")
    assert (found.result, codes(found)) == ("warning", ["r4_signed", "r4_nobody_accepted"])
    assert (told.result, codes(told), told.reasons[0].params["count"]) == ("satisfied", ["refused_not_live"], 4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TRAINEES), st.sampled_from(["fake", "no_response", "bad_input"])),
                max_size=6))
def test_refused_attempts_change_no_finding_but_their_number(attempts: list[tuple[str, str]]) -> None:
    made = half_day()
    before = [(one.rule, one.result, one.reasons) for one in made.findings()]
    for person, liveness in attempts:
        made.check_in(person, f"{DAY} 07:55", liveness)
    after = [(one.rule, one.result, one.reasons) for one in made.findings()]
    assert [one for one in after if one[0] != "checkins"] == before
    counted = [one for rule, _, reasons in after if rule == "checkins" for one in reasons]
    assert sum(int(str(one.params["count"])) for one in counted) == len(attempts)


def test_open_when_nothing_shows_anybody() -> None:
    made = half_day((), None)
    made.boxes["box-1"].records = [one for one in made.boxes["box-1"].records if one.type != "checkin"]
    assert codes(made.finding("R4")) == ["r4_signed", "r4_nothing"] and made.finding("R4").result == "open"


def test_open_while_the_box_has_not_reported_past_it() -> None:
    made = half_day(BUT_4)
    made.silent = True
    assert made.finding("R4", f"{DAY} 09:45").result == "not_recorded"
    assert codes(made.finding("R4", f"{DAY} 09:50"))[1:] == ["r4_awaited"]


def test_open_when_the_sign_in_that_lacks_has_an_uncertain_time() -> None:
    made = half_day(BUT_4)
    box = made.boxes["box-2"] = Chain("box-2", UNSET, is_box=True)
    made.order("2026-03-01 19:00")
    made.check_in("t-3", "2026-03-05 07:50", box="box-2")
    box.clock = REAL
    assert codes(made.finding("R4"))[1:] == ["r4_only_shown"]
    box.clock = UNSET
    made.check_in("t-4", "2026-03-05 07:40", "fake", box="box-2")
    box.clock = REAL
    assert codes(made.finding("R4"))[1:] == ["r4_only_shown"], "a refused attempt says nothing, at whatever time"
    box.clock = UNSET
    made.check_in("t-4", "2026-03-05 07:50", box="box-2")
    box.clock = REAL
    assert (made.finding("R4").result, codes(made.finding("R4"))[1:]) == ("open", ["r4_uncertain"])


def test_not_recorded_before_anything_is_over() -> None:
    found = half_day().finding("R4", f"{DAY} 09:00")
    assert (found.result, codes(found)) == ("not_recorded", ["occasions_pending"])


# What an inspector should know


def test_many_pins_are_told() -> None:
    made = half_day(BUT_4)
    made.pin("t-4", f"{DAY} 07:52")
    found = made.finding("checkins")
    assert (found.result, codes(found)) == ("warning", ["pin_share"])
    assert found.reasons[0].params == {"pins": 1, "count": 4, "percent": 25, "limit": 10}


def test_few_pins_are_not() -> None:
    made = Course(trainees=[f"t-{number}" for number in range(10)])
    made.half_day(DAY)
    made.order()
    for person in (*made.trainees[1:], "teacher"):
        made.check_in(person, f"{DAY} 07:50")
    made.pin("t-0", f"{DAY} 07:52")
    assert "checkins" not in {one.rule for one in made.findings()}


def test_an_instructor_who_confirms_pins_without_being_there_is_told() -> None:
    made = half_day(BUT_4)
    made.boxes["box-1"].records = [
        one for one in made.boxes["box-1"].records if one.body.get("best", {}).get("person") != "teacher"]
    made.pin("t-4", f"{DAY} 07:52")
    assert codes(made.finding("checkins")) == ["pin_share", "pin_confirmer_away"]


@pytest.mark.parametrize(("when", "told"), [("08:30", True), ("09:20", False), ("09:45", False)])
def test_signing_out_well_before_the_end_is_told_beside_the_video(when: str, told: bool) -> None:
    made = half_day()
    made.check_in("t-4", f"{DAY} {when}", direction="out")
    found = [one for one in made.findings() if one.rule == "left_early"]
    assert [codes(one) for one in found] == ([["signed_out_early"]] if told else [])
    assert all(at(f"{DAY} 09:40") >= made.story().blocks[0].span.end_us and not one.flag for one in found)
