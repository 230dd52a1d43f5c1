"""The words of decisions and objections: answers, states, why one does not count, in Chinese and English."""
from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from common.texts import N_, translate
from evidence.story import DecisionFact, ObjectionStep, Round

ANSWERS: Mapping[str, str] = {
    "withdraw": N_("the consequence of the clause: the subsidy is withdrawn, or the class not recognised"),
    "keep": N_("no consequence"),
    "correct": N_("something must be put right first: the plan, the roster or a review"),
    "reopen": N_("reopen it: what is final be decided anew"),
    "stand": N_("it stays as it is"),
}
STAGES: Mapping[str, str] = {"first": N_("First decision"), "second": N_("Second decision")}
STATES: Mapping[str, str] = {
    "none": N_("Nobody has decided yet."),
    "first": N_("One person has decided; a second one is needed."),
    "decided": N_("Two persons have decided the same: “{answer}”."),
    "returned": N_("Two persons say that something must be put right first; nothing is decided."),
    "disagreed": N_("The two persons disagree: nothing is decided, and a new first decision begins."),
    "stale": N_(
        "What was decided on is not so any more ({changed}): nothing holds. Where there is a flag or a review that is"
        " required, a new first decision begins."),
}
CHANGES: Mapping[str, str] = {
    "verdict": N_("another verdict of R3"),
    "recordings": N_("other recordings that do not show everyone"),
    "policy": N_("another policy"),
    "objection": N_("an objection was upheld"),
    "reopened": N_("two persons reopened it"),
}
VOIDS: Mapping[str, str] = {
    "unsaid": N_("no reason or no account is given"),
    "nothing": N_("R3 was clear, there was nothing to decide"),
    "no_ground": N_("fewer recordings fail to show everyone than the consequence needs"),
    "running": N_("another decision was running or held"),
    "no_first": N_("it does not follow a first decision on the same findings"),
    "same_person": N_("the first decision is by the same person"),
    "reviewer": N_("whoever made it had reviewed a recording of the class"),
    "objection": N_("an objection was open"),
    "not_final": N_("what it would reopen was not final by a clock that is set"),
    "clock": N_("the centre's clock was not set: nobody can tell from when the public notice runs"),
    "one_hand": N_("of the accounts of both persons one was made or opened by the other"),
    "fresh": N_("the account was made, opened or changed just before"),
}
SOURCES: Mapping[str, str] = {"school": N_("the institution"), "trainee": N_("a trainee")}
OBJECTIONS: Mapping[str, str] = {
    "raised": N_("not answered yet"),
    "answered": N_("answered, still open"),
    "withdrawn": N_("withdrawn"),
    "upheld": N_("upheld"),
    "rejected": N_("rejected"),
}
DIDS: Mapping[str, str] = {
    "raised": N_("objects"),
    "answered": N_("answers, and it stays open"),
    "withdrawn": N_("withdraws it"),
    "upheld": N_("upholds it"),
    "rejected": N_("rejects it"),
}
"""What somebody did about an objection."""
STEP = N_("{at}: {by} {did}: {text}")
DECIDED = N_("{stage} by {who}, {at}: {answer}. Reason: {why}")
NAMED = N_("{name} ({by})")
REOPENS = N_("{who} says that it be reopened; a second person has not answered.")
OPENED = N_("The account had been made or opened by {who}.")
LATE = N_("Late: it came after the public notice had ended. What was decided stays final; two persons may reopen it.")
VOID = N_("This does not count: {why}.")
FINAL = N_("It is final since {at}.")
FINAL_FROM = N_("It is final from {at} on, after the public notice, if nobody objects.")
NOT_FINAL = N_("It is not final while an objection is open.")
AND = {"zh": "、", "en": ", "}


def round_words(now: Round, lang: str) -> str:
    """Where the last round stands, as a sentence."""
    what = AND[lang].join(translate(CHANGES[one], lang) for one in now.changed)
    answer = translate(ANSWERS[now.second.decision.answer], lang) if now.second else ""
    said = translate(STATES[now.state], lang, changed=what, answer=answer)
    if now.reopening is None:
        return said
    return f"{said} {translate(REOPENS, lang, who=_who(now.reopening, lang))}"


def final_words(at: str | None, final: bool, lang: str) -> str:
    """How long what was decided holds. `at`: from when it is final, in words; None while an objection that came in time
    is open."""
    return translate(NOT_FINAL if at is None else FINAL if final else FINAL_FROM, lang, at=at or "")


def decision_words(fact: DecisionFact, at: str, lang: str) -> str:
    """Who decided what, and why. `at`: the moment in words."""
    body = fact.decision
    said = translate(DECIDED, lang, stage=translate(STAGES[body.stage], lang), who=_who(fact, lang), at=at,
                     answer=translate(ANSWERS[body.answer], lang), why=body.reason)
    opened = [translate(OPENED, lang, who=AND[lang].join(fact.opened_by))] if fact.opened_by else []
    void = [translate(VOID, lang, why=translate(VOIDS[fact.void], lang))] if fact.void else []
    return " ".join([said, *opened, *void])


def step_words(one: ObjectionStep, at: str, lang: str, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Who said what of an objection. `at`: the moment in words; `names`: pseudonym → name, of a trainee who objects."""
    return translate(STEP, lang, at=at, by=names.get(one.by, one.by), did=translate(DIDS[one.state], lang),
                     text=one.text)


def _who(fact: DecisionFact, lang: str) -> str:
    body = fact.decision
    return body.by if body.by_name == body.by else translate(NAMED, lang, name=body.by_name, by=body.by)
