"""Reads old segments again, slowly, and tells of a file that is not what its record says any more."""
from __future__ import annotations

import bisect
import errno
import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

from edge.errors import VolumeAway
from edge.storage.files import read_cold
from edge.storage.shelf import Entry, Shelf
from edge.store import Store
from edge.sync.alarms import Alarms
from evidence.times import MINUTE

NOTE = "storage.scrubbed"
"""The record of the segment that was read last, and when this pass began: a restart goes on behind it."""
PASS_US = 7 * 24 * 60 * MINUTE
"""Passes over everything begin so far apart; what is new is read once at once."""


class Scrub:
    """`find`: where a file lies (Box.find_segment); `advance` is told of bytes read, and may raise to stop."""

    def __init__(
        self, store: Store, shelf: Shelf, find: Callable[[str], Path | None], advance: Callable[[int], None],
    ) -> None:
        self._store, self._shelf, self._find, self._advance = store, shelf, find, advance

    def some(self, budget: int, now_us: int) -> int:
        """Read the next segments, about `budget` bytes; how many. Raises OSError, StoreBusy."""
        last, begun_us = map(int, (self._store.note(NOTE) or f"-1 {now_us}").split())
        at = bisect.bisect_right(self._shelf.entries, last, key=lambda entry: entry.seq)
        if at == len(self._shelf.entries) and not 0 <= now_us - begun_us < PASS_US:
            at, begun_us = 0, now_us
        done = 0
        for entry in itertools.islice(self._shelf.entries, at, None):
            if budget <= 0:
                break
            if not self._store.removed(entry.sha256):
                self._check(entry)
                budget -= entry.size
                done += 1
                self._store.put_note(NOTE, f"{entry.seq} {begun_us}")
        else:
            # Removed ones at the end are part of the pass too.
            if self._shelf.entries[at:]:
                self._store.put_note(NOTE, f"{self._shelf.entries[-1].seq} {begun_us}")
        return done

    def _check(self, entry: Entry) -> None:
        try:
            path = self._find(entry.file)
        except VolumeAway:
            return
        if path is None:
            Alarms(self._store).once("segment.lost", {"segment": entry.sha256})
        elif not self._whole(path, entry):
            Alarms(self._store).once("storage.rotten", {"segment": entry.sha256, "file": entry.file})

    def _whole(self, path: Path, entry: Entry) -> bool:
        """Whether the file still is what its record says; one that was moved or removed meanwhile is left alone."""
        digest = hashlib.sha256()
        try:
            for data in read_cold(path):
                digest.update(data)
                self._advance(len(data))
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        return digest.hexdigest() == entry.sha256
