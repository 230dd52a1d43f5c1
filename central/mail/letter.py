"""Which alarms go into a letter now, and what it says. Pure.

What calls for somebody now goes at once, bundled: half a city without power is one mail that lists its boxes. The rest
waits for one mail a day, in the morning. What is over again goes the way of what began.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from central.alarms.words import CHINA_MIN, place, sentence
from central.store.alarms import Alarmed
from central.store.letters import Want
from common.reasons import moment_words
from common.texts import N_, translate
from evidence.times import HOUR, MINUTE, SECOND

BUNDLE_US = 20 * SECOND
"""So long an urgent alarm waits for others like it."""
APART_US = 3 * MINUTE
"""So long there is between two letters of urgent alarms."""
MORNING_H = 8
"""When the others go, on the clock of China."""
LISTED = 50
"""So many alarms a letter tells one by one."""
DAY_US = 24 * HOUR
SUBJECT = N_("[{centre}] {count} alarms: {first}")
SUBJECT_ONE = N_("[{centre}] {first}")
HEAD_NOW = N_("These need somebody now:")
HEAD_LATER = N_("These need somebody soon:")
HEAD_OVER = N_("These are over:")
MORE = N_("… and {count} more")
LINE = "- {at}  {place}\n  {sentence}"
FOOT = N_("More, and what to do: {address}\nTo get other mails, or none: {address}own/alarms\n"
          "This mail was written by a machine and is no evidence.")


@dataclasses.dataclass(frozen=True)
class Made:
    """A letter, and what the account is up to with it."""

    subject: str
    body: str
    want: Want


def due(
    want: Want, urgent: Sequence[Alarmed], others: Sequence[Alarmed], theirs: Callable[[Alarmed], bool], centre: str,
    address: str, now_us: int,
) -> Made | Want | None:
    """The letter that is due, the want as it is where nothing of it is theirs, or nothing. `urgent`, `others`: alarms
    that are in no letter yet, in order; `theirs`: whether the account may know one; `address`: of the console."""
    if urgent and _over(urgent[0].at_us, BUNDLE_US, now_us) and _over(want.now_us, APART_US, now_us):
        mine = [one for one in urgent if theirs(one)]
        after = dataclasses.replace(want, now_up_to=urgent[-1].number)
        if not mine:
            return after
        return Made(*_text(mine, HEAD_NOW, want.lang, centre, address), dataclasses.replace(after, now_us=now_us))
    if others and _morning(want.later_us, now_us):
        mine = [one for one in others if theirs(one)] if want.level == "all" else []
        after = dataclasses.replace(want, later_up_to=others[-1].number)
        if not mine:
            return after
        return Made(*_text(mine, HEAD_LATER, want.lang, centre, address), dataclasses.replace(after, later_us=now_us))
    return None


def _over(since_us: int, span_us: int, now_us: int) -> bool:
    """Whether so long has passed. What is of a clock that was ahead is not waited for."""
    return not since_us <= now_us < since_us + span_us


def _morning(last_us: int, now_us: int) -> bool:
    """Whether the day's letter is due: eight o'clock is past, and none was made since, or by a clock ahead."""
    zone_us = CHINA_MIN * MINUTE
    begin_us = (now_us + zone_us) // DAY_US * DAY_US - zone_us + MORNING_H * HOUR
    return now_us >= begin_us and not begin_us <= last_us <= now_us


def _text(mine: Sequence[Alarmed], head: str, lang: str, centre: str, address: str) -> tuple[str, str]:
    began = [one for one in mine if one.state != "over"]
    over = [one for one in mine if one.state == "over"]
    first = (began or over)[0]
    told = {"centre": centre, "count": len(mine), "first": f"{place(first, lang)} – {sentence(first, lang)}"}
    parts = [f"{translate(title, lang)}\n\n{_list(some, lang)}" for title, some in ((head, began), (HEAD_OVER, over))
             if some]
    parts.append(translate(FOOT, lang, address=address))
    return translate(SUBJECT_ONE if len(mine) == 1 else SUBJECT, lang, **told)[:300], "\n\n".join(parts) + "\n"


def _list(some: Sequence[Alarmed], lang: str) -> str:
    lines = [LINE.format(at=moment_words(one.at_us, CHINA_MIN, lang), place=place(one, lang),
                         sentence=sentence(one, lang)) for one in some[:LISTED]]
    if len(some) > LISTED:
        lines.append(translate(MORE, lang, count=len(some) - LISTED))
    return "\n".join(lines)
