"""What a cell says: dates, times, yes and no, as programs and people write them. What is unclear is refused. Pure."""
from __future__ import annotations

import datetime
import re
import unicodedata

from central.plans.columns import Line
from central.plans.table import Cell
from central.plans.table_errors import CellEmpty, NotADate, NotATime, NotYesOrNo

YES = ("是", "有", "需要", "yes", "y", "true", "√", "✓", "1")
NO = ("", "否", "无", "不需要", "no", "n", "false", "×", "0")
YEARS = range(2000, 2100)
_DATE = re.compile(r"([0-9]{4})([-/.年])([0-9]{1,2})([-/.月])([0-9]{1,2})(日?)", re.ASCII)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII)
_DAY_ONE = datetime.date(1900, 1, 2)
"""A spreadsheet that shows a time of day may keep it as one of the first days that it knows."""


def date_of(line: Line, column: str) -> datetime.date:
    """A day of this century. Raises InCell."""
    cell = line.cells.get(column)
    found = _date(cell, line.text(column))
    if found is None or found.year not in YEARS:
        raise line.wrong(column, NotADate(value=line.text(column)[:40]) if cell is not None else CellEmpty())
    return found


def time_of(line: Line, column: str) -> datetime.time:
    """A time of day, in whole minutes. Raises InCell."""
    cell = line.cells.get(column)
    found = _time(cell, line.text(column))
    if found is None:
        raise line.wrong(column, NotATime(value=line.text(column)[:40]) if cell is not None else CellEmpty())
    return found


def yes_of(line: Line, column: str) -> bool:
    """Yes or no; empty is no. Raises InCell."""
    text = "1" if line.cells.get(column) is True else line.text(column).lower()
    if text in YES:
        return True
    if text in NO or line.cells.get(column) is False:
        return False
    raise line.wrong(column, NotYesOrNo(value=text[:40]))


def names_of(line: Line, column: str) -> tuple[str, ...]:
    """Names, between which stands 、 or a comma, a semicolon or a slash. Raises InCell."""
    return tuple(part.strip() for part in re.split(r"[、,，;；/]", line.text(column)) if part.strip())


def _date(cell: Cell, text: str) -> datetime.date | None:
    if isinstance(cell, datetime.datetime):
        return cell.date() if cell.time() == datetime.time() else None
    if isinstance(cell, datetime.date):
        return cell
    plain = unicodedata.normalize("NFKC", text).replace(" ", "") if isinstance(cell, str) else ""
    match = _DATE.fullmatch(plain)
    if not match or (match[2], match[4], match[6]) not in {("-", "-", ""), ("/", "/", ""), (".", ".", ""),
                                                            ("年", "月", "日")}:
        return None
    try:
        return datetime.date(int(match[1]), int(match[3]), int(match[5]))
    except ValueError:
        return None


def _time(cell: Cell, text: str) -> datetime.time | None:
    if isinstance(cell, datetime.datetime):
        return _minute(cell.time()) if cell.date() < _DAY_ONE else None
    if isinstance(cell, datetime.timedelta):
        minutes, rest = divmod(round(cell.total_seconds()), 60)
        return datetime.time(*divmod(minutes, 60)) if 0 <= minutes < 24 * 60 and rest == 0 else None
    if isinstance(cell, datetime.time):
        return _minute(cell)
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", "")) if isinstance(cell, str) else None
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return datetime.time(int(match[1]), int(match[2]))


def _minute(time: datetime.time) -> datetime.time | None:
    """A spreadsheet keeps times as fractions of a day, which miss the second by a little."""
    us = ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond
    seconds = (us + 500_000) // 1_000_000
    return datetime.time(seconds // 3600, seconds // 60 % 60) if seconds % 60 == 0 and seconds < 86400 else None
