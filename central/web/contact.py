"""Whether a box is there, in words."""
from __future__ import annotations

from central.contact import Contact, contact
from central.web.localtime import LocalTime
from common.texts import N_, translate

WORDS: dict[Contact, str] = {
    "never": N_("nothing was ever heard of it"),
    "away": N_("away: nothing was heard of it since {since}"),
    "gone": N_("not connected since {gone}; last heard {since}"),
    "heard": N_("in order"),
}


def contact_words(heard_us: int | None, now_us: int, local: LocalTime, gone_us: int | None = None) -> str:
    """For a list of boxes. `gone_us`: since when the broker calls it away."""
    return translate(WORDS[contact(heard_us, now_us, gone_us)], local.lang, since=since(heard_us, local),
                     gone=since(gone_us, local))


def since(heard_us: int | None, local: LocalTime) -> str:
    """When it was heard last."""
    return "—" if heard_us is None else local.full(heard_us)
