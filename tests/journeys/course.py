"""What a box states of a class while it films: who checked in, and who was shown in a file of the recording."""
from __future__ import annotations

import time
from pathlib import Path

from edge.wiring import open_box
from evidence.bodies import Candidate, CheckIn, RollCall, Segment, Track, body_of
from evidence.times import SECOND
from tests.faults.road import until

PACK, PACK_HASH, PROVIDER = "lab", "ab" * 32, "CPUExecutionProvider"


class Course:
    """Another process of the box: it appends to its store, as check-in and roll call do."""

    def __init__(self, folder: Path, class_id: str) -> None:
        self._box, self._class_id = open_box(folder), class_id
        self.persons = {name: person for person, name in self._box.store.names(class_id).items()}

    def close(self) -> None:
        self._box.store.close()

    def segments(self) -> list[Segment]:
        """The finished files, in order."""
        bodies = [body_of(sealed.record) for sealed in self._box.store.records_of("segment")]
        return [body for body in bodies if isinstance(body, Segment)]

    def began_us(self, segment: Segment) -> int:
        """When a file begins, UTC microseconds."""
        stamp = self._box.clock.stamp()
        return stamp.utc_us - stamp.mono_us + segment.first_mono_us

    def until_files(self, count: int) -> list[Segment]:
        until(f"{count} files of the recording", lambda: len(self.segments()) >= count, 60 + 6 * count)
        return self.segments()

    def looks_over(self) -> int:
        """How many times the box stopped sending live pictures."""
        return len(self._box.store.records_of("live.ended"))

    def arrives(self) -> None:
        """Wait until the centre has every record there is now."""
        head = self._box.store.head_seq()
        until("the receipts", lambda: (self._box.store.receipted_up_to() or 0) >= head, 60)

    def check_in(self, name: str) -> int:
        """Somebody stands before the terminal now. When, UTC microseconds."""
        now_us = time.time_ns() // 1000
        session = self.segments()[-1].session
        assert session is not None
        self._box.store.append("checkin", CheckIn(
            class_id=self._class_id, session=session, attempt=f"a-{now_us}", pack=PACK, pack_sha256=PACK_HASH,
            provider=PROVIDER, threshold_ppm=363_000, margin_ppm=50_000, frames=10, votes=9, face_px=142,
            seen_mono_us=self._box.clock.mono_us(), liveness="not_checked",
            best=Candidate(self.persons[name], 712_000), second=None))
        return now_us

    def show(self, name: str, segment: Segment, after_s: float) -> None:
        """The roll call of a file finds somebody, so long after its beginning."""
        shown_us = segment.first_pts_us + round(after_s * SECOND)
        track = Track(first_us=shown_us, last_us=shown_us + SECOND, shown_us=shown_us, frames=3, face_px=64,
                      best=Candidate(self.persons[name], 640_000), second=None)
        self._box.store.append("rollcall", RollCall(
            class_id=self._class_id, run=segment.run, segment=segment.sha256, pack=PACK, pack_sha256=PACK_HASH,
            provider=PROVIDER, threshold_ppm=363_000, margin_ppm=50_000, min_face_px=32, samples=5, dark=0,
            headcount_max=1, headcount_mean_ppm=1_000_000, tracks=(track,)))
