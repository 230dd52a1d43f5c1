"""Whom the roll call has seen in the block that runs, and why not the others; after its end, until the next one begins,
in the one before. Pure; sentences in the language asked for."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from common.texts import N_, translate
from evidence.blocks import PlannedBlock, plan_blocks
from evidence.bodies import ClassOrder
from evidence.policy import Policy
from evidence.rollcall import Why
from evidence.story import Block, Story
from evidence.times import MINUTE

LATE_PCT = 50
"""From so much of a block on, who signed in and was not seen is told apart. No rule reads it (ours)."""
BEHIND_US = 2 * MINUTE
"""So much video may wait for its roll call without a word: a file that was just finished."""

NONE, WAITING = N_("Nothing has been looked at yet"), N_("The roll call waits for the first minutes of video")
REFUSED = {
    "few": N_("No roll call: enrol ten or more, or have it reviewed"),
    "loose": N_("No roll call: this pack mixes people up. Use opencv"),
}
"""By why the pack is refused for the class (edge/vision/admit.py)."""
UNCERTAIN = N_("When this video was made is uncertain: nobody is judged by it")
ALL = N_("Everybody was seen in this recording")
SEEN_LAST = {
    "some": N_("In the last recording: {seen} of {due} seen"),
    "unfinished": N_("In the last recording, seen so far: {seen} of {due}. The roll call is not finished"),
    "all": N_("Everybody was seen in the last recording"),
}
NOT_SEEN, NOT_SEEN_LAST = N_("Not seen yet in this recording"), N_("Not seen in the last recording")
"""Over the list, by the recording that it is about."""
NOT_SEEN_OF = N_("Not seen yet: {count} of {due}")
BEHIND, AGAIN = N_("{minutes} min to look at"), N_("{minutes} min again, for late enrolments")
LATE = N_(
    "Half of this recording is over, and of those who signed in {count} were not seen in it. Let them show their faces "
    "to the room camera")

Reason = Why | Literal["never"]
REASONS: dict[Reason, str] = {
    "small": N_("too small"), "turned": N_("turned away"), "dark": N_("too dark"), "blurred": N_("blurred"),
    "mask": N_("mask"), "gear": N_("gear"), "alike": N_("like another"), "near": N_("not sure"),
    "few": N_("too seldom"), "still": N_("still picture"),
    "full": N_("not told apart"), "two_rooms": N_("in two rooms"), "no_template": N_("no template"),
    "beside": N_("just outside"), "reach": N_("too far off?"),
    "never": N_("never in view"),
}
"""Behind a name."""
ADVICE: dict[Reason, str] = {
    "small": N_("Too small: move the camera nearer, or people forward"),
    "turned": N_("Turned away: have them look at the room camera"),
    "dark": N_("Too dark: switch on the lights"),
    "blurred": N_("Blurred: wipe the lens, have them keep still"),
    "mask": N_("Masks: off for a moment, and look at the room camera"),
    "gear": N_("Gear hides faces: bare them to the camera when safe"),
    "alike": N_("Like another: have each look at the room camera"),
    "near": N_("Nearly sure: have them look at the room camera"),
    "few": N_("Too seldom alike: have them look at the room camera"),
    "still": N_("A picture never moves: have them come themselves"),
    "full": N_("All in view, it seems: have them look at the camera"),
    "two_rooms": N_("In two rooms at once: have their enrolment checked"),
    "no_template": N_("No template: have them enrolled, or pointed out"),
    "beside": N_("Before or after only: look at the room camera"),
    "reach": N_("Maybe too far off: people forward, or pack opencv"),
    "never": N_("Never in view: seat them where the room camera sees"),
}
"""What to do about the most frequent reason."""


@dataclasses.dataclass(frozen=True)
class Unseen:
    """Somebody who was not shown, and why. `came`: signed in."""

    person: str
    why: Reason
    came: bool


@dataclasses.dataclass(frozen=True)
class Seen:
    """`missing`: who was not shown, of `due` people; who signed in comes first. `waiting`: there is video, but no roll
    call of it yet; `uncertain`: there is none but of an uncertain time, which shows nobody."""

    state: Literal["waiting", "uncertain", "some", "all"]
    due: int = 0
    missing: tuple[Unseen, ...] = ()
    called: bool = True
    """Whether all of its video was looked through."""
    late: bool = False
    """It is running, and so much of it is over that it is time to act."""


def newest_block(
    orders: Iterable[ClassOrder], device: str, policy: Callable[[ClassOrder], Policy | None], now_us: int
) -> tuple[ClassOrder, Policy, PlannedBlock] | None:
    """The block that began last on this box, of all classes; `policy`: of an order, or None."""
    begun = []
    for order in orders:
        rules = policy(order)
        if rules is None or device not in {place.device for place in order.boxes}:
            continue
        blocks = plan_blocks(order, rules.block.pause_min.value * MINUTE)
        begun += [(order, rules, block) for block in blocks if block.span.start_us <= now_us]
    return max(begun, key=lambda one: (one[2].span.start_us, one[0].class_id), default=None)


def seen_in(story: Story, block: Block, now_us: int) -> Seen | None:
    """What the roll calls of one block say; None while it has no video."""
    span = block.span
    filmed = [fact for fact in story.segments if fact.span.start_us < span.end_us and fact.span.end_us > span.start_us]
    if not filmed:
        return None
    files = {fact.segment.sha256 for fact in filmed if fact.certain}
    if not files:
        return Seen("uncertain")
    if files.isdisjoint(call.segment for _, call in story.rollcalls):
        return Seen("waiting")
    missing = [Unseen(one.person, one.why[0] if one.why else "never", one.checked_in)
               for one in block.presences if one.answer != "shown"]
    missing.sort(key=lambda one: not one.came)
    late = span.start_us + span.length_us * LATE_PCT // 100 <= now_us < span.end_us
    return Seen("some" if missing else "all", len(block.roster), tuple(missing), block.roll_called, late)


def unseen(
    seen: Seen | None, running: bool, behind_us: int | None, names: Mapping[str, str], lang: str, again_us: int = 0,
    refused: str | None = None, of: str = "",
) -> dict[str, Any]:
    """What the page shows. While the class is `running` the text is advice: about those who signed in, if one of them
    was not seen. `behind_us`: how much video of this box waits for its roll call, None: nobody knows; `again_us`: how
    much waits to be looked at again: it comes last, and is told when no class runs and nothing else waits. `refused`:
    why no roll call of its class is made: what to do about that comes before all advice. `of`: the title of its class,
    where the page is about another one."""
    behind = _minutes(BEHIND, behind_us, lang)
    no_call = REFUSED.get(str(refused), "")
    if not running and not behind:
        behind = _minutes(AGAIN, again_us, lang)
    nothing = seen is None or seen.state in ("waiting", "uncertain")
    of_now = running or nothing
    title = translate(NOT_SEEN if of_now else NOT_SEEN_LAST, lang)
    if seen is None or nothing:
        code, sentence = ("waiting", WAITING) if seen is not None or running else ("none", NONE)
        sentence = UNCERTAIN if seen is not None and seen.state == "uncertain" else no_call or sentence
        text = _joined(of if seen is not None else "", translate(sentence, lang), behind)
        act = running and sentence == no_call
        return {"state": code, "title": title, "text": text, "advice": act, "names": [], "why": []}
    code, there = seen.state, seen.due - len(seen.missing)
    if running and seen.missing:
        title = _joined(translate(NOT_SEEN_OF, lang, count=len(seen.missing), due=seen.due), behind)
        here = [one for one in seen.missing if one.came] or seen.missing
        advice = ADVICE[Counter(one.why for one in here).most_common(1)[0][0]]
        text = translate(no_call or advice, lang)
    else:
        said = ALL if running else SEEN_LAST[code if code == "all" or seen.called else "unfinished"]
        text = _joined(of, translate(said, lang, seen=there, due=seen.due), translate(no_call, lang) or behind)
    return {
        "state": code, "title": title, "text": text, "advice": running and code == "some", "seen": there,
        "due": seen.due, "names": [names.get(one.person, one.person) for one in seen.missing],
        "why": [translate(REASONS[one.why], lang) for one in seen.missing],
    }


def _minutes(text: str, length_us: int | None, lang: str) -> str:
    return "" if length_us is None or length_us <= BEHIND_US else translate(text, lang, minutes=length_us // MINUTE)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def late_notice(seen: Seen | None, running: bool, lang: str) -> list[dict[str, str]]:
    """A banner, code and text, from the middle of a block on while somebody who signed in was never seen in it: these
    are the ones whom a review will ask about. Else none."""
    count = sum(one.came for one in seen.missing) if seen is not None and seen.late and running else 0
    return [{"code": "unseen", "text": translate(LATE, lang, count=count)}] if count else []
