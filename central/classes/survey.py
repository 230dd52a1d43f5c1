"""A survey among the trainees of a class (R9): one single-use ticket for each, answers that lead to nobody, and the
counts once it is closed. docs/survey.md says why an answer cannot be traced, and what remains possible."""
from __future__ import annotations

import dataclasses
import datetime
import secrets

from central.accounts.desk import digest
from central.accounts.people import Actor
from central.classes.orders import order_of
from central.classes.questionnaire import SATISFIED, questionnaire
from central.classes.stories import Told
from central.classes.survey_errors import (
    AnswerTooLong,
    BadAnswer,
    BadSurveyEnd,
    NoSheet,
    NoSurvey,
    SurveyAgain,
    SurveyClosed,
    SurveyEarly,
    SurveyNobody,
    SurveyRuns,
    TicketGone,
    TicketUsed,
    UnknownTicket,
)
from central.store.store import Store
from central.store.surveys import Answer, Survey, Way
from central.store.tables import Tx
from evidence import bodies
from evidence.blocks import local
from evidence.bodies import ClassOrder, body_of
from evidence.roster import roster_at
from evidence.times import MINUTE, utc_text, utc_us

TICKET_BYTES = 15
"""120 bits: nobody guesses one, and its QR stays small on paper."""
DAYS, MOST_DAYS = 14, 60
MOST_WORDS = 500
FEW = 5
"""With fewer answers than these only the counts are shown: a single mark would be somebody's."""
DAY_US = 24 * 60 * MINUTE


@dataclasses.dataclass(frozen=True)
class SurveyCounts:
    """What is stated of a survey when it is closed. `closed_us`: UTC microseconds."""

    class_id: str
    closed_us: int
    respondents: int
    denominator: int
    satisfied: int
    questionnaire: str


@dataclasses.dataclass(frozen=True)
class Results:
    """What a closed survey shows. `marks`: for each question how often each mark was given, from 1 on; `words`: in the
    order of their letters. Both empty where too few answered."""

    counts: SurveyCounts
    marks: tuple[tuple[int, ...], ...]
    words: tuple[str, ...]


def open_survey(store: Store, told: Told, way: Way, ends_on: str, early: bool, actor: Actor, now_us: int) -> Survey:
    """Ask the trainees who are on the roster now, until the end of a day of the class's calendar (like 2026-04-02;
    empty: two weeks). `early`: also before the last class-hour is over. Raises SurveyNobody, SurveyEarly,
    BadSurveyEnd, SurveyRuns, SurveyAgain; nothing is kept then."""
    class_id, order = told.order.class_id, told.order
    ends_us = _ends_us(ends_on, order, now_us)
    if not early and any(utc_us(hour.end) > now_us for hour in order.hours):
        raise SurveyEarly
    with store.write() as tx:
        _settle(store, tx, class_id, now_us)
        before = tx.surveys(class_id)
        if before and before[-1].closed_us is None:
            raise SurveyRuns(class_id=class_id)
        if before and actor.role != "supervisor":
            raise SurveyAgain(class_id=class_id)
        asked = asked_of(tx, told, now_us)
        if not asked:
            raise SurveyNobody(class_id=class_id)
        survey = Survey(class_id, len(before) + 1, way, questionnaire()[1], len(asked), now_us, actor.account, ends_us)
        tx.put_survey(survey)
        return survey


def asked_of(tx: Tx, told: Told, at_us: int) -> tuple[str, ...]:
    """The trainees who are on the roster of a class at a moment."""
    class_id = told.order.class_id
    orders = [body for sealed in tx.of_type("order.class", class_id)
              if isinstance(body := body_of(sealed.record), ClassOrder)]
    return roster_at(min(orders, key=lambda order: order.number), told.story.roster_changes, at_us)


def running(store: Store, class_id: str, now_us: int) -> Survey | None:
    """The survey of a class that takes answers now; one whose end has come is closed by this."""
    with store.read() as tx:
        found = [one for one in tx.surveys(class_id) if one.closed_us is None]
    if found and found[0].ends_us > now_us:
        return found[0]
    if found:
        close_due(store, now_us)
    return None


def draw_sheet(store: Store, class_id: str, now_us: int) -> tuple[Survey, list[str]]:
    """New tickets for all who have not answered, for paper, in no order: earlier ones that nobody used lead nowhere
    from now on. Raises NoSurvey, NoSheet."""
    with store.write() as tx:
        survey = _open(tx, class_id, now_us)
        if survey.way != "sheet":
            raise NoSheet
        tx.drop_unused_tickets(survey)
        tickets = [_ticket() for _ in range(survey.denominator - tx.count_tickets(survey))]
        tx.put_tickets(survey, [digest(one) for one in tickets])
        survey = dataclasses.replace(survey, sheets=survey.sheets + 1)
        tx.put_survey(survey)
    return survey, tickets


def draw_ticket(store: Store, told: Told, person: str, now_us: int) -> str:
    """The one ticket of a trainee, on the page of the own record: that it was given is kept, which one it is not.
    Raises NoSurvey, TicketGone."""
    with store.write() as tx:
        survey = _open(tx, told.order.class_id, now_us)
        if not may_draw(tx, told, survey, person):
            raise TicketGone
        ticket = _ticket()
        tx.give(survey, person)
        tx.put_tickets(survey, [digest(ticket)])
    return ticket


def may_draw(tx: Tx, told: Told, survey: Survey, person: str) -> bool:
    """Whether a trainee has a ticket to come on the page of the own record."""
    return (survey.way == "page" and not tx.was_given(survey, person)
            and person in asked_of(tx, told, survey.opened_us) and tx.count_tickets(survey) < survey.denominator)


