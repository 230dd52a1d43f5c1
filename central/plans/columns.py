"""Which column of a table is what: headers in Chinese or English, with the words that people use. Pure."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

from central.plans.errors import PlanError
from central.plans.table import MAX_CELL, Cell, Row, Sheet
from central.plans.table_errors import (
    CellFormula,
    CellHidden,
    CellTooLong,
    ColumnMissing,
    ColumnTwice,
    EmptyTable,
    FileRefused,
    InCell,
    NoHeader,
)

HEADER_ROWS = 15
"""The headers stand in one of the first rows; above them may be a title."""
Columns = Mapping[str, Sequence[str]]
"""Column → its headers, the first as the template has it."""


@dataclasses.dataclass(frozen=True)
class Line:
    """A row below the headers, its cells by column; `headers`: how the file calls them."""

    sheet: str
    number: int
    cells: Mapping[str, Cell]
    headers: Mapping[str, str]

    def wrong(self, column: str, why: PlanError | str) -> InCell:
        """What is wrong in a cell. `why`: an error, or a text of the catalogue."""
        return InCell(sheet=self.sheet, row=self.number, column=self.headers[column], why=why)

    def text(self, column: str) -> str:
        """A cell as text; empty where there is none. Raises InCell."""
        cell = self.cells.get(column)
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        text = "" if cell is None else " ".join(str(cell).split())
        if len(text) > MAX_CELL:
            raise self.wrong(column, CellTooLong(limit=MAX_CELL))
        if isinstance(self.cells.get(column), str) and text[:1] in ("=", "+", "-", "@"):
            raise self.wrong(column, CellFormula())
        if not text.isprintable():
            raise self.wrong(column, CellHidden())
        return text


def lines_of(sheets: Sequence[Sheet], columns: Columns, required: Sequence[str], name: str) -> list[Line]:
    """The rows of the first sheet with headers. Raises NoHeader, ColumnMissing (FileRefused of several), ColumnTwice,
    EmptyTable."""
    best: tuple[int, Sheet, int, dict[str, int]] | None = None
    for sheet in sheets:
        for at, row in enumerate(sheet.rows[:HEADER_ROWS]):
            found = _found(row, columns, sheet.name)
            if all(column in found for column in required):
                return list(_lines(sheet, at, found, name))
            if best is None or len(found) > best[0]:
                best = (len(found), sheet, at, found)
    if best is None or best[0] < 2:
        raise NoHeader(file=name, columns="、".join(columns[column][0] for column in required))
    _, sheet, at, found = best
    missing = [ColumnMissing(sheet=sheet.name, column=columns[column][0], row=sheet.rows[at].number)
               for column in required if column not in found]
    raise missing[0] if len(missing) == 1 else FileRefused(missing)


def _found(row: Row, columns: Columns, sheet: str) -> dict[str, int]:
    words = {_word(word): column for column, known in columns.items() for word in known}
    found: dict[str, int] = {}
    for place, cell in enumerate(row.cells):
        column = words.get(_word(cell)) if isinstance(cell, str) else None
        if column in found:
            raise ColumnTwice(sheet=sheet, column=str(cell), row=row.number)
        if column is not None:
            found[column] = place
    return found


def _word(text: str) -> str:
    """A header without what people put around it: stars, colons, remarks in brackets, spaces."""
    return re.sub(r"[（(\[【].*$|[*＊:：\s]", "", text[:100]).lower().replace("_", "").replace("-", "")


def _lines(sheet: Sheet, at: int, found: Mapping[str, int], name: str) -> Iterator[Line]:
    header, rows = sheet.rows[at], sheet.rows[at + 1:]
    headers = {column: str(header.cells[place]) for column, place in found.items()}
    filled = False
    for row in rows:
        cells = {column: row.cells[place] if place < len(row.cells) else None for column, place in found.items()}
        if any(cell is not None for cell in cells.values()):
            filled = True
            yield Line(sheet.name, row.number, cells, headers)
    if not filled:
        raise EmptyTable(file=name)
