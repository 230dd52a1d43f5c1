"""Surveys: who is asked, that a ticket is for one answer, that answers lead to nobody, what is counted and shown."""
from __future__ import annotations

import dataclasses
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from central.accounts import codes
from central.accounts.people import Actor
from central.classes import survey as desk
from central.classes.questionnaire import questionnaire
from central.classes.stories import Told, tell
from central.classes.survey import (
    FEW,
    SurveyCounts,
    close_due,
    close_survey,
    draw_sheet,
    draw_ticket,
    open_survey,
    results,
    running,
    take_answer,
)
from central.classes.survey_errors import (
    AnswerTooLong,
    BadAnswer,
    BadSurveyEnd,
    NoSheet,
    NoSurvey,
    SurveyAgain,
    SurveyClosed,
    SurveyEarly,
    SurveyRuns,
    TicketGone,
    TicketUsed,
    UnknownTicket,
)
from central.store.surveys import Answer, Survey
from central.web.app import create_app
from central.web.closing import closing
from central.wiring import Centre, init_centre
from evidence.times import MINUTE, utc_us
from tests.central.console import HERE, send, signed_in
from tests.central.helpers import PLAN, Box, FixedClock
from tests.central.test_classes import add
from tests.central.test_me import Office, press

CLASS, OTHER = "welder-1", "welder-2"
TRAINEES = ("张伟", "王芳", "李娜", "刘洋", "陈静", "赵敏", "周杰")
TEACHER = '{ name = "陈老师", role = "instructor" }'
NAMES = "people = [" + ", ".join([*(f'{{ name = "{one}" }}' for one in TRAINEES), TEACHER]) + "]"
AFTER = utc_us("2026-03-02T12:00:00.000000Z")
DAY = 24 * 60 * MINUTE
SUPER, SCHOOL = Actor("super", "supervisor", "410000"), Actor("school", "institution", "school-a")
FIVE, ONE = list("55555"), list("11111")


def told_of(centre: Centre, class_id: str = CLASS) -> Told:
    with centre.store.read() as tx:
        return tell(centre.store, tx, class_id, centre.clock.stamp().utc_us)


def opened(centre: Centre, way: str = "sheet", class_id: str = CLASS, **more: Any) -> Survey:
    told = {"ends_on": "", "early": False, "actor": SUPER, "now_us": AFTER} | more
    return open_survey(centre.store, told_of(centre, class_id), way, **told)  # type: ignore[arg-type]


def kept(centre: Centre, class_id: str = CLASS) -> tuple[Survey, list[Answer]]:
    with centre.store.read() as tx:
        survey = tx.surveys(class_id)[-1]
        return survey, tx.answers(survey)


@pytest.fixture
def asked(centre: Centre, clock: FixedClock, tmp_path: Path) -> Centre:
    """A centre with a class of seven whose last class-hour is over."""
    add(centre, tmp_path, names=NAMES)
    clock.utc_us = AFTER
    return centre


def test_the_questionnaire_is_five_items_in_both_languages_on_five_points() -> None:
    questions, sha256 = questionnaire()
    assert [item.id for item in questions.items] == ["content", "teaching", "practice", "order", "overall"]
    assert questions.overall == 4 and len(questions.choices) == 5 and re.fullmatch("[0-9a-f]{64}", sha256)
    for said in (questions.title, questions.words, *questions.items, *questions.choices):
        assert said.of("zh") != said.of("en") and said.of("en").isascii()


# --- opening and closing


def test_a_survey_asks_the_trainees_of_the_roster_until_its_day(asked: Centre) -> None:
    survey = opened(asked)
    assert (survey.number, survey.denominator, survey.opened_by) == (1, 7, "super"), "no instructor"
    assert survey.ends_us == utc_us("2026-03-16T16:00:00.000000Z"), "the end of a day of the class's own calendar"
    with pytest.raises(SurveyRuns):
        opened(asked)
    counts = close_survey(asked.store, CLASS, "super", AFTER + MINUTE)
    assert counts == SurveyCounts(CLASS, AFTER + MINUTE, 0, 7, 0, questionnaire()[1])
    with pytest.raises(NoSurvey):
        close_survey(asked.store, CLASS, "super", AFTER + MINUTE)


