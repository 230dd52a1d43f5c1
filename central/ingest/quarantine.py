"""What the collector does not believe is kept, with its reason: of each box so much, so that none fills the disk or
takes the room of others."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from central.clock import Clock
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm
from evidence.canonical import sha256_hex
from evidence.errors import ZaitangError

MOST_EACH, MOST = 1_000, 100_000
"""Messages of one box, and of all, that are kept; what else comes is refused and only logged."""
_LOG = Log("collector")


class Quarantine:
    """Belongs to one collector. That it is full for a box is stated once, in the transaction that fills it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._kept: dict[str, int] = {}
        self._all: int | None = None

    @contextmanager
    def until_committed(self) -> Iterator[None]:
        """What is counted in here counts if the transaction around it holds; else all is counted anew."""
        try:
            yield
        except BaseException:
            self._kept, self._all = {}, None
            raise

    def put(self, tx: Tx, device: str, topic: str, payload: bytes, error: ZaitangError) -> bool:
        """Keep a message of a topic of `device`. True if it is new here and there was room."""
        kept, all_ = self._counted(tx, device)
        if kept >= MOST_EACH or all_ >= MOST:
            _LOG.failed("quarantine.full", error, device=device)
            return False
        new = tx.put_quarantine(
            sha256_hex(payload), f"zaitang/v1/{device}/{topic}", type(error).__name__, str(error),
            self._clock.stamp().utc_us, payload)
        if new:
            _LOG.failed("message.quarantined", error, device=device)
            self._kept[device], self._all = kept + 1, all_ + 1
            if kept + 1 == MOST_EACH or all_ + 1 == MOST:
                self._store.append(tx, Alarm("quarantine.full", {"device": device, "messages": kept + 1}))
        return new

    def _counted(self, tx: Tx, device: str) -> tuple[int, int]:
        if self._all is None:
            self._all = tx.quarantine_size()
        if device not in self._kept:
            self._kept[device] = tx.quarantine_size(device)
        return self._kept[device], self._all
