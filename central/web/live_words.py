"""How a room stands, in words, as the pages of live pictures tell it."""
from __future__ import annotations

from typing import Any

from central.live.decide import State
from central.live.desk import Situation
from central.live.looking import Over
from central.orders.cli import WHY
from central.web.contact import since
from central.web.localtime import LocalTime
from common.texts import N_, translate
from evidence.times import SECOND, utc_text

AWAY = N_("The box is away: nothing was heard of it since {since}. It is asked again when it is back.")
NEVER = N_("Nothing was ever heard of this box: it is not set up yet, or never had a line to this centre.")
STATES: dict[State, str] = {
    "waiting": N_("The order is signed; the box has not sent anything yet."),
    "dark": N_("The camera in the room sends nothing since {dark}: its box says so, and goes on trying. Have somebody "
               "look at its cable and power."),
    "running": N_("Live."),
    "slow": N_("The line of the box is slow: pictures are left out."),
    "silent": N_("Nothing comes from the box at the moment; it was last heard {since}. The picture goes on by itself."),
    "unreached": N_("The box has taken the order and is heard, but no picture arrives: its camera sends none, or they "
                    "go to another address, or are refused on the way. Waiting does not help; tell whoever looks after "
                    "the boxes."),
    "refused": N_(
        "The box refused at {at}: {why}. It is asked again after two minutes, or at once by the button."),
    "offline": AWAY,
    "over": N_("The live pictures are over."),
}
UNANSWERED = N_("The order is signed; the box has not answered it yet. The box was last heard {since}.")
SAY_WHY = N_("Your reason holds for an hour, and that is over: say again why you look.")
OVER: dict[Over, str] = {
    "": SAY_WHY, "ended": N_("You ended the look. Nothing is sent for you any more."),
    "lapsed": N_("The look is over: for five minutes no page asked for anything in it. The button begins another one."),
}
NO_CLASS = N_("No class-hour runs now.")


def state_words(one: Situation, lang: str) -> str:
    """One sentence."""
    ordered, local = one.ordered, LocalTime(one.room.utc_offset_min, lang)
    why = "" if ordered is None else translate(WHY.get(ordered.why, ordered.why), lang)
    at = "" if ordered is None else local.seconds(ordered.said_us)
    dark = "" if one.dark_us is None else local.seconds(one.dark_us)
    return translate(_text(one), lang, why=why, at=at, since=since(one.heard_us, local), dark=dark)


def _text(one: Situation) -> str:
    if one.state == "offline" and one.heard_us is None:
        return NEVER
    unanswered = one.state == "waiting" and one.ordered is not None and one.ordered.result == ""
    return UNANSWERED if unanswered else STATES[one.state]


def state_told(one: Situation, lang: str) -> dict[str, Any]:
    """For the script of the page."""
    ordered, delay_us = one.ordered, one.stands.delay_us
    return {
        "state": one.state, "words": state_words(one, lang), "viewers": one.stands.viewers,
        "delay_s": None if delay_us is None else round(delay_us / SECOND, 1), "skipped": one.stands.skipped,
        "until": None if ordered is None else utc_text(ordered.ends_us),
        "order": None if ordered is None else ordered.hash, "asks": False}


def no_reason(lang: str, over: Over) -> dict[str, Any]:
    """The same for somebody who has to say why first, or whose look is over, perhaps in another window."""
    return {"state": "over", "words": translate(OVER[over], lang), "viewers": 0, "delay_s": None,
            "skipped": 0, "until": None, "order": None, "asks": True}
