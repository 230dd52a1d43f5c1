"""When a bare-face roll call (亮相点名) is asked for: in blocks with protective gear, once each, at a moment that the
instructor calls safe."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from evidence.policy import BareFaceRules
from evidence.story import Span
from evidence.times import MINUTE, SECOND

Result = Literal["held", "put_off", "unanswered"]


@dataclasses.dataclass(frozen=True)
class Said:
    """What became of one asking in the block, and when it was over."""

    result: Result
    at_us: int


def due(rules: BareFaceRules, gear: Sequence[Span], said: Iterable[Said], now_us: int) -> bool:
    """Whether to ask now. `gear`: the class-hours of the block in which gear is worn.

    Some time after the first of them has begun, so that everybody is there; again some time after it was put off or
    nobody answered; never where one was held, and never where too little of a class-hour is left to hold it."""
    if not gear or now_us < min(span.start_us for span in gear) + rules.after_min.value * MINUTE:
        return False
    if not any(span.start_us <= now_us <= span.end_us - rules.show_s.value * SECOND for span in gear):
        return False
    heard = tuple(said)
    if any(one.result == "held" for one in heard):
        return False
    return all(now_us >= one.at_us + rules.again_min.value * MINUTE for one in heard)
