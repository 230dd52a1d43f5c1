"""The bar of a block on its wall clock: a lane for each camera, gaps with their reasons, check-ins. Pure geometry.

Positions and widths are percent, so that the picture stretches."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from central.classes.stories import Told
from central.web.gaps import gaps_of
from central.web.localtime import LocalTime
from central.web.reels import facts_of
from central.web.replay.parts import PartView
from central.web.signs import answer_kind, answer_words
from central.web.timeline import AWAITED, CHECKIN, GAP, Bar, Dot
from common.texts import N_, translate
from evidence.attendance import Sign
from evidence.story import Block, Span
from evidence.times import MINUTE

EARLY_US = 20 * MINUTE
"""Check-ins so long before a block stand on its bar (ours)."""
STEPS_MIN = (5, 10, 15, 30, 60, 120)
MOST_TICKS = 9
PART = N_("{start}–{end}: {how}")


@dataclasses.dataclass(frozen=True)
class Lane:
    """One camera of one box, or a box that recorded nothing: `camera` is empty then."""

    device: str
    camera: str
    room: str
    bars: tuple[Bar, ...]


@dataclasses.dataclass(frozen=True)
class CheckedIn:
    """A check-in. `at_us`: UTC."""

    at_us: int
    words: str
    dot: Dot


@dataclasses.dataclass(frozen=True)
class ReplayBar:
    """The whole bar, from `start_us` to `end_us` (UTC). `said`: the gaps again, when they are, which
    kind of bar, and why."""

    start_us: int
    end_us: int
    said: tuple[tuple[Span, str, str], ...]
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    gaps: tuple[Bar, ...]
    checkins: tuple[CheckedIn, ...]


def extent(told: Told, block: Block) -> Span:
    """From the first to the last of what belongs to a block: its hours, its video."""
    spans = [block.span, *(fact.span for fact in facts_of(told.story, block))]
    return Span(min(one.start_us for one in spans), max(one.end_us for one in spans))


def replay_bar(
    told: Told, block: Block, parts: Mapping[tuple[str, str], Sequence[PartView]], names: Mapping[str, str],
    local: LocalTime,
) -> ReplayBar:
    """The bar of a block. `parts`: by device and camera."""
    whole = extent(told, block)
    scale = _Scale(whole)
    rooms = {one.device: one.room for one in told.order.boxes}
    lanes = [Lane(device, camera, rooms.get(device, device), tuple(_bar(one, scale, local) for one in found))
             for (device, camera), found in parts.items()]
    filmed = {device for device, _ in parts}
    lanes += [Lane(device, "", room, ()) for device, room in rooms.items() if device not in filmed]
    near = Span(whole.start_us - EARLY_US, whole.end_us)
    gaps = _gaps(told, block, local)
    return ReplayBar(
        whole.start_us, whole.end_us, tuple(gaps),
        _ticks(whole, scale, local), tuple(lanes),
        tuple(scale.bar(*one) for one in gaps),
        tuple(_checkin(one, scale, names, local) for one in told.story.signs
              if near.start_us <= one.at_us < near.end_us))


@dataclasses.dataclass(frozen=True)
class _Scale:
    whole: Span

    def x(self, us: int) -> float:
        length = max(1, self.whole.length_us)
        return min(100.0, max(0.0, round(100 * (us - self.whole.start_us) / length, 3)))

    def bar(self, span: Span, kind: str, title: str) -> Bar:
        x = self.x(span.start_us)
        return Bar(x, max(0.1, round(self.x(span.end_us) - x, 3)), kind, title)


def _ticks(whole: Span, scale: _Scale, local: LocalTime) -> tuple[tuple[float, str], ...]:
    step = next((one for one in STEPS_MIN if whole.length_us <= MOST_TICKS * one * MINUTE), STEPS_MIN[-1]) * MINUTE
    offset = local.offset_min * MINUTE
    first = -(-(whole.start_us + offset) // step) * step - offset
    return tuple((scale.x(us), local.clock(us)) for us in range(first, whole.end_us + 1, step)
                 if 2 < scale.x(us) < 98)


def _bar(part: PartView, scale: _Scale, local: LocalTime) -> Bar:
    return scale.bar(part.fact.span, part.kind, part_words(part, local))


def part_words(part: PartView, local: LocalTime) -> str:
    """From when to when, and how it stands with it."""
    span = part.fact.span
    return translate(PART, local.lang, start=local.seconds(span.start_us), end=local.seconds(span.end_us),
                     how=part.words)


def _gaps(told: Told, block: Block, local: LocalTime) -> list[tuple[Span, str, str]]:
    """When nothing is recorded that counts, whether it may still come, and why."""
    return [(gap.span, "late" if gap.late else "gap", translate(
        AWAITED if gap.late else GAP, local.lang, start=local.seconds(gap.span.start_us),
        end=local.seconds(gap.span.end_us), why=translate(gap.why, local.lang)))
        for hour in told.story.hours if hour.block == block.id for gap in gaps_of(told.story, hour, told.as_of.us)]


def _checkin(fact: Sign, scale: _Scale, names: Mapping[str, str], local: LocalTime) -> CheckedIn:
    who = names.get(fact.person or "", fact.person or "—")
    said = translate(CHECKIN, local.lang, name=who, time=local.seconds(fact.at_us),
                     answer=answer_words(fact, names, local.lang))
    return CheckedIn(fact.at_us, said, Dot(scale.x(fact.at_us), answer_kind(fact), said))
