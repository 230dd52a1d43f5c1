"""What can go wrong with what is said of a class, each as one sentence."""
from __future__ import annotations

from central.errors import BadPlan, NotDecided
from evidence.errors import BadInput


class NoTitle(BadPlan):
    text = "{path}: the class has no title"


class NoBoxes(BadPlan):
    text = "{path}: the plan names no box that would record the class"


class NoHours(BadPlan):
    text = "{path}: the plan has no class-hours"


class BoxTwice(BadPlan):
    text = "{path}: box {device} stands in the plan twice"


class HourTwice(BadPlan):
    text = "{path}: two class-hours are called {hour}"


class HourBackwards(BadPlan):
    text = "{path}: class-hour {hour} ends before it begins"


class BadTime(BadPlan):
    text = "{path}: class-hour {hour}: {value} is not a time like 2026-03-02T08:30:00"


class StrangeMakeUp(BadPlan):
    text = "{path}: class-hour {hour} is a make-up lesson for {name}, who is not in the list"


class NameTooLong(BadPlan):
    text = "{path}: the name of person number {number} is longer than {limit} characters"


class HiddenCharacters(BadPlan):
    text = "{path}: {text} holds characters that cannot be seen; write it anew"


class DuplicateName(BadPlan):
    text = "{path}: {name} stands in the list twice; add what tells them apart to the name"


class MissingName(BadPlan):
    text = "{path}: person number {number} has no name"


class NoTrainees(BadPlan):
    text = "{path}: the list names no trainee"


class HoursOverlap(BadPlan):
    text = "{path}: class-hour {hour} does not begin after the one before it has ended"


class SameBox(BadInput):
    text = "templates move from one box to another; {device} is named twice"


class NoSealingKey(BadInput):
    text = "box {device} has not introduced itself to this centre yet, so nothing can be sealed to it"


class BadMove(BadInput):
    text = "not in class {class_id}: {people}; and an order lasts 1 to {most} days"


class BadDay(BadInput):
    text = "{value} is not a day like 2026-04-02"


class DayAhead(BadInput):
    text = "{date} has not come yet: an assessment is stated once it was held"


class DayBefore(BadInput):
    text = "{date} lies before the first class-hour of {class_id} ({first}): it cannot have been assessed then"


class BadBy(BadInput):
    text = "say who, in 1 to {limit} characters that can be seen"


class RecordingsNotJudged(BadInput):
    text = "policy {policy} does not ask whether recordings show everyone (R3); there is nothing to review"


class NotOver(BadInput):
    text = "recording {block} is not over yet, or records of it are still to come; there is nothing to review"


class UnknownPerson(BadInput):
    text = "nobody of class {class_id} is called {person}: give a name or a pseudonym of `zaitang-central class show`"


class UnknownVideo(BadInput):
    text = "class {class_id} has no video with the hash {segment}"


class UncertainVideo(BadInput):
    text = "the time of {file} is uncertain: whoever is pointed out in it would be shown in no recording"


class MomentOutside(BadInput):
    text = "{file} is {seconds} s long: name a moment within it, in seconds after its beginning"


class NotWhileClass(BadInput):
    text = "at that moment ({moment}) no recording of class {class_id} is due"


class BadFrameBox(BadInput):
    text = "the frame is x,y,width,height in whole pixels, within the picture of {width} × {height}"


class NoDispute(BadInput):
    text = "no such dispute about class {class_id} is open"


class SeveralDisputes(BadInput):
    text = "several disputes about class {class_id} are open ({disputes}): name one with --dispute"


class HeldByObjection(BadInput):
    text = "dispute {dispute} belongs to objection {objection}, which is open: answer that, and it ends with it"


class NoHold(BadInput):
    text = "no such hold of the video of class {class_id} is placed"


class SeveralHolds(BadInput):
    text = "several holds of the video of class {class_id} are placed ({holds}): name one with --hold"


class BadObjection(BadInput):
    text = "say what the objection is, or what is answered, in 1 to {limit} characters that can be seen"


class WhoObjects(BadInput):
    text = "an objection is of a school, or of one trainee: say which, and of a trainee who"


class NoObjection(BadInput):
    text = "class {class_id} has no objection {objection}"


class ObjectionOver(BadInput):
    text = "objection {objection} of class {class_id} has come to its end: whoever objects again raises another one"


class NotTheirObjection(BadInput):
    text = "a trainee raised objection {objection} on the own record: no institution withdraws it"


class NothingToDecide(NotDecided):
    text = "class {class_id} has neither a flag nor a review that is required: there is nothing to decide"


class ClassNotOver(NotDecided):
    text = "class {class_id} is not over, or records of it are still to come: nobody decides about it yet"


class FindingsChanged(NotDecided):
    text = "the findings of class {class_id} are other ones now than those that were shown: look at them again"


class TheseChanged(FindingsChanged):
    text = ("since this was shown, the findings of class {class_id} on {rules} have become other ones: look at them"
            " again, nothing was kept")


class SaidMore(NotDecided):
    text = "somebody decided, reviewed or objected since class {class_id} was shown: read that first"


class StillComing(NotDecided):
    text = ("records of class {class_id} come in again and again just now: wait a moment and send it once more, nothing"
            " was kept")


class RecordingChanged(BadInput):
    text = "roll calls or reviews of this recording have come since it was shown: look at it again, nothing was kept"


class ObjectionWentOn(BadInput):
    text = "somebody answered objection {objection} since it was shown: read that first, nothing was kept"


class NoGround(NotDecided):
    text = (
        "{have} recordings do not show everyone, and the consequence needs {limit}: what is undecided must be reviewed "
        "first, for it speaks against nobody"
    )


