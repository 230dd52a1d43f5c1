"""Which part of a picture does not count: black, covered, frozen. What only marks it: glare, smoke, defocus. Pure.

A span rests on several samples and lasts until one says otherwise. `looped.py` finds what was filmed before.
"""
from __future__ import annotations

import bisect
import dataclasses
import functools
import itertools
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from evidence.bodies import Picture, PictureSample
from evidence.policy import PictureRules
from evidence.times import SECOND

What = Literal["black", "covered", "frozen", "looped", "reused", "shared", "looped_like", "glare", "smoke", "defocus"]
BREAKING: tuple[What, ...] = ("black", "covered", "frozen", "looped", "reused")
"""These break a stretch, the first of them that holds; the others only mark it."""
THUMB_WIDTH, THUMB_HEIGHT, THUMB_SCALE = 16, 9, 16
"""A thumb: so many cells in a row, so many rows, so many steps in a grey level (of 255)."""
OVERLAYS = 6
"""How many cells may differ in any way: a clock or a name written into the picture is no motion."""
USUAL_SAMPLES = 8
"""From fewer samples nobody can say how a camera's picture usually is."""
CORE_PPM = 100
"""So much of the picture lies within something brightly white, ppm: a welding arc before which the camera closed its
iris. Dates in white at up to a twentieth of the picture's height have 25 at most."""
NEAR = 8
"""Thumbs of one and the same picture are at most this far apart, in sixteenths of a grey level."""


@dataclasses.dataclass(frozen=True)
class Look:
    """One segment that was looked at: its media time within its run, and the wall clock at media time 0."""

    device: str
    segment: str
    first_us: int
    end_us: int
    wall_us: int
    picture: Picture


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the picture was between two media times of a run."""

    what: What
    start_us: int
    end_us: int

    @property
    def breaks(self) -> bool:
        return self.what in BREAKING


def seen(part: Sequence[Look], rules: PictureRules, looped: Iterable[Seen] = ()) -> tuple[Seen, ...]:
    """What does not count, then what is only marked, each in order of time. `part`: segments that follow each other
    without a break; `looped`: what `looped.py` and `reused.py` found in them."""
    samples = [sample for look in part for sample in look.picture.samples]
    if not samples:
        return tuple(looped)
    end_us = part[-1].end_us
    dark = _dark(samples, end_us, rules)
    found = [*dark, *_without(_frozen(samples, end_us, rules), dark)]
    again = list(looped)
    for what in ("looped", "reused"):
        found += _without([span for span in again if span.what == what], found)
    marks = _without([*(span for span in again if not span.breaks), *_marks(samples, end_us, rules)], found)
    return (*sorted(found, key=_when), *sorted(marks, key=_when))


@functools.lru_cache(maxsize=4096)
def cells(thumb: str) -> Sequence[int]:
    """The cells of a thumb."""
    # Two bytes a cell: as objects these few thousand took 24 MB of each process that looks at pictures.
    return array("H", (int(thumb[at:at + 3], 16) for at in range(0, len(thumb), 3)))


def apart(one: Sequence[int], other: Sequence[int], least: int = OVERLAYS) -> int:
    """How far apart two thumbs are: the difference that `least` cells reach."""
    # Without a line of Python per cell: a look at a loop compares hundreds of thumbs.
    return sorted(map(abs, map(int.__sub__, one, other)))[-least]


def relief(thumb: Sequence[int]) -> int:
    """How much a thumb bends from cell to cell: mean second difference along rows and columns. Light that falls off
    towards a corner bends little, a room much; sensor noise and the picture's brightness are no part of it."""
    wide, high = THUMB_WIDTH, THUMB_HEIGHT
    along = [thumb[i - 1] - 2 * thumb[i] + thumb[i + 1] for i in range(wide * high) if 0 < i % wide < wide - 1]
    down = [thumb[i - wide] - 2 * thumb[i] + thumb[i + wide] for i in range(wide, wide * (high - 1))]
    return sum(map(abs, along + down)) // (2 * len(along + down))


def _dark(samples: Sequence[PictureSample], end_us: int, rules: PictureRules) -> list[Seen]:
    """Black and covered together: a hand before the lens may be both by turns. The more frequent names the span."""
    states = [blind(sample, rules) for sample in samples]
    found = []
    for first, after in _groups(states, lambda state: state is not None):
        black = sum(state == "black" for state in states[first:after])
        what: What = "black" if 2 * black >= after - first else "covered"
        found += _lasting(what, samples, first, after, end_us, rules.least_s.value)
    return found


def blind(sample: PictureSample, rules: PictureRules) -> What | None:
    """Whether nothing is seen in one sample: black or covered, and not because something dazzles the camera."""
    if _dazzled(sample, rules):
        return None
    return _shapeless(sample, rules)


