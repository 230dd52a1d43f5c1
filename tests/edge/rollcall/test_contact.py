"""The words of a contact sheet, in both languages, cut to their columns."""
from __future__ import annotations

import dataclasses

import pytest

from edge.rollcall.contact import Page, told
from edge.rollcall.sheet import make_sheet
from evidence.story import Sighting
from tests.edge.rollcall.conftest import BLOCK, CLASS, TITLE, Course

WORDS = {
    "en": ["Contact sheet: Mar 2, 2026, morning", "not over yet", "did not check in", "not identifiable", "no photo",
           "nearest 0.390 of 0.400, 09:00:03", "no face enrolled on this box", "like 欧阳建国 0.390",
           "too small to compare", "delete it after use", "for 王督导, by box box-1", "Due: 5 · shown: 2"],
    "zh": ["点名照片核对表：2026年3月2日上午", "尚未结束", "未签到", "无法辨认", "无登记照片",
           "最像 0.390，认定需 0.400，09:00:03", "本盒没有此人的人脸", "像 欧阳建国 0.390", "太小，无法比对",
           "用后即删", "终端盒 box-1 为 王督导", "应到 5 人"],
}


def every_word(page: Page) -> str:
    cells = [cell for section in page.sections for cell in section.cells]
    return "\n".join([
        page.title, page.subtitle, *page.lines, page.foot,
        *(one.heading + one.note + one.again for one in page.sections),
        *(text for cell in cells for text in (cell.head, cell.mark, *cell.blanks, *cell.lines))])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_is_said_in_both_languages(course: Course, lang: str) -> None:
    page = told(make_sheet(course.box, CLASS, BLOCK), "box-1", "王督导", lang)
    text = every_word(page)
    assert [word for word in WORDS[lang] if word not in text] == []
    assert page.subtitle == f"{TITLE} ({CLASS})" and len(page.sections) == 4
    first = page.sections[0].cells[0]
    assert (first.head, first.lines) == ("王秀英", ("p-1", "09:01:01 · 0.700 · 30 px"))
    blank = page.sections[1].cells[1]
    assert (blank.head, blank.pictures[1]) == ("p-4", None)


def test_without_a_sheet_of_names_people_are_their_pseudonyms(course: Course) -> None:
    sheet = dataclasses.replace(make_sheet(course.box, CLASS, BLOCK), names={})
    assert [cell.head for cell in told(sheet, "box-1", "x", "zh").sections[0].cells] == ["p-1", "p-2"]


def test_what_else_is_known_of_a_person_stands_there(course: Course) -> None:
    sheet = make_sheet(course.box, CLASS, BLOCK)
    row = sheet.shown[0]
    assert row.presence is not None
    pointed = Sighting("p-1", "0" * 64, ("box-1", "0" * 32, 1), 0, 0, 0, 1_000_000, pointed=True)
    presence = dataclasses.replace(row.presence, left_early=True, sightings=(pointed,))
    away = dataclasses.replace(sheet.missed[0].presence, on_leave=True)  # type: ignore[type-var]
    sheet = dataclasses.replace(
        sheet, shown=(dataclasses.replace(row, presence=presence, sight=None),), simulated=True, packs=(),
        missed=(dataclasses.replace(sheet.missed[0], presence=away),), omitted=7)
    text = every_word(told(sheet, "box-1", "x", "en"))
    wanted = ["pointed out by a person", "only at the beginning or the end", "no picture", "approved leave",
              "simulated clock", "No roll call", "Faces without a name: 9; here: 2", "not here: seen more briefly"]
    assert [word for word in wanted if word not in text] == []


@pytest.mark.parametrize(("lang", "said"), [
    ("en", "not identifiable: faces too small, mask"), ("zh", "无法辨认：人脸太小、口罩等遮挡")])
def test_a_blank_says_why_somebody_is_not_identifiable(course: Course, lang: str, said: str) -> None:
    sheet = make_sheet(course.box, CLASS, BLOCK)
    missed = sheet.missed[0]
    assert missed.presence is not None
    presence = dataclasses.replace(missed.presence, answer="not_identifiable", why=("small", "mask"))
    sheet = dataclasses.replace(sheet, missed=(dataclasses.replace(missed, presence=presence),))
    page = told(sheet, "box-1", "x", lang)
    assert page.sections[1].cells[0].blanks[1] == said


def test_faces_without_a_name_are_counted_also_where_none_can_be_shown(course: Course) -> None:
    sheet = dataclasses.replace(make_sheet(course.box, CLASS, BLOCK), unnamed=(), omitted=3)
    assert told(sheet, "box-1", "x", "en").sections[-1].heading == "Faces without a name: 3; here: 0"
