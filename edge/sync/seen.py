"""The centre's tree as this box sees it: it never gets smaller. The newest checkpoint goes into the chain now and then:
what follows was made later."""
from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from common.logs import Log
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.centre import Site
from edge.sync.errors import NotACheckpoint
from evidence.bodies import CheckpointSeen, body_of
from evidence.certs import Identity
from evidence.checkpoint import open_checkpoint, seen_of
from evidence.errors import VerificationError
from evidence.times import utc_us

EVERY_S = 600
"""No more than one record in so many seconds."""

Verdict = Literal["newer", "same", "stale", "rolled_back", "two_trees"]


class Seen:
    """Remembers what was seen last, over restarts by the newest `checkpoint.seen` of the chain. `now`: monotonic
    seconds."""

    def __init__(self, store: Store, site: Site, alarms: Alarms, now: Callable[[], float]) -> None:
        self._store, self._site, self._alarms, self._now = store, site, alarms, now
        self._last = _recorded(store)
        self._not_before = now()
        self._accused: set[tuple[Verdict, int]] = set()
        self._log = Log("sync.seen")

    def take(self, message: bytes, centre: Identity) -> None:
        """Take a signed checkpoint. Raises NotACheckpoint; may raise StoreBusy, and can then be called again."""
        key = self._site.log_of(centre)
        try:
            seen = seen_of(open_checkpoint(message, key), key)
        except VerificationError as error:
            raise NotACheckpoint(why=str(error)) from None
        verdict = judge(self._last, seen)
        if verdict in ("rolled_back", "two_trees") and self._last is not None:
            self._accuse(verdict, self._last, seen)
        if verdict == "newer":
            if self._now() >= self._not_before:
                self._store.append("checkpoint.seen", seen)
                self._not_before = self._now() + EVERY_S
            self._last = seen

    def _accuse(self, verdict: Verdict, last: CheckpointSeen, seen: CheckpointSeen) -> None:
        """Once: a centre that went back shows a smaller tree for as long as it takes to grow again."""
        if (verdict, last.size) in self._accused:
            return
        self._log.warning(f"centre.{verdict}", size=seen.size, known=last.size)
        self._alarms.once(f"centre.{verdict}", {
            "size": seen.size, "root_hash": seen.root_hash, "time": seen.time,
            "known": last.size, "known_root_hash": last.root_hash,
        })
        self._accused.add((verdict, last.size))


def judge(last: CheckpointSeen | None, seen: CheckpointSeen) -> Verdict:
    """What a checkpoint is beside the newest one that was seen. A smaller one is only an old message that a broker sent
    again, unless the centre signed it later than the larger one."""
    if last is None or seen.size > last.size:
        return "newer"
    if seen.size == last.size:
        return "same" if seen.root_hash == last.root_hash else "two_trees"
    return "rolled_back" if utc_us(seen.time) > utc_us(last.time) else "stale"


def _recorded(store: Store) -> CheckpointSeen | None:
    newest = store.newest("checkpoint.seen", 1)
    found = store.records_of("checkpoint.seen", newest - 1) if newest >= 0 else list(store.past("checkpoint.seen"))[-1:]
    for sealed in found:
        body = body_of(sealed.record)
        if isinstance(body, CheckpointSeen):
            return body
    return None
