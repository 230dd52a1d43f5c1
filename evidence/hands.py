"""Whose accounts two deciders have: who made an account, or opened it to somebody, by the records of the centre.

Pure. Who made an account, made a link to it, set its password or switched its codes off had a way in; whoever had a way
into the account of somebody who did has one, too. Two accounts of which one opened the other may be one person.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from evidence.bodies import AccountChanged
from evidence.records import Record

WAYS_IN = frozenset({"added", "link", "password", "totp.off"})
"""What gives whoever does it a way into the account."""
RENEWS = WAYS_IN | {"changed"}
"""After what an account is for a while not one that everybody knows: in whose hands it is, and what it may do."""


class Hands:
    """What the records up to a moment say of all accounts."""

    def __init__(self, said: Iterable[tuple[Record, AccountChanged]] = ()) -> None:
        self._opened: dict[str, set[str]] = defaultdict(set)
        self._renewed: dict[str, int] = {}
        for record, body in said:
            self.add(record, body)

    def add(self, record: Record, body: AccountChanged) -> None:
        """One more record, in the order of the chain. What somebody does with the own account opens it to nobody."""
        own = body.by == body.account
        if body.what in WAYS_IN and body.by is not None and not own:
            self._opened[body.account].add(body.by)
        if body.what in RENEWS and not (own and body.what == "password"):
            self._renewed[body.account] = max(record.utc_us, self._renewed.get(body.account, 0))

    def behind(self, account: str) -> frozenset[str]:
        """Who had a way into an account, also through that of somebody else."""
        found, left = set[str](), {account}
        while left:
            new = set().union(*(self._opened.get(one, set()) for one in left)) - found
            found |= new
            left = new
        return frozenset(found - {account})

    def opened_by(self, account: str) -> tuple[str, ...]:
        """Who opened this account itself, by name."""
        return tuple(sorted(self._opened.get(account, ())))

    def one_hand(self, one: str, other: str) -> bool:
        """Whether one of two accounts was opened by the other."""
        return one in self.behind(other) or other in self.behind(one)

    def renewed_us(self, account: str) -> int | None:
        """When an account was made, opened, or given another role or scope last, UTC microseconds; None: no record says
        so."""
        return self._renewed.get(account)
