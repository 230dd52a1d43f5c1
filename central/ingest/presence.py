"""Which boxes the broker calls away: kept for the pages, a live sign that nobody signs. It never becomes a record.

A box leaves a last will with the broker, which publishes it when the connection ends without a word: at once when the
process dies, after one and a half times the keepalive (30 s) when the line is cut. What stands there when we begin to
listen is of before: a broker that was stopped calls everybody away until each is back.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.clock import Clock
from central.store.store import Store
from central.store.tables import Tx
from evidence.times import SECOND

HOLD_US = 20 * SECOND
"""Who is back so soon was never away: certificates are renewed, and lines have their moments."""
SETTLE_US = 150 * SECOND
"""Within so much of our own beginning every box is back that can be: none waits longer before it tries (edge/sync)."""
EAR_US = 30 * SECOND
"""So often it is noted that we listen: who reads the table must know whether somebody keeps it."""
MOST = 20_000
"""Names that are kept in memory: without TLS anybody on this machine may invent some."""
HERE, AWAY = b"here", b"away"
EAR = "listening"


@dataclasses.dataclass(frozen=True)
class Said:
    """What the broker said of a box: `here` or not, when by both clocks; `was_here`: it was, since we listen."""

    here: bool
    utc_us: int
    mono_us: int
    was_here: bool


@dataclasses.dataclass(frozen=True)
class Ear:
    """Whether boxes can be heard: the collector listens since `since_us`, and did at `last_us`; UTC µs."""

    since_us: int
    last_us: int

    def settled(self, now_us: int) -> bool:
        """Whether it listens, and long enough: who is called away now is away."""
        return now_us - self.last_us < 3 * EAR_US and now_us - self.since_us >= SETTLE_US + EAR_US


def ear_of(tx: Tx) -> Ear | None:
    """How the collector listens; None: it never did."""
    note = tx.meta(EAR)
    return None if note is None else Ear(*map(int, note.split()))


class Presence:
    """Belongs to one collector. `hear` is called by the connection's thread, everything else by one other."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._said: dict[str, Said] = {}
        self._since: tuple[int, int] | None = None
        self._noted_us: int | None = None

    def listen(self) -> None:
        """The broker speaks from now on."""
        now = self._clock.stamp()
        self._said, self._since, self._noted_us = {}, (now.utc_us, now.mono_us), None

    def deaf(self) -> None:
        """The broker is away: of no box anything is known."""
        self._since = None

    def hear(self, device: str, payload: bytes) -> None:
        """What the broker says of a box; anything else than the two words is nothing."""
        if payload not in (HERE, AWAY) or (device not in self._said and len(self._said) >= MOST):
            return
        now, known, here = self._clock.stamp(), self._said.get(device), payload == HERE
        if known is None or known.here != here:
            was_here = here or (known is not None and known.was_here)
            self._said[device] = Said(here, now.utc_us, now.mono_us, was_here)

    def keep(self) -> None:
        """Note what changed, and now and then that we listen. Raises DatabaseUnusable."""
        since, now = self._since, self._clock.stamp()
        if since is None:
            return
        said = dict(self._said)
        with self._store.read() as tx:
            kept = tx.gone()
            heard = tx.heard_at(kept)
        found = away(said, since[1], now.mono_us)
        gone = {device: us for device, us in found.items() if device not in kept}
        back = {device for device in kept if device in said and said[device].here}
        back |= {device for device in kept if device not in said and heard.get(device, 0) > kept[device] + HOLD_US}
        due = self._noted_us is None or now.mono_us >= self._noted_us + EAR_US
        if not (gone or back or due):
            return
        with self._store.write() as tx:
            known = {device for device, _ in tx.certificates()} if gone else set()
            tx.put_gone({device: us for device, us in gone.items() if device in known}, back)
            tx.set_meta(EAR, f"{since[0]} {now.utc_us}")
        self._noted_us = now.mono_us


def away(said: Mapping[str, Said], since_us: int, now_us: int) -> dict[str, int]:
    """The boxes that are away → since when, UTC µs. `since_us`, `now_us`: our beginning and now, CLOCK_BOOTTIME."""
    settled = now_us >= since_us + SETTLE_US
    return {device: one.utc_us for device, one in said.items()
            if not one.here and now_us >= one.mono_us + HOLD_US and (one.was_here or settled)}
