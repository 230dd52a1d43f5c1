"""Reads old segments again, slowly, and tells of a file that is not what its record says any more."""
from __future__ import annotations

import bisect
import errno
import hashlib
from collections.abc import Callable
from pathlib import Path

from edge.errors import VolumeAway
from edge.storage.files import read_cold
from edge.storage.shelf import Entry, Shelf
from edge.store import Store
from edge.sync.alarms import Alarms

NOTE = "storage.scrubbed"
"""The record of the segment that was read last, so that a restart goes on behind it."""


class Scrub:
    """`find`: where a file lies (Box.find_segment); `advance` is told of bytes read, and may raise to stop."""

    def __init__(
        self, store: Store, shelf: Shelf, find: Callable[[str], Path | None], advance: Callable[[int], None],
    ) -> None:
        self._store, self._shelf, self._find, self._advance = store, shelf, find, advance

    def some(self, budget: int) -> int:
        """Read the next segments, about `budget` bytes, none twice; how many. Raises OSError, StoreBusy."""
        entries = self._shelf.entries
        at = bisect.bisect_right(entries, int(self._store.note(NOTE) or -1), key=lambda entry: entry.seq)
        done = 0
        for entry in (*entries[at:], *entries[:at]):
            if budget <= 0:
                break
            if not self._store.removed(entry.sha256):
                self._check(entry)
                budget -= entry.size
                done += 1
            self._store.put_note(NOTE, str(entry.seq))
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
