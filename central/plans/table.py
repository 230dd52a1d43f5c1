"""A table that somebody brings, as .xlsx or CSV: bytes in, bounded rows of plain values out. Nothing in it is believed.

A spreadsheet is a zip of XML: it is looked at before anything is unpacked (`archive.py`), its XML may declare no
entities, and of formulas only the values count that the spreadsheet program left behind.
"""
from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from central.plans.archive import check_archive
from central.plans.errors import PlanError
from central.plans.table_errors import (
    BrokenSpreadsheet,
    LockedSpreadsheet,
    NoSpreadsheet,
    OldSpreadsheet,
    TableLink,
    TableTooLarge,
    TableUnreadable,
)

if TYPE_CHECKING:
    import openpyxl

MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MAX_SHEETS, MAX_CELL = 4 << 20, 2000, 60, 20, 1000
MAX_PLACES = 5_000
"""So many rows may lie between the first one and the last, empty or not."""
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How files of the old spreadsheet begin, and today's when a password protects them."""
SEPARATORS = ",\t;，；"
LOOKED_AT = 20
"""So many lines say what separates the columns."""
Cell: TypeAlias = (
    "str | int | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | None")


@dataclasses.dataclass(frozen=True)
class Row:
    """`number`: as a spreadsheet counts, from 1 on. `cells`: texts are trimmed, an empty one is None."""

    number: int
    cells: tuple[Cell, ...]


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One sheet, its empty rows left out; a CSV file is one that is called as the file."""

    name: str
    rows: tuple[Row, ...]


def read_file(path: Path) -> bytes:
    """The bytes of a table, one more than may be at most. Raises TableLink, TableUnreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise TableLink(file=path.name)
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        if path.is_symlink():
            raise TableLink(file=path.name) from None
        raise TableUnreadable(file=path.name, why=error.strerror) from None


def read_table(data: bytes, name: str) -> tuple[Sheet, ...]:
    """The sheets of a file called `name`, in their order.

    Raises TableTooLarge, OldSpreadsheet, LockedSpreadsheet, MacroSpreadsheet, BombSpreadsheet, BrokenSpreadsheet,
    NoSpreadsheet."""
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    if data.startswith(OLE):
        raise (LockedSpreadsheet if "EncryptedPackage".encode("utf-16-le") in data else OldSpreadsheet)(file=name)
    if data.startswith(b"PK"):
        check_archive(data, name)
        return _workbook(data, name)
    return (_text_sheet(data, name),)


def _workbook(data: bytes, name: str) -> tuple[Sheet, ...]:
    import openpyxl  # it brings NumPy: not for those who only ask what a plan is

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what else a workbook holds, like validations and styles
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                if len(book.sheetnames) > MAX_SHEETS:
                    raise _too_large(name)
                return tuple(
                    Sheet(sheet.title, tuple(_rows(sheet, name))) for sheet in book.worksheets
                    if sheet.sheet_state == "visible")
            finally:
                book.close()
    except PlanError:
        raise
    except Exception as error:  # its insides raise whatever they stumble over
        raise BrokenSpreadsheet(file=name) from error


def _rows(sheet: openpyxl.worksheet._read_only.ReadOnlyWorksheet, name: str) -> Iterator[Row]:
    # What a sheet says of its own size is not believed.
    sheet.reset_dimensions()
    filled = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), 1):
        if number > MAX_PLACES:
            raise _too_large(name)
        while cells and cells[-1] is None:
            cells = cells[:-1]
        plain = tuple(_plain(cell) for cell in cells)
        if any(cell is not None for cell in plain):
            filled += 1
            if filled > MAX_ROWS or len(plain) > MAX_COLUMNS:
                raise _too_large(name)
            yield Row(number, plain)


def _plain(cell: object) -> Cell:
    if isinstance(cell, str):
        return cell.strip() or None
    known = (bool, int, float, datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
    return cell if isinstance(cell, known) else None


def _text_sheet(data: bytes, name: str) -> Sheet:
    text = _text(data, name)
    first = text.split("\n", LOOKED_AT)[:LOOKED_AT]
    separator = max(SEPARATORS, key=lambda one: sum(line.count(one) for line in first))
    rows: list[Row] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            plain = tuple(cell.strip() or None for cell in cells)
            if any(plain):
                rows.append(Row(number, plain))
            if len(rows) > MAX_ROWS or len(cells) > MAX_COLUMNS:
                raise _too_large(name)
    except csv.Error:
        raise NoSpreadsheet(file=name) from None
    return Sheet(name, tuple(rows))


def _text(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NoSpreadsheet(file=name)


def _too_large(name: str) -> TableTooLarge:
    return TableTooLarge(file=name, megabytes=MAX_BYTES >> 20, rows=MAX_ROWS, columns=MAX_COLUMNS)
