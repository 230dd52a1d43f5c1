"""Which roll calls of a segment count, whom they looked for, which of them counts the heads; and what was left out."""
from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from evidence.attendance import Said, before, refused
from evidence.bodies import Alarm, Enrolment, RollCall, Segment
from evidence.records import Record
from evidence.story import LeftOutFact, PackRefusedFact, Ref, SegmentFact
from evidence.times import SECOND

MOST_TRACKS = 3000
"""A roll call never writes more."""
LEFT_OUT: Mapping[str, Literal["gone", "differs", "died", "unreadable"]] = MappingProxyType({
    "rollcall.segment_gone": "gone", "rollcall.segment_differs": "differs", "rollcall.died": "died",
    "rollcall.unreadable": "unreadable"})
"""Alarms that say that a roll call left out a segment, and why."""
PACK_REFUSED = "rollcall.pack_refused"
TRIED_AGAIN = frozenset({"gone", "died"})
"""Such a segment is tried again when a day is over, and once more with each other program or pack (leftout.py of the
box)."""
SLACK_US = 2 * SECOND
"""Files begin and end a few pictures beside what their packets say."""


@dataclasses.dataclass(frozen=True)
class Called:
    """One roll call that counts. `unsought`: who of the roster it did not look for, as far as the records tell."""

    ref: Ref
    call: RollCall
    unsought: frozenset[str]


def called(
    told: Iterable[tuple[Record, RollCall]], by_hash: Mapping[str, SegmentFact], roster: Collection[str],
    enrolled: Sequence[tuple[Record, Enrolment]], said: Sequence[Said],
) -> tuple[dict[str, tuple[Called, ...]], tuple[Ref, ...]]:
    """By hash of the segment: all its roll calls, first the one that looked for most people (of several the latest),
    which counts the heads. And those that do not count: of another device than the one that stated the segment, or
    with numbers that cannot be.

    One that does not say whom it looked for looked for everybody but those who had refused the face or withdrawn by
    then, and who had not been enrolled on its box, if that box had recorded any enrolment."""
    known = _Templates(enrolled, said)
    found: dict[str, list[tuple[Record, Called]]] = defaultdict(list)
    void = []
    for record, body in told:
        fact = by_hash.get(body.segment)
        if fact is None:
            continue
        if record.device != fact.ref[0] or not _possible(fact.segment, body):
            void.append(record.key)
            continue
        missing = {person for person in roster if person not in body.gallery} if body.gallery is not None else (
            known.without(roster, record))
        found[body.segment].append((record, Called(record.key, body, frozenset(missing))))
    return {sha: _in_order(calls) for sha, calls in found.items()}, tuple(sorted(void))


def left_out(
    told: Iterable[tuple[Record, Alarm]], by_hash: Mapping[str, SegmentFact], rollcalls: Collection[str],
) -> dict[str, LeftOutFact]:
    """By hash of the segment: those without any roll call that the device that filmed them gave up, and says why; of
    several alarms the latest. One that it tries again waits for its roll call, until it was left out twice with one
    program and pack."""
    alarms: dict[str, list[tuple[Record, Alarm]]] = defaultdict(list)
    for record, body in sorted(told, key=lambda item: (item[0].utc_us, item[0].key)):
        sha = str(body.params.get("segment"))
        fact = by_hash.get(sha)
        if body.code in LEFT_OUT and fact is not None and fact.ref[0] == record.device and sha not in rollcalls:
            alarms[sha].append((record, body))
    found = {}
    for sha, own in alarms.items():
        why, fact = LEFT_OUT[own[-1][1].code], by_hash[sha]
        tries = Counter(with_what for _, body in own if isinstance(with_what := body.params.get("looked_with"), str))
        if why not in TRIED_AGAIN or max(tries.values(), default=0) > 1:
            found[sha] = LeftOutFact(tuple(record.key for record, _ in own), fact.ref, fact.span.start_us, why)
    return found


def pack_refused(told: Iterable[tuple[Record, Alarm]], calls: Iterable[Record]) -> dict[str, PackRefusedFact]:
    """Device → why it makes no roll call of the class, if its last word is that. `calls`: all roll calls of the class:
    with the next one in its chain a box was no longer refused, and says so anew when it is."""
    last: dict[tuple[str, str], int] = {}
    for call in calls:
        last[call.device, call.chain] = max(call.seq, last.get((call.device, call.chain), 0))
    found: dict[str, PackRefusedFact] = {}
    for record, body in sorted(told, key=lambda item: (item[0].utc_us, item[0].key)):
        why = body.params.get("why")
        if body.code == PACK_REFUSED and why in ("few", "loose") and (
                record.seq > last.get((record.device, record.chain), -1)):
            found[record.device] = PackRefusedFact(record.key, record.device, why)
    return found


def _in_order(calls: Sequence[tuple[Record, Called]]) -> tuple[Called, ...]:
    latest = sorted(calls, key=lambda item: (item[0].utc_us, item[0].key), reverse=True)
    return tuple(sorted((one for _, one in latest), key=lambda one: len(one.unsought)))


def _possible(segment: Segment, call: RollCall) -> bool:
    """Whether its faces were followed within the segment, in no more pictures than were looked at; and whether a face
    had to be like anybody to be named at all."""
    first_us, end_us = segment.first_pts_us - SLACK_US, segment.end_pts_us + SLACK_US
    return call.threshold_ppm > 0 and len(call.tracks) <= MOST_TRACKS and call.dark <= call.samples and all(
        first_us <= one.first_us <= one.shown_us <= one.last_us <= end_us and one.frames <= call.samples
        for one in call.tracks)


def looked_away(segment: Segment, call: RollCall, percent: int) -> bool:
    """Whether a roll call looked at less than `percent` of the pictures at which it was to look: the others could not
    be decoded, and whoever was in them alone is not seen. A record that does not say how many these were looked at too
    few when they, a quarter of the time between them late as they may be, do not reach over the segment."""
    if call.planned is not None:
        return call.samples * 100 < percent * call.planned
    length_us = segment.end_pts_us - segment.first_pts_us
    return call.every_us is not None and call.samples * call.every_us * 125 < percent * length_us


class _Templates:
    """Whose face a box had at a record, as far as the records tell."""

    def __init__(self, enrolled: Sequence[tuple[Record, Enrolment]], said: Sequence[Said]) -> None:
        self._said: dict[str, list[Said]] = defaultdict(list)
        for one in said:
            self._said[one[1].person].append(one)
        self._enrolled: dict[str, list[tuple[Record, Enrolment]]] = defaultdict(list)
        for record, body in enrolled:
            self._enrolled[record.device].append((record, body))

    def without(self, roster: Collection[str], record: Record) -> set[str]:
        """Who of the roster had no template."""
        here = {body.person for earlier, body in self._enrolled[record.device] if before(earlier, record)}
        return {person for person in roster
                if (here and person not in here) or refused(person, record, self._said[person])}
