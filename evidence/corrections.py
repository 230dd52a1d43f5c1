"""Wrongly started classes, put right by a record: for which class a session counts, and its video with it.

What was recorded is never edited. A `session.corrected` of the same chain says for which class the session counts; the
latest one wins. Presses, codes on the screen and segments of the session move with it, and with a segment what was
measured of its picture. Check-ins do not: they belong to whom they name. A roll call does not: it says who of its own
class's people was seen, so moved video waits for one of the right class.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

from evidence.bodies import SessionCorrected, body_of
from evidence.errors import BadRecord
from evidence.records import Record

MOVED = frozenset({"session.start", "session.end", "segment", "code.shown"})
"""The types of record that count for the class of their session."""
MEASURED = frozenset({"picture", "code.read"})
"""The types of record that count for the class of the segment of which they speak."""
Session = tuple[str, str, str]
"""A session by device, chain and its id."""


@dataclasses.dataclass(frozen=True)
class Correction:
    """A session and what was said of its class, the latest last; never empty."""

    session: Session
    said: tuple[tuple[Record, SessionCorrected], ...]

    @property
    def class_id(self) -> str:
        """The class for which the session counts."""
        return self.said[-1][1].class_id

    @property
    def classes(self) -> frozenset[str]:
        """Every class that the corrections name."""
        return frozenset(name for _, body in self.said for name in (body.class_id, body.was))


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
        if named is None or record.type not in MOVED | MEASURED:
            return named
        if record.type in MEASURED:
            found = self.by_segment.get((record.device, record.chain, str(record.body.get("segment"))))
        else:
            found = self.by_session.get(self.session_of(record))
        return found.class_id if found is not None else named


def corrections(records: Iterable[Record]) -> Corrections:
    """From records of any chains, in any order, each once. One whose body cannot be read corrects nothing."""
    said: dict[Session, list[tuple[Record, SessionCorrected]]] = defaultdict(list)
    segments: dict[tuple[str, str, str], Session] = {}
    for record in records:
        if record.type == "segment":
            place = (record.device, record.chain)
            segments[*place, str(record.body.get("sha256"))] = (*place, str(record.body.get("session")))
        if record.type != "session.corrected":
            continue
        try:
            body = body_of(record)
        except BadRecord:
            continue
        if isinstance(body, SessionCorrected):
            said[record.device, record.chain, body.session].append((record, body))
    by_session = {
        session: Correction(session, tuple(sorted(items, key=lambda item: item[0].seq)))
        for session, items in said.items()
    }
    by_segment = {place: by_session[session] for place, session in segments.items() if session in by_session}
    return Corrections(by_session, by_segment)
