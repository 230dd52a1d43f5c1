"""Why somebody looks into a room or at a recording: the one form that asks it first, and what of it goes on record."""
from __future__ import annotations

from typing import Any

from fastapi import Request

from central.web.access import field
from central.web.case.common import Typed, refused
from central.web.errors import UnclearReason
from central.web.render import lang_of
from common.texts import LANGS, N_, translate

OTHER = "other"
CHOICES = {
    "routine": N_("routine inspection"), "flag": N_("check of a flag"), "objection": N_("an objection"),
    "complaint": N_("complaint or report"), OTHER: N_("another reason"),
}
LONGEST = 200
"""Characters of a reason, with what was chosen."""


def reason_of(request: Request) -> str:
    """What a person says: what was chosen, with words if there are any; for another reason the words alone, and words
    without a choice are that. Raises UnclearReason."""
    words = " ".join(field(request, "why").split())
    chosen = field(request, "reason") or (OTHER if words else "")
    if chosen not in CHOICES or (chosen == OTHER and not words):
        raise UnclearReason(most=LONGEST)
    said = words if chosen == OTHER else _said(chosen, words, lang_of(request))
    if len(said) > LONGEST:
        raise UnclearReason(most=LONGEST)
    return said


def unclear(request: Request, error: UnclearReason) -> Typed:
    """The form that was refused, as it was filled in."""
    return refused(request, "why", error, ("reason", "why"))


def asked(lang: str, typed: Typed | None) -> dict[str, Any]:
    """What `reason_form.html` shows: nothing is chosen before a person chooses. `most`: so many characters fit beside
    any choice."""
    choices = {name: translate(text, lang) for name, text in CHOICES.items()}
    most = LONGEST - max(len(text) for text in choices.values()) - len(": ")
    return {"choices": choices, "most": most, "typed": typed or Typed()}


def said_before(why: str) -> Typed:
    """The form as a person filled it in to say this, in whichever language."""
    name, words = _read(why)
    return Typed("why", fields={"reason": name, "why": words})


def why_words(why: str, lang: str) -> str:
    """A reason that is on record, its choice in the language of whoever reads it; other words stay as they are."""
    name, words = _read(why)
    return why if name == OTHER else _said(name, words, lang)


def _said(name: str, words: str, lang: str) -> str:
    return translate(CHOICES[name], lang) + (f": {words}" if words else "")


def _read(why: str) -> tuple[str, str]:
    """The choice of a reason, and the words beside it."""
    chosen, _, words = why.partition(": ")
    name = next((name for name, text in CHOICES.items()
                 if name != OTHER and chosen in [translate(text, lang) for lang in LANGS]), OTHER)
    return (name, why) if name == OTHER else (name, words)
