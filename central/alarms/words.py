"""An alarm in words, and what of it may be said outside: its code, the box, the room, the class's id; nobody's name.

What a box writes into its alarms is whatever it likes: only the parameters below are looked at, each without control
characters and short.
"""
from __future__ import annotations

import re
from collections.abc import Mapping

from central.store.alarms import Alarmed
from common.alarms import ALARMS, alarm_words
from common.reasons import moment_words
from common.texts import N_, translate
from evidence.canonical import canonical, parse
from evidence.errors import ZaitangError
from evidence.times import utc_us

CHINA_MIN = 480
MOST = 80
"""Characters of a parameter."""
KEPT = frozenset({
    "camera", "days", "seconds", "messages", "apart_s", "device", "since", "why", "code", "status", "room", "seq"})
"""A file's name may be anything, and a pseudonym is of a person."""
_LINKED = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
"""Where a mail program sees the name of a machine and makes a link of it, as of no number and no moment."""
_BAD = re.compile(r"[^\w .,:;+/()#°%\-]")
CONDITIONS = {
    "box.away": N_(
        "A box is not connected, and a class runs in its room or soon will: is it on, and has it a network?"),
    "centre.deaf": N_("The collector of the centre does not run or does not reach the broker: nobody hears the boxes"),
    "box.full": N_("The disk of a box is nearly full"),
    "box.expires": N_("The certificate of a box soon ends: see why it was not renewed"),
    "box.expired": N_("The certificate of a box has ended: nothing of it is believed until it gets another one"),
}
OVER = N_("Over: {sentence}")
PLACE = N_("{device}, room {room}")
IN_CLASS = N_("class {class_id}")


def kept_params(params: Mapping[str, object]) -> str:
    """What is kept of the parameters of an alarm, as canonical JSON."""
    kept = {key: unlinked(clean(value)) if isinstance(value, str) else value for key, value in params.items()
            if key in KEPT and (isinstance(value, str) or (isinstance(value, int) and abs(value) < 1 << 53))}
    return canonical(kept).decode()


def clean(text: str) -> str:
    """A text of a box without what a line, a header or an address could be made of."""
    return _BAD.sub("?", text[:MOST]).replace("//", "/")


def unlinked(text: str) -> str:
    """A text of a box of which no mail program makes a link, in letters that show it."""
    return _LINKED.sub("[.]", text)


def sentence(alarm: Alarmed, lang: str) -> str:
    """What happened."""
    params = parse(alarm.params.encode())
    said = {**params, "since": _moment(params["since"], lang)} if "since" in params else params
    text = (translate(CONDITIONS[alarm.code], lang) if alarm.code in CONDITIONS
            else alarm_words(alarm.code if alarm.code in ALARMS else unlinked(clean(alarm.code)), said, lang))
    return translate(OVER, lang, sentence=text) if alarm.state == "over" else text


def _moment(said: str | int, lang: str) -> str:
    """As it is told to people; a box may have written anything."""
    try:
        return f"{moment_words(utc_us(str(said)), CHINA_MIN, lang)} (UTC+8)"
    except ZaitangError:
        return str(said)


def place(alarm: Alarmed, lang: str) -> str:
    """Where: the box, its room, its class, as far as they are known."""
    room = parse(alarm.params.encode()).get("room")
    device = clean(alarm.device)
    where = translate(PLACE, lang, device=device, room=room) if room else device
    if alarm.class_id is None:
        return where
    return ("，" if lang == "zh" else ", ").join([where, translate(IN_CLASS, lang, class_id=clean(alarm.class_id))])
