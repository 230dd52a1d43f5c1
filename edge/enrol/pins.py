"""PINs: for who does not use the face, and as a second factor for look-alikes. Chosen, kept, checked, locked.

A PIN is kept as scrypt(PIN, salt), encrypted under the box's data key: without that key not even guessing helps. Wrong
tries cost longer and longer waits, by CLOCK_BOOTTIME, and in the end only an instructor unlocks it.
"""
from __future__ import annotations

import dataclasses
import datetime
import hmac
import itertools
import re
import secrets
import threading
from collections.abc import Callable, Collection
from typing import Literal

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge.clock import Clock
from edge.enrol.errors import (
    NoPin,
    NotConfirmed,
    PinGuarded,
    PinLength,
    PinLocked,
    PinTaken,
    PinTooSimple,
    PinWait,
    WrongPin,
)
from edge.errors import FaceErasing
from edge.keys import decrypt, encrypt
from edge.store import Store
from edge.store.people import PinRow
from evidence.bodies import Alarm, PinCheckIn, PinSet

SHORTEST, LONGEST = 4, 6
SALT_BYTES, HASH_BYTES = 16, 32
COST, BLOCK, LANES = 1 << 14, 8, 1
"""scrypt's n, r, p (RFC 7914): 16 MiB and some 50 ms for a try."""
FREE_TRIES = 2
"""Wrong tries that cost nothing: people mistype."""
FIRST_WAIT_S, MOST_TRIES = 10, 7
SECOND_US = 1_000_000
Why = Literal["no_consent", "cannot", "not_recognised", "no_camera"]


