"""What the collector does not believe is kept, with its reason: of each box and for each reason the first messages and
the newest, so that none fills the disk, takes the room of others, or hides one attack behind another.

A message that a broker passes on under a name of no box that is known here shares one room with all such.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from central.clock import Clock
from central.store.refused import KEEP_OF_MESSAGE, Refused
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm
from evidence.canonical import sha256_hex
from evidence.errors import ZaitangError
from evidence.times import HOUR, utc_text

MOST, FIRST = 100, 25
"""So many messages of one box are kept for one reason: the first ones, and of what comes behind these the newest."""
MOST_BYTES = 4 << 20
"""*Ours*: of these bytes. A message counts up to 64 KiB, so that the first ones always have room."""
KEEP_US = 3 * 366 * 24 * HOUR
"""*Ours*: as long as the video of a class (R7). A clock that was wrong for less than that removes nothing."""
DAY_US = 24 * HOUR
FULL = "quarantine.full"
_LOG = Log("collector")


class Quarantine:
    """Belongs to one collector. That messages were let go is stated of a box once in a day, in the transaction in which
    it happens."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._room: dict[tuple[str, str], tuple[int, int]] = {}
        self._boxes: dict[str, str] = {}

    @contextmanager
    def of_batch(self) -> Iterator[None]:
        """What is counted holds for one transaction: another collector may keep messages, too."""
        try:
            yield
        finally:
            self._room, self._boxes = {}, {}

    def put(self, tx: Tx, device: str, topic: str, payload: bytes, error: ZaitangError) -> None:
        """Keep a message of a topic of `device`."""
        box, reason = self._box(tx, device), type(error).__name__
        count, size = self._room.get((box, reason)) or tx.quarantine_room(box, reason)
        if tx.put_quarantine(Refused(
            box, sha256_hex(payload), f"zaitang/v1/{device}/{topic}", reason, str(error), self._clock.stamp().utc_us,
            payload)):
            _LOG.failed("message.quarantined", error, device=device)
            count, size = count + 1, size + min(len(payload), KEEP_OF_MESSAGE)
        self._room[box, reason] = self._fit(tx, device, box, reason, count, size)

    def sweep(self, tx: Tx) -> int:
        """Remove what is older than is kept; how many."""
        return tx.drop_quarantined_before(self._clock.stamp().utc_us - KEEP_US)

    def _fit(self, tx: Tx, device: str, box: str, reason: str, count: int, size: int) -> tuple[int, int]:
        while count > MOST or (size > MOST_BYTES and count > FIRST):
            size -= tx.drop_quarantined(box, reason, FIRST)
            count -= 1
            self._tell(tx, device, box)
        return count, size

    def _tell(self, tx: Tx, device: str, box: str) -> None:
        now_us = self._clock.stamp().utc_us
        if not tx.told_within(box, FULL, DAY_US, now_us):
            tx.put_told(box, FULL, utc_text(now_us), now_us)
            self._store.append(tx, Alarm(FULL, {"device": device, "messages": tx.let_go(box)}))

    def _box(self, tx: Tx, device: str) -> str:
        """Whose room a message takes."""
        if device not in self._boxes:
            self._boxes[device] = device if tx.knows_box(device) else ""
        return self._boxes[device]
