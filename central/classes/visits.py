"""A trainee's visit to the own record: a telephone opens the link that a box signed, once, and sees it for a while."""
from __future__ import annotations

import dataclasses
import secrets

from central.accounts.desk import digest
from central.accounts.tries import Tries
from central.classes.errors import OwnLinkOver, UnknownPerson, VisitOver
from central.classes.objection_errors import WhoObjects
from central.classes.objections import check_trainee
from central.classes.orders import boxes_of, order_of
from central.clock import Clock
from central.errors import UnknownClass
from central.ingest.believed import Believed
from central.store.store import Store
from central.store.visits import Visit
from common.logs import Log
from evidence.bodies import ClassOrder
from evidence.errors import BadRecord, VerificationError
from evidence.own_links import HOLDS_US, SKEW_US, OwnLink, judge_own_link, read_link_text
from evidence.times import MINUTE

VISIT_US = 15 * MINUTE
"""From the opening of the link; nobody goes on after that without the terminal."""
KEPT_US = 24 * 60 * MINUTE
"""An opened link is remembered so much longer than any holds, in case a clock is set back."""
TOKEN_BYTES = 32
_LOG = Log("classes.visits")
assert KEPT_US > 2 * (HOLDS_US + SKEW_US)


@dataclasses.dataclass(frozen=True)
class Visitor:
    """Whose record it is."""

    class_id: str
    person: str
    until_us: int


class Visits:
    """Opens links and knows visitors; one for all of a process, for any thread."""

    def __init__(self, store: Store, clock: Clock, believed: Believed) -> None:
        self._store, self._clock, self._believed = store, clock, believed
        self._tries = Tries()

    def look(self, token: str, address: str) -> ClassOrder:
        """The class of a link that holds and was not opened; nothing is changed. Raises OwnLinkOver, TooManyWrong."""
        link, _ = self._checked(token, address)
        with self._store.read() as tx:
            opened = tx.visited(link.device, link.nonce)
            order = order_of(tx, link.class_id)[1]
        if opened:
            raise self._over(address, "opened", link.device)
        return order

    def open(self, token: str, address: str) -> str:
        """Open a link: what the telephone's cookie is to hold. Raises OwnLinkOver, TooManyWrong,
        TooManyVisits."""
        link, keyid = self._checked(token, address)
        cookie, now_us = secrets.token_urlsafe(TOKEN_BYTES), self._clock.stamp().utc_us
        with self._store.write() as tx:
            tx.forget_visits(now_us - KEPT_US)
            opened = tx.visited(link.device, link.nonce)
            if not opened:
                self._tries.visit(link.class_id, link.person)
                tx.put_visit(Visit(
                    link.device, link.nonce, digest(cookie), keyid, link.class_id, link.person, now_us))
        if opened:
            raise self._over(address, "opened", link.device)
        return cookie

    def visitor(self, cookie: str | None) -> Visitor:
        """Whose visit goes on. Raises VisitOver; also where the key that signed its link was revoked since."""
        now_us = self._clock.stamp().utc_us
        with self._store.read() as tx:
            visit, denied = tx.visit(digest(cookie)) if cookie else None, tx.denied()
        if visit is None or visit.over or visit.keyid in denied:
            raise VisitOver
        if not visit.begun_us - MINUTE <= now_us < visit.begun_us + VISIT_US:
            raise VisitOver
        return Visitor(visit.class_id, visit.person, visit.begun_us + VISIT_US)

    def leave(self, cookie: str | None) -> None:
        """End a visit."""
        if cookie:
            with self._store.write() as tx:
                tx.end_visit(digest(cookie))

    def _checked(self, token: str, address: str) -> tuple[OwnLink, str]:
        """A link that holds, and the key that signed it."""
        self._tries.check_link(address)
        try:
            envelope = read_link_text(token)
            link, keyid = self._believed.ask(lambda keyring: keyring.check_own_link(envelope))
            judge_own_link(link, self._clock.stamp().utc_us)
            with self._store.read() as tx:
                check_trainee(tx, link.class_id, link.person)
                ours = link.device in boxes_of(tx, link.class_id)
        except (BadRecord, VerificationError, UnknownClass, UnknownPerson, WhoObjects) as error:
            raise self._over(address, type(error).__name__) from None
        if not ours:
            raise self._over(address, "other box", link.device)
        return link, keyid

    def _over(self, address: str, why: str, device: str = "") -> OwnLinkOver:
        """One answer to everybody whose link does not hold; why is for the log."""
        self._tries.wrong_link(address)
        _LOG.info("own_link.refused", why=why, device=device)
        return OwnLinkOver()
