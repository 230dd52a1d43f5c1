"""A list of people as an institution has it: rows in, people out, or all that is wrong with them at once. Pure."""
from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from central.plans.columns import Line, lines_of
from central.plans.errors import ClassEmpty, PlanError
from central.plans.ids import Document, IdNumber
from central.plans.table import Sheet, read_table
from central.plans.table_errors import (
    CellEmpty,
    CellTooLong,
    FileRefused,
    InCell,
    NotADocument,
    NotADocumentNumber,
    NotARole,
    NumberRounded,
    NumberTwice,
)
from common.id_numbers import WORDS, fault, tidy
from common.texts import N_

Role = Literal["trainee", "instructor"]
MAX_NAME, MAX_DIGITS = 90, 15
"""A spreadsheet keeps no more digits of a number."""
COLUMNS = {
    "name": ("姓名", "学员姓名", "名字", "name", "full name"),
    "number": ("身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码", "证件号", "id number", "id", "id no"),
    "document": ("证件类型", "证件种类", "document", "document type", "id type"),
    "role": ("角色", "身份", "人员类别", "人员类型", "类别", "role"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "phone", "mobile", "telephone"),
}
REQUIRED = ("name", "number")
ROLES: dict[str, Role] = {
    "": "trainee", "学员": "trainee", "学生": "trainee", "trainee": "trainee", "student": "trainee",
    "教师": "instructor", "教员": "instructor", "老师": "instructor", "讲师": "instructor", "教练": "instructor",
    "instructor": "instructor", "teacher": "instructor",
}
DOCUMENTS: dict[str, Document] = {
    "": "id_card", "身份证": "id_card", "居民身份证": "id_card", "idcard": "id_card",
    "护照": "passport", "passport": "passport",
    "港澳居民来往内地通行证": "hong_kong_macau", "回乡证": "hong_kong_macau", "港澳通行证": "hong_kong_macau",
    "hongkong/macaupermit": "hong_kong_macau",
    "台湾居民来往大陆通行证": "taiwan", "台胞证": "taiwan", "taiwanpermit": "taiwan",
    "外国人永久居留身份证": "foreign_resident", "foreignresidentcard": "foreign_resident",
    "其他": "other", "其他证件": "other", "other": "other",
}
TRAINEES = N_("trainees")


@dataclasses.dataclass(frozen=True)
class Listed:
    """One person of a list. `row`: where it stands."""

    row: int
    name: str
    number: IdNumber
    role: Role


def read_roster(data: bytes, file: str, today: datetime.date) -> tuple[Listed, ...]:
    """The people of a file. A telephone number is not kept.

    Raises what `read_table` and `lines_of` raise, ClassEmpty, or FileRefused with all that is wrong in its rows."""
    return _people(read_table(data, file), file, today)


def typed_person(form: str, typed: Mapping[str, str], headers: Mapping[str, str], today: datetime.date) -> Listed:
    """One trainee who was typed into a form, checked like a row of a file. `form`: what it is called; `typed`: column →
    text; `headers`: column → what the form calls it. Raises FileRefused with all that is wrong."""
    found = _person(Line(form, 1, {column: text.strip() or None for column, text in typed.items()}, headers), today)
    if not isinstance(found, Listed):
        raise FileRefused(found)
    return found


def _people(sheets: Sequence[Sheet], file: str, today: datetime.date) -> tuple[Listed, ...]:
    lines = lines_of(sheets, COLUMNS, REQUIRED, file)
    problems: list[PlanError] = []
    people = []
    for line in lines:
        found = _person(line, today)
        if isinstance(found, Listed):
            people.append(found)
        else:
            problems += found
    problems += _twice(lines, people)
    if problems:
        raise FileRefused(sorted(problems, key=lambda one: int(str(one.params["row"]))))
    if not any(one.role == "trainee" for one in people):
        raise ClassEmpty(class_id=file, what=TRAINEES)
    return tuple(people)


def _person(line: Line, today: datetime.date) -> Listed | list[PlanError]:
    problems: list[PlanError] = []

    def tried(read: object) -> object:
        try:
            return read(line, today)  # type: ignore[operator]
        except InCell as error:
            problems.append(error)
            return None

    name, role, number = (tried(read) for read in (_name, _role, _number))
    return problems or Listed(line.number, name, number, role)  # type: ignore[arg-type]


def _name(line: Line, _today: datetime.date) -> str:
    name = line.text("name")
    if not name or len(name) > MAX_NAME:
        raise line.wrong("name", CellTooLong(limit=MAX_NAME) if name else CellEmpty())
    return name


def _role(line: Line, _today: datetime.date) -> Role:
    text = line.text("role")
    if text.lower() not in ROLES:
        raise line.wrong("role", NotARole(value=text[:20]))
    return ROLES[text.lower()]


def _number(line: Line, today: datetime.date) -> IdNumber:
    told = line.text("document")
    document = DOCUMENTS.get("".join(told.split()).lower())
    if document is None:
        raise line.wrong("document", NotADocument(value=told[:20]))
    cell = line.cells.get("number")
    number = tidy(line.text("number").lstrip("'’"))
    if not number:
        raise line.wrong("number", CellEmpty())
    if isinstance(cell, float) or (isinstance(cell, int) and len(number) > MAX_DIGITS):
        raise line.wrong("number", NumberRounded())
    if document == "id_card":
        wrong = fault(number, today)
        if wrong is not None:
            raise line.wrong("number", WORDS[wrong])
    elif not re.fullmatch(r"[A-Z0-9]{5,20}", number, re.ASCII):
        raise line.wrong("number", NotADocumentNumber())
    return IdNumber(document, number)


def _twice(lines: Iterable[Line], people: Iterable[Listed]) -> list[PlanError]:
    at, seen, found = {line.number: line for line in lines}, dict[IdNumber, int](), list[PlanError]()
    for one in people:
        if one.number in seen:
            found.append(at[one.row].wrong("number", NumberTwice(other=seen[one.number])))
        seen.setdefault(one.number, one.row)
    return found
