"""What goes into a letter, and when: urgent alarms at once and together, the rest in the morning, nobody's name."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.alarms.words import kept_params
from central.mail.letter import APART_US, BUNDLE_US, LISTED, Made, due
from central.store.alarms import Alarmed
from central.store.letters import Want
from evidence.times import HOUR, MINUTE
from tests.central.helpers import MORNING

WANT = Want("wang", "wang@school.example", "zh", "all", 0, 0, 0, MORNING - HOUR)
LINK = "https://centre.example:8470/"


def alarm(number: int, urgent: bool = True, at_us: int = MORNING, **changes: object) -> Alarmed:
    params = kept_params({"room": "101", "device": f"box-{number}", "since": "2026-03-02T00:30:00.000000Z"})
    made = Alarmed(number, "begun", "box.away", f"box-{number}", urgent, "welder-1", "smx", at_us, params)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def made(urgent: list[Alarmed], others: list[Alarmed], now_us: int, want: Want = WANT, centre: str = "在堂") -> object:
    return due(want, urgent, others, lambda one: one.institution != "other", centre, LINK, now_us)


def test_an_urgent_alarm_waits_for_others_like_it_and_goes_within_half_a_minute() -> None:
    assert made([alarm(1)], [], MORNING + BUNDLE_US - 1) is None
    letter = made([alarm(1), alarm(2)], [], MORNING + BUNDLE_US)
    assert isinstance(letter, Made) and letter.want.now_up_to == 2 and letter.want.now_us == MORNING + BUNDLE_US
    assert "box-1" in letter.subject and "box-2" in letter.body and "班次 welder-1" in letter.body
    assert "2026年3月2日 08:30" in letter.body and f"{LINK}own/alarms" in letter.body


def test_the_next_one_comes_a_few_minutes_later_with_all_that_came_meanwhile() -> None:
    want = dataclasses.replace(WANT, now_us=MORNING)
    some = [alarm(2, at_us=MORNING + MINUTE), alarm(3, at_us=MORNING + 2 * MINUTE, state="over")]
    assert made(some, [], MORNING + APART_US - 1, want) is None
    letter = made(some, [], MORNING + APART_US, want)
    assert isinstance(letter, Made) and "以下情况已恢复" in letter.body


def test_two_hundred_boxes_are_one_letter_that_is_bounded() -> None:
    letter = made([alarm(number) for number in range(1, 201)], [], MORNING + MINUTE)
    assert isinstance(letter, Made) and letter.want.now_up_to == 200
    assert letter.body.count("\n- ") == LISTED and f"另有 {200 - LISTED} 条" in letter.body
    assert "200" in letter.subject


def test_what_is_not_theirs_is_behind_them_without_a_letter() -> None:
    after = made([alarm(7, institution="other")], [], MORNING + MINUTE)
    assert isinstance(after, Want) and after.now_up_to == 7 and after.now_us == 0


def test_the_rest_goes_once_a_day_in_the_morning_and_only_to_whom_wants_it() -> None:
    some, eight = [alarm(1, urgent=False)], MORNING - 30 * MINUTE  # MORNING is half past eight
    want = dataclasses.replace(WANT, later_us=eight - HOUR)
    assert made([], some, eight - 1, want) is None
    letter = made([], some, eight, want)
    assert isinstance(letter, Made) and letter.want.later_up_to == 1
    again = [alarm(2, urgent=False)]
    assert made([], again, eight + 12 * HOUR, letter.want) is None, "at night nobody is written to"
    assert isinstance(made([], again, eight + 24 * HOUR, letter.want), Made)
    urgent = made([], some, eight, dataclasses.replace(want, level="urgent"))
    assert isinstance(urgent, Want) and urgent.later_up_to == 1


def test_a_clock_that_was_ahead_holds_no_letter_up_once_it_is_right() -> None:
    ahead = MORNING + 365 * 24 * HOUR
    want = dataclasses.replace(WANT, now_us=ahead, later_us=ahead)
    assert isinstance(made([alarm(1, at_us=ahead)], [], MORNING, want), Made)
    assert isinstance(made([], [alarm(1, urgent=False, at_us=ahead)], MORNING, want), Made)


def test_in_english() -> None:
    letter = made([alarm(1)], [], MORNING + MINUTE, dataclasses.replace(WANT, lang="en"))
    assert isinstance(letter, Made) and "These need somebody now:" in letter.body
    assert "box-1, room 101, class welder-1" in letter.body and "is no evidence" in letter.body


@given(st.text(max_size=300), st.dictionaries(st.sampled_from(["camera", "since", "file", "person", "why", "code"]),
                                              st.text(max_size=300)), st.text(max_size=100))
def test_whatever_a_box_writes_no_line_and_no_header_is_made_of_it(
    code: str, params: dict[str, str], device: str
) -> None:
    one = alarm(1, code=code, device=device, params=kept_params(params))
    for lang in ("zh", "en"):
        plain, letter = (made([each], [], MORNING + MINUTE, dataclasses.replace(WANT, lang=lang))
                         for each in (alarm(1), one))
        assert isinstance(letter, Made) and isinstance(plain, Made)
        assert "\n" not in letter.subject and "\r" not in letter.subject and len(letter.subject) <= 300
        assert len(letter.body.splitlines()) == len(plain.body.splitlines())


def test_a_name_or_a_pseudonym_in_an_alarm_is_not_in_the_letter() -> None:
    one = alarm(1, code="template.unreadable", params=kept_params({"person": "p-17", "file": "王芳.mp4"}))
    letter = made([one], [], MORNING + MINUTE)
    assert isinstance(letter, Made) and "p-17" not in letter.body + letter.subject and "王芳" not in letter.body


@pytest.mark.parametrize(("code", "params"), [
    ("evil.example", {}), ("camera.lost", {"camera": "evil.example"}), ("box.silent", {"since": "www.evil.example/x"}),
    ("clock.apart", {"device": "evil.example"}), ("order.rejected", {"code": "evil.example"})])
def test_no_mail_program_makes_a_link_of_what_a_box_writes(code: str, params: dict[str, str]) -> None:
    one = alarm(1, code=code, params=kept_params({**params, "room": "evil.example"}))
    for lang in ("zh", "en"):
        letter = made([one], [], MORNING + MINUTE, dataclasses.replace(WANT, lang=lang))
        assert isinstance(letter, Made)
        assert "evil.example" not in letter.subject + letter.body and "evil[.]example" in letter.body


def test_moments_and_numbers_in_an_alarm_stay_as_they_are() -> None:
    kept = kept_params({"since": "2026-03-02T00:30:00.000000Z", "status": "10.0.0.7 1.5"})
    assert '"2026-03-02T00:30:00.000000Z"' in kept and '"10.0.0.7 1.5"' in kept
