"""When a bare-face roll call (亮相点名) is asked for: in blocks (or class-hours, where the policy counts these) with
protective gear, until two were held in each, at moments that the instructor calls safe."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from evidence.policy import BareFaceRules
from evidence.story import Span
from evidence.times import MINUTE, SECOND

Result = Literal["held", "put_off", "unanswered"]
TIMES = 2
"""So often it is held: whoever was out of the room the first time is seen the second time."""


@dataclasses.dataclass(frozen=True)
class Said:
    """What became of one asking in the block, and when it was over."""

    result: Result
    at_us: int


def due(rules: BareFaceRules, gear: Sequence[Span], said: Iterable[Said], now_us: int) -> bool:
    """Whether to ask now. `gear`: the class-hours of the block in which gear is worn.

    Some time after the first of them has begun, so that everybody is there; again some time after the last one was
    over, whatever became of it, until two were held so far apart; never where too little of a class-hour is left to
    answer and to hold it."""
    if not gear or now_us < min(span.start_us for span in gear) + rules.after_min.value * MINUTE:
        return False
    if not fits(rules, gear, now_us + rules.answer_min.value * MINUTE, now_us):
        return False
    heard, again_us = tuple(said), rules.again_min.value * MINUTE
    if _held(heard, again_us) >= TIMES:
        return False
    return all(now_us >= one.at_us + again_us for one in heard)


def fits(rules: BareFaceRules, gear: Sequence[Span], begun_us: int, now_us: int) -> bool:
    """Whether one that is begun then ends in the class-hour with gear that runs now."""
    end_us = begun_us + rules.show_s.value * SECOND
    return any(span.start_us <= now_us and end_us <= span.end_us for span in gear)


def _held(said: Iterable[Said], apart_us: int) -> int:
    """How many were held, so far apart."""
    count, last_us = 0, None
    for at_us in sorted(one.at_us for one in said if one.result == "held"):
        if last_us is None or at_us >= last_us + apart_us:
            count, last_us = count + 1, at_us
    return count
