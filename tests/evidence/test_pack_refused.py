"""A box that makes no roll call of a class with its model pack: the finding says so, and why."""
from __future__ import annotations

import pytest

from common.texts import words
from evidence.bodies import Alarm, RollCall, Segment, body_of
from evidence.called import PACK_REFUSED
from evidence.rules import R3Finding
from tests.evidence.course import TRAINEES, Course, at, codes, roll_call_of

DAY = "2026-03-02"


def course() -> Course:
    """Everybody signed in and is filmed in two rooms; no roll call was made yet."""
    made = Course(boxes=("box-1", "box-2"), rooms={"box-2": "workshop"})
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    for box in made.boxes:
        made.film(f"{DAY} 07:58", "09:42", roll_call=False, pictured=True, box=box)
    return made


def refuse(made: Course, box: str, why: object = "few", when: str = f"{DAY} 12:00", class_id: str = "c-1") -> None:
    told = {"why": why, "pack": "builtin", "pack_sha256": "0" * 64, "policy": "sanmenxia-2023"}
    made.boxes[box].add("alarm", Alarm(PACK_REFUSED, told, class_id), at(when))


def call(made: Course, box: str, count: int = 99, when: str = f"{DAY} 13:00") -> None:
    """Roll calls of the first files of a box that have none; all but t-4 are in the first room."""
    chain = made.boxes[box]
    known = {record.body["segment"] for record in chain.records if record.type == "rollcall"}
    for record in [one for one in chain.records if one.type == "segment" and one.body["sha256"] not in known][:count]:
        body = body_of(record)
        assert isinstance(body, Segment)
        shows = TRAINEES[:3] if box == "box-1" else ()
        chain.add("rollcall", roll_call_of(body, shows, (body.first_pts_us, body.end_pts_us)), at(when))


def said(found: R3Finding) -> dict[str, object]:
    assert (found.verdict, found.open_recordings) == ("clear", (f"{DAY}-am",)), "one open recording of a limit of three"
    return {one.code: one.params["rooms"] for one in found.reasons if one.code.startswith("pack_refused")}


def test_that_no_roll_call_is_made_and_why_stands_in_the_finding() -> None:
    made = course()
    assert "occasion_rollcall_pending" in codes(made.r3()) and said(made.r3()) == {}
    refuse(made, "box-1")
    refuse(made, "box-2", "loose")
    found = made.r3()
    assert said(found) == {"pack_refused_few": ("101",), "pack_refused_loose": ("workshop",)}
    assert "occasion_rollcall_refused" in codes(found) and "occasion_rollcall_pending" not in codes(found)
    assert {made.boxes[box].records[-1].key for box in made.boxes} <= set(found.records)
    text = " ".join(words(one, "en") for one in found.reasons)
    assert "Enrol at least ten" in text and "the pack opencv" in text


def test_what_one_box_refuses_says_nothing_of_the_video_of_the_other() -> None:
    made = course()
    refuse(made, "box-1")
    call(made, "box-1")
    assert said(made.r3()) == {}, "all of its video has its roll call"
    refuse(made, "box-2")
    call(made, "box-2", when=f"{DAY} 14:00")
    assert made.story().blocks[0].pack_refused == () and made.r3().recordings == (f"{DAY}-am",)


def test_with_a_roll_call_it_is_over_until_the_box_says_so_anew() -> None:
    made = course()
    call(made, "box-2")
    refuse(made, "box-1")
    call(made, "box-1", 2)
    assert "occasion_rollcall_pending" in codes(made.r3()) and said(made.r3()) == {}
    refuse(made, "box-1", "loose", f"{DAY} 15:00")
    assert said(made.r3()) == {"pack_refused_loose": ("101",)}


@pytest.mark.parametrize(("why", "class_id"), [("few", "c-2"), ("x", "c-1"), ([], "c-1"), ({}, "c-1"), (None, "c-1")])
def test_of_another_class_or_for_a_reason_that_no_box_gives_it_is_nothing(why: object, class_id: str) -> None:
    made = course()
    refuse(made, "box-1", why, class_id=class_id)
    assert said(made.r3()) == {} and "occasion_rollcall_pending" in codes(made.r3())


def test_who_looked_for_nobody_ends_it_too() -> None:
    """Its people were erased, and the video was looked at for how many there were."""
    made = course()
    refuse(made, "box-1")
    refuse(made, "box-2")
    chain = made.boxes["box-1"]
    segment = body_of(next(one for one in chain.records if one.type == "segment"))
    assert isinstance(segment, Segment)
    nobody = roll_call_of(segment, (), (0, 0))
    assert isinstance(nobody, RollCall)
    chain.add("rollcall", nobody, at(f"{DAY} 14:00"))
    assert said(made.r3()) == {"pack_refused_few": ("workshop",)}
