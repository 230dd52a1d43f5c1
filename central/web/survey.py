"""Surveys: opened, printed and closed by those who may; answered by trainees with a ticket and no account."""
from __future__ import annotations

import dataclasses
import functools
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from central.accounts import codes
from central.accounts.actions import Action
from central.accounts.tries import Tries
from central.classes.orders import order_of
from central.classes.questionnaire import questionnaire
from central.classes.stories import Stories
from central.classes.survey import (
    FEW,
    MOST_WORDS,
    answered,
    asked_of,
    close_survey,
    draw_sheet,
    open_survey,
    results,
    running,
    survey_of,
    take_answer,
)
from central.classes.survey_errors import UnknownTicket
from central.store.surveys import Survey, Way
from central.store.tables import Tx
from central.web.access import Public, Routes, actor_of, field
from central.web.class_names import ClassName
from central.web.links import percent
from central.web.localtime import LocalTime
from central.web.render import environment, lang_of, page
from central.web.signing_in import address
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.bodies import ClassOrder
from evidence.errors import BadInput

TICKETS = Public("the address holds a single-use ticket that leads to nobody: who answers has no account", form=True)
WANTED = 85
"""Percent, R9."""
ENOUGH = N_("At least {wanted} % are satisfied, as the clause asks.")
TOO_FEW = N_("Fewer than {wanted} % are satisfied.")
NOBODY = N_("Nobody has answered.")
BY_END = N_("its end")
WAYS = {"sheet": N_("on paper"), "page": N_("on the own records")}
THANKS = N_("Thank you"), N_("Your answers are kept, without your name. You can close this page.")


@dataclasses.dataclass(frozen=True)
class Now:
    """The survey that is open."""

    count: int
    of: int
    way: Way
    sheets: int
    opened: str
    by: str
    last_day: str


@dataclasses.dataclass(frozen=True)
class Past:
    """A survey that was closed. `rows`: questions with how often each choice was taken; none where few answered."""

    number: int
    closed: str
    share: int | None
    satisfied: int
    respondents: int
    of: int
    verdict: str
    opened: str
    by: str
    closer: str
    way: str
    sheets: int
    hash: str
    choices: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    words: tuple[str, ...]


