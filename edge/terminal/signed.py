"""Who has signed in to the block, how and when, and the share of PINs, as the page shows it. Pure."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from common.texts import N_, translate
from edge.terminal.words import BY_PIN
from evidence.policy import Number
from evidence.story import Attendance, Block

SHARE = N_("by PIN: {pins} ({percent} %)")
MUCH = N_("by PIN: {pins} ({percent} %), more than {limit} %")
MUCH_WHY = N_("More than {limit} % signed in by PIN: an inspector will ask why")
TEACHER = N_("Instructor")


def people(
    block: Block | None, names: Mapping[str, str], clock: Callable[[int], str], limit: Number | None, lang: str,
) -> dict[str, Any]:
    """The trainees who came and who did not, the instructors apart. `clock`: a moment as HH:MM; `limit`: the share of
    PINs above which people look why, in percent."""
    if block is None:
        return {"due": 0, "trainees_in": 0, "in": [], "out": [], "teachers": [], "pins": 0, "pin_text": "",
                "pin_much": False, "pin_why": ""}
    came = _came(block.attendance)
    pins = sum(one.way == "pin" for one in came)
    percent = 100 * pins // max(1, len(came))
    # Said once it would be too many even if everybody came: the first one of a morning is no news.
    much = limit is not None and 100 * pins > limit.value * max(len(came), len(block.roster))
    text = translate(MUCH if much else SHARE, lang, pins=pins, percent=percent, limit=limit.value if limit else 0)
    return {
        "due": len(block.roster),
        "trainees_in": len(came),
        "in": [_entry(one, names, clock, lang) for one in came],
        "out": [names.get(one.person, one.person) for one in block.attendance if not one.came],
        "teachers": [_entry(one, names, clock, lang) | {"role": translate(TEACHER, lang)}
                     for one in _came(block.teachers)],
        "pins": pins,
        "pin_text": text if pins else "",
        "pin_much": much,
        "pin_why": translate(MUCH_WHY, lang, limit=limit.value) if much and limit is not None else "",
    }


def _came(attendance: Sequence[Attendance]) -> list[Attendance]:
    """In the order of the first sign-in."""
    return sorted((one for one in attendance if one.came), key=lambda one: (one.in_us or one.out_us or 0, one.person))


def _entry(one: Attendance, names: Mapping[str, str], clock: Callable[[int], str], lang: str) -> dict[str, Any]:
    times = [clock(us) if us is not None else "" for us in (one.in_us, one.out_us)]
    return {
        "person": one.person, "name": names.get(one.person, one.person), "time": times[0], "left": times[1],
        "mark": translate(BY_PIN, lang) if one.way == "pin" else "",
    }
