"""By which time a centre signs receipts and checkpoints: that of its clock, while that can be right.

What it signs bounds the clocks of all boxes, so it says nothing rather than something wrong. Records are kept all the
same; a box sends again what has no receipt.
"""
from __future__ import annotations

from central.errors import ClockBehind, ClockError, ClockNotSet, NoTimeToTrust
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Alarm
from evidence.records import Stamp
from evidence.times import SECOND, utc_text

RECEIPTED, TRUSTED = "receipted_us", "clock_trusted_us"
"""What the database keeps: the time of the newest receipt, and the one that an operator called wrong."""


def signing_us(tx: Tx, stamp: Stamp, test: bool) -> int:
    """The time to sign with, UTC microseconds. `test`: the key is one for tests, which proves nothing by any clock.

    Raises ClockNotSet, ClockBehind."""
    if not (stamp.clock.synced or test):
        raise ClockNotSet
    newest_us = signed_us(tx)
    if newest_us is not None and stamp.utc_us < newest_us and tx.meta(TRUSTED) != str(newest_us):
        raise ClockBehind(newest=utc_text(newest_us))
    return stamp.utc_us


def signed_us(tx: Tx) -> int | None:
    """The later one of the newest receipt's and the newest checkpoint's time."""
    receipted, last = tx.meta(RECEIPTED), tx.checkpoint()
    found = [] if receipted is None else [int(receipted)]
    found += [] if last is None else [last.issued_s * SECOND]
    return max(found, default=None)


def receipted(tx: Tx, us: int) -> None:
    """A receipt was signed with this time."""
    tx.set_meta(RECEIPTED, str(us))


def alarm_of(error: ClockError) -> Alarm:
    """What the centre's chain says of it."""
    return Alarm("centre.clock", {"why": "behind" if isinstance(error, ClockBehind) else "not_set"})


def trust_clock(store: Store, stamp: Stamp) -> str:
    """The newest time that was signed is wrong, and the clock is right now: sign again. On record. Returns that time.

    Raises NoTimeToTrust where nothing that was signed is ahead of the clock, ClockNotSet."""
    if not stamp.clock.synced:
        raise ClockNotSet
    with store.write() as tx:
        newest_us = signed_us(tx)
        if newest_us is None or newest_us <= stamp.utc_us:
            raise NoTimeToTrust
        tx.set_meta(TRUSTED, str(newest_us))
        store.append(tx, Alarm("centre.clock", {"why": "put_right", "signed": utc_text(newest_us)}))
    return utc_text(newest_us)
