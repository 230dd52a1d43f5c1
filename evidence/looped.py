"""Video that was shown before: the same keyframes byte for byte, or moving pictures that resemble earlier ones. Pure.

Bytes prove it. Resemblance does when a row of pictures, each of them unlike all its neighbours in a quarter of the
picture, comes again in the same order at the same distance in time. Where less of the picture moves, a screen or a
machine that repeats itself may be all that comes again: that is only marked. A still room proves nothing.
"""
from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from evidence.bodies import Likeness, PictureSample
from evidence.picture import OVERLAYS, Look, Seen, What, apart, cells
from evidence.policy import PictureRules
from evidence.times import SECOND

WIDE = 36
"""So many cells, a quarter of the picture, must move and come again: no screen on the wall is as large. With slides on
7.5, 14 and 25 % of real pictures of a class 0, 1 and 8 % of the pictures match so, in a repeated clip 44 %."""
KEY, TIME = 24, 8
"""Hex digits of one keyframe, and those of them that say when."""
REPEATS = 10
"""So many keyframes that were there before prove it however few they are: a clip of two of them, for ever."""
LEAST_APART_US = 5 * SECOND
"""Two boxes may film with one camera: what was shown within this time was shown once."""
EARLIER_US = 20 * SECOND
"""A picture resembles those around it: only what is at least this much older is a repetition."""
JITTER_US = 1_500_000
"""The distance to the earlier video may differ by this from segment to segment: keyframes do not fall alike."""
REACH_US = 3 * SECOND
"""How far from the exact moment the earlier sample may lie."""
AROUND_US = 60 * SECOND
"""A picture must differ from all that is so near to prove anything: a lamp that comes and goes proves nothing."""
NEIGHBOURS = 48
"""At most so many of those are looked at, the nearest: twice as many as at a sample every five seconds."""
MISSES = 12
"""After so many moving pictures that match nothing a row is over. Keyframes of a new encoding fall at other moments, so
many of them lie between two samples of the first one."""
SILENCE_US = 180 * SECOND
"""After so long without a proof, because nothing moves or nothing is said to resemble, a row is over."""
NOTHING = 1_000_000
"""Like nothing: farther apart than thumbs can be, times a hundred."""
MS = 1000
Cells = Sequence[int]


class Earlier:
    """What was filmed: where each keyframe came first, and the samples of every run. Grows by `add`, in any order."""

    def __init__(self, looks: Iterable[Look] = ()) -> None:
        self._first: dict[str, int] = {}
        self._runs: dict[tuple[str, str], list[tuple[int, int, PictureSample]]] = defaultdict(list)
        self._unsorted: set[tuple[str, str]] = set()
        for look in looks:
            self.add(look)

    def add(self, look: Look) -> None:
        """Take in one segment."""
        for at_us, name in _keys(look):
            self._first[name] = min(look.wall_us + at_us, self._first.get(name, look.wall_us + at_us))
        run = look.device, look.picture.run
        self._runs[run] += ((sample.at_us, look.wall_us, sample) for sample in look.picture.samples)
        self._unsorted.add(run)  # most runs are never asked for: nothing is said to resemble them

    def repeats(self, name: str, wall_us: int) -> bool:
        """Whether this very keyframe was there long before."""
        return wall_us - self._first.get(name, wall_us) > LEAST_APART_US

    def partner(self, look: Look, sample: PictureSample, like: Likeness) -> PictureSample | None:
        """The sample that this one is said to resemble, if it is there and older."""
        run = self._in_order((look.device, like.run))
        wanted_us, wall_us = sample.at_us - like.shift_us, look.wall_us + sample.at_us
        at = bisect.bisect_left(run, wanted_us, key=lambda item: item[0])
        near = [item for item in run[max(0, at - 1):at + 1]
                if abs(item[0] - wanted_us) <= REACH_US and wall_us - item[1] - item[0] >= EARLIER_US]
        return min(near, key=lambda item: abs(item[0] - wanted_us), default=(0, 0, None))[2]

    def _in_order(self, name: tuple[str, str]) -> list[tuple[int, int, PictureSample]]:
        run = self._runs.get(name, [])
        if name in self._unsorted:
            run.sort(key=lambda item: item[:2])
            self._unsorted.remove(name)
        return run


def looped(part: Sequence[Look], earlier: Earlier, rules: PictureRules, marks: bool = True) -> list[Seen]:
    """The spans of a part (segments that follow each other in one run) that were filmed before, then (`marks`) those
    that only resemble earlier video; each in order of time."""
    def again(look: Look, at_us: int, name: str) -> bool:
        return earlier.repeats(name, look.wall_us + at_us)

    found, like = repeated(part, again, rules, "looped"), []
    if any(look.picture.like for look in part):
        found += _resembling(part, earlier, rules, "looped", WIDE)
        like = _resembling(part, earlier, rules, "looped_like", OVERLAYS) if marks else []
    return [*_joined(found), *_joined(like)]


# --- the same bytes


