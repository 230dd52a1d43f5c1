"""The spreadsheets that an institution fills in: headers, lists to choose from, an example and an explanation. Also of
what is planned already, to be changed and imported again."""
from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import xlsxwriter

from central.plans import roster, schedule
from central.plans.draft import DraftHour
from central.plans.ids import IdNumber
from central.plans.roster import Listed
from central.plans.schedule import Planned
from common.texts import N_, translate
from evidence.blocks import local

Which = Literal["roster", "schedule"]
ROWS = 500
"""So many rows have their lists to choose from."""
NAMES = {"roster": N_("Roster"), "schedule": N_("Schedule")}
EXAMPLE, HELP = N_("Example"), N_("Explanation")
WIDTHS = {"date": 12, "number": 24, "document": 22, "room": 16, "teachers": 16, "make_up": 24}
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {"kind": ("理论", "实操", "线上"), "gear": ("是", "否"), "role": ("学员", "教师"),
           "document": ("身份证", "护照", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "外国人永久居留身份证",
                        "其他")},
    "en": {"kind": ("theory", "practical", "online"), "gear": ("yes", "no"), "role": ("trainee", "instructor"),
           "document": ("ID card", "passport", "Hong Kong/Macau permit", "Taiwan permit", "foreign resident card",
                        "other")},
}
HEADERS = {
    "zh": {"date": "日期", "start": "开始时间", "end": "结束时间", "kind": "课程类型", "room": "地点", "gear": "防护",
           "teachers": "授课教师", "make_up": "补课学员", "name": "姓名", "number": "证件号码", "document": "证件类型",
           "role": "角色"},
    "en": {"date": "Date", "start": "Start", "end": "End", "kind": "Kind", "room": "Room", "gear": "Gear",
           "teachers": "Teachers", "make_up": "Make-up for", "name": "Name", "number": "ID number",
           "document": "Document", "role": "Role"},
}
EXPLAINED: dict[str, tuple[tuple[str, str], ...]] = {
    "schedule": (
        ("", N_("One row is one class-hour. A title may stand above the headers; further columns are not read.")),
        ("date", N_("A date of the spreadsheet, or 2026-03-02, 2026/3/2, 2026年3月2日.")),
        ("start", N_("A time of the spreadsheet, or 08:30. Local time of the class; 上午8点半 is not understood.")),
        ("end", N_("After the beginning, the same day; at most 120 minutes later.")),
        ("kind", N_("Theory is recorded in full, of practice 15 minutes without a break; online is not recorded.")),
        ("room", N_("One of the rooms of the class, spelled alike; may be empty.")),
        ("gear", N_("Whether protective gear is worn: then the terminal asks for a bare-face roll call.")),
        ("teachers", N_("Who teaches, as on the roster; several with 、 between them. May be empty.")),
        ("make_up", N_("Empty, or the trainees who make up for what they missed: the class-hour is for them alone.")),
    ),
    "roster": (
        ("", N_("One row is one person. A title may stand above the headers; further columns are not read or kept.")),
        ("name", N_("As on the document. People of one name are told apart by themselves, as （1）, （2） ….")),
        ("number", N_("The column is text. It is checked, kept encrypted at the centre, and goes nowhere else.")),
        ("document", N_("An ID card where it is empty.")),
        ("role", N_("A trainee where it is empty. Teachers are on the list, too.")),
    ),
}
_DAY = datetime.date(2026, 3, 2)
_EXAMPLES: dict[str, tuple[Any, ...]] = {
    "schedule": (
        Planned(_DAY, datetime.time(8, 30), datetime.time(9, 15), "theory", "101 教室", False, ("陈老师",)),
        Planned(_DAY, datetime.time(14), datetime.time(14, 45), "practical", "实训车间", True, ("陈老师", "刘老师")),
        Planned(_DAY, datetime.time(19), datetime.time(19, 45), "theory", "101 教室", False, ("陈老师",), ("张伟",)),
    ),
    "roster": (
        Listed(2, "张伟", IdNumber("id_card", "11010519491231002X"), "trainee"),
        Listed(3, "Maria Silva", IdNumber("passport", "C01X00T47"), "trainee"),
        Listed(4, "陈老师", IdNumber("id_card", "999999198001010011"), "instructor"),
    ),
}


