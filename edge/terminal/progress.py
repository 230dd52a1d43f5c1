"""How far the recording of this class-hour is: what is sealed (by the fold) and what the recorder holds now. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from evidence.policy import Policy
from evidence.story import HourStory, Span
from evidence.stretches import union
from evidence.times import MINUTE


@dataclasses.dataclass(frozen=True)
class Live:
    """What the recorder says. `run`: the unbroken video of now as wall-clock time; None when it records nothing."""

    state: Literal["recording", "waiting", "stopped", "silent", "refused", "absent"]
    run: Span | None = None


@dataclasses.dataclass(frozen=True)
class Progress:
    """`whole`: the class-hour must be recorded in full (theory); else one unbroken stretch is needed.

    `unbroken_us`: the stretch of now; `still_us`: how much must follow unbroken from now on (0: done);
    `missed_us`: what of the class-hour passed unrecorded; `shown_us` of `needed_us` is the bar on the screen."""

    whole: bool
    unbroken_us: int
    needed_us: int
    still_us: int
    missed_us: int
    shown_us: int


def progress(hour: HourStory, live: Live, policy: Policy, now_us: int) -> Progress:
    """The progress of one class-hour."""
    inside = [] if live.run is None else [_clip(live.run, hour.span)]
    unbroken_us = max((span.length_us for span in inside), default=0)
    # What the camera has not delivered yet is not missing.
    up_to_us = now_us if live.run is None else min(now_us, live.run.end_us)
    passed = Span(hour.span.start_us, max(hour.span.start_us, min(up_to_us, hour.span.end_us)))
    recorded_us = _length(union([*hour.stretches, *inside], passed))
    missed_us = passed.length_us - recorded_us
    if hour.hour.kind == "practical" and policy.r2 is not None:
        needed_us = policy.r2.minutes.value * MINUTE
        best_us = max(hour.longest_us, unbroken_us)
        still_us = 0 if best_us >= needed_us else needed_us - unbroken_us
        return Progress(False, unbroken_us, needed_us, still_us, missed_us, needed_us if not still_us else unbroken_us)
    needed_us = hour.span.length_us
    return Progress(True, unbroken_us, needed_us, hour.span.end_us - passed.end_us, missed_us, recorded_us)


def _clip(span: Span, within: Span) -> Span:
    start_us = max(span.start_us, within.start_us)
    return Span(start_us, max(start_us, min(span.end_us, within.end_us)))


def _length(spans: Sequence[Span]) -> int:
    return sum(span.length_us for span in spans)
