"""How far the boxes of a class have reported, so that nobody is judged while records are still on their way.

A chain has no hole: a record made after a class-hour shows that everything before it is here. A box has reported past a
moment when a record of it was made so much later that the last file of the recording would be sealed; or at once when
it says that it is over: every session has its end press, every run its last segment.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from evidence.bodies import Segment
from evidence.clocks import ChainClock
from evidence.records import Record
from evidence.story import SessionFact


@dataclasses.dataclass(frozen=True)
class Progress:
    """What a box has told. `last_us`: its latest record whose clock can be believed. `over_us`: when its last session
    of the class ended, None while one is open or one of its runs may go on."""

    last_us: int = 0
    over_us: int | None = None

    def past(self, at_us: int, settle_us: int) -> bool:
        """Whether everything up to that moment is here."""
        return self.last_us >= at_us + settle_us or (self.over_us is not None and self.over_us >= at_us)


def latest(records: Iterable[Record], clocks: Mapping[tuple[str, str], ChainClock]) -> dict[str, int]:
    """Device → its latest record whose clock can be believed."""
    own: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        own[record.device].append(record)
    found: dict[str, int] = {}
    for device, told in own.items():
        newest = sorted(told, key=lambda one: one.utc_us, reverse=True)
        believed = (one.utc_us for one in newest if clocks[one.device, one.chain].doubt(one) is None)
        at_us = next(believed, None)  # the first that is believed is the latest: the others need not be asked
        if at_us is not None:
            found[device] = max(0, at_us)
    return found


def progress(
    last_us: Mapping[str, int], sessions: Sequence[SessionFact], segments: Sequence[tuple[Record, Segment]]
) -> dict[str, Progress]:
    """The progress of each box. `last_us`: its latest believable record. The rest is what the class has of it."""
    return {device: Progress(at_us, _over_us(
        at_us, [one for one in sessions if one.device == device],
        [body for record, body in segments if record.device == device],
    )) for device, at_us in last_us.items()}


def _over_us(last_us: int, sessions: Sequence[SessionFact], segments: Sequence[Segment]) -> int | None:
    if not sessions or not segments or any(one.end_us is None for one in sessions):
        return None
    last = max(sessions, key=lambda one: one.end_us or 0)
    runs: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        runs[segment.run].append(segment)
    ends = [max(run, key=lambda one: one.index) for run in runs.values()]
    if last.end_us is None or last.end_us > last_us:
        return None
    if any(end.cut is None for end in ends) or all(end.session != last.session for end in ends):
        return None
    return last.end_us