def workbook(which: Which, lang: str, rows: Sequence[Planned] | Sequence[Listed] = ()) -> bytes:
    """An .xlsx file: a sheet to fill in, with these rows, then an example and an explanation."""
    buffer = io.BytesIO()
    # Texts stay texts: nothing that begins with = becomes a formula, nothing that looks like a link becomes one.
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                        "strings_to_numbers": False})
    formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"}), "time": book.add_format({"num_format": "hh:mm"}),
               "text": book.add_format({"num_format": "@"}),
               "head": book.add_format({"bold": True, "bg_color": "#D9E2F3"}),
               "wrap": book.add_format({"text_wrap": True, "valign": "top"})}
    columns = list(_columns(which))
    _sheet(book.add_worksheet(translate(NAMES[which], lang)), columns, rows, formats, lang)
    _sheet(book.add_worksheet(translate(EXAMPLE, lang)), columns, _EXAMPLES[which], formats, lang)
    _help(book.add_worksheet(translate(HELP, lang)), which, formats, lang)
    book.close()
    return buffer.getvalue()


def _columns(which: Which) -> Iterable[str]:
    known = schedule.COLUMNS if which == "schedule" else roster.COLUMNS
    return (column for column in known if column != "phone")


def _sheet(sheet: Any, columns: Sequence[str], rows: Iterable[Any], formats: dict[str, Any], lang: str) -> None:
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, HEADERS[lang][column], formats["head"])
        sheet.set_column(at, at, WIDTHS.get(column, 10), formats[_format(column)])
        if column in CHOICES[lang]:
            sheet.data_validation(1, at, ROWS, at, {"validate": "list", "source": list(CHOICES[lang][column])})
    for number, row in enumerate(rows, 1):
        for at, column in enumerate(columns):
            value = _value(row, column, lang)
            if isinstance(value, datetime.date | datetime.time):
                sheet.write_datetime(number, at, value, formats[_format(column)])
            elif value:
                sheet.write_string(number, at, value, formats["text"])


def _format(column: str) -> str:
    return {"date": "date", "start": "time", "end": "time"}.get(column, "text")


def _value(row: Any, column: str, lang: str) -> Any:
    if isinstance(row, Listed):
        if column == "number":
            return row.number.number
        told = row.number.document if column == "document" else getattr(row, column)
    else:
        told = getattr(row, column)
    keys = {"kind": tuple(schedule.KINDS.values()), "role": ("trainee", "instructor"),
            "document": tuple(roster.DOCUMENTS.values())}
    if column in keys:
        return CHOICES[lang][column][tuple(dict.fromkeys(keys[column])).index(told)]
    if column == "gear":
        return CHOICES[lang]["gear"][0 if told else 1]
    return "、".join(told) if isinstance(told, tuple) else told


def _help(sheet: Any, which: Which, formats: dict[str, Any], lang: str) -> None:
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 2, 60, formats["wrap"])
    for number, (column, text) in enumerate(EXPLAINED[which]):
        if column:
            known = (schedule.COLUMNS if which == "schedule" else roster.COLUMNS)[column]
            sheet.write_string(number, 0, HEADERS[lang][column], formats["head"])
            sheet.write_string(number, 2, " / ".join(known), formats["wrap"])
        sheet.write_string(number, 1, translate(text, lang), formats["wrap"])


def rows_of(hours: Iterable[DraftHour], names: Mapping[str, str], utc_offset_min: int) -> tuple[Planned, ...]:
    """Class-hours of a draft as rows. `names`: pseudonym → name."""
    def said(people: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.get(one, one) for one in people)

    found = []
    for one in hours:
        start, end = local(one.start_us, utc_offset_min), local(one.end_us, utc_offset_min)
        found.append(Planned(start.date(), start.time(), end.time(), one.kind, one.room, one.gear,
                             said(one.teachers), said(one.make_up or ())))
    return tuple(found)

