"""How often somebody may be wrong. Counted in memory: one process serves the console, and what strangers send must not
be written into the database of the evidence."""
from __future__ import annotations

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from central.accounts.errors import TooManyVisits, TooManyWrong
from central.devices.introductions import place_of

Counted = tuple[RateLimitItem, tuple[str, ...]]
HERE, ALL, ADDRESS = parse("8/5 minutes"), parse("30/5 minutes"), parse("60/5 minutes")
"""Wrong passwords: for one account from one address; for one account; from one address. Short spans: who guesses gets
nowhere, and whoever is locked out by a guesser is in again after a cup of tea."""
CODES, CODES_A_DAY = parse("8/5 minutes"), parse("60/day")
"""Wrong codes of one account, by somebody who has its password."""
STRANGE = parse("60/5 minutes")
"""Links of trainees that lead nowhere, from one address: a whole classroom may share one."""
VISITS = parse("20/hour")
"""Own records that one trainee opens."""


class Tries:
    """Counts what was wrong. Raises TooManyWrong before anything is computed."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check_password(self, account: str, address: str) -> None:
        """Raises TooManyWrong."""
        self._check(_passwords(account, address))

    def wrong_password(self, account: str, address: str) -> None:
        """One more."""
        self._count(_passwords(account, address))

    def right_password(self, account: str, address: str) -> None:
        """The owner is here: what was wrong before was a mistake of theirs."""
        item, key = _passwords(account, address)[0]
        self._limiter.clear(item, *key)

    def check_code(self, account: str) -> None:
        """Raises TooManyWrong."""
        self._check(_codes(account))

    def wrong_code(self, account: str) -> None:
        """One more."""
        self._count(_codes(account))

    def check_link(self, address: str) -> None:
        """Raises TooManyWrong."""
        self._check(_links(address))

    def wrong_link(self, address: str) -> None:
        """One more."""
        self._count(_links(address))

    def visit(self, class_id: str, person: str) -> None:
        """One more of a trainee. Raises TooManyVisits."""
        if not self._limiter.hit(VISITS, "visits", class_id, person):
            raise TooManyVisits(minutes=VISITS.get_expiry() // 60)

    def _check(self, counted: list[Counted]) -> None:
        for item, key in counted:
            if not self._limiter.test(item, *key):
                raise TooManyWrong(minutes=item.get_expiry() // 60)

    def _count(self, counted: list[Counted]) -> None:
        for item, key in counted:
            self._limiter.hit(item, *key)


def _passwords(account: str, address: str) -> list[Counted]:
    whose, _ = place_of(address)  # one machine has more addresses of IPv6 than would ever be wrong too often
    return [(HERE, ("here", account, whose)), (ALL, ("all", account)), (ADDRESS, ("address", whose))]


def _links(address: str) -> list[Counted]:
    whose, _ = place_of(address)
    return [(STRANGE, ("strange", whose))]


def _codes(account: str) -> list[Counted]:
    return [(CODES, ("code", account)), (CODES_A_DAY, ("codes", account))]