def test_a_survey_before_the_last_class_hour_is_a_choice(asked: Centre, clock: FixedClock) -> None:
    early = utc_us("2026-03-02T03:00:00.000000Z")
    with pytest.raises(SurveyEarly):
        opened(asked, now_us=early)
    assert opened(asked, now_us=early, early=True).opened_us == early


@pytest.mark.parametrize("day", ["2026-03-01", "2026-05-02", "tomorrow", "2026-13-01", "1e9", "9999-12-31"])
def test_a_survey_ends_on_a_day_that_is_near(asked: Centre, day: str) -> None:
    with pytest.raises(BadSurveyEnd):
        opened(asked, ends_on=day)


def test_a_school_asks_once_and_only_a_supervisor_again(asked: Centre) -> None:
    opened(asked, actor=SCHOOL)
    close_survey(asked.store, CLASS, "school", AFTER)
    with pytest.raises(SurveyAgain):
        opened(asked, actor=SCHOOL)
    assert opened(asked).number == 2


def test_a_survey_ends_on_its_day_though_nobody_looks(asked: Centre) -> None:
    survey = opened(asked, ends_on="2026-03-03")
    _, (ticket, *_) = draw_sheet(asked.store, CLASS, AFTER)
    assert close_due(asked.store, survey.ends_us - 1) == 0
    take_answer(asked.store, ticket, FIVE, "", survey.ends_us - 1)
    assert close_due(asked.store, survey.ends_us + DAY) == 1 and close_due(asked.store, survey.ends_us + DAY) == 0
    done, _ = kept(asked)
    assert (done.closed_us, done.closed_by, done.respondents, done.satisfied) == (survey.ends_us, None, 1, 1)


def test_the_console_closes_what_is_due_by_itself(asked: Centre, clock: FixedClock) -> None:
    survey = opened(asked, ends_on="2026-03-03")
    clock.utc_us = survey.ends_us
    closed, real = threading.Event(), desk.close_due

    def told(store: Any, now_us: int) -> int:
        found = real(store, now_us)
        closed.set()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("central.web.closing.close_due", told)
        with closing(asked.store, clock):
            assert closed.wait(60)
    assert kept(asked)[0].closed_us == survey.ends_us


def test_opening_the_page_of_a_survey_that_is_due_closes_it(asked: Centre) -> None:
    survey = opened(asked, ends_on="2026-03-03")
    assert running(asked.store, CLASS, survey.ends_us - 1) == survey
    assert running(asked.store, CLASS, survey.ends_us) is None and kept(asked)[0].closed_us == survey.ends_us


# --- tickets


def test_a_ticket_is_for_one_answer(asked: Centre) -> None:
    opened(asked)
    _, tickets = draw_sheet(asked.store, CLASS, AFTER)
    assert len(tickets) == len(set(tickets)) == 7
    take_answer(asked.store, tickets[0], FIVE, " 很好，  谢谢 ", AFTER)
    with pytest.raises(TicketUsed):
        take_answer(asked.store, tickets[0], ONE, "", AFTER)
    assert kept(asked)[1] == [Answer("55555", "很好， 谢谢")]


def test_a_ticket_of_a_closed_or_ended_survey_is_refused(asked: Centre) -> None:
    survey = opened(asked, ends_on="2026-03-03")
    _, tickets = draw_sheet(asked.store, CLASS, AFTER)
    with pytest.raises(SurveyClosed):
        take_answer(asked.store, tickets[0], FIVE, "", survey.ends_us)
    close_survey(asked.store, CLASS, "super", AFTER)
    with pytest.raises(SurveyClosed):
        take_answer(asked.store, tickets[1], FIVE, "", AFTER)
    opened(asked)
    with pytest.raises(SurveyClosed):
        take_answer(asked.store, tickets[1], FIVE, "", AFTER)
    assert kept(asked)[1] == []


