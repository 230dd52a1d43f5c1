"""How much one box may bring, so that none fills the disk of the centre: more than an honest box makes.

What a box brought is a level that falls by so much in a day. An honest box brings what it filmed: never more than falls
in the same time, and at most what lay on its disk before, so it meets no bound. One that meets it is told nothing of
what it holds back: it gets no receipt, or a refusal, and comes again; nothing is lost.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm
from evidence.times import HOUR

DAY_US = 24 * HOUR
FLOODS = "box.floods"
Why = Literal["files", "records", "chains"]
HOUR_OF_VIDEO = 8 << 30
"""Bytes: an hour of the finest picture of a camera, 19 Mbit/s."""
HOUR_OF_RECORDS = 40 << 20
"""*Ours*: eight times what an hour of one camera was measured to need (docs/roll-call.md)."""
CLASS_DAY = 3 * 8
"""Hours of cameras in a day of class: three cameras, eight class-hours; or one by day and night."""
BACKLOG_DAYS = 30
"""So long a box may have been off the line (its disk seldom holds more)."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """`day`: bytes by which the level falls in a day; `most`: so high it may be."""

    what: Why
    day: int
    most: int

    def level(self, known: tuple[int, int] | None, now_us: int) -> int:
        """The level now. `known`: what it was, and when (UTC µs). While a clock is behind that, nothing falls."""
        if known is None:
            return 0
        level, at_us = known
        return max(0, level - self.day * max(0, now_us - at_us) // DAY_US)


FILES = Bound("files", CLASS_DAY * HOUR_OF_VIDEO, BACKLOG_DAYS * 8 * HOUR_OF_VIDEO)
RECORDS = Bound("records", CLASS_DAY * HOUR_OF_RECORDS, BACKLOG_DAYS * 8 * HOUR_OF_RECORDS)


def level_of(tx: Tx, bound: Bound, device: str, now_us: int) -> int:
    """How much a box has brought, in bytes, less what fell since."""
    return bound.level(tx.brought(device, bound.what), now_us)


def bring(tx: Tx, bound: Bound, device: str, size: int, now_us: int) -> None:
    """It has brought so much more."""
    tx.put_brought(device, bound.what, level_of(tx, bound, device, now_us) + size, now_us)


def tell_flood(store: Store, tx: Tx, device: str, why: Why, now_us: int) -> None:
    """State that no more is taken of a box for now, once in a day for each reason."""
    code = f"{FLOODS}:{why}"
    if not tx.told_within(device, code, DAY_US, now_us):
        tx.put_told(device, code, str(now_us), now_us)
        store.append(tx, Alarm(FLOODS, {"device": device, "why": why}))
        Log("bounds").warning(FLOODS, device=device, why=why)