def simple(pin: str) -> bool:
    """Whether a PIN is among the first that anybody would try: one digit, a run, a repetition, a year, a birthday."""
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in itertools.pairwise(digits)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return True
    if any(pin == (pin[:period] * len(pin))[: len(pin)] for period in range(1, len(pin) // 2 + 1)):
        return True
    return len(list(itertools.groupby(pin))) <= 2 or _year(pin) or _birthday(pin)


def _year(pin: str) -> bool:
    return len(pin) == 4 and pin[:2] in ("19", "20")


def _birthday(pin: str) -> bool:
    if len(pin) == 5:
        return False
    month_day = pin[-4:]
    return _date(month_day[:2], month_day[2:]) or (len(pin) == 6 and pin[:2] in ("19", "20") and _month(pin[4:]))


def _month(text: str) -> bool:
    return 1 <= int(text) <= 12


def _date(month: str, day: str) -> bool:
    try:
        datetime.date(2000, int(month), int(day))
    except ValueError:
        return False
    return True


def wait_s(failed: int) -> int:
    """Seconds until the next try after so many wrong ones."""
    return 0 if failed <= FREE_TRIES else FIRST_WAIT_S << (failed - FREE_TRIES - 1)


class Pins:
    """The PINs of a box. `teaches`: whether somebody of a class is its instructor. Methods may raise StoreBusy."""

    def __init__(
        self, store: Store, data_key: bytes, clock: Clock,
        teaches: Callable[[str, str], bool] = lambda class_id, person: False,
    ) -> None:
        self._store, self._key, self._clock, self._teaches = store, data_key, clock, teaches
        self._lock = threading.RLock()

    def choose(
        self, class_id: str, person: str, pin: str, old: str | None = None, *,
        teaches: bool = False, by: str | None = None, code: bool = False,
    ) -> None:
        """Keep a PIN, and record that. Whoever has one gives the old one, or an instructor confirms who is here (`by`:
        from `confirm`), or the maintenance code was given. Of an instructor (`teaches`) the old one is not enough, and
        not even the first comes without: that PIN confirms others. Raises PinLength, PinTooSimple, PinTaken (there is
        one), PinGuarded, WrongPin, PinWait, PinLocked, FaceErasing."""
        if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin, re.ASCII):
            raise PinLength(least=SHORTEST, most=LONGEST)
        if simple(pin):
            raise PinTooSimple()
        vouched = code or by not in (None, person)
        if teaches and not vouched:
            raise PinGuarded()
        with self._lock:
            if self._store.pin_goes(class_id, person):
                raise FaceErasing(person=person)
            first = self._store.pin(class_id, person) is None
            if not first and not vouched:
                if old is None:
                    raise PinTaken()
                self._check(class_id, person, old)
            how: Literal["self", "instructor", "code"] = "code" if code else "instructor" if vouched else "self"
            said = PinSet(class_id, person, first, how, by if how == "instructor" else None)
            self._store.put_pin(class_id, person, self._row(class_id, person, pin), [("pin.set", said)])

    def has(self, class_id: str, person: str) -> bool:
        """Whether somebody has a PIN."""
        return self._store.pin(class_id, person) is not None

    def check(self, class_id: str, person: str, pin: str) -> int:
        """How many wrong tries came before this right one; they are forgotten now. Raises NoPin, WrongPin, PinWait,
        PinLocked. A wrong try is counted before it is answered, and there is one try at a time."""
        with self._lock:
            return self._check(class_id, person, pin)

    def try_out(self, class_id: str, person: str, pin: str) -> None:
        """As `check`, before more is asked for: wrong tries stay counted until a right PIN is used."""
        with self._lock:
            self._check(class_id, person, pin, used=False)

    def confirm(
        self, class_id: str, instructors: Collection[str], instructor: str | None = None, pin: str | None = None,
    ) -> str:
        """The instructor who confirms one act, by the own PIN given for it: a face that was here earlier says nothing
        of who stands here now. Raises NotConfirmed, and what `check` raises."""
        if instructor is None or pin is None or instructor not in instructors:
            raise NotConfirmed()
        self.check(class_id, instructor, pin)
        return instructor

    def unlock(self, class_id: str, person: str, by: str) -> None:
        """Take tries again. `by`: from `confirm`. Raises NoPin; NotConfirmed when somebody unlocks the own PIN."""
        if by == person:
            raise NotConfirmed()
        with self._lock:
            row = self._store.pin(class_id, person)
            if row is None:
                raise NoPin()
            self._store.count_pin(
                class_id, person, dataclasses.replace(row, failed=0, boot_id="", until_mono_us=0, locked=False))

    def sign_in(
        self, class_id: str, session: str | None, person: str, pin: str, direction: Literal["in", "out"], why: Why,
        confirmed_by: str | None, seen_mono_us: int, before: Callable[[], PinCheckIn | None] = lambda: None,
    ) -> PinCheckIn:
        """Sign in or out without the face: the PIN is checked, the record appended; or, where `before` finds the
        sign-in that this one repeats, that one is returned. `confirmed_by`: from `confirm`, never the person. Raises
        what `check` raises; NotConfirmed when somebody confirms for themselves."""
        if confirmed_by == person:
            raise NotConfirmed()
        with self._lock:
            failed, earlier = self._check(class_id, person, pin), before()
            if earlier is not None:
                return earlier
            return self._signed(
                PinCheckIn(class_id, session, f"a-{secrets.token_hex(8)}", person, direction, why, confirmed_by, failed,
                           seen_mono_us))

    def _signed(self, body: PinCheckIn) -> PinCheckIn:
        self._store.append("checkin.pin", body)
        return body

    def _check(self, class_id: str, person: str, pin: str, used: bool = True) -> int:
        row = self._store.pin(class_id, person)
        if row is None:
            raise NoPin()
        if row.locked:
            raise PinLocked()
        stamp = self._clock.stamp()
        left_us = self._left_us(row, stamp.boot_id, stamp.mono_us)
        if left_us > 0:
            raise PinWait(seconds=-(-left_us // SECOND_US))
        if not self._is(class_id, person, row, pin):
            self._wrong(class_id, person, row, stamp.boot_id, stamp.mono_us)
        if used:
            self._store.count_pin(class_id, person, dataclasses.replace(row, failed=0, boot_id="", until_mono_us=0))
        return row.failed

    def _wrong(self, class_id: str, person: str, row: PinRow, boot_id: str, mono_us: int) -> None:
        failed = row.failed + 1
        locked = failed >= MOST_TRIES
        until_us = mono_us + wait_s(failed) * SECOND_US
        # A trainee's wrong tries stand in the sign-in that follows. An instructor's PIN confirms others: each wrong try
        # of it is an alarm, wherever it is made.
        codes = ["pin.locked"] if locked else ["pin.wrong"] if self._teaches(class_id, person) else []
        facts = [("alarm", Alarm(code, {"person": person}, class_id)) for code in codes]
        self._store.count_pin(class_id, person, PinRow(row.sealed, failed, boot_id, until_us, locked), facts)
        raise PinLocked() if locked else WrongPin(left=MOST_TRIES - failed)

    def _left_us(self, row: PinRow, boot_id: str, mono_us: int) -> int:
        """A restart of the machine must not shorten a wait: it begins anew."""
        if row.boot_id in ("", boot_id):
            return row.until_mono_us - mono_us if row.boot_id else 0
        return wait_s(row.failed) * SECOND_US - mono_us

    def _row(self, class_id: str, person: str, pin: str) -> PinRow:
        salt = secrets.token_bytes(SALT_BYTES)
        sealed = encrypt(self._key, salt + _hash(pin, salt), f"pin/{class_id}/{person}")
        return PinRow(sealed, 0, "", 0, False)

    def _is(self, class_id: str, person: str, row: PinRow, pin: str) -> bool:
        plain = decrypt(self._key, row.sealed, f"pin/{class_id}/{person}")
        given = _hash(pin[: LONGEST + 1], plain[:SALT_BYTES])
        return hmac.compare_digest(given, plain[SALT_BYTES:])


def _hash(pin: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=HASH_BYTES, n=COST, r=BLOCK, p=LANES).derive(pin.encode())
