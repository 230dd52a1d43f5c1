"""Makes letters of alarms for the accounts that want mail, keeps them, and hands them over until they are taken.

A letter and what its account is up to are one transaction, that it was taken is another one: who is killed in between
sends it once more, with the same Message-ID.
"""
from __future__ import annotations

import dataclasses
import random
import secrets
import threading
from collections.abc import Callable, Mapping

from central.accounts.people import actor_of_account
from central.accounts.scope import Scope
from central.classes.institutions import institutions_of
from central.clock import Clock
from central.mail.confirm import CODE_US
from central.mail.letter import Made, due
from central.mail.post import Answer
from central.store.alarms import Alarmed
from central.store.letters import Letter, Want
from central.store.store import Store
from central.store.tables import Tx
from common.backoff import Backoff
from common.logs import Log
from evidence.bodies import Institution
from evidence.times import HOUR, SECOND

BACKOFF = Backoff(first=10, longest=1800)
TICK_S = 3.0
MOST_ALARMS = 5000
"""So many alarms one letter counts; what is behind them comes with the next."""
MOST_LETTERS = 200
GIVE_UP_US = 3 * 24 * HOUR
"""An alarm of three days ago calls nobody any more."""
KEEP_US = 30 * 24 * HOUR
LATE = "too late"
_LOG = Log("mail")
Send = Callable[[str, Letter], Answer]
"""Hands a letter over to an address."""


class Mailer:
    """`name`: of the centre, for subjects; `address`: of its console; `chance`: 0 to 1, by which waits differ."""

    def __init__(self, store: Store, clock: Clock, send: Send, name: str, address: str,
                 chance: Callable[[], float] = random.random) -> None:
        self._store, self._clock, self._send = store, clock, send
        self._name, self._address, self._chance = name, address, chance

    def run(self, stop: threading.Event) -> None:
        """Until it is stopped. What goes wrong is told in the log, and tried again."""
        while not stop.is_set():
            try:
                self.compose()
                self.deliver(stop)
            except Exception as error:  # whatever it is: a thread that ended would tell nobody anything any more
                _LOG.failed("mail.failed", error)
            stop.wait(TICK_S)

    def compose(self) -> None:
        """Make the letters that are due. Raises DatabaseUnusable."""
        now_us = self._now_us()
        with self._store.read() as tx:
            wants = tx.wants()
            institutions = institutions_of(tx) if wants else {}
            found = [(want, self._due(tx, want, institutions, now_us)) for want in wants]
        for want, made in found:
            if made is not None:
                with self._store.write() as tx:
                    self._keep(tx, want, made, now_us)

    def _due(self, tx: Tx, want: Want, institutions: Mapping[str, Institution], now_us: int) -> Made | Want | None:
        kept = tx.account(want.account)
        if kept is None or kept.disabled:
            return None
        scope = Scope(actor_of_account(kept), institutions)

        def theirs(alarm: Alarmed) -> bool:
            return now_us - alarm.at_us < GIVE_UP_US and scope.holds(alarm.institution)

        return due(want, tx.alarms_after(want.now_up_to, True, MOST_ALARMS),
                   tx.alarms_after(want.later_up_to, False, MOST_ALARMS), theirs, self._name, self._address, now_us)

    def _keep(self, tx: Tx, want: Want, made: Made | Want, now_us: int) -> None:
        if tx.want(want.account) != want:
            return  # it was changed meanwhile: by what it says now the next time
        if isinstance(made, Made):
            tx.put_letter(Letter(0, want.account, secrets.token_hex(16), made.subject, made.body, now_us))
            tx.put_want(made.want)
        else:
            tx.put_want(made)

    def deliver(self, stop: threading.Event) -> None:
        """Hand over what is due, until the server is away. Raises DatabaseUnusable."""
        with self._store.read() as tx:
            letters = tx.waiting_letters(MOST_LETTERS)
        for letter in letters:
            if stop.is_set():
                return
            if self._is_due(letter) and not self._hand_over(letter):
                return

    def _is_due(self, letter: Letter) -> bool:
        """Nobody waits for longer than between two tries: then the clock was ahead when it was noted."""
        return not 0 < letter.next_us - self._now_us() <= BACKOFF.longest * SECOND

    def _hand_over(self, letter: Letter) -> bool:
        """False when the server is away: no other letter would go either."""
        now_us = self._now_us()
        with self._store.read() as tx:
            want, kept = tx.want(letter.account), tx.account(letter.account)
        address = letter.to or (None if want is None else want.address)
        lasts_us = CODE_US if letter.to and letter.account else GIVE_UP_US
        shut_out = bool(letter.account) and (kept is None or kept.disabled)
        if address is None or shut_out or now_us - letter.made_us > lasts_us:
            self._done(dataclasses.replace(letter, why=letter.why or LATE, done_us=now_us))
            return True
        answer = self._send(address, letter)
        if answer.taken or not answer.again:
            _LOG.info("letter.taken" if answer.taken else "letter.refused", id=letter.id, why=answer.why)
            self._done(dataclasses.replace(letter, why=answer.why, done_us=self._now_us()))
            return True
        _LOG.info("letter.waits", id=letter.id, why=answer.why, tries=letter.tries + 1)
        wait_us = int(BACKOFF.wait(letter.tries, self._chance()) * SECOND)
        self._done(dataclasses.replace(
            letter, why=answer.why, tries=letter.tries + 1, next_us=self._now_us() + wait_us))
        return not answer.away

    def _done(self, letter: Letter) -> None:
        with self._store.write() as tx:
            tx.change_letter(letter)
            tx.forget_letters(self._now_us() - KEEP_US)

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us
