"""What stands on a contact sheet: answers and verdict of the rules, and only pictures that may be shown."""
from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from edge.enrol.erase import finish, withdraw
from edge.enrol.errors import NoSuchClass
from edge.rollcall.contact import told
from edge.rollcall.errors import NoSuchBlock
from edge.rollcall.sheet import UNNAMED, Sheet, make_sheet
from evidence.bodies import OrderAccepted, Review, RollCall, body_of
from evidence.fold import fold
from evidence.records import Sealed
from evidence.rollcall import Why
from evidence.story import Story
from evidence.times import MINUTE
from tests.edge.rollcall.conftest import BLOCK, CLASS, FIRST, LATER, NAMES, Course, Sightings, filmed
from tests.edge.rollcall.test_contact import every_word
from tests.edge.storage.conftest import START


def level(picture) -> int | None:
    """The grey level of a flat picture, to the next ten."""
    return None if picture is None else 10 * round(float(picture.mean()) / 10)


def sheet_of(course: Course) -> Sheet:
    return make_sheet(course.box, CLASS, BLOCK)


def test_who_was_shown_has_the_best_sight_of_the_recording_and_the_others_a_blank(course: Course) -> None:
    sheet = sheet_of(course)
    shown = [(row.person, level(row.sight.picture), row.sight.score_ppm) for row in sheet.shown if row.sight]
    assert shown == [("p-1", 60, 700_000), ("p-2", 80, 520_000)]
    assert sheet.shown[0].sight and sheet.shown[0].sight.at_us == START + MINUTE + 1_000_000
    missed = {row.person: row for row in sheet.missed}
    assert list(missed) == ["p-3", "p-4", "p-5"] and all(row.presence for row in sheet.missed)
    assert [row.enrolled for row in sheet.missed] == [True, True, False]
    near = missed["p-3"].sight
    assert near and (near.score_ppm, near.threshold_ppm, near.picture) == (390_000, 400_000, None)
    assert missed["p-4"].sight is missed["p-5"].sight is None
    assert [(row.person, level(row.sight.picture)) for row in sheet.others if row.sight] == [("t-1", 200)]
    assert [(one.person, level(one.picture)) for one in sheet.unnamed] == [("p-3", 120), (None, 160)]
    assert sheet.omitted == 0 and sheet.names == NAMES and (sheet.packs, sheet.thresholds_ppm) == (("lab",), (400_000,))


@pytest.mark.parametrize("why", [("two_rooms",), ()])
def test_whose_names_do_not_count_has_the_best_of_them_and_why(
    course: Course, monkeypatch: pytest.MonkeyPatch, why: tuple[Why, ...],
) -> None:
    """Named in two rooms at once, or in video with an old picture."""

    def voided(*args: Any) -> Story:
        story = fold(*args)
        first = dataclasses.replace(
            story.blocks[0].presences[0], answer="not_identifiable" if why else "absent", why=why, sightings=())
        block = dataclasses.replace(story.blocks[0], presences=(first, *story.blocks[0].presences[1:]))
        return dataclasses.replace(story, blocks=(block,))

    monkeypatch.setattr("edge.rollcall.near.fold", voided)
    sheet = sheet_of(course)
    row = sheet.missed[0]
    assert row.person == "p-1" and row.sight and (row.sight.void, row.sight.score_ppm) == (True, 700_000)
    assert level(row.sight.picture) == 60
    cell = told(sheet, "box-1", "x", "en").sections[1].cells[0]
    assert cell.mark == "does not count: named 09:01:01 (0.700)"
    assert ("in two rooms at once" in repr(cell)) is bool(why)
    assert "不计入" in told(sheet, "box-1", "x", "zh").sections[1].cells[0].mark
    assert not any(one.sight.void for one in sheet.missed[1:] if one.sight)


def test_a_trainee_whose_name_does_not_hold_is_seen_beside_the_photograph_and_marked(course: Course) -> None:
    """p-2 is alike in one minute of two, and hardly: for so many looks that is too little."""
    course.film(2, [("p-3", 390_000, 120)])
    sheet = sheet_of(course)
    row = next(row for row in sheet.missed if row.person == "p-2")
    assert row.presence and row.presence.why == ("few",) and row.photo is not None
    assert row.sight and (row.sight.void, level(row.sight.picture)) == (True, 80)
    cell = told(sheet, "box-1", "x", "en").sections[1].cells[0]
    assert all(picture is not None for picture in cell.pictures)
    assert cell.mark == "does not count: named 09:00:02 (0.520)"
    assert "not identifiable: similar, but too seldom for so many looks" in cell.lines
    assert 80 not in [level(one.picture) for one in sheet.unnamed]


