"""Rosters and schedules in: headers as people write them, every mistake told at once with its place."""
from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.plans.errors import ClassEmpty
from central.plans.ids import IdNumber
from central.plans.roster import Listed, read_roster
from central.plans.schedule import Planned, read_schedule
from central.plans.table_errors import ColumnMissing, ColumnTwice, EmptyTable, FileRefused, NoHeader
from central.plans.template import Which, workbook
from common.texts import words
from tests.central.plans.tables import number, sheet

TODAY = datetime.date(2026, 3, 2)
A, B, C = (number(order) for order in (1, 2, 3))


def csv(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def people(data: bytes) -> list[tuple[str, str, str, str]]:
    return [(one.name, one.number.number, one.number.document, one.role)
            for one in read_roster(data, "list.csv", TODAY)]


@pytest.mark.parametrize("headers", [
    "姓名,身份证号,角色,联系电话", " 姓 名*,身份证号码,身份,手机",
    "学员姓名,证件号码（必填）,人员类别,手机号",
    "Name,ID number,Role,Phone", "name:,ID_Number,ROLE,mobile",
])
def test_headers_as_people_write_them(headers: str) -> None:
    data = csv("某机构第 3 期学员名单,,,", "", headers, f"张伟,{A},学员,+8613800000000", f"陈老师,{B},讲师,")
    assert people(data) == [("张伟", A, "id_card", "trainee"), ("陈老师", B, "id_card", "instructor")]


def test_other_documents_by_a_column_of_their_own() -> None:
    data = csv("姓名,证件类型,证件号码", f"张伟,居民身份证,{A}", "Maria Silva,护照,c01x00t47",
               "李强,港澳居民来往内地通行证,H12345678")
    assert [(document, number) for _, number, document, _ in people(data)] == [
        ("id_card", A), ("passport", "C01X00T47"), ("hong_kong_macau", "H12345678")]


def test_everything_that_is_wrong_with_a_roster_is_told_at_once_and_no_number_is_said() -> None:
    data = csv(
        "姓名,身份证号,证件类型,角色", f"张伟,{A[:-1]}{'0' if A[-1] != '0' else '1'},,", f",{B},,",
        "王芳,110105491231002,,", f"李娜,{C},,校长", f"=1+1,{number(4)},,",
        f"赵敏,{number(5)},借书证,", f"孙,{number(6)},,", f"周,{number(6)},,", "吴,AB,护照,",
        f"郑\u202e,{number(7)},,", "钱,,,")
    with pytest.raises(FileRefused) as error:
        read_roster(data, "list.csv", TODAY)
    told = words(error.value, "en")
    assert [line.split(": ", 1) for line in told.splitlines()[:-1]] == [
        ["list.csv, row 2, 身份证号", "the ID number is mistyped: its last character does not fit"],
        ["list.csv, row 3, 姓名", "it is empty"],
        ["list.csv, row 4, 身份证号",
         "the ID number is an old one of 15 digits; write the 18 characters of the present card"],
        ["list.csv, row 5, 角色", "校长 is neither 学员 (trainee) nor 教师 (instructor)"],
        ["list.csv, row 6, 姓名", "it begins with = + - or @ like a formula: write the value itself"],
        ["list.csv, row 7, 证件类型", "借书证 is not a kind of document; the template lists them"],
        ["list.csv, row 9, 身份证号", "the same number stands in row 8 already: one number is one person"],
        ["list.csv, row 10, 身份证号", "a number of such a document has 5 to 20 letters and digits"],
        ["list.csv, row 11, 姓名", "it holds characters that cannot be seen; write it anew"],
        ["list.csv, row 12, 身份证号", "it is empty"],
    ]
    for lang in ("zh", "en"):
        assert not any(secret in words(error.value, lang) for secret in (A[:-1], B, C, number(6), "110105491231002"))
    assert "第 3 行" in words(error.value, "zh") and "为空" in words(error.value, "zh")


@pytest.mark.parametrize("cell", [4.1010219900101e17, 410102199001011234])
def test_a_number_that_a_spreadsheet_rounded(cell: Any) -> None:
    with pytest.raises(FileRefused, match="keeps this number rounded"):
        read_roster(sheet([["姓名", "身份证号"], ["张伟", cell]]), "list.xlsx", TODAY)


@pytest.mark.parametrize("data, error, said", [
    (csv("a,b", "1,2"), NoHeader, "姓名、身份证号"), (csv("姓名,角色", "张伟,学员"), ColumnMissing, "身份证号"),
    (csv("姓名,身份证号"), EmptyTable, "no rows"),
    (csv(f"姓名,身份证号,姓名\n张伟,{A},x"), ColumnTwice, "two columns are 姓名"),
    (csv(f"姓名,身份证号,角色\n陈,{A},教师"), ClassEmpty, "no trainees"), (b"", NoHeader, "list.csv"),
])
def test_a_list_without_what_it_needs(data: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_roster(data, "list.csv", TODAY)


def hours(*rows: str, headers: str = "日期,开始时间,结束时间,课程类型,地点,防护,教师,补课学员") -> tuple[Planned, ...]:
    return read_schedule(csv(headers, *rows), "plan.csv")


DAY = datetime.date(2026, 3, 2)
HOUR = Planned(DAY, datetime.time(8, 30), datetime.time(9, 15), "theory")


@pytest.mark.parametrize("date", [
    "2026-03-02", "2026/3/2", "2026年3月2日", "2026.3.2", "２０２６－０３－０２", "2026 年 3 月 2 日"])
@pytest.mark.parametrize("begin", ["08:30", "8:30", "8：30", "08:30:00"])
def test_dates_and_times_as_people_write_them(date: str, begin: str) -> None:
    assert hours(f"{date},{begin},09:15,理论,,,,") == (HOUR,)


@pytest.mark.parametrize("column, row", [
    ("日期", "2026-02-30,08:30,09:15,理论"), ("日期", "3月2日,08:30,09:15,理论"),
    ("日期", "2026-03/02,08:30,09:15,理论"),
    ("日期", "02.03.2026,08:30,09:15,理论"), ("日期", ",08:30,09:15,理论"), ("日期", "46083,08:30,09:15,理论"),
    ("开始时间", "2026-03-02,上午8点半,09:15,理论"), ("开始时间", "2026-03-02,24:00,09:15,理论"),
    ("开始时间", "2026-03-02,8.30,09:15,理论"), ("开始时间", "2026-03-02,08:30:20,09:15,理论"),
    ("结束时间", "2026-03-02,08:30,08:30,理论"), ("结束时间", "2026-03-02,08:30,11:30,理论"),
    ("课程类型", "2026-03-02,08:30,09:15,体育"), ("课程类型", "2026-03-02,08:30,09:15,"),
    ("防护", "2026-03-02,08:30,09:15,理论,,也许"), ("地点", "2026-03-02,08:30,09:15,理论,@SUM(1)"),
])
def test_what_is_unclear_is_refused_not_guessed(column: str, row: str) -> None:
    with pytest.raises(FileRefused, match=f"plan.csv, row 2, {column}: "):
        hours(row)


def test_class_hours_that_overlap_are_told_with_both_rows() -> None:
    said = "row 2, 开始时间: it begins before the class-hour of row 3 has ended"
    with pytest.raises(FileRefused, match=said) as error:
        hours("2026-03-02,09:00,09:45,理论", "2026-03-02,08:30,09:15,理论", "2026-03-03,09:00,x,理论")
    assert len(error.value.problems) == 2


def test_a_row_says_room_gear_teachers_and_make_up() -> None:
    (one,) = hours("2026-03-02,08:30,09:15,实训,101 教室,是,陈老师、刘老师,张伟；王芳")
    assert one == Planned(DAY, HOUR.start, HOUR.end, "practical", "101 教室", True, ("陈老师", "刘老师"),
                          ("张伟", "王芳"))


def test_a_schedule_of_a_spreadsheet_with_times_as_it_keeps_them() -> None:
    data = workbook("schedule", "zh", [HOUR])
    assert read_schedule(data, "plan.xlsx") == (HOUR,)


# --- what a template is filled with comes back

NAMES = st.text(st.characters(categories=["Lo", "Lu", "Ll"]), min_size=1, max_size=12).map(str.strip).filter(bool)
NUMBERS = st.one_of(
    st.builds(lambda order: IdNumber("id_card", number(order)), st.integers(1, 999)),
    st.builds(IdNumber, st.sampled_from(["passport", "taiwan", "other", "foreign_resident", "hong_kong_macau"]),
              st.text("ABCDEF0123456789", min_size=5, max_size=20)))
ROSTERS = st.lists(
    st.builds(Listed, st.just(0), NAMES, NUMBERS, st.sampled_from(["trainee", "instructor"])), min_size=1, max_size=12,
    unique_by=lambda one: one.number).filter(lambda people: any(one.role == "trainee" for one in people))
HOURS = st.builds(
    lambda day, at, minutes, kind, room, gear, teachers, make_up: Planned(
        datetime.date(2026, 1, 1) + datetime.timedelta(days=day), datetime.time(at // 60, at % 60),
        datetime.time((at + minutes) // 60, (at + minutes) % 60), kind, room, gear, tuple(teachers), tuple(make_up)),
    st.integers(0, 700), st.integers(0, 1300), st.integers(1, 120), st.sampled_from(["theory", "practical", "online"]),
    st.one_of(st.just(""), NAMES), st.booleans(), st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))


def apart(hours: list[Planned]) -> tuple[Planned, ...]:
    """Those of them that do not overlap an earlier one, in the order of time."""
    found: list[Planned] = []
    for one in sorted(hours, key=lambda one: (one.date, one.start, one.end)):
        if not found or (found[-1].date, found[-1].end) <= (one.date, one.start):
            found.append(one)
    return tuple(found)


@settings(max_examples=20, deadline=None)
@given(st.lists(HOURS, min_size=1, max_size=10).map(apart), st.sampled_from(["zh", "en"]))
def test_a_filled_schedule_comes_back(planned: tuple[Planned, ...], lang: str) -> None:
    assert read_schedule(workbook("schedule", lang, planned), "plan.xlsx") == planned


@settings(max_examples=20, deadline=None)
@given(ROSTERS, st.sampled_from(["zh", "en"]))
def test_a_filled_roster_comes_back(listed: list[Listed], lang: str) -> None:
    found = read_roster(workbook("roster", lang, listed), "list.xlsx", TODAY)
    assert [(one.name, one.number, one.role) for one in found] == [(one.name, one.number, one.role) for one in listed]


@pytest.mark.parametrize("which", ["roster", "schedule"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_template_has_no_rows_but_lists_to_choose_from_and_an_example(which: Which, lang: str) -> None:
    import io

    import openpyxl

    data = workbook(which, lang)
    with pytest.raises(EmptyTable):
        (read_roster(data, "f", TODAY) if which == "roster" else read_schedule(data, "f"))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert len(book.sheetnames) == 3
    assert len(book.worksheets[0].data_validations.dataValidation) == 2
    book.remove(book.worksheets[0])
    example = io.BytesIO()
    book.save(example)
    assert read_roster(example.getvalue(), "f", TODAY) if which == "roster" else read_schedule(example.getvalue(), "f")
