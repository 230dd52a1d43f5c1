"""Wrongly started classes, put right by a record: for which class a session counts, and its video with it.

What was recorded is never edited. A `session.corrected` of the same chain says for which class the session counts; the
latest one wins. It counts if it was made within 24 hours of the session's start in that chain: whoever pressed wrongly
knows it by then, and video is not given away weeks later. Where a restart lies between and nobody can be sure of that,
it does not count. One that does not count moves nothing and is told. Presses,
codes on the screen and segments of the session move with it, and with a segment what was measured of its picture, that
it was filmed elsewhere before, and that the roll call left it out: of what cannot be read nobody of any class is seen.
Check-ins do not: they belong to whom they name. A roll call does not: it says who of its own class's people was seen;
moved video waits for one of the right class.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from evidence.bodies import SessionCorrected, body_of
from evidence.called import LEFT_OUT
from evidence.clocks import ChainClock
from evidence.errors import BadRecord
from evidence.records import Record
from evidence.times import MINUTE, SECOND

MOVED = frozenset({"session.start", "session.end", "segment", "code.shown"})
"""The types of record that count for the class of their session."""
MEASURED = frozenset({"picture", "code.read"})
"""The types of record that count for the class of the segment of which they speak."""
Session = tuple[str, str, str]
"""A session by device, chain and its id."""


IN_TIME_US = 24 * 60 * MINUTE
"""So long after its start a session can be put right. Ours."""
Void = Literal["late", "unsure", "unstarted"]
"""Why a correction does not count: made too late; nobody can be sure that it was not, because the box was started again
in between; no start of its session stands before it in its chain."""


@dataclasses.dataclass(frozen=True)
class Said:
    """One correction. `void`: why it does not count, None if it does."""

    record: Record
    body: SessionCorrected
    void: Void | None


@dataclasses.dataclass(frozen=True)
class Correction:
    """A session and what was said of its class, the latest last; never empty."""

    session: Session
    said: tuple[Said, ...]

    @property
    def counted(self) -> tuple[Said, ...]:
        """Those that count."""
        return tuple(one for one in self.said if one.void is None)

    @property
    def class_id(self) -> str | None:
        """The class to which it was moved; None if nothing moved it."""
        counted = self.counted
        return counted[-1].body.class_id if counted else None

    @property
    def classes(self) -> frozenset[str]:
        """Every class that the corrections name, also those that do not count."""
        return frozenset(name for one in self.said for name in (one.body.class_id, one.body.was))


@dataclasses.dataclass(frozen=True)
class Corrections:
    """All that were corrected, by session."""

    by_session: Mapping[Session, Correction]
    by_segment: Mapping[tuple[str, str, str], Correction]
    """By device, chain and hash of the segment."""

    def session_of(self, record: Record) -> Session:
        """The session to which a record of a type in MOVED belongs."""
        return (record.device, record.chain, str(record.body.get("session")))

    def class_of(self, record: Record) -> str | None:
        """The class for which a record counts: that of its body, or the one to which its session was put right."""
        told = record.body.get("class")
        named = told if isinstance(told, str) else None
        if named is not None and record.type == "video.reused":
            return self._reused(record, named)
        if named is None:
            return None
        found = self.by_session.get(self.session_of(record)) if record.type in MOVED else None
        if (segment := _spoken_of(record)) is not None:
            found = self.by_segment.get((record.device, record.chain, segment))
        return (found.class_id if found is not None else None) or named

    def _reused(self, record: Record, named: str) -> str:
        """What the centre says of a segment moves with it, unless it says it to the class that had the video first."""
        there = record.body.get("record")
        where = (there.get("device"), there.get("chain")) if isinstance(there, Mapping) else ("", "")
        found = self.by_segment.get((str(where[0]), str(where[1]), str(record.body.get("segment"))))
        return found.class_id or named if found is not None and named in found.classes else named


def _spoken_of(record: Record) -> str | None:
    """The segment with whose class a record goes."""
    if record.type in MEASURED:
        return str(record.body.get("segment"))
    params = record.body.get("params")
    left_out = record.type == "alarm" and str(record.body.get("code")) in LEFT_OUT
    return str(params.get("segment")) if left_out and isinstance(params, Mapping) else None


def corrections(records: Iterable[Record]) -> Corrections:
    """From records of any chains, in any order, each once; whole chains, because any record may show that a correction
    came too late. One whose body cannot be read corrects nothing. Without the `session.start` records none counts."""
    chains: dict[tuple[str, str], list[Record]] = defaultdict(list)
    said: dict[Session, list[tuple[Record, SessionCorrected]]] = defaultdict(list)
    segments: dict[tuple[str, str, str], Session] = {}
    starts: dict[Session, Record] = {}
    for record in records:
        chains[record.device, record.chain].append(record)
        session = (record.device, record.chain, str(record.body.get("session")))
        if record.type == "segment":
            segments[record.device, record.chain, str(record.body.get("sha256"))] = session
        elif record.type == "session.start":
            starts[session] = min(starts.get(session, record), record, key=lambda one: one.seq)
        elif record.type == "session.corrected" and (body := _corrected(record)) is not None:
            said[session].append((record, body))
    by_session = {}
    for session, items in said.items():
        start, chain = starts.get(session), chains[session[:2]]
        told = [Said(record, body, void(start, record, chain))
                for record, body in sorted(items, key=lambda one: one[0].seq)]
        by_session[session] = Correction(session, tuple(told))
    by_segment = {place: by_session[session] for place, session in segments.items() if session in by_session}
    return Corrections(by_session, by_segment)


def _corrected(record: Record) -> SessionCorrected | None:
    try:
        body = body_of(record)
    except BadRecord:
        return None
    return body if isinstance(body, SessionCorrected) else None


def void(start: Record | None, said: Record, chain: Iterable[Record]) -> Void | None:
    """Why a correction does not count; None if it does. `chain`: the records of its chain, at least from the record
    before the boot of the start on. CLOCK_BOOTTIME says how long it took; over a restart of the box only wall clocks
    that are set and believed can, and only if no other record of the chain contradicts them."""
    if start is None or start.seq > said.seq:
        return "unstarted"
    if start.boot_id == said.boot_id:
        return "late" if said.mono_us - start.mono_us > IN_TIME_US else None
    whole = sorted({record.seq: record for record in (*chain, said)}.values(), key=lambda one: one.seq)
    return _over_a_restart(start, said, whole)


@dataclasses.dataclass(frozen=True)
class _Belief:
    """How a wall clock is believed here. A session counts for one class, so no policy of a class decides it."""

    accept_simulated: bool
    step_tolerance_us: int = 5 * SECOND
    bracket_us: tuple[int, int] | None = None


def _over_a_restart(start: Record, said: Record, chain: Sequence[Record]) -> Void | None:
    clock = ChainClock(chain, _Belief(start.clock.source == "simulated"))
    ran_us = clock.running_us(start.boot_id, start.mono_us, said)
    if ran_us is not None and ran_us > IN_TIME_US:
        return "late"
    if ran_us is None or start.clock.source != said.clock.source or clock.doubt(start) or clock.doubt(said):
        return "unsure"
    if said.utc_us - start.utc_us > IN_TIME_US:
        return "late"
    until_us = start.utc_us + IN_TIME_US
    later = any(start.seq < one.seq < said.seq and one.utc_us > until_us and clock.doubt(one) is None for one in chain)
    return "unsure" if later or said.utc_us < start.utc_us - IN_TIME_US else None
