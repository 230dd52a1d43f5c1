"""What can be wrong with a plan or a roster before it is published, each as one sentence; with a table that is read:
table_errors.py."""
from __future__ import annotations

from common.refused import ManyRefused
from evidence.errors import BadInput


class PlanError(BadInput):
    """A plan, or a file with one, that cannot be used."""


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
    text = "box {device} records class {other} ({title}) at the same time, {moment}"


class RoomTaken(PlanError):
    text = "{room} is taken by class {other} ({title}) at the same time, {moment}"


class PersonElsewhere(PlanError):
    text = "{person} is due in class {other} ({title}) at the same time, {moment}"


class TeacherElsewhere(PlanError):
    text = "{person} teaches class {other} ({title}) at the same time, {moment}"


class NumbersLocked(PlanError):
    text = "the ID numbers kept at the centre cannot be read: keys/people.key does not belong to them"
