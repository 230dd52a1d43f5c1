"""What can be wrong with a plan or a roster before it is published, each as one sentence."""
from __future__ import annotations

from common.refused import ManyRefused
from evidence.errors import BadInput


class PlanError(BadInput):
    """A plan, or a file with one, that cannot be used."""


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


# --- drafts ---

class PlanRefused(ManyRefused, PlanError):
    text = "{problem}\nproblems found: {count}; nothing was published"


class NoDraft(PlanError):
    text = "class {class_id} has neither a draft nor a plan: import one with `zaitang-central plan import`"


class DraftChanged(PlanError):
    text = "somebody else changed the draft of class {class_id} meanwhile: look at it again, then repeat the change"


class DraftOutdated(PlanError):
    text = "class {class_id} was published anew meanwhile: discard this draft and make the change again"


class NothingToPublish(PlanError):
    text = "class {class_id}: the draft is what is published already"


class NotYetPublished(PlanError):
    text = "class {class_id} is not published yet: change the roster itself, by importing it"


class RosterPublished(PlanError):
    text = (
        "class {class_id} is published: its trainees change by roster events with a reason and an approver, not by an "
        "import. {joins} would join and {leaves} would leave"
    )


class BadClassId(PlanError):
    text = "{class_id} is not a class id: up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"


class ClassIdTaken(PlanError):
    text = "the class id {class_id} is taken: choose another one"


class BadText(PlanError):
    text = "{what} is missing, longer than {limit} characters, or holds characters that cannot be seen"


class ClassEmpty(PlanError):
    text = "class {class_id} has no {what}"


class BoxNamedTwice(PlanError):
    text = "box {device} is named twice"


class UnknownHour(PlanError):
    text = "class {class_id} has no class-hour {hour}"


class HourIdTwice(PlanError):
    text = "two class-hours are called {hour}"


class HourBackward(PlanError):
    text = "class-hour {hour} does not end after it begins"


class HourTooLong(PlanError):
    text = "class-hour {hour} is longer than {limit} minutes: plan several"


class HoursCross(PlanError):
    text = "class-hours {hour} and {other} of class {class_id} overlap"


class HourPast(PlanError):
    text = "class-hour {hour} ({moment}) has begun already: only class-hours to come can be planned or changed"


class PolicyBegun(PlanError):
    text = "the class began under policy {policy}: it is judged by that to its end, and no plan changes it"


class MakeUpEmpty(PlanError):
    text = "make-up class-hour {hour} names nobody who makes up for something"


class NotATrainee(PlanError):
    text = "{person} is not a trainee of class {class_id}"


class NotATeacher(PlanError):
    text = "{person} is not an instructor of class {class_id}"


class PatternEmpty(PlanError):
    text = "the pattern gives no class-hour between {first} and {last}"


class PatternTooLong(PlanError):
    text = "{count} class-hours of {minutes} minutes with breaks of {pause} do not fit between {begin} and {end}"


class PatternWrong(PlanError):
    text = "a pattern has weekdays, 1 to 12 class-hours a day of 10 to 120 minutes, and ends after it begins"


class Retroactive(PlanError):
    text = "{moment} is past: a roster event holds from now on at the earliest, never backwards"


class OnRoster(PlanError):
    text = "{person} is on the roster of class {class_id} already"


class OffRoster(PlanError):
    text = "{person} is not on the roster of class {class_id}, or leaves it already"


class NoSubstitute(PlanError):
    text = "a substitution names who leaves and who comes instead; no other roster event names somebody else"


class LateOrEarly(PlanError):
    text = "before the first class-hour somebody enrols, after it somebody enters late: {kind} does not fit {moment}"


class LeaveBackward(PlanError):
    text = "a leave ends after it begins"


class LeaveLate(PlanError):
    text = "the leave would excuse class-hour {hour} ({moment}), which is over: let it begin after that"


class LeaveOver(PlanError):
    text = "the leave ends in the past: what is over cannot be excused any more"


class LeavesMeet(PlanError):
    text = "{person} has a leave from {start} to {end} already, for another reason or by somebody else"


class NotAMoment(PlanError):
    text = "{value} is not a local time like 2026-03-02T08:30"


class NoSuchTemplate(PlanError):
    text = "of a class that is planned only the schedule is written, with --centre: ID numbers stay at the centre"


class TemplateEnding(PlanError):
    text = "{path}: a template is an Excel file: let its name end with .xlsx"


class ListOfOther(PlanError):
    text = "{file} is a list of class {listed}, not of {class_id}"


class NotOne(PlanError):
    text = "{file} lists several people: a roster event is about one who joins"


class NoSuchChange(PlanError):
    text = "the draft of class {class_id} has no pending change number {number}"


# --- what is refused when a class is published ---

class UnknownBoxHere(PlanError):
    text = "box {device} is not known at this centre: see `zaitang-central box list`"


class UnknownInstitution(PlanError):
    text = "institution {institution} is not known at this centre"


class BoxTaken(PlanError):
    text = "box {device} records class {other} ({title}) at the same time: {hour} meets {other_hour}, {moment}"


class RoomTaken(PlanError):
    text = "{room} is taken by class {other} ({title}) at the same time: {hour} meets {other_hour}, {moment}"


class PersonElsewhere(PlanError):
    text = "{person} is due in class {other} ({title}) at the same time: {hour} meets {other_hour}, {moment}"


class TeacherElsewhere(PlanError):
    text = "{person} teaches class {other} ({title}) at the same time: {hour} meets {other_hour}, {moment}"


class NumbersLocked(PlanError):
    text = "the ID numbers kept at the centre cannot be read: keys/people.key does not belong to them"