def survey(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of surveys."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)
    tries = Tries()

    @routes.get("/classes/{class_id}/survey", Action.SURVEY)
    def show(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, stories, class_id)

    @routes.post("/classes/{class_id}/survey", Action.SURVEY)
    def begin(request: Request, class_id: ClassName) -> Response:
        way: Way = "sheet" if field(request, "way") == "sheet" else "page"
        try:
            open_survey(centre.store, stories.tell(class_id), way, field(request, "ends").strip(),
                        field(request, "early") == "yes", actor_of(request), _now_us(centre))
        except BadInput as error:
            return _page(request, centre, stories, class_id, words(error, lang_of(request)))
        return RedirectResponse(f"/classes/{class_id}/survey", 303)

    @routes.post("/classes/{class_id}/survey/sheet", Action.SURVEY)
    def sheet(request: Request, class_id: ClassName) -> Response:
        drawn, tickets = draw_sheet(centre.store, class_id, _now_us(centre))
        with centre.store.read() as tx:
            order = order_of(tx, class_id)[1]
        data = sheet_pdf(drawn, order, [ticket_address(centre, one) for one in tickets], lang_of(request))
        name = quote(f"survey-{class_id}-{drawn.number}.pdf")
        return Response(data, media_type="application/pdf",
                        headers={"content-disposition": f'attachment; filename="{name}"'})

    @routes.post("/classes/{class_id}/survey/close", Action.SURVEY)
    def close(request: Request, class_id: ClassName) -> Response:
        close_survey(centre.store, class_id, actor_of(request).account, _now_us(centre))
        return RedirectResponse(f"/classes/{class_id}/survey", 303)

    def checked(request: Request, ticket: str) -> ClassOrder:
        tries.check_link(address(request))
        try:
            return survey_of(centre.store, ticket, _now_us(centre))[1]
        except UnknownTicket:
            tries.wrong_link(address(request))
            raise

    @routes.get("/survey/{ticket}", TICKETS)
    def ask(request: Request, ticket: str) -> Response:
        return _questions(request, centre, checked(request, ticket))

    @routes.post("/survey/{ticket}", TICKETS)
    def answer(request: Request, ticket: str) -> Response:
        order = checked(request, ticket)
        marks = [field(request, f"q{number}") for number in range(1, len(questionnaire()[0].items) + 1)]
        try:
            take_answer(centre.store, ticket, marks, field(request, "words"), _now_us(centre))
        except BadInput as error:
            return _questions(request, centre, order, words(error, lang_of(request)), marks)
        return page(request, centre, "said.html", title=THANKS[0], text=THANKS[1])

    return routes.router


def ticket_address(centre: Centre, ticket: str) -> str:
    """What a telephone opens to answer."""
    return f"{centre.config.web.address}survey/{ticket}"


def sheet_pdf(survey: Survey, order: ClassOrder, addresses: list[str], lang: str) -> bytes:
    """A sheet of slips to cut out, each with the QR of one ticket. Nothing outside of it is fetched."""
    from weasyprint import HTML

    local = LocalTime(order.utc_offset_min, lang)
    html = environment().get_template("survey_sheet.html").render(
        _=functools.partial(translate, lang=lang), lang=lang, q=questionnaire()[0], title=order.title,
        ends=local.full(survey.ends_us), slips=[(one, Markup(codes.picture(one, sized=False))) for one in addresses])
    pdf: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf()
    return pdf


def _nothing(url: str, *_args: object, **_more: object) -> Any:
    raise ValueError(f"a sheet fetches nothing: {url[:80]}")


def _questions(
    request: Request, centre: Centre, order: ClassOrder, error: str = "", marks: list[str] | None = None,
) -> Response:
    questions = questionnaire()[0]
    return page(request, centre, "survey_form.html", 422 if error else 200, q=questions, title=order.title, error=error,
                marks=marks or [""] * len(questions.items), most=MOST_WORDS,
                words=field(request, "words")[:2 * MOST_WORDS] if error else "")


def _page(request: Request, centre: Centre, stories: Stories, class_id: str, error: str = "") -> Response:
    now_us, told, lang = _now_us(centre), stories.tell(class_id), lang_of(request)
    open_now, local = running(centre.store, class_id, now_us), LocalTime(told.order.utc_offset_min, lang)
    with centre.store.read() as tx:
        now = None if open_now is None else _now(tx, open_now, local)
        past = [_past(tx, one, local) for one in reversed(tx.surveys(class_id)) if one.closed_us is not None]
        trainees = len(asked_of(tx, told, now_us))
    return page(request, centre, "survey.html", 422 if error else 200, order=told.order, now=now, past=past, few=FEW,
                trainees=trainees, error=error, way=field(request, "way") if error else "",
                ends=field(request, "ends")[:20] if error else "")


def _now(tx: Tx, survey: Survey, local: LocalTime) -> Now:
    return Now(answered(tx, survey), survey.denominator, survey.way, survey.sheets, local.full(survey.opened_us),
               survey.opened_by, local.date(survey.ends_us - 1))


def _past(tx: Tx, survey: Survey, local: LocalTime) -> Past:
    found, lang = results(tx, survey), local.lang
    assert found is not None
    counts, questions = found.counts, questionnaire()[0]
    share = percent(counts.satisfied, counts.respondents) if counts.respondents else None
    enough = 100 * counts.satisfied >= WANTED * counts.respondents
    verdict = NOBODY if share is None else ENOUGH if enough else TOO_FEW
    rows = tuple((item.of(lang), marks) for item, marks in zip(questions.items, found.marks, strict=False))
    return Past(
        survey.number, local.full(counts.closed_us), share, counts.satisfied, counts.respondents, counts.denominator,
        translate(verdict, lang, wanted=WANTED), local.full(survey.opened_us), survey.opened_by,
        survey.closed_by or translate(BY_END, lang), translate(WAYS[survey.way], lang), survey.sheets,
        counts.questionnaire[:12], tuple(one.of(lang) for one in questions.choices), rows, found.words)


def _now_us(centre: Centre) -> int:
    return centre.clock.stamp().utc_us