def test_of_a_face_that_does_not_count_the_picture_of_who_withdrew_is_not_shown(course: Course) -> None:
    course.film(2, [("p-3", 390_000, 120)])
    withdraw(course.box.store, CLASS, "p-2", "terminal")
    row = next(row for row in sheet_of(course).missed if row.person == "p-2")
    assert row.sight and (row.sight.void, row.sight.picture, row.photo) == (True, None, None)


def test_a_stranger_whose_name_does_not_hold_is_among_the_faces_without_a_name(course: Course) -> None:
    """x-9 is enrolled on the box and not in the class; the instructor's name holds."""
    course.film(2, [("x-9", 450_000, 220), ("p-3", 390_000, 120)])
    sheet = sheet_of(course)
    assert [row.person for row in sheet.others] == ["t-1"]
    void = next(one for one in sheet.unnamed if one.person == "x-9")
    assert (void.void, level(void.picture), void.score_ppm) == (True, 220, 450_000)
    cells = told(sheet, "box-1", "x", "en").sections[-1].cells
    assert [cell.mark for cell in cells if "x-9" in cell.lines[0]] == ["does not count"]
    assert {cell.mark for cell in cells if "x-9" not in cell.lines[0]} == {""}
    assert "不计入" in [cell.mark for cell in told(sheet, "box-1", "x", "zh").sections[-1].cells]


def test_video_of_an_unset_clock_shows_nobody_and_nobody_is_called_absent(tmp_path: Path) -> None:
    """Three minutes have their roll calls; they count for nothing, and that is what the sheet says."""
    with filmed(tmp_path, synced=False) as made:
        made.film(2, LATER)
        made.clock.forward(120 * MINUTE)
        made.box.store.append("order.accepted", OrderAccepted("other", "0" * 64))
        sheet = sheet_of(made)
        assert (sheet.state, sheet.shown, sheet.others, sheet.unnamed, sheet.omitted) == ("open", (), (), (), 0)
        for lang, wanted, never in (
            ("en", ("3 min 0 s of video are here whose time is uncertain", "nobody is judged by it", "not judged"),
             ("absent", "No roll call", "did not check in", "resembles")),
            ("zh", ("3 分 0 秒录像的时间无法确认", "不据此判断任何人", "未判断"),
             ("未出现", "还没有点名记录", "未签到", "相像")),
        ):
            text = every_word(told(sheet, "box-1", "x", lang))
            assert [word for word in wanted if word not in text] == [] and [w for w in never if w in text] == []


def test_before_the_end_nobody_is_absent_nor_of_a_part_of_it_and_where_nothing_was_filmed_that_is_said(
    course: Course,
) -> None:
    text = every_word(told(sheet_of(course), "box-1", "x", "en"))
    assert "absent" not in text and "not seen so far" in text
    course.clock.forward(120 * MINUTE)
    course.box.store.append("order.accepted", OrderAccepted("other", "0" * 64))
    sheet = sheet_of(course)
    text = every_word(told(sheet, "box-1", "x", "en"))
    assert sheet.state == "open" and "absent" not in text and "not seen in what was looked at" in text
    whole = dataclasses.replace(sheet, block=dataclasses.replace(sheet.block, whole=True))
    assert "absent" in every_word(told(whole, "box-1", "x", "en"))
    nothing = dataclasses.replace(sheet, packs=(), block=dataclasses.replace(sheet.block, calls=(), films=()))
    text = every_word(told(nothing, "box-1", "x", "en"))
    assert "absent" not in text and "No video of this recording is here" in text


@pytest.mark.parametrize(("lang", "words", "absent"), [
    ("en", "not judged: a time is uncertain", "absent"), ("zh", "未判断：有时间无法确认", "未出现")])
def test_where_a_time_is_uncertain_nobody_is_absent_and_nothing_is_said_of_the_video_unless_reviewed(
    course: Course, lang: str, words: str, absent: str,
) -> None:
    """A check-in of an uncertain time does that, too."""
    course.clock.forward(120 * MINUTE)
    course.box.store.append("order.accepted", OrderAccepted("other", "0" * 64))
    sheet = sheet_of(course)
    unsure = dataclasses.replace(sheet, block=dataclasses.replace(sheet.block, time_certain=False))
    text = every_word(told(unsure, "box-1", "x", lang))
    assert sheet.state == "open" and not sheet.block.doubtful_us and words in text and absent not in text
    review = Review(CLASS, BLOCK, "complete", "seen on the video", "inspector")
    seen = dataclasses.replace(unsure, block=dataclasses.replace(unsure.block, review=review))
    text = every_word(told(seen, "box-1", "x", lang))
    assert absent in text and words not in text


@pytest.mark.parametrize(("lang", "words", "absent"), [
    ("en", "not seen in what was looked at", "absent"), ("zh", "在已查看的画面中未见到", "未出现")])
