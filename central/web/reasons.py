"""Why somebody looks into a classroom or at its recordings: the choices of a form, and what of it goes on record."""
from __future__ import annotations

from fastapi import Request

from central.live.errors import BadLook
from central.web.access import field
from common.texts import N_, translate

REASONS = {
    "routine": N_("routine inspection"), "flag": N_("check of a flag"), "objection": N_("an objection"),
    "complaint": N_("complaint or report"),
}
"""What is chosen most, live and in the replay; anything else is typed."""
LONGEST = 200
"""Characters of a reason, with what was chosen."""


def reasons(lang: str) -> list[str]:
    """The choices, as they are shown and as they go on record."""
    return [translate(one, lang) for one in REASONS.values()]


def reason_of(request: Request) -> str:
    """What the form says: a choice, or what was typed instead of one. Raises BadLook for nothing, and for too much."""
    why = field(request, "why").strip() or field(request, "other").strip()
    if not 0 < len(why) <= LONGEST:
        raise BadLook(most=LONGEST)
    return why


def filled(why: str, choices: list[str]) -> dict[str, str]:
    """The fields of the form that say this."""
    return {"why": why} if why in choices else {"why": "", "other": why}
