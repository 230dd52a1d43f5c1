"""What can be wrong with a table that is read, or with one of its cells, each as one sentence."""
from __future__ import annotations

from central.plans.errors import PlanError
from common.refused import ManyRefused

# --- files ---

class TableTooLarge(PlanError):
    text = "{file} is too large: a table has at most {megabytes} MB, {rows} rows and {columns} columns"


class TableLink(PlanError):
    text = "{file} is a link or no plain file: give the file itself"


class TableUnreadable(PlanError):
    text = "{file} cannot be read: {why}"


class OldSpreadsheet(PlanError):
    text = "{file} is a spreadsheet of the old kind (.xls): open it and save it as .xlsx"


class LockedSpreadsheet(PlanError):
    text = "{file} is protected by a password: take the password away and save it again"


class MacroSpreadsheet(PlanError):
    text = "{file} holds macros, which are never taken: save it as .xlsx without macros"


class NoSpreadsheet(PlanError):
    text = "{file} is neither an .xlsx spreadsheet nor CSV text in UTF-8 or GB18030: save it as one of these"


class BrokenSpreadsheet(PlanError):
    text = "{file} is damaged or is made in a way that no spreadsheet program does: open it, save it anew as .xlsx"


class BombSpreadsheet(PlanError):
    text = "{file} unpacks to far more than a plan holds, and was not read: copy the table into an empty spreadsheet"


class EmptyTable(PlanError):
    text = "{file}: there are headers, but no rows below them"


class NoHeader(PlanError):
    text = "{file}: no row with the headers {columns} was found; take them from the template (`plan template`)"


class ColumnMissing(PlanError):
    text = "{sheet}: the column {column} is missing; the headers stand in row {row}"


class ColumnTwice(PlanError):
    text = "{sheet}: two columns are {column} (row {row}): remove one of them"


class FileRefused(ManyRefused, PlanError):
    text = "{problem}\nproblems found: {count}; nothing was taken over"


class InCell(PlanError):
    """Never says an ID number: errors are printed and logged."""

    text = "{sheet}, row {row}, {column}: {why}"


# --- why a cell is wrong ---

class CellEmpty(PlanError):
    text = "it is empty"


class CellTooLong(PlanError):
    text = "it is longer than {limit} characters"


class CellHidden(PlanError):
    text = "it holds characters that cannot be seen; write it anew"


class CellFormula(PlanError):
    text = "it begins with = + - or @ like a formula: write the value itself"


class NotADate(PlanError):
    text = "{value} is not a date like 2026-03-02 or 2026年3月2日"


class NotATime(PlanError):
    text = "{value} is not a time like 08:30"


class NotAKind(PlanError):
    text = "{value} is not a kind of class-hour: 理论 (theory), 实操 (practical) or 线上 (online)"


class NotYesOrNo(PlanError):
    text = "{value} is neither 是 (yes) nor 否 (no)"


class NotARole(PlanError):
    text = "{value} is neither 学员 (trainee) nor 教师 (instructor)"


class NotADocument(PlanError):
    text = "{value} is not a kind of document; the template lists them"


class NumberRounded(PlanError):
    text = "the spreadsheet keeps this number rounded: make the column text and type the number again"


class NotADocumentNumber(PlanError):
    text = "a number of such a document has 5 to 20 letters and digits"


class NumberTwice(PlanError):
    text = "the same number stands in row {other} already: one number is one person"


class EndsBeforeBegin(PlanError):
    text = "it is not after the beginning"


class HourLong(PlanError):
    text = "it is {minutes} minutes long: write a row for each class-hour, at most {limit} minutes"


class HoursMeet(PlanError):
    text = "it begins before the class-hour of row {other} has ended"


class NotInClass(PlanError):
    text = "nobody in the class is called {name}"


class NotTeaching(PlanError):
    text = "no instructor of the class is called {name}"


class CellPast(PlanError):
    text = "this class-hour has begun already: only class-hours to come can be planned"


class NoSuchRoom(PlanError):
    text = "{room} is none of the rooms of the class: {rooms}"