def _shapeless(sample: PictureSample, rules: PictureRules) -> What | None:
    if sample.contrast_ppm > rules.covered_contrast_ppm.value:
        return None
    if sample.luma_ppm <= rules.black_luma_ppm.value:
        return "black"
    return "covered" if relief(cells(sample.thumb)) <= rules.covered_relief.value else None


def _dazzled(sample: PictureSample, rules: PictureRules) -> bool:
    """By much light, or by an arc that leaves the rest of the picture dark."""
    arc = sample.core_ppm is not None and sample.core_ppm >= CORE_PPM and _shapeless(sample, rules) is not None
    return arc or sample.bright_ppm >= rules.glare_ppm.value


def _frozen(samples: Sequence[PictureSample], end_us: int, rules: PictureRules) -> list[Seen]:
    """Pictures that are one and the same. A live sensor's noise changes a still picture from keyframe to keyframe."""
    found: list[Seen] = []
    first = 0
    for at in range(1, len(samples) + 1):
        if at < len(samples) and _same(samples[first], samples[at], rules):
            continue
        compared = sum(sample.change_ppm is not None for sample in samples[first + 1:at])
        if compared >= 2:
            found += _lasting("frozen", samples, first, at, end_us, rules.frozen_s.value)
        first = at
    return found


def _same(first: PictureSample, sample: PictureSample, rules: PictureRules) -> bool:
    """Whether a sample is the picture before it, and still the first one. What was not compared is not denied."""
    if sample.change_ppm is not None and sample.change_ppm > rules.frozen_change_ppm.value:
        return False
    return apart(cells(first.thumb), cells(sample.thumb)) <= NEAR


def _marks(samples: Sequence[PictureSample], end_us: int, rules: PictureRules) -> list[Seen]:
    tests: dict[What, Callable[[PictureSample], bool]] = {
        "glare": lambda sample: _dazzled(sample, rules),
    }
    if len(samples) >= USUAL_SAMPLES:
        contrast, detail = (_usual([getattr(s, name) for s in samples]) for name in ("contrast_ppm", "detail_ppm"))
        hazy, soft = rules.smoke_contrast_pct.value, rules.defocus_detail_pct.value
        tests["smoke"] = lambda s: s.contrast_ppm * 100 <= hazy * contrast and not _dazzled(s, rules)
        tests["defocus"] = lambda s: s.detail_ppm * 100 <= soft * detail and s.contrast_ppm * 100 > hazy * contrast
    found: list[Seen] = []
    for what, test in tests.items():
        for first, after in _groups([test(sample) for sample in samples], bool):
            found += _lasting(what, samples, first, after, end_us, rules.least_s.value)
    return found


def _usual(values: Sequence[int]) -> int:
    """The value that three quarters of all stay below: a camera that is in smoke for half an hour is still in smoke."""
    return sorted(values)[len(values) * 3 // 4]


def _lasting(
    what: What, samples: Sequence[PictureSample], first: int, after: int, end_us: int, least_s: int
) -> list[Seen]:
    """The span of samples `first` to before `after`, if there are two of them and it lasts."""
    start_us, until_us = samples[first].at_us, samples[after].at_us if after < len(samples) else end_us
    lasts = after - first >= 2 and until_us - start_us >= least_s * SECOND
    return [Seen(what, start_us, until_us)] if lasts else []


def _groups(values: Sequence[object], test: Callable[[object], bool]) -> list[tuple[int, int]]:
    """Where values that pass follow each other: (first, one after the last)."""
    found: list[tuple[int, int]] = []
    for at, value in enumerate(values):
        if test(value):
            joins = found and found[-1][1] == at
            found[-1:] = [(found[-1][0], at + 1)] if joins else [*found[-1:], (at, at + 1)]
    return found


def _without(found: Iterable[Seen], taken: Sequence[Seen]) -> list[Seen]:
    """What `taken` leaves of the spans."""
    taken = sorted(taken, key=_when)
    ends = list(itertools.accumulate((one.end_us for one in taken), max))
    left: list[Seen] = []
    for span in found:
        start_us = span.start_us
        for at in range(bisect.bisect_right(ends, span.start_us), len(taken)):
            one = taken[at]
            if one.start_us >= span.end_us:
                break
            if one.start_us > start_us:
                left.append(Seen(span.what, start_us, one.start_us))
            start_us = max(start_us, one.end_us)
        if start_us < span.end_us:
            left.append(Seen(span.what, start_us, span.end_us))
    return left


def _when(span: Seen) -> tuple[int, int, str]:
    return (span.start_us, span.end_us, span.what)