class FirstRuns(NotDecided):
    text = "{by} made the first decision about class {class_id}: what follows is the second one, by somebody else"


class DecidedAlready(NotDecided):
    text = "two persons have decided about class {class_id}, and what they decided on is still so"


class NoFirst(NotDecided):
    text = "there is no first decision about class {class_id} on these findings: the first one comes first"


class NotADecider(NotDecided):
    text = ("{account} is no account of a supervisor whose region holds class {class_id}: only those decide, in the"
            " console or by command")


class NotFinal(NotDecided):
    text = ("class {class_id} is not decided for good: only a decision that is final is reopened; until then one may"
            " object")


class ReopeningRuns(NotDecided):
    text = ("{by} says that the decision about class {class_id} be reopened: what follows is the second word, of"
            " somebody else")


class NoReopening(NotDecided):
    text = "nobody says that the decision about class {class_id} be reopened: that is the first word"


class DecidedForGood(NotDecided):
    text = ("the decision about class {class_id} is final: nobody alone changes what it rests on; two persons reopen it"
            " first, on its page")


class NoTimeToDecide(NotDecided):
    text = ("the clock of this centre is not set by a time server now, so nobody could tell from when the public notice"
            " runs: nothing was kept; decide when the clock is set")


class OneHand(NotDecided):
    text = ("of the accounts {by} and {first} one was made or opened by the other: both could be one person. The"
            " second decision is somebody else's")


class FreshAccount(NotDecided):
    text = ("the account {by} was made, opened or changed less than {hours} hours ago: it decides nothing until then,"
            " so that others can see on record who did that")


class SamePerson(NotDecided):
    text = "{by} made the first decision: the second one is somebody else's"


class HasReviewed(NotDecided):
    text = "{by} reviewed a recording of class {class_id}: the second decision is that of somebody who did not"


class ObjectionOpen(NotDecided):
    text = "objection {objection} of class {class_id} is open: it comes to its end before the second decision"


class BadWhen(BadInput):
    text = "{key}: {value} is not a time like 2026-03-02T08:30:00"


class SheetAsked(BadInput):
    text = "box {device} was asked for this contact sheet already: it is on its way, or here"


class EndsBefore(BadInput):
    text = "end comes before start"


class NotYet(BadInput):
    text = "{key} has not come yet: state it once it is over"


class NoClassHours(BadInput):
    text = "class {class_id} has no class-hours on {date}: look at its plan with `zaitang-central class show`"


class OnlyAtOpening(BadInput):
    text = "numbers and people are vouched for at the opening only: kind = \"opening\""


class NoInspection(BadInput):
    text = "no inspection {inspection} of class {class_id} is on record that could be put right"


class MoreThanPlanned(BadInput):
    text = "you counted {count} trainees, and the class has {most}: if that is right, press once more"


class NothingSeen(BadInput):
    text = "no picture of this class has reached you in this look: there is nothing to put on record"


class OnlyWhileLooking(BadInput):
    text = ("an inspection from afar is put on record beside the live picture, by whoever looks: its time is when "
            "pictures reached them")


class StaysFromAfar(BadInput):
    text = ("an inspection from afar stays one, for its time is when pictures arrived, and another one does not become "
            "one: state another one instead")


class MoreThan(BadInput):
    text = "{part} is {count}, more than {whole}, which is {most}"


class NoTrainee(BadInput):
    text = "{person} is no trainee of class {class_id}"


class OnlyThePart(BadInput):
    text = "for rule {rule} exactly the table [{part}] is needed, and no other"


class RuleOff(BadInput):
    text = "policy {policy} has no rule {rule}; nothing would read it"


class NoSuchMakeUp(BadInput):
    text = "class {class_id} has no make-up class-hour {hour}"


class UnknownCap(BadInput):
    text = "cap is {cap}; the policy knows {caps}"


class OwnLinkOver(BadInput):
    text = ("this link does not hold any more, or was opened before: show “my record” at the terminal again and scan"
            " the new code; if a fresh one is refused, the clock of the terminal may be wrong: tell your school")


class VisitOver(BadInput):
    text = "your visit has ended: show “my record” at the terminal and scan the code again"


class TooManyObjections(BadInput):
    text = ("you have raised an objection a moment ago, or {open} of yours wait for an answer: that is as many as this"
            " page takes; speak to the supervising office")


class SurveyRuns(BadInput):
    text = "a survey of class {class_id} is open already: it must be closed first"


class SurveyEarly(BadInput):
    text = "the last class-hour is not over yet: say that you open the survey before it all the same"


class SurveyAgain(BadInput):
    text = "class {class_id} has been asked already: only a supervisor opens another survey"


class SurveyNobody(BadInput):
    text = "class {class_id} has no trainees now: there is nobody to ask"


class BadSurveyEnd(BadInput):
    text = "a survey ends on a day from today on, at most {days} days ahead, written like 2026-04-02"


class NoSurvey(BadInput):
    text = "no survey of class {class_id} is open"


class NoSheet(BadInput):
    text = "this survey is answered from the own records: there is no sheet to print"


class UnknownTicket(BadInput):
    text = "this ticket is not known: it was replaced by a newer sheet, or the address is not complete"


class TicketUsed(BadInput):
    text = "this ticket was used already: each one is for one answer"


class SurveyClosed(BadInput):
    text = "this survey is closed: no more answers are taken"


class TicketGone(BadInput):
    text = "you have had your ticket for this survey already: open the page that it led to"


class BadAnswer(BadInput):
    text = "answer each of the {items} questions with one of the five choices"


class AnswerTooLong(BadInput):
    text = "what you wrote is too long, or has signs that cannot be seen: at most {limit} characters"
