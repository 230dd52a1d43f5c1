"""The XLSX read back: figures are numbers and equal the facts, texts are texts, the same bytes again."""
from __future__ import annotations

import dataclasses
import datetime
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from central.dossier.shape import Facts
from central.dossier.text import clean
from central.dossier.words import Words
from central.dossier.xlsx import xlsx
from evidence.blocks import local
from evidence.times import MINUTE
from tests.central.dossier.classes import dossier, flagged, flagged_course, nothing, two_rooms
from tests.central.dossier.test_pdf import EVIL, decisions, stated
from tests.evidence.course import at

pytestmark = pytest.mark.long

SHEETS = ["概况", "判定结果", "学员出勤", "学时录像", "时段点名", "签到", "检查", "异议", "异议经过", "决定",
          "名册变更"]


def opened(facts: Facts, lang: str = "zh") -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx(facts, lang)))


def rows(book: Workbook, name: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in book[name].iter_rows(min_row=2, values_only=True)]


def test_attendance_equals_the_facts() -> None:
    book = opened(flagged())
    assert book.sheetnames == SHEETS
    for row, one in zip(rows(book, "学员出勤"), flagged().trainees, strict=True):
        hours = one.hours
        assert row[:5] == (one.name, hours.due, hours.attended, hours.made_up, hours.on_leave)
        assert row[5:7] == (hours.missed, hours.open) and row[7] == hours.ppm / 1_000_000  # type: ignore[operator]
        assert row[8:12] == (one.blocks_due, one.blocks_signed, one.blocks_late, one.blocks_shown)
    assert book["学员出勤"]["H2"].number_format == "0.0%"


def test_class_hours_are_dates_of_the_own_clock_and_minutes() -> None:
    found = rows(opened(flagged()), "学时录像")
    for row, one in zip(found, flagged().hours, strict=True):
        assert row[2] == local(one.start_us, 480) and isinstance(row[2], datetime.datetime)
        assert row[4] == one.planned_us / MINUTE
        assert row[5] == (None if one.kind == "online" else one.covered_us / MINUTE)
    assert found[0][2] == datetime.datetime(2026, 3, 2, 8, 0)
    assert "08:20:00–08:30:00" in str(found[4][9])


def test_recordings_and_sign_ins_equal_the_facts() -> None:
    book, say = opened(flagged()), Words(flagged(), "zh")
    for row, one in zip(rows(book, "时段点名"), flagged().recordings, strict=True):
        assert row[3:11] == (one.due, one.faces, one.pins, one.late, one.absent, one.teachers, one.shown, one.headcount)
        assert row[11] == pytest.approx(one.covered_us / one.due_us, abs=1e-6)
    found = rows(book, "签到")
    assert len(found) == len(flagged().signs)
    assert [row[1] for row in found] == [say.name(one.person) for one in flagged().signs]
    assert found[-1][2] == "密码" and found[-1][5] is None and found[0][5] == 0.9


def test_every_reason_has_a_row() -> None:
    say = Words(flagged(), "zh")
    told = [sentence for one in flagged().findings for sentence in [*say.reasons(one), *say.readings(one)]]
    assert [row[2] for row in rows(opened(flagged()), "判定结果")] == told


def test_inspections_are_listed() -> None:
    assert [row[1:5] for row in rows(opened(stated()), "检查")][:2] == [
        ("开班", "101 教室", 2, 4), ("实地", "101 教室", 2, 3)]


def test_objections_and_decisions_are_listed() -> None:
    book = opened(stated())
    assert [row[2:6] for row in rows(book, "异议")] == [("学校", "设备故障", "不成立", "已核对")]
    for sheet in book:
        heads = [cell.value for cell in sheet[1] if cell.value]
        assert sheet.title == "概况" or len(set(heads)) == len(heads), f"two columns of {sheet.title} have one name"
    assert [cell.value for cell in book["异议经过"][1]] == ["异议", "时间", "人员", "步骤", "内容", "记录"]
    assert [row[2:5] for row in rows(book, "异议经过")] == [
        ("学校", "提出异议", "设备故障"), ("王科长", "答复，尚未办结", "请补充说明"),
        ("李科长", "认定异议不成立", "已核对")]
    assert [str(row[1]).partition("：")[2] for row in rows(book, "决定")] == ["初审甲", "复核乙"]
    assert [row[4] for row in rows(book, "决定")] == [None, None], "an objection holds it up"
    assert dict(map(lambda row: row[:2], book["概况"].iter_rows(values_only=True)))["决定"] == (
        "两人决定一致：“不作处理”。有异议尚未办结，决定未生效。")
    since = opened(dataclasses.replace(stated(), decisions=decisions(at("2026-03-21 11:00"))))
    assert [row[4] for row in rows(since, "决定")] == [datetime.datetime(2026, 3, 21, 11, 0)] * 2


def test_sheets_have_filters_frozen_headings_and_charts() -> None:
    book = opened(flagged())
    for name in SHEETS[1:]:
        assert book[name].freeze_panes == "B2" and book[name].auto_filter.ref
    assert len(book["概况"]._charts) == 2
    drawn = [chart.series[0].val.numRef.f.replace("'", "") for chart in book["概况"]._charts]
    heads = []
    for where in drawn:  # like 学员出勤!$H$2:$H$7
        name, column = where.partition("!")[0], where.partition("!$")[2].partition("$")[0]
        heads.append(book[name][f"{column}1"].value)
    assert heads == ["到课率", "录像比例"]
    assert book["判定结果"].conditional_formatting and book["学员出勤"].conditional_formatting


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_other_classes_and_the_same_bytes_again(lang: str) -> None:
    for course in (nothing, two_rooms, flagged_course):
        assert xlsx(dossier(course()), lang) == xlsx(dossier(course()), lang)


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "_x0041_", "{=1}", "http://a.b",
            "123", "'=1", *EVIL]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FORMULAS), st.text(max_size=200)), min_size=4, max_size=4))
def test_no_name_becomes_a_formula_or_breaks_the_file(names: list[str]) -> None:
    trainees = tuple(dataclasses.replace(one, name=name)
                     for one, name in zip(flagged().trainees, names, strict=True))
    sheet = opened(dataclasses.replace(flagged(), trainees=trainees))["学员出勤"]
    for number, name in enumerate(names, 2):
        cell = sheet.cell(number, 1)
        assert cell.data_type in ("s", "inlineStr", "n") and cell.hyperlink is None
        assert (cell.value or "") == clean(name), name
        assert cell.data_type != "n" or cell.value is None