@pytest.mark.parametrize("ticket", ["", "x", "A" * 20, "é", "A" * 5000])
def test_a_made_up_ticket_is_refused(asked: Centre, ticket: str) -> None:
    opened(asked)
    draw_sheet(asked.store, CLASS, AFTER)
    with pytest.raises(UnknownTicket):
        take_answer(asked.store, ticket, FIVE, "", AFTER)


def test_a_ticket_counts_for_its_own_class_alone(asked: Centre, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    add(asked, tmp_path / "b", PLAN.replace(CLASS, OTHER).replace("box-1", "box-2"), NAMES)
    opened(asked)
    opened(asked, class_id=OTHER)
    _, (ticket, *_) = draw_sheet(asked.store, OTHER, AFTER)
    take_answer(asked.store, ticket, ONE, "二班", AFTER)
    assert kept(asked)[1] == [] and kept(asked, OTHER)[1] == [Answer("11111", "二班")]
    assert close_survey(asked.store, CLASS, "super", AFTER).respondents == 0
    assert kept(asked, OTHER)[0].closed_us is None


def test_printing_again_makes_unused_slips_worthless_and_no_more_votes(asked: Centre) -> None:
    opened(asked)
    _, first = draw_sheet(asked.store, CLASS, AFTER)
    for ticket in first[:2]:
        take_answer(asked.store, ticket, FIVE, "", AFTER)
    survey, second = draw_sheet(asked.store, CLASS, AFTER)
    assert len(second) == 5 and survey.sheets == 2 and not set(first) & set(second)
    with pytest.raises(UnknownTicket):
        take_answer(asked.store, first[2], FIVE, "", AFTER)
    with pytest.raises(TicketUsed):
        take_answer(asked.store, first[0], FIVE, "", AFTER)
    for ticket in second:
        take_answer(asked.store, ticket, ONE, "", AFTER)
    assert draw_sheet(asked.store, CLASS, AFTER)[1] == []


def test_a_trainee_draws_one_ticket_on_the_own_record(asked: Centre) -> None:
    opened(asked, "page")
    told = told_of(asked)
    people = [one.person for one in told.order.roster]
    take_answer(asked.store, draw_ticket(asked.store, told, people[0], AFTER), FIVE, "", AFTER)
    for person in (people[0], people[-1], "p-nobody"):
        with pytest.raises(TicketGone):
            draw_ticket(asked.store, told, person, AFTER)
    with pytest.raises(NoSheet):
        draw_sheet(asked.store, CLASS, AFTER)


def test_with_slips_on_paper_the_own_record_gives_none(asked: Centre) -> None:
    opened(asked)
    told = told_of(asked)
    with pytest.raises(TicketGone):
        draw_ticket(asked.store, told, told.order.roster[0].person, AFTER)


@given(st.data())
@settings(max_examples=6, deadline=None)
def test_whatever_is_printed_and_drawn_nobody_stuffs_the_box(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        clock = FixedClock()
        centre = init_centre(Path(folder) / "centre", test_keys=True, clock=clock)
        try:
            add(centre, Path(folder), names=NAMES)
            clock.utc_us = AFTER
            way, told = data.draw(st.sampled_from(["sheet", "page"])), told_of(centre)
            opened(centre, way)
            tickets: list[str] = []
            for _ in range(data.draw(st.integers(0, 25))):
                if not tickets or data.draw(st.booleans()):
                    try:
                        person = data.draw(st.sampled_from([one.person for one in told.order.roster]))
                        tickets += draw_sheet(centre.store, CLASS, AFTER)[1] if way == "sheet" else [
                            draw_ticket(centre.store, told, person, AFTER)]
                    except TicketGone:
                        continue
                if not tickets:
                    continue
                try:
                    take_answer(centre.store, data.draw(st.sampled_from(tickets)), FIVE, "", AFTER)
                except (TicketUsed, UnknownTicket):
                    continue
            counts = close_survey(centre.store, CLASS, "super", AFTER)
            assert counts.satisfied == counts.respondents <= counts.denominator == 7
        finally:
            centre.store.close()


# --- answers


@pytest.mark.parametrize("marks", [
    [], FIVE[:4], [*FIVE, "5"], ["5", "5", "5", "5", ""], ["0", *FIVE[1:]], ["6", *FIVE[1:]], ["٣", *FIVE[1:]],
    ["55", *FIVE[1:]], [" 5", *FIVE[1:]],
])
def test_an_answer_that_is_none_leaves_the_ticket(asked: Centre, marks: list[str]) -> None:
    opened(asked)
    _, (ticket, *_) = draw_sheet(asked.store, CLASS, AFTER)
    with pytest.raises(BadAnswer):
        take_answer(asked.store, ticket, marks, "", AFTER)
    take_answer(asked.store, ticket, FIVE, "", AFTER)


@pytest.mark.parametrize("words", ["x" * 501, "a\u202eb", "a\u0000b"])
def test_words_are_bounded(asked: Centre, words: str) -> None:
    opened(asked)
    _, (ticket, *_) = draw_sheet(asked.store, CLASS, AFTER)
    with pytest.raises(AnswerTooLong):
        take_answer(asked.store, ticket, FIVE, words, AFTER)
    take_answer(asked.store, ticket, FIVE, "x" * 500, AFTER)


def test_nobody_sees_an_answer_before_the_end(asked: Centre) -> None:
    opened(asked)
    _, tickets = draw_sheet(asked.store, CLASS, AFTER)
    for ticket in tickets[:6]:
        take_answer(asked.store, ticket, list("12345"), "独有的话", AFTER)
    client = signed_in(asked, "supervisor", "410000")
    page = client.get(f"/classes/{CLASS}/survey?lang=en").text
    assert "6 of 7 have answered" in page and "独有的话" not in page and "How many gave which answer" not in page
    with asked.store.read() as tx:
        assert results(tx, kept(asked)[0]) is None
    assert send(client, f"/classes/{CLASS}/survey/close").status_code == 303
    page = client.get(f"/classes/{CLASS}/survey?lang=en").text
    assert page.count("独有的话") == 6 and "At least 85 % are satisfied" in page
    assert re.search(r"<dt>Satisfied</dt><dd>6</dd>", page) and "<dt>Trainees on the roster</dt><dd>7</dd>" in page


@pytest.mark.parametrize(("good", "bad", "said"), [
    (6, 1, "At least 85 % are satisfied"), (5, 1, "Fewer than 85 % are satisfied"), (0, 0, "Nobody has answered"),
])
def test_the_share_is_of_those_who_answered(asked: Centre, good: int, bad: int, said: str) -> None:
    opened(asked)
    _, tickets = draw_sheet(asked.store, CLASS, AFTER)
    for number, ticket in enumerate(tickets[:good + bad]):
        take_answer(asked.store, ticket, list("11114") if number < good else list("55553"), "", AFTER)
    assert close_survey(asked.store, CLASS, "super", AFTER).satisfied == good, "the last question alone counts"
    page = signed_in(asked, "supervisor", "410000").get(f"/classes/{CLASS}/survey?lang=en").text
    assert said in page


def test_of_few_answers_only_the_counts_are_shown(asked: Centre) -> None:
    opened(asked)
    _, tickets = draw_sheet(asked.store, CLASS, AFTER)
    for ticket in tickets[:FEW - 1]:
        take_answer(asked.store, ticket, list("21345"), "独有的话", AFTER)
    close_survey(asked.store, CLASS, "super", AFTER)
    page = signed_in(asked, "supervisor", "410000").get(f"/classes/{CLASS}/survey?lang=en").text
    assert "独有的话" not in page and "Fewer than 5 answered" in page and "<dd>4</dd>" in page


# --- over HTTP


def test_a_survey_on_the_own_record_from_the_terminal_to_the_results(
    asked: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    with asked.store.read() as tx:
        named = asked.names.open_all(CLASS, tx.sealed_names(CLASS))
    office = Office(asked, clock, Box(asked), {one.name: person for person, one in named.items()}, create_app(asked))
    client = signed_in(asked, "supervisor", "410000")
    assert "How satisfied" not in office.opened().get("/me").text
    assert send(client, f"/classes/{CLASS}/survey", way="page").status_code == 303
    phone = office.opened()
    assert "Take my ticket and answer" in phone.get("/me").text
    answer = press(phone, "/me/survey")
    address = answer.headers["location"]
    assert answer.status_code == 303 and re.fullmatch(r"/survey/[A-Za-z0-9_-]{20}", address)
    assert "Take my ticket" not in phone.get("/me").text and press(phone, "/me/survey").status_code == 410
    again = office.opened()
    assert "Take my ticket" not in again.get("/me").text and press(again, "/me/survey").status_code == 410
    assert "All in all I am satisfied" in phone.get(address).text
    wrong = send(phone, address, q1="5", words="写了很多")
    assert wrong.status_code == 422 and "写了很多" in wrong.text and " checked" in wrong.text
    done = send(phone, address, **{f"q{number}": "4" for number in range(1, 6)}, words="好")
    assert done.status_code == 200 and "without your name" in done.text
    assert phone.get(address).status_code == send(phone, address).status_code == 410
    assert press(office.opened("王芳"), "/me/survey").status_code == 303
    assert "1 of 7 have answered" in client.get(f"/classes/{CLASS}/survey?lang=en").text


def test_the_page_says_what_is_wrong_and_forgets_nothing(asked: Centre, clock: FixedClock) -> None:
    clock.utc_us = AFTER - DAY
    client = signed_in(asked, "supervisor", "410000")
    wrong = send(client, f"/classes/{CLASS}/survey?lang=en", way="sheet", ends="2026-03-20")
    assert wrong.status_code == 422 and "before it all the same" in wrong.text and "2026-03-20" in wrong.text
    assert send(client, f"/classes/{CLASS}/survey", way="sheet", early="yes").status_code == 303
    assert send(client, f"/classes/{CLASS}/survey", way="sheet", early="yes").status_code == 422
    assert send(client, f"/classes/{CLASS}/survey/close").status_code == 303
    assert send(client, f"/classes/{CLASS}/survey/close").status_code == 422
    assert send(client, f"/classes/{CLASS}/survey/sheet").status_code == 422


def test_the_sheet_is_a_pdf_with_a_slip_for_each(asked: Centre) -> None:
    client = signed_in(asked, "supervisor", "410000")
    send(client, f"/classes/{CLASS}/survey", way="sheet")
    answer = send(client, f"/classes/{CLASS}/survey/sheet")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert f"survey-{CLASS}-1.pdf" in answer.headers["content-disposition"]
    with asked.store.read() as tx:
        assert tx.count_tickets(kept(asked)[0]) == 7
    assert 'viewBox="0 0 ' in codes.picture("https://centre.example/survey/x", sized=False), "none is cut off on paper"


def test_guessing_tickets_is_bounded(asked: Centre) -> None:
    opened(asked)
    phone = TestClient(create_app(asked), base_url=HERE)
    answers = [phone.get(f"/survey/x{number}").status_code for number in range(61)]
    assert answers == [404] * 60 + [429]


def test_a_survey_is_answered_without_an_account_but_by_forms_of_ours(asked: Centre) -> None:
    opened(asked)
    _, (ticket, *_) = draw_sheet(asked.store, CLASS, AFTER)
    phone = TestClient(create_app(asked), base_url=HERE)
    assert phone.post(f"/survey/{ticket}", data={f"q{n}": "5" for n in range(1, 6)}).status_code == 403
    page = phone.get(f"/survey/{ticket}")
    assert page.status_code == 200 and 'href="/"' not in page.text
    assert dataclasses.astuple(kept(asked)[0])[-3:] == (None, None, None)