def repeated(
    part: Sequence[Look], before: Callable[[Look, int, str], bool], rules: PictureRules, what: What
) -> list[Seen]:
    """Where enough keyframes that were there `before` (segment, media time, hash) follow each other: different ones, or
    for long."""
    keys = [(at_us, name, before(look, at_us, name)) for look in part for at_us, name in _keys(look)]
    found: list[Seen] = []
    for again, group in itertools.groupby(range(len(keys)), key=lambda at: keys[at][2]):
        numbers = list(group)
        after = numbers[-1] + 1
        start_us, until_us = keys[numbers[0]][0], keys[after][0] if after < len(keys) else part[-1].end_us
        lasts = len(numbers) >= REPEATS and until_us - start_us >= rules.frozen_s.value * SECOND
        if again and (lasts or len({keys[at][1] for at in numbers}) >= rules.loop_keyframes.value):
            found.append(Seen(what, start_us, until_us))
    return found


def _keys(look: Look) -> list[tuple[int, str]]:
    """Media time and name of every keyframe that lies within the segment, in order; no other proves anything."""
    text = look.picture.keys
    keys = [(look.first_us + int(text[at:at + TIME], 16) * MS, text[at + TIME:at + KEY])
            for at in range(0, len(text), KEY)]
    return sorted((key for key in keys if key[0] < look.end_us), key=lambda key: key[0])


# --- moving pictures that resemble earlier ones


@dataclasses.dataclass
class _Row:
    """Samples that are said to follow one earlier row: the pictures that prove it, each unlike the others, from when to
    when; and how many moving pictures in a row have not."""

    what: What
    least: int
    """How many cells must move."""
    proofs: list[Cells] = dataclasses.field(default_factory=list)
    start_us: int = -1
    end_us: int = -1
    misses: int = 0

    def proves(self, rules: PictureRules) -> bool:
        return len(self.proofs) >= rules.loop_pictures.value


def _resembling(part: Sequence[Look], earlier: Earlier, rules: PictureRules, what: What, least: int) -> list[Seen]:
    samples = [(sample, look) for look in part for sample in look.picture.samples]
    times = [sample.at_us for sample, _ in samples]
    found: list[Seen] = []
    row, like = _Row(what, least), None
    for at, (sample, look) in enumerate(samples):
        late = 0 <= row.end_us < sample.at_us - SILENCE_US
        if not _goes_on(like, look.picture.like) or row.misses > MISSES or late:
            found, row = _closed(found, row, rules), _Row(what, least)
        like = look.picture.like or like
        partner = None if look.picture.like is None else earlier.partner(look, sample, look.picture.like)
        if like is None or partner is None:
            continue
        around_us = min(AROUND_US, like.shift_us // 2) if like.run == look.picture.run else AROUND_US
        others = (cells(samples[other][0].thumb) for other in _around(times, at, around_us))
        until_us = times[at + 1] if at + 1 < len(times) else part[-1].end_us
        _judge(row, sample, cells(partner.thumb), others, until_us, rules)
    return _closed(found, row, rules)


def _around(times: Sequence[int], at: int, around_us: int) -> Iterator[int]:
    """The other samples that are so near in time, the nearest first, as many as are asked for."""
    left, right = at - 1, at + 1
    for _ in range(NEIGHBOURS):
        before = times[at] - times[left] if left >= 0 else around_us + 1
        after = times[right] - times[at] if right < len(times) else around_us + 1
        if min(before, after) > around_us:
            return
        if before <= after:
            yield left
            left -= 1
        else:
            yield right
            right += 1


def _judge(
    row: _Row, sample: PictureSample, partner: Cells, others: Iterable[Cells], until_us: int, rules: PictureRules
) -> None:
    """One sample more. A picture that is like one of those around it (the nearest in time first) proves nothing."""
    mine, motion = cells(sample.thumb), rules.loop_motion.value
    far = apart(mine, partner) * 100
    # Where people move beside what comes again, the picture is another one, however much the rest changes.
    far = NOTHING if far >= motion * 100 else far
    alone = 0
    for number, other in enumerate(others):
        alone = min(alone, apart(mine, other, row.least)) if number else apart(mine, other, row.least)
        if alone < motion:
            return
        if number and far > alone * rules.loop_like_pct.value:
            row.misses += 1
            return
    if alone < motion or far > alone * rules.loop_like_pct.value:
        return
    row.misses, row.end_us = 0, until_us
    row.start_us = sample.at_us if row.start_us < 0 else row.start_us
    if row.proves(rules):
        return
    if all(apart(mine, proof, row.least) >= motion for proof in row.proofs):
        row.proofs.append(mine)


def _closed(found: list[Seen], row: _Row, rules: PictureRules) -> list[Seen]:
    return [*found, Seen(row.what, row.start_us, row.end_us)] if row.proves(rules) else found


def _goes_on(before: Likeness | None, after: Likeness | None) -> bool:
    """Whether the earlier video is the same; a segment without a hint says nothing of that."""
    if before is None or after is None:
        return True
    return before.run == after.run and abs(before.shift_us - after.shift_us) <= JITTER_US


def _joined(spans: Iterable[Seen]) -> list[Seen]:
    """Spans that touch or overlap, as one."""
    found: list[Seen] = []
    for span in sorted(spans, key=lambda span: (span.start_us, span.end_us)):
        if found and span.start_us <= found[-1].end_us:
            found[-1] = Seen(span.what, found[-1].start_us, max(found[-1].end_us, span.end_us))
        else:
            found.append(span)
    return found
