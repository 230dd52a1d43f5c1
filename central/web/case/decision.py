"""The page on which two persons decide about a flag: all that is judged now and why, who may not, and the form."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.people import Actor
from central.classes.decisions import Case, decide, hindrance, look_at, turn
from central.errors import UnknownClass
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, case_page, chosen, counted, refused
from central.web.case.unit import review_words, unit_words
from central.web.class_names import ClassName, names_of
from central.web.decisions import decided_view
from central.web.findings import SHORT, finding_view
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.render import lang_of
from central.wiring import Centre
from common.decisions import ANSWERS, STAGES
from common.reasons import STATES
from common.texts import N_, translate, words
from evidence.decisions import TABLE
from evidence.errors import BadInput
from evidence.rules import RULES_VERSION

PATH = "/classes/{class_id}/decision"
EVENTS = {
    "first": N_("somebody decides first"),
    "agreed": N_("a second person says the same"),
    "sent_back": N_("a second person says, too, that something must be put right first"),
    "differed": N_("a second person says something else"),
    "changed": N_("the verdict, the recordings or the policy change, or an objection that came in time is upheld"),
    "reopening": N_("it is final, and somebody says that it be reopened"),
    "stood": N_("a second person says that it stays"),
    "reopened": N_("a second person says, too, that it be reopened"),
}
ROUND = {
    "none": N_("nobody has decided"),
    "first": N_("one has decided"),
    "decided": N_("decided"),
    "returned": N_("sent back"),
    "disagreed": N_("not agreed"),
    "stale": N_("stale"),
}
"""The states of a round, short."""


@dataclasses.dataclass(frozen=True)
class RecordingView:
    """A recording that does not show everyone, or is undecided."""

    id: str
    name: str
    state: str
    state_words: str
    reasons: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ReviewedView:
    """Somebody reviewed a recording."""

    block: str
    name: str
    sentence: str
    record: Link


@dataclasses.dataclass(frozen=True)
class Choice:
    """An answer, and why this person would be refused it; empty where not."""

    answer: str
    words: str
    why_not: str


@dataclasses.dataclass(frozen=True)
class FormView:
    """The form of one person. `why_not`: why this person can decide nothing now; then there is no form."""

    stage: str
    stage_words: str
    why_not: str
    choices: tuple[Choice, ...]


def decision(centre: Centre) -> APIRouter:
    """Routes of the page of decisions."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get(PATH, Action.SEE_CLASS)
    def show(request: Request, class_id: ClassName) -> Response:
        return _page(request, centre, class_id)

    @routes.post(PATH, Action.DECIDE)
    def make(request: Request, class_id: ClassName) -> Response:
        account = actor_of(request).account
        try:
            stage, answer = chosen(request, "stage", STAGES), chosen(request, "answer", ANSWERS)
            decide(centre.store, class_id, stage, answer, field(request, "reason"), account, account,
                   field(request, "findings"), centre.clock.stamp().utc_us, counted(request, "said"),
                   field(request, "marks"))
        except UnknownClass:
            raise
        except BadInput as error:
            return _page(request, centre, class_id, refused(request, "decide", error, ("answer", "reason")))
        return back_to(f"/classes/{class_id}/decision#decided")

    return routes.router


def _page(request: Request, centre: Centre, class_id: str, typed: Typed | None = None) -> Response:
    look(centre, request, "class", class_id=class_id)
    # Told anew, not remembered: the hash that is shown is the one that a decision made now would keep.
    case, lang = look_at(centre.store, class_id, centre.clock.stamp().utc_us), lang_of(request)
    told, names = case.told, names_of(centre, class_id)
    local = LocalTime(told.order.utc_offset_min, lang)
    found = [finding_view(told, one, names, lang) for one in told.findings]
    speaking = [one for one in found if one.result in ("violated", "open", "warning") or one.rule == "R3"]
    return case_page(
        request, centre, "decision.html", told, {typed.which: typed} if typed else {},
        verdict=case.r3.verdict if case.r3 else "none",
        verdict_words=translate(SHORT[case.r3.verdict], lang) if case.r3 else "",
        missing=len(case.r3.recordings) if case.r3 else 0,
        limit=told.policy.r3.limit.value if told.policy.r3 else 0,
        findings=sorted(speaking, key=lambda one: one.rule != "R3"),
        rest=[one for one in found if one not in speaking], hash=case.findings, basis=case.basis, said=case.said,
        marks=case.marks,
        policy=told.policy.title_en if lang == "en" else told.policy.title, policy_hash=told.policy.sha256,
        rules=RULES_VERSION, recordings=recordings_of(case, names, local), reviews=_reviews(case, local),
        decided=decided_view(told, local, names), turn=form_view(case, actor_of(request), lang),
        round=case.standing.round.state, table=_table(lang), notice_ends=_notice_ends(case, local))


def _notice_ends(case: Case, local: LocalTime) -> str:
    """Until when somebody may object before what was decided is final; empty where no such moment is known."""
    now = case.standing
    return "" if now.final or now.final_us is None else local.full(now.final_us)


def recordings_of(case: Case, names: Mapping[str, str], local: LocalTime) -> tuple[RecordingView, ...]:
    """What R3 counts, or cannot decide, and why."""
    r3 = case.r3
    if r3 is None:
        return ()
    states = {**dict.fromkeys(r3.recordings, "missing"), **dict.fromkeys(r3.open_recordings, "open")}
    return tuple(RecordingView(
        id, unit_words(case.told, id, local), state, translate(STATES[state], local.lang),
        tuple(words(one, local.lang, names) for one in r3.reasons if one.params.get("id") == id))
        for id, state in sorted(states.items()))


def _reviews(case: Case, local: LocalTime) -> tuple[ReviewedView, ...]:
    return tuple(ReviewedView(body.block, unit_words(case.told, body.block, local), review_words(body, local.lang),
                              link(ref)) for ref, body in case.told.story.reviewed)


def form_view(case: Case, actor: Actor, lang: str) -> FormView:
    """What this person may decide now, and else why not."""
    stage, answers = turn(case)
    whys = {answer: hindrance(case, stage, answer, actor.account, actor.account) for answer in answers}
    always = whys["keep" if "keep" in whys else answers[0]]
    return FormView(
        stage, translate(STAGES[stage], lang), words(always, lang) if always else "",
        tuple(Choice(answer, translate(ANSWERS[answer], lang), words(why, lang) if why else "")
              for answer, why in whys.items()))


def _table(lang: str) -> list[tuple[str, str, str, str]]:
    """State, and in words: state, what happens, the state after it."""
    return [(state, translate(ROUND[state], lang), translate(EVENTS[event], lang), translate(ROUND[after], lang))
            for (state, event), after in TABLE.items()]
