"""Reads old segments again, slowly, and tells of a file that is not what its record says any more."""
from __future__ import annotations

import bisect
import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path

from edge.errors import VolumeAway
from edge.storage import spoilt
from edge.storage.files import read_cold
from edge.storage.shelf import Entry, Shelf
from edge.store import Store
from evidence.times import MINUTE

NOTE = "storage.scrubbed"
"""The record of the segment that was read last, and when this pass began: a restart goes on behind it."""
UNREAD = "storage.unread"
"""Files that could not be read, as JSON: segment → how often, and when (UTC µs) the last time."""
MOST, APART_US = 3, 60 * MINUTE
"""An alarm only after so many attempts so far apart: a disk that fails for a moment is no rotten file."""
PASS_US = 7 * 24 * 60 * MINUTE
"""Passes over everything begin so far apart; what is new is read once at once."""


class Scrub:
    """`find`: where a file lies (Box.find_segment); `advance` is told of bytes read, and may raise to stop."""

    def __init__(
        self, store: Store, shelf: Shelf, find: Callable[[str], Path | None], advance: Callable[[int], None],
    ) -> None:
        self._store, self._shelf, self._find, self._advance = store, shelf, find, advance

    def some(self, budget: int, now_us: int) -> int:
        """Read the next segments, about `budget` bytes; how many. Raises StoreBusy."""
        budget = self._again(budget, now_us)
        last, begun_us = map(int, (self._store.note(NOTE) or f"-1 {now_us}").split())
        at = bisect.bisect_right(self._shelf.entries, last, key=lambda entry: entry.seq)
        if at == len(self._shelf.entries) and not 0 <= now_us - begun_us < PASS_US:
            at, begun_us = 0, now_us
        done = 0
        for entry in itertools.islice(self._shelf.entries, at, None):
            if budget <= 0:
                break
            if not self._store.removed(entry.sha256):
                self._check(entry, now_us)
                budget -= entry.size
                done += 1
                self._store.put_note(NOTE, f"{entry.seq} {begun_us}")
        else:
            # Removed ones at the end are part of the pass too.
            if self._shelf.entries[at:]:
                self._store.put_note(NOTE, f"{self._shelf.entries[-1].seq} {begun_us}")
        return done

    def _again(self, budget: int, now_us: int) -> int:
        """Try again what could not be read some time ago; what is left of the budget."""
        unread = self._unread()
        due = {name for name, (_, at_us) in unread.items() if not 0 <= now_us - at_us < APART_US}
        for entry in self._shelf.entries if due else ():
            if budget <= 0:
                break
            if entry.sha256 in due and self._store.removed(entry.sha256):
                self._note(entry, now_us, failed=False)
            elif entry.sha256 in due:
                self._check(entry, now_us)
                budget -= entry.size
        return budget

    def _check(self, entry: Entry, now_us: int) -> None:
        try:
            path = self._find(entry.file)
            whole = path is None or self._whole(path, entry)
            if whole is None:
                self._find(entry.file)  # A disk that was pulled gives errors too.
        except VolumeAway:
            return
        if path is None:
            spoilt.spoilt(self._store, entry, spoilt.LOST)
        elif self._note(entry, now_us, failed=whole is None) >= MOST or whole is False:
            spoilt.spoilt(self._store, entry, "storage.rotten")
        elif whole:
            spoilt.whole(self._store, entry)

    def _note(self, entry: Entry, now_us: int, failed: bool) -> int:
        """Count an attempt; how many in a row have failed."""
        unread = self._unread()
        before = unread.pop(entry.sha256, (0, 0))[0]
        times = before + 1 if failed else 0
        if 0 < times < MOST:
            unread[entry.sha256] = (times, now_us)
        if before or times:
            self._store.put_note(UNREAD, json.dumps(unread))
        return times

    def _unread(self) -> dict[str, tuple[int, int]]:
        return {name: (times, at_us) for name, (times, at_us) in json.loads(self._store.note(UNREAD) or "{}").items()}

    def _whole(self, path: Path, entry: Entry) -> bool | None:
        """Whether the file still is what its record says, None when it cannot be read now; one that was moved or
        removed meanwhile is left alone."""
        digest = hashlib.sha256()
        try:
            for data in read_cold(path):
                digest.update(data)
                self._advance(len(data))
        except FileNotFoundError:
            return True
        except OSError:
            return None
        return digest.hexdigest() == entry.sha256
