"""A list of people as an institution has it (CSV), read row by row: everything that is wrong is told at once. Pure.

Namesakes are told apart by their ID numbers. A class needs one name for each, so theirs get (1), (2) … by their rows.
"""
from __future__ import annotations

import csv
import dataclasses
import datetime
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from common.id_numbers import Fault, fault, tidy
from common.namesakes import apart, without_suffix
from common.sheets import Listed
from edge.enrol.errors import (
    EmptyRoster,
    NameInRow,
    NoColumn,
    NotText,
    NumberInRow,
    OtherClass,
    RoleDiffers,
    RoleInRow,
    RosterRefused,
    RosterTooLarge,
    RowTooShort,
    TwiceInRoster,
    UnknownInRow,
)
from evidence.errors import BadInput

MAX_BYTES, MAX_ROWS, MAX_NAME = 1 << 20, 1000, 90
COLUMNS = {
    "name": ("姓名", "学员姓名", "name"),
    "number": ("身份证号", "身份证号码", "公民身份号码", "证件号码", "id", "id number", "id_number"),
    "role": ("角色", "人员类别", "role"),
}
ROLES: dict[str, Literal["trainee", "instructor"]] = {
    "": "trainee", "学员": "trainee", "trainee": "trainee", "教师": "instructor", "教员": "instructor",
    "老师": "instructor", "instructor": "instructor", "teacher": "instructor",
}
SEPARATORS = ",\t;，"


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the list. `line`: as a spreadsheet counts, from 1 on, the headers first."""

    line: int
    name: str
    number: str = dataclasses.field(repr=False)
    role: str


def read_roster(
    data: bytes, today: datetime.date, planned: Mapping[str, str], class_id: str = "",
) -> list[Listed]:
    """The people of a list in UTF-8 or GB18030. `planned`: name → role of class `class_id` as the centre planned it;
    empty where nothing is known.

    Raises RosterTooLarge, NotText, NoColumn, EmptyRoster, OtherClass, or RosterRefused with all that is wrong in its
    rows."""
    rows = _apart(_rows(_text(data)))
    if planned and not any(row.name in planned for row in rows):
        raise OtherClass(class_id=class_id)
    problems: list[BadInput] = []
    people = []
    for row in rows:
        wrong = _wrong(row, today) + _unplanned(row, planned)
        problems += wrong
        if not wrong:
            people.append(Listed(row.name, row.number, ROLES[row.role.lower()]))
    problems += _twice(rows)
    if problems:
        raise RosterRefused(sorted(problems, key=lambda one: int(str(one.params["row"]))))
    return people


def namesakes(people: Iterable[Listed]) -> list[str]:
    """The names of a list that several people of it have, by which nobody can be told apart without a number."""
    called = Counter(without_suffix(one.name) for one in people)
    return sorted({without_suffix(one.name) for one in people
                   if called[without_suffix(one.name)] > 1 and without_suffix(one.name) != "".join(one.name.split())})


def _apart(rows: Sequence[Row]) -> list[Row]:
    """The rows with a name each of their own."""
    names = apart([row.name for row in rows])
    return [dataclasses.replace(row, name=name) for row, name in zip(rows, names, strict=True)]


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise RosterTooLarge(limit=MAX_BYTES, rows=MAX_ROWS)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotText()


def _rows(text: str) -> list[Row]:
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        raise NotText() from None
    filled = [(number, cells) for number, cells in enumerate(lines, 1) if any(cell.strip() for cell in cells)]
    if not filled:
        raise EmptyRoster()
    if len(filled) > MAX_ROWS + 1:
        raise RosterTooLarge(limit=MAX_BYTES, rows=MAX_ROWS)
    places = _columns(filled[0][1])
    if len(filled) == 1:
        raise EmptyRoster()
    return [_row(number, cells, places) for number, cells in filled[1:]]


def _columns(headers: Iterable[str]) -> dict[str, int]:
    """Where the columns are; further ones are not read. Raises NoColumn."""
    known = ["".join(header.split()).lower() for header in headers]
    found: dict[str, int] = {}
    for column, names in COLUMNS.items():
        for name in names:
            if "".join(name.split()) in known:
                found.setdefault(column, known.index("".join(name.split())))
    for column in ("name", "number"):
        if column not in found:
            raise NoColumn(column=COLUMNS[column][0])
    return found


def _row(line: int, cells: Sequence[str], places: Mapping[str, int]) -> Row:
    def cell(column: str) -> str:
        place = places.get(column, len(cells))
        return cells[place].strip() if place < len(cells) else ""

    # A spreadsheet marks numbers that must stay text with an apostrophe.
    return Row(line, " ".join(cell("name").split()), tidy(cell("number").lstrip("'’")), cell("role"))


_FAULTS: dict[Fault, str] = NumberInRow.why


def _wrong(row: Row, today: datetime.date) -> list[BadInput]:
    if not row.name and not row.number:
        return [RowTooShort(row=row.line)]
    found: list[BadInput] = []
    if not row.name or len(row.name) > MAX_NAME or not row.name.isprintable():
        found.append(NameInRow(row=row.line))
    number = fault(row.number, today)
    if number is not None:
        found.append(NumberInRow(row=row.line, why=_FAULTS[number]))
    if row.role.lower() not in ROLES:
        found.append(RoleInRow(row=row.line))
    return found


def _unplanned(row: Row, planned: Mapping[str, str]) -> list[BadInput]:
    if not planned or not row.name:
        return []
    if row.name not in planned:
        return [UnknownInRow(row=row.line, name=row.name)]
    role = ROLES.get(row.role.lower(), planned[row.name])
    return [] if role == planned[row.name] else [RoleDiffers(row=row.line, name=row.name)]


def _twice(rows: Sequence[Row]) -> list[BadInput]:
    """One number is one person."""
    seen: dict[str, int] = {}
    found: list[BadInput] = []
    for row in rows:
        if row.number and row.number in seen:
            found.append(TwiceInRoster(row=row.line, other=seen[row.number]))
        seen.setdefault(row.number, row.line)
    return found
