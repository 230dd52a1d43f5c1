"""Copies one video file after the other into an archive, out of what lies at the centre, in its bucket, or in the
archive of before; what is spoilt there is stated, and another copy asked for."""
from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

from central.archive.pace import Pace
from central.archive.pieces import CHUNK, Pieces
from central.archive.plan import Wanted
from central.archive.progress import Progress
from central.bucket.errors import BucketAway, BucketChanged, NotInBucket
from central.errors import SegmentFileChanged
from central.parts import UNREADABLE
from central.wiring import Centre

AGAIN_S = (5.0, 30.0, 120.0)
"""After such pauses an object store that does not answer is asked again, before the pull ends."""
Mark = tuple[int, int, int]
"""By which a file is known again that was read: inode, size, and when it was changed last."""


class Copier:
    """For one pull, by several threads. `target`: where the archive of before lies, if there is one."""

    def __init__(self, centre: Centre, target: Path, pieces: Pieces, pace: Pace, progress: Progress) -> None:
        self._centre, self._target, self._pieces, self._pace, self._progress = centre, target, pieces, pace, progress
        self._spoiled, self._rotten = set[str](), dict[str, Mark]()

    def here(self, one: Wanted) -> bool:
        """Whether it can be copied now."""
        return self._before(one) is not None or (self._centre.has_video(one.sha256) and not self._is_rotten(one))

    def _is_rotten(self, one: Wanted) -> bool:
        """Whether that which lies at the centre was read, and is not what was recorded."""
        known, path = self._rotten.get(one.sha256), self._centre.objects.path(one.sha256)
        return known is not None and path.is_file() and _mark(path.stat()) == known

    def _before(self, one: Wanted) -> Path | None:
        """The file in the bag that lacks others, if it is there as it was."""
        path = self._target / one.path
        return path if one.path not in self._spoiled and path.is_file() and path.stat().st_size == one.size else None

    def copy(self, one: Wanted) -> bool:
        """Whether it was here, as it was recorded. Raises BucketAway, BucketRefuses, Ended, OSError."""
        def right(sha256: str) -> None:
            if sha256 != one.sha256:
                raise SegmentFileChanged(file=one.path, device=one.device, seq=one.seq)

        before = self._before(one)
        try:
            if before is None:
                self._bring(one.sha256)
            file = (before or self._centre.objects.path(one.sha256)).open("rb", buffering=0)
        except FileNotFoundError:
            return False
        except (NotInBucket, BucketChanged):
            self._rots_there(one)
            return False
        with file:
            try:
                self._pieces.copy(one.path, self._chunks(one, file), right)
            except SegmentFileChanged:
                if before is None:
                    self._rots(one, _mark(os.fstat(file.fileno())))
                else:
                    self._spoiled.add(one.path)  # the centre, or the box, has it still
                return False
        self._progress.file()
        return True

    def _bring(self, sha256: str) -> None:
        """Out of the bucket, where it lies there alone. Raises NotInBucket, BucketChanged, BucketAway, BucketRefuses,
        Ended."""
        for wait_s in AGAIN_S:
            try:
                return self._centre.fetcher.bring(sha256)
            except BucketAway:
                self._pace.rest(wait_s)
        return self._centre.fetcher.bring(sha256)

    def _rots(self, one: Wanted, mark: Mark) -> None:
        """State what is spoilt at the centre, as whoever reads stored video again does, and ask for another copy: then
        it is waited for as for a file that is not here."""
        self._rotten[one.sha256] = mark
        self._centre.scrub(self._pace.take).look(one.sha256)

    def _rots_there(self, one: Wanted) -> None:
        """The same of what is spoilt in the bucket, or gone from it, and not here."""
        scrub = self._centre.bucket_scrub(self._pace.take)
        if scrub is not None:
            scrub.look(one.sha256)

    def _chunks(self, one: Wanted, file: io.FileIO) -> Iterator[memoryview]:
        """One buffer again and again, which stays in the processor's cache between reading, hashing and writing. Raises
        SegmentFileChanged for what the disk cannot read any more."""
        room = memoryview(bytearray(CHUNK))
        while size := self._read(one, file, room):
            self._pace.take(size)
            yield room[:size]
            self._progress.read(size)

    def _read(self, one: Wanted, file: io.FileIO, room: memoryview) -> int:
        try:
            return file.readinto(room)
        except OSError as error:
            if error.errno not in UNREADABLE:
                raise
            raise SegmentFileChanged(file=one.path, device=one.device, seq=one.seq) from None


def _mark(stat: os.stat_result) -> Mark:
    return stat.st_ino, stat.st_size, stat.st_ctime_ns
