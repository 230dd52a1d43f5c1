"""Which finished segments were filmed while the terminal showed a code, and what they show of it: `code.read` records.

What is to do follows from the records: a segment is read again when a code that lies in it was stated after its last
reading, which happens where a code is shown across the border of two files.
"""
from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from common.logs import Log
from edge.errors import BadVideo, EmptyVideo
from edge.picture.marks import Window, read_marks, windows
from edge.rollcall.attempts import MOST, Attempts
from edge.store import Store
from evidence.bodies import CodeRead, CodeShown, Segment, body_of
from evidence.records import Record, Sealed

RECENT = 500
"""So many segments and codes are remembered: more than a day of each."""


class Codes:
    """Works off the codes of one box. `find`: where a segment lies (Box.find_segment)."""

    def __init__(self, store: Store, find: Callable[[str], Path | None], attempts: Attempts) -> None:
        self._store, self._find, self._attempts = store, find, attempts
        self._log = Log("picture.codes")
        self._after: dict[str, int] = {}
        self._head = -1
        self._segments: deque[tuple[Record, Segment]] = deque(maxlen=RECENT)
        self._shown: deque[tuple[Record, CodeShown]] = deque(maxlen=RECENT)
        self._read: dict[str, int] = {}
        self._settled = False

    def turn(self) -> bool:
        """Read one segment; False when there is none to read. May raise StoreBusy, VolumeAway."""
        self._learn()
        for record, segment in () if self._settled else self._segments:
            boot_id = segment.boot_id or record.boot_id
            shown = [(one.seq, code) for one, code in self._shown if one.boot_id == boot_id]
            read_up_to = self._read.get(segment.sha256, -1)
            fresh = [seq for seq, code in shown if seq > read_up_to and windows(segment, [code])]
            if fresh:
                self._do(segment, windows(segment, [code for _, code in shown]))
                self._read[segment.sha256] = max(fresh)
                return True
        self._settled = True
        return False

    def _learn(self) -> None:
        """Take in what was recorded since."""
        head = self._store.head_seq()
        if head == self._head:
            return
        for sealed in itertools.chain(*map(self._fresh, ("segment", "code.shown", "code.read"))):
            self._settled = False
            record, body = sealed.record, body_of(sealed.record)
            if isinstance(body, Segment) and body.class_id:
                self._segments.append((record, body))
            elif isinstance(body, CodeShown):
                self._shown.append((record, body))
            elif isinstance(body, CodeRead):
                self._read[body.segment] = record.seq
        self._head = head

    def _fresh(self, type: str) -> Iterator[Sealed]:
        """What was recorded since; at the start as much as is remembered."""
        if type not in self._after:
            # Nothing was read before it was recorded.
            oldest = self._store.newest("segment" if type == "code.read" else type, RECENT)
            self._after[type] = oldest - 1
        for sealed in self._store.each(type, self._after[type]):
            self._after[type] = sealed.record.seq
            yield sealed

    def _do(self, segment: Segment, wanted: list[Window]) -> None:
        """One segment to its record. One that cannot be read stays unread: that says nothing against anyone."""
        path = self._find(segment.file)
        if path is None or self._attempts.begin(segment.sha256) > MOST:
            self._log.warning("code.left_out", segment=segment.sha256)
            return
        try:
            samples, marks = read_marks(path, segment, wanted)
            self._store.append("code.read", CodeRead(
                str(segment.class_id), segment.run, segment.sha256, samples, marks))
        except (BadVideo, EmptyVideo) as error:
            self._log.failed("code.unread", error, segment=segment.sha256)
        finally:
            self._attempts.end()
