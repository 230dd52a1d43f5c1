"""Why somebody looks into a room or at a recording: the one form that asks it first, and what of it goes on record."""
from __future__ import annotations

import urllib.parse
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from central.web.access import field
from central.web.case.common import Typed, back_to
from central.web.errors import UnclearReason
from central.web.render import lang_of
from common.texts import LANGS, N_, translate, words

OTHER = "other"
CHOICES = {
    "routine": N_("routine inspection"), "flag": N_("check of a flag"), "objection": N_("an objection"),
    "complaint": N_("complaint or report"), OTHER: N_("another reason"),
}
LONGEST = 200
"""Characters of a reason, with what was chosen."""
REFUSED = "refused"
"""In an address: a form was refused in which this was chosen."""


def reason_of(request: Request) -> str:
    """What a person says: what was chosen, with words if there are any; for another reason the words alone, and words
    without a choice are that. Raises UnclearReason."""
    why = " ".join(field(request, "why").split())
    chosen = field(request, "reason") or (OTHER if why else "")
    if chosen not in CHOICES or (chosen == OTHER and not why):
        raise UnclearReason(most=LONGEST)
    said = why if chosen == OTHER else _said(chosen, why, lang_of(request))
    if len(said) > LONGEST:
        raise UnclearReason(most=LONGEST)
    return said


def asked_again(request: Request, path: str, **carried: str) -> Response:
    """After a form that was refused: to the page that asks again, by an address, so that the way back leads there too.
    What was chosen goes along. Words do not: of a form that a browser sends they are never what is wrong, and no
    address is to hold them."""
    said = {REFUSED: field(request, "reason")[:20], **carried, "lang": request.query_params.get("lang", "")[:2]}
    kept = {name: value for name, value in said.items() if value or name == REFUSED}
    return back_to(f"{path}?{urllib.parse.urlencode(kept)}")


def unclear(request: Request) -> Typed | None:
    """The form of a page that asks again, and what was wrong; None of one that asks for the first time."""
    chosen = request.query_params.get(REFUSED)
    if chosen is None:
        return None
    return Typed("why", words(UnclearReason(most=LONGEST), lang_of(request)), {"reason": chosen})


def asked(lang: str, typed: Typed | None) -> dict[str, Any]:
    """What `reason_form.html` shows: nothing is chosen before a person chooses. `most`: so many characters fit beside
    any choice."""
    choices = {name: translate(text, lang) for name, text in CHOICES.items()}
    most = LONGEST - max(len(text) for text in choices.values()) - len(": ")
    return {"choices": choices, "most": most, "typed": typed or Typed()}


def said_before(why: str) -> Typed:
    """The form as a person filled it in to say this, in whichever language."""
    name, rest = _read(why)
    return Typed("why", fields={"reason": name, "why": rest})


def why_words(why: str, lang: str) -> str:
    """A reason that is on record, its choice in the language of whoever reads it; other words stay as they are."""
    name, rest = _read(why)
    return why if name == OTHER else _said(name, rest, lang)


def _said(name: str, rest: str, lang: str) -> str:
    return translate(CHOICES[name], lang) + (f": {rest}" if rest else "")


def _read(why: str) -> tuple[str, str]:
    """The choice of a reason, and the words beside it."""
    chosen, _, rest = why.partition(": ")
    name = next((name for name, text in CHOICES.items()
                 if name != OTHER and chosen in [translate(text, lang) for lang in LANGS]), OTHER)
    return (name, why) if name == OTHER else (name, rest)
