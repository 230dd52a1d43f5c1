"""What can still become of a class-hour that runs, while somebody can act: pure, ours; the rules judge afterwards.

Practice (R2): one stretch that is long enough must still fit in. Theory (R1): what is missing must stay within the
tolerance. Both count what the rules count: a black, covered, frozen or looped picture is none for practice, a frozen or
looped one none for theory. Times are UTC microseconds of the box's clock.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from evidence.policy import Policy
from evidence.story import HourStory, Span
from evidence.stretches import holes, union
from evidence.times import MINUTE, SECOND

MARGIN_US = 30 * SECOND
"""From a start press to the first picture that counts: a camera that is opened again, its next keyframe."""
LEAD_US = 5 * MINUTE
"""So long before the last moment there is an alarm: time to find a cable, or somebody who can."""
PATIENCE_US = 15 * SECOND
"""So much of a theory class-hour may be missing before there is an alarm: a camera that reconnects is none."""
SETTLED_US = MINUTE
"""Video of this length ends an occurrence: what breaks after it is told anew."""

State = Literal["done", "running", "waiting", "at_risk", "lost"]


@dataclasses.dataclass(frozen=True)
class Ailing(Span):
    """A time in which the picture was said not to count. `stale`: it was frozen or looped."""

    stale: bool


@dataclasses.dataclass(frozen=True)
class Heard:
    """What the recorder says beside the records. `answers`: it can be asked. `now`: the unbroken video that goes on.

    `runs`: all that it was heard to record, sealed or not. `ailing`: when its picture did not count; one that lasts
    ends where `now` does, so that it is not unbroken video."""

    answers: bool
    now: Span | None = None
    runs: tuple[Span, ...] = ()
    ailing: tuple[Ailing, ...] = ()


@dataclasses.dataclass(frozen=True)
class Chance:
    """How a class-hour stands. `whole`: it must be recorded in full (theory); else one unbroken stretch is needed.

    `unbroken_us`: the stretch of now. `still_us`: how much must follow unbroken from now on (0: done). `possible_us`:
    the longest unbroken stretch that can still come of it. `restart_by_us`: the last moment at which a start, or a new
    start, still complies; None: it does not matter any more, or (theory) nothing is missing just now. `missed_us` of
    `allowed_us`: what passed unrecorded. `shown_us` of `needed_us` is the bar on the screen. `since_us`: when the
    recording that lasted ended. `ailing`: it is recorded, but the picture of now does not count. `unseen`: long enough,
    but files are overdue whose picture nobody has looked at, and without them it is not: the rule leaves that open."""

    state: State
    whole: bool
    unbroken_us: int
    needed_us: int
    still_us: int
    possible_us: int
    restart_by_us: int | None
    missed_us: int
    allowed_us: int
    shown_us: int
    since_us: int
    ailing: bool
    unseen: bool = False


@dataclasses.dataclass(frozen=True)
class Warned:
    """An alarm about a class-hour: `hour.at_risk` until a moment, or `hour.lost`."""

    code: Literal["hour.at_risk", "hour.lost"]
    hour: str
    until_us: int


def chance(hour: HourStory, heard: Heard, policy: Policy, now_us: int) -> Chance:
    """How a class-hour stands that has begun and is not over."""
    span, practical = hour.span, hour.hour.kind == "practical" and policy.r2 is not None
    # What the camera has not delivered yet is not missing.
    up_to_us = now_us if heard.now is None else min(now_us, heard.now.end_us)
    passed = Span(span.start_us, max(span.start_us, min(up_to_us, span.end_us)))
    bad = [fact for fact in hour.pictures if fact.stale or (practical and fact.breaks)]
    worse = [*bad, *(one for one in heard.ailing if one.stale or practical)]
    runs = [_clip(part, span) for run in (*heard.runs, *([heard.now] if heard.now else []))
            for part in _without(run, worse)]
    sealed = [part for stretch in hour.stretches for part in _without(
        stretch, [fact for fact in bad if (fact.device, fact.camera) == (stretch.device, stretch.camera)])]
    counts = dataclasses.replace(heard, now=_lasting(heard.now, worse))
    ailing, heard = heard.now is not None and counts.now is None, counts
    unbroken_us = _clip(heard.now, span).length_us if heard.now is not None else 0
    recorded_us = sum(part.length_us for part in union([*sealed, *runs], passed))
    lasting = [part.end_us for part in (*sealed, *runs) if part.length_us >= SETTLED_US]
    since_us = max([span.start_us, *lasting])
    common = _Common(hour, heard, now_us, unbroken_us, passed.length_us - recorded_us, since_us, ailing)
    if practical and policy.r2 is not None:
        best_us = max([hour.longest_us, *(run.length_us for run in runs)])
        return _practice(common, best_us, policy.r2.minutes.value * MINUTE)
    allowed_us = span.length_us if policy.r1 is None else policy.r1.tolerance_s.value * SECOND
    return _theory(common, passed, recorded_us, allowed_us)


def warning(hour: HourStory, now: Chance, said: Iterable[tuple[Warned, int]], at_us: int) -> Warned | None:
    """The alarm that is due: each once for a class-hour and an occurrence. `said`: the alarms of the class with their
    times. One that was said before the recording lasted again is of another occurrence."""
    before = [(one.code, told_us) for one, told_us in said if one.hour == hour.hour.hour]
    if now.state == "lost" and "hour.lost" not in {code for code, _ in before}:
        return Warned("hour.lost", hour.hour.hour, at_us)
    told = any(code == "hour.at_risk" and told_us >= now.since_us for code, told_us in before)
    if now.state != "at_risk" or told or now.restart_by_us is None:
        return None
    return Warned("hour.at_risk", hour.hour.hour, now.restart_by_us)


@dataclasses.dataclass(frozen=True)
class _Common:
    hour: HourStory
    heard: Heard
    now_us: int
    unbroken_us: int
    missed_us: int
    since_us: int
    ailing: bool


def _practice(its: _Common, best_us: int, needed_us: int) -> Chance:
    end_us = its.hour.span.end_us
    begins_us = its.now_us if its.heard.now is None else _clip(its.heard.now, its.hour.span).start_us
    possible_us = max(best_us, end_us - begins_us, 0)
    restart_by_us = end_us - needed_us - MARGIN_US
    state: State = "running" if its.heard.now is not None else "waiting"
    if best_us >= needed_us:
        state = "done"
    elif possible_us < needed_us:
        # Of a recorder that does not answer nobody knows whether it records.
        state = "lost" if its.heard.answers else "at_risk"
    elif its.heard.now is None and restart_by_us - its.now_us <= LEAD_US:
        state = "at_risk"
    done = state == "done"
    return Chance(
        state=state, whole=False, unbroken_us=its.unbroken_us, needed_us=needed_us,
        still_us=0 if done else needed_us - its.unbroken_us, possible_us=possible_us,
        restart_by_us=None if done or state == "lost" else restart_by_us, missed_us=its.missed_us, allowed_us=0,
        shown_us=needed_us if done else its.unbroken_us, since_us=its.since_us, ailing=its.ailing,
        unseen=done and bool(its.hour.unpictured) and its.hour.looked_us < needed_us <= its.hour.longest_us,
    )


def _theory(its: _Common, passed: Span, recorded_us: int, allowed_us: int) -> Chance:
    span, running = its.hour.span, its.heard.now is not None
    state: State = "running" if running else "waiting"
    if its.missed_us > allowed_us:
        state = "lost" if its.heard.answers else "at_risk"
    elif not running and its.missed_us >= min(PATIENCE_US, allowed_us):
        state = "at_risk"
    still_us = span.end_us - passed.end_us
    restart_by_us = None if running or state == "lost" else passed.end_us + max(0, allowed_us - its.missed_us)
    return Chance(
        state=state, whole=True, unbroken_us=its.unbroken_us, needed_us=span.length_us, still_us=still_us,
        possible_us=recorded_us + still_us, restart_by_us=restart_by_us, missed_us=its.missed_us,
        allowed_us=allowed_us, shown_us=recorded_us, since_us=its.since_us, ailing=its.ailing,
        unseen=bool(its.hour.unpictured) and its.hour.fresh_us - its.hour.sure_us > allowed_us,
    )


def _without(run: Span, bad: Iterable[Span]) -> tuple[Span, ...]:
    """A run without the times in which its picture does not count."""
    return holes(union(bad, run), run)


def _lasting(now: Span | None, bad: Iterable[Span]) -> Span | None:
    """The unbroken video that goes on and counts; None while it does not count."""
    parts = () if now is None else _without(now, bad)
    return parts[-1] if now is not None and parts and parts[-1].end_us == now.end_us else None


def _clip(span: Span, within: Span) -> Span:
    start_us = min(max(span.start_us, within.start_us), within.end_us)
    return Span(start_us, max(start_us, min(span.end_us, within.end_us)))
