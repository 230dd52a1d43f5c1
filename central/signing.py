"""By which time a centre signs receipts and checkpoints: that of its clock, while that can be right.

What it signs bounds the clocks of all boxes, so it says nothing rather than something wrong. Records are kept all the
same; a box sends again what has no receipt. A clock that nobody sets any more goes on while it cannot be far off, and
where nobody ever sets it, or what was signed is wrong, a person says on record that it is right.
"""
from __future__ import annotations

from collections.abc import Callable

from central.clock import Clock
from central.errors import ClockBehind, ClockError, ClockNotSet, NoTimeToTrust
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Alarm
from evidence.records import Stamp
from evidence.times import SECOND, utc_text

SIGNED, SET = "signed_us", "clock_set"
"""What the database keeps: the newest time that was signed, and when the clock was last known to be right."""
BACK_US = 2 * SECOND
"""So far a clock may be behind what was signed (two collectors, a step of a time server): that time is signed again."""
DRIFT, MOST_OFF_US = 2000, 120 * SECOND
"""A clock that nobody sets is off by no more than one part in so many (the kernel slews by 500 ppm), and signs while
that comes to no more than this: 66 hours. 120 s is what two clocks that are set may differ by (`skew_s`)."""


def signing_us(tx: Tx, stamp: Stamp, test: bool) -> int:
    """The time to sign with, UTC microseconds, in the writing transaction that keeps what is signed. `test`: the key is
    one for tests, which proves nothing by any clock.

    Raises ClockNotSet, ClockBehind."""
    error = may_not_sign(tx, stamp, test)
    if error is not None:
        raise error
    if stamp.clock.synced:
        _is_right(tx, stamp)
    return max(stamp.utc_us, signed_us(tx) or 0)


def may_not_sign(tx: Tx, stamp: Stamp, test: bool) -> ClockError | None:
    """Why nothing is signed by this clock now; None if it may."""
    if not (stamp.clock.synced or test or _goes_on(tx.meta(SET), stamp)):
        return ClockNotSet()
    newest_us = signed_us(tx)
    return ClockBehind(newest=utc_text(newest_us)) if newest_us is not None and _is_ahead(newest_us, stamp) else None


def signing_s(clock: Clock, test: bool) -> Callable[[Tx], int]:
    """The same in whole seconds, for whoever opens the transaction later."""
    return lambda tx: signing_us(tx, clock.stamp(), test) // SECOND


def signed_us(tx: Tx) -> int | None:
    """The newest time that was signed since somebody put the clock right."""
    newest = tx.meta(SIGNED)
    return None if newest is None else int(newest)


def signed(tx: Tx, us: int) -> None:
    """A receipt or a checkpoint was signed with this time."""
    tx.set_meta(SIGNED, str(max(us, signed_us(tx) or 0)))


def alarm_of(error: ClockError) -> Alarm:
    """What the centre's chain says of it."""
    return Alarm("centre.clock", {"why": "behind" if isinstance(error, ClockBehind) else "not_set"})


def trust_clock(store: Store, stamp: Stamp) -> str | None:
    """A person says that the clock is right now: sign again by it. On record. Returns the time that was signed and was
    wrong, if one is ahead of the clock.

    Raises NoTimeToTrust where the clock is set, and nothing that was signed is ahead of it."""
    with store.write() as tx:
        newest_us = signed_us(tx)
        wrong = utc_text(newest_us) if newest_us is not None and _is_ahead(newest_us, stamp) else None
        if stamp.clock.synced and wrong is None:
            raise NoTimeToTrust
        _is_right(tx, stamp)
        if wrong is not None:
            tx.set_meta(SIGNED, str(stamp.utc_us))
        store.append(tx, Alarm("centre.clock", {"why": "trusted"} if wrong is None else
                               {"why": "put_right", "signed": wrong}))
    return wrong


def _is_ahead(newest_us: int, stamp: Stamp) -> bool:
    return stamp.utc_us < newest_us - BACK_US


def _is_right(tx: Tx, stamp: Stamp) -> None:
    tx.set_meta(SET, f"{stamp.boot_id} {stamp.mono_us} {stamp.utc_us}")


def _goes_on(known: str | None, stamp: Stamp) -> bool:
    """Whether the clock says what it must since it was last right, in the same start of the machine."""
    if known is None:
        return False
    boot_id, mono_us, utc_us = known.split(" ")
    since_us = stamp.mono_us - int(mono_us)
    off_us = since_us // DRIFT
    apart_us = abs(stamp.utc_us - int(utc_us) - since_us)
    return boot_id == stamp.boot_id and off_us <= MOST_OFF_US and apart_us <= off_us + BACK_US