def survey_of(store: Store, ticket: str, now_us: int) -> tuple[Survey, ClassOrder]:
    """The survey of a ticket that may be used. Raises UnknownTicket, TicketUsed, SurveyClosed."""
    with store.read() as tx:
        survey = _usable(tx, ticket, now_us)
        return survey, order_of(tx, survey.class_id)[1]


def take_answer(store: Store, ticket: str, marks: list[str], words: str, now_us: int) -> Survey:
    """Keep what the holder of a ticket answers, apart from the ticket, which is used up. Raises UnknownTicket,
    TicketUsed, SurveyClosed, BadAnswer, AnswerTooLong; nothing is kept then."""
    answer = Answer(_marks(marks), _words(words))
    with store.write() as tx:
        survey = _usable(tx, ticket, now_us)
        if not tx.use_ticket(digest(ticket)):
            raise TicketUsed
        tx.put_answer(survey, secrets.token_hex(16), answer)
    return survey


def close_survey(store: Store, class_id: str, by: str, now_us: int) -> SurveyCounts:
    """Close the survey that is open, and state its counts. Raises NoSurvey."""
    with store.write() as tx:
        return _close(store, tx, _open(tx, class_id, now_us), by, now_us)


def close_due(store: Store, now_us: int) -> int:
    """Close all surveys whose end has come, as of that end, and state their counts. How many they were."""
    with store.read() as tx:
        due = [one for one in tx.surveys() if one.ends_us <= now_us]
    for one in due:
        with store.write() as tx:
            _settle(store, tx, one.class_id, now_us)
    return len(due)


def answered(tx: Tx, survey: Survey) -> int:
    """How many have answered."""
    return len(tx.answers(survey))


def results(tx: Tx, survey: Survey) -> Results | None:
    """What a survey shows; None before it is closed: while it runs nobody sees a single answer."""
    if survey.closed_us is None or survey.respondents is None or survey.satisfied is None:
        return None
    counts = SurveyCounts(survey.class_id, survey.closed_us, survey.respondents, survey.denominator, survey.satisfied,
                          survey.questionnaire)
    answers = tx.answers(survey)
    if len(answers) < FEW:
        return Results(counts, (), ())
    questions, _ = questionnaire()
    marks = tuple(tuple(sum(one.marks[item] == str(mark) for one in answers)
                        for mark in range(1, len(questions.choices) + 1)) for item in range(len(questions.items)))
    return Results(counts, marks, tuple(sorted(one.words for one in answers if one.words)))


def _settle(store: Store, tx: Tx, class_id: str, now_us: int) -> None:
    for one in tx.surveys(class_id):
        if one.closed_us is None and one.ends_us <= now_us:
            _close(store, tx, one, None, one.ends_us)


def _close(store: Store, tx: Tx, survey: Survey, by: str | None, at_us: int) -> SurveyCounts:
    answers, overall = tx.answers(survey), questionnaire()[0].overall
    satisfied = sum(int(one.marks[overall]) >= SATISFIED for one in answers)
    counts = SurveyCounts(
        survey.class_id, at_us, len(answers), survey.denominator, satisfied, survey.questionnaire)
    tx.put_survey(dataclasses.replace(
        survey, closed_us=at_us, closed_by=by, respondents=len(answers), satisfied=satisfied))
    tx.rewrite_answers(survey, [secrets.token_hex(16) for _ in answers])
    store.append(tx, bodies.Survey(survey.class_id, utc_text(at_us), len(answers), survey.denominator, satisfied,
                                   survey.questionnaire))
    return counts


def _open(tx: Tx, class_id: str, now_us: int) -> Survey:
    """Raises NoSurvey."""
    found = [one for one in tx.surveys(class_id) if one.closed_us is None and one.ends_us > now_us]
    if not found:
        raise NoSurvey(class_id=class_id)
    return found[0]


def _usable(tx: Tx, ticket: str, now_us: int) -> Survey:
    found = tx.ticket(digest(ticket))
    if found is None:
        raise UnknownTicket
    survey, used = found
    if survey.closed_us is not None or survey.ends_us <= now_us:
        raise SurveyClosed
    if used:
        raise TicketUsed
    return survey


def _ticket() -> str:
    return secrets.token_urlsafe(TICKET_BYTES)


def _marks(marks: list[str]) -> str:
    questions, _ = questionnaire()
    allowed = {str(mark) for mark in range(1, len(questions.choices) + 1)}
    if len(marks) != len(questions.items) or not set(marks) <= allowed:
        raise BadAnswer(items=len(questions.items))
    return "".join(marks)


def _words(words: str) -> str:
    plain = " ".join(words.split())
    if len(plain) > MOST_WORDS or not (plain.isprintable() or not plain):
        raise AnswerTooLong(limit=MOST_WORDS)
    return plain


def _ends_us(day: str, order: ClassOrder, now_us: int) -> int:
    """The end of a day of the class's own calendar, as UTC microseconds."""
    today = local(now_us, order.utc_offset_min).date()
    try:
        ends = today + datetime.timedelta(days=DAYS) if not day else datetime.date.fromisoformat(day)
    except ValueError:
        raise BadSurveyEnd(days=MOST_DAYS) from None
    if not today <= ends <= today + datetime.timedelta(days=MOST_DAYS):
        raise BadSurveyEnd(days=MOST_DAYS)
    return ((ends - datetime.date(1970, 1, 1)).days + 1) * DAY_US - order.utc_offset_min * MINUTE
