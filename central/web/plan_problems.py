"""What is wrong with what somebody brought, as rows of a table: where, what, and what to do about it."""
from __future__ import annotations

import dataclasses

from central.plans import errors as e
from central.plans import table_errors as t
from central.web.plan_foreign import Sees, refusal_words
from common.refused import ManyRefused
from common.texts import N_, translate, words
from evidence.errors import BadInput

MOST = 300
"""So many rows are shown; a table that is wrong throughout says the same thing everywhere."""
CARD = N_("Compare it with the document, make the column text, and type it again.")
SAVE = N_("Open it in a spreadsheet program and save it as .xlsx.")
LIST = N_("Choose from the list in the template.")
ADVICE: dict[type[BadInput], str] = {
    t.CellEmpty: N_("Fill it in, or remove the row."),
    t.CellTooLong: N_("Shorten it."),
    t.CellHidden: N_("Empty the cell and type it by hand."),
    t.CellFormula: N_("Type the value without the sign before it."),
    t.NotADate: N_("Write it like 2026-03-02."),
    t.NotATime: N_("Write it like 08:30."),
    t.NotAKind: LIST, t.NotYesOrNo: LIST, t.NotARole: LIST, t.NotADocument: LIST,
    t.NumberRounded: CARD, t.NotADocumentNumber: CARD,
    t.NumberTwice: N_("Remove the row that is too many, or correct the number."),
    t.EndsBeforeBegin: N_("Correct the beginning or the end."),
    t.HourLong: N_("Write a row for each class-hour."),
    t.HoursMeet: N_("Move one of the two."),
    t.NotInClass: N_("Spell the name as on the roster, with （1） or （2） if there are namesakes."),
    t.NotTeaching: N_("Spell the name as on the roster; teachers stand there as 教师."),
    t.CellPast: N_("Give it a time that is still to come."),
    t.NoSuchRoom: N_("Spell the room as on the page of the class, or leave the cell empty."),
    t.NoHeader: N_("Copy the first row of the template into the table."),
    t.ColumnMissing: N_("Add the column; the template has it."),
    t.ColumnTwice: N_("Remove one of the two columns."),
    t.TableTooLarge: N_("Split it, or remove what does not belong to the class."),
    t.OldSpreadsheet: SAVE, t.NoSpreadsheet: SAVE, t.BrokenSpreadsheet: SAVE, t.BombSpreadsheet: SAVE,
    t.MacroSpreadsheet: SAVE,
    t.LockedSpreadsheet: N_("Take the password away and save it again."),
    t.EmptyTable: N_("Fill in the first sheet of the template."),
    e.DraftChanged: N_("Below is how it is now. What you typed is still there: send it again if it is still right."),
    e.DraftOutdated: N_("Discard the draft on the page of the class, then make the change again."),
    e.RosterPublished: N_("Use “Somebody joins”, “leaves” and “comes instead” on the page of the class."),
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """`sheet`, `row`, `column`: where, as far as it is known."""

    sheet: str
    row: str
    column: str
    wrong: str
    advice: str


def problem_rows(error: BadInput, lang: str, sees: Sees) -> list[Problem]:
    """Everything that an error tells, in its order. `sees`: of which other classes it may tell."""
    problems = error.problems if isinstance(error, ManyRefused) else (error,)
    return [_row(one, lang, sees) for one in problems[:MOST]]


def _row(error: BadInput, lang: str, sees: Sees) -> Problem:
    params = error.params
    if isinstance(error, t.InCell):
        why = params["why"]
        wrong = words(why, lang) if isinstance(why, BadInput) else translate(str(why), lang)
        advice = ADVICE.get(type(why), "") if isinstance(why, BadInput) else CARD
        return Problem(str(params["sheet"]), str(params["row"]), str(params["column"]), wrong, translate(advice, lang))
    sheet, row, column = (str(params.get(name, "")) for name in ("sheet", "row", "column"))
    return Problem(sheet or str(params.get("file", "")), row, column, refusal_words(error, lang, sees),
                   translate(ADVICE.get(type(error), ""), lang))