def test_where_the_roll_call_left_something_out_nobody_is_called_absent(
    course: Course, lang: str, words: str, absent: str,
) -> None:
    course.clock.forward(120 * MINUTE)
    course.box.store.append("order.accepted", OrderAccepted("other", "0" * 64))
    sheet = sheet_of(course)
    block = dataclasses.replace(sheet.block, whole=True, unlooked=sheet.block.films[:1])
    short = dataclasses.replace(sheet, block=block)
    text = every_word(told(short, "box-1", "x", lang))
    assert sheet.state == "open" and words in text and absent not in text


def test_the_photograph_needs_a_consent_that_stands(course: Course) -> None:
    rows = {row.person: row for row in (*sheet_of(course).shown, *sheet_of(course).missed)}
    assert {person for person, row in rows.items() if row.photo is not None} == {"p-1", "p-2", "p-4"}
    assert rows["p-1"].photo is not None and rows["p-1"].photo.shape == (224, 224, 3)


def test_who_withdraws_is_on_no_sheet_any_more_before_and_after_the_erasure(course: Course) -> None:
    for person in ("p-1", "p-3"):
        withdraw(course.box.store, CLASS, person, "terminal")
    for _ in range(2):
        sheet = sheet_of(course)
        assert [(row.person, row.photo is None, row.sight and row.sight.picture is None) for row in sheet.shown] == [
            ("p-1", True, True), ("p-2", False, False)]
        assert [one.person for one in sheet.unnamed] == [None] and sheet.omitted == 1
        finish(course.box.store, course.box.folder)
    assert [one.record.body["proofs"] for one in course.box.store.records_of("face.erased")] == [2, 1]


def test_the_verdict_is_that_of_the_rule(course: Course) -> None:
    assert (sheet_of(course).state, sheet_of(course).reasons) == ("pending", ())
    course.clock.forward(120 * MINUTE)
    sheet = sheet_of(course)
    assert sheet.state == "open" and [reason.params["id"] for reason in sheet.reasons] == [BLOCK]


def test_the_hash_names_the_records_behind_it_and_nothing_else(course: Course) -> None:
    before = sheet_of(course)
    wanted = [sealed for sealed in course.box.store.records() if sealed.record.type in ("segment", "rollcall")]
    text = "".join(f"{sealed.hash}\n" for sealed in wanted)
    assert before.rests_on == hashlib.sha256(text.encode()).hexdigest()
    course.box.store.append("order.accepted", OrderAccepted("other", "0" * 64))
    assert sheet_of(course).rests_on == before.rests_on
    course.film(2, [])
    assert sheet_of(course).rests_on != before.rests_on


def test_a_face_without_a_name_stands_once_however_many_roll_calls_saw_it(course: Course) -> None:
    """p-3 was enrolled late: a second roll call of the same minute names the third face."""
    again: Sightings = [*FIRST[:2], ("p-3", 450_000, 130), (None, 0, 170)]
    first = next(body for body in map(body_of_record, course.box.store.records_of("rollcall")))
    course.call_again(first, again, ("p-1", "p-2", "p-3", "p-4"))
    sheet = sheet_of(course)
    assert [row.person for row in sheet.shown] == ["p-1", "p-2", "p-3"]
    assert [(one.person, level(one.picture)) for one in sheet.unnamed] == [(None, 170)] and sheet.omitted == 0


def test_faces_without_a_name_are_those_of_the_roll_call_that_the_rule_counts(course: Course) -> None:
    """One that looked for fewer people says of nobody that nobody knows the face."""
    before = [(one.person, level(one.picture)) for one in sheet_of(course).unnamed]
    first = next(body for body in map(body_of_record, course.box.store.records_of("rollcall")))
    course.call_again(first, [("p-1", 300_000, 60), (None, 0, 170)], ("p-1", "x-1", "x-2", "x-3", "x-4", "x-5"))
    sheet = sheet_of(course)
    assert [(one.person, level(one.picture)) for one in sheet.unnamed] == before
    assert set(sheet.block.counting) < set(sheet.block.calls)


def body_of_record(sealed: Sealed) -> RollCall:
    body = body_of(sealed.record)
    assert isinstance(body, RollCall)
    return body


def test_only_so_many_faces_without_a_name_have_a_place(course: Course) -> None:
    crowd: Sightings = [(None, 0, 100)] * 20
    course.film(2, crowd)
    sheet = sheet_of(course)
    assert len(sheet.unnamed) <= UNNAMED and len(sheet.unnamed) + sheet.omitted == 22
    assert len(sheet.unnamed) == 2 + 12, "a roll call keeps the pictures of twelve"


def test_a_class_and_a_recording_that_are_not_here_are_told(course: Course) -> None:
    with pytest.raises(NoSuchClass, match="weld-9"):
        make_sheet(course.box, "weld-9", BLOCK)
    with pytest.raises(NoSuchBlock, match=f"it has: {BLOCK}"):
        make_sheet(course.box, CLASS, "2026-03-02-pm")
