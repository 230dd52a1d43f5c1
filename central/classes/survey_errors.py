"""What can go wrong with a survey of a class, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


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
