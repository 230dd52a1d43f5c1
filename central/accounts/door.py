"""Signing in, in one step or two, and sessions: 30 minutes without a request end one, 12 hours end it in any case."""
from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets

from central.accounts.codes import CodeBox, new_secret, step_of
from central.accounts.desk import AccountDesk, digest
from central.accounts.errors import CodesOnAlready, NotThePassword, SignInRefused
from central.accounts.passwords import Passwords, check_password
from central.accounts.people import NAME, Actor, actor_of_account
from central.accounts.tries import Tries
from central.clock import Clock
from central.errors import NotSignedIn, NotTheCode
from central.store.accounts import Kept, Session
from central.store.store import Store
from central.store.tables import Tx
from evidence.times import MINUTE

TOKEN_BYTES = 32
IDLE_US, WHOLE_US, STEP_US = 30 * MINUTE, 12 * 60 * MINUTE, 5 * MINUTE
"""Without a request; in all; between password and code."""
TOUCH_US, USED_US = MINUTE, 60 * MINUTE
"""That somebody is here, or a token is used, is written down at most so often."""
SHOWN = "shown:"
"""A secret that is shown to be taken up by an app is sealed for another name than one that is in use."""


@dataclasses.dataclass(frozen=True)
class Entered:
    """`token`: what the cookie holds from now on; `whole`: whether that is all, or a code is still to come."""

    token: str
    whole: bool


class Door:
    """Lets people in and out."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords, codes: CodeBox, desk: AccountDesk) -> None:
        self._store, self._clock, self._passwords, self._codes = store, clock, passwords, codes
        self.desk = desk
        self._tries = Tries()

    def enter(self, account: str, password: str, address: str) -> Entered:
        """Begin a session by account and password. Raises SignInRefused, the same whatever is wrong, TooManyWrong."""
        name = account if NAME.fullmatch(account) else ""
        self._tries.check_password(name, address)
        with self._store.read() as tx:
            kept = tx.account(name)
        usable = kept is not None and not kept.disabled
        right = self._passwords.right(kept.password if kept is not None and usable else None, password)
        if kept is None or not usable or not right:
            self._tries.wrong_password(name, address)
            raise SignInRefused
        self._tries.check_password(name, address)  # again: of many who try at once all were let in before one was wrong
        self._tries.right_password(name, address)
        return self._begin(kept, password)

    def enter_by_link(self, link: str, password: str) -> Entered:
        """Set the password to which a link leads, and begin a session. Raises LinkOver, BadPassword."""
        return self._begin(self.desk.use_link(link, password), None)

    def code(self, token: str, code: str) -> Entered:
        """The second step: a fresh, whole session instead of the one half begun. Raises NotSignedIn, NotTheCode,
        TooManyWrong."""
        account = self.half(token)
        if account is None:
            raise NotSignedIn
        with self._store.write() as tx:
            if tx.session(digest(token)) is None:  # a new password, or another code, ended it a moment ago
                raise NotSignedIn
            self._take_code(tx, account, code)
            tx.end_session(digest(token))
            return Entered(self._session(tx, account, True, self._clock.stamp().utc_us), True)

    def half(self, token: str) -> str | None:
        """The account whose password was given, while its code is still to come."""
        session = self._session_of(token)
        return None if session is None or session.whole else session.account

    def actor(self, token: str | None) -> Actor | None:
        """Who is signed in with this token; their session goes on."""
        session = self._session_of(token)
        if session is None or not session.whole or token is None:
            return None
        now_us = self._clock.stamp().utc_us
        with self._store.read() as tx:
            kept = tx.account(session.account)
        if kept is None or kept.disabled:
            return None
        if now_us >= session.seen_us + TOUCH_US:
            with self._store.write() as tx:
                tx.touch_session(session.token, now_us)
        return actor_of_account(kept, form_token(token))

    def bearer(self, token: str) -> Actor | None:
        """For whom a program asks with this token."""
        now_us = self._clock.stamp().utc_us
        with self._store.read() as tx:
            found = tx.api_token(digest(token))
            kept = None if found is None or found.until_us <= now_us else tx.account(found.account)
        if found is None or kept is None or kept.disabled:
            return None
        if found.used_us is None or now_us >= found.used_us + USED_US:
            with self._store.write() as tx:
                tx.touch_api_token(found.token, now_us)
        return actor_of_account(kept)

    def make_token(self, actor: Actor, label: str, password: str, address: str, code: str = "") -> str:
        """A token of one's own. Raises NotThePassword, NotTheCode, TooManyWrong, BadLabel, TooManyTokens."""
        self._checked(actor, password, address, code)
        return self.desk.make_token(actor.account, label, actor.account)

    def leave(self, token: str) -> None:
        """End a session."""
        with self._store.write() as tx:
            tx.end_session(digest(token))

    def change_password(self, actor: Actor, old: str, new: str, address: str, code: str = "") -> Entered:
        """One's own; all other sessions end, and this one goes on under a new token. Raises NotThePassword,
        NotTheCode, BadPassword, TooManyWrong."""
        check_password(new, actor.account)  # before a code is used up
        kept = self._checked(actor, old, address, code)
        self.desk.set_password(actor.account, new, actor.account)
        with self._store.write() as tx:
            return Entered(self._session(tx, kept.name, True, self._clock.stamp().utc_us), True)

    def offer_codes(self, actor: Actor) -> tuple[str, bytes]:
        """A new secret for an app, and the same sealed, for the form that confirms it."""
        secret = new_secret()
        return secret, self._codes.seal(SHOWN + actor.account, secret)

    def offered(self, actor: Actor, sealed: bytes) -> str:
        """The secret that was offered to this person. Raises NotTheCode."""
        secret = self._codes.open(SHOWN + actor.account, sealed)
        if secret is None:
            raise NotTheCode
        return secret

    def take_codes(self, actor: Actor, sealed: bytes, code: str, password: str, address: str) -> Entered:
        """Ask for codes from now on; the app has shown the first one. All other sessions end, for whoever knows the
        password may have begun one. Raises CodesOnAlready, NotThePassword, NotTheCode, TooManyWrong."""
        secret = self.offered(actor, sealed)
        kept = self._checked(actor, password, address, None)
        step = step_of(secret, code, self._clock.stamp().utc_us, kept.totp_step)
        if step is None:
            raise NotTheCode
        self.desk.totp_on(actor.account, self._codes.seal(actor.account, secret), step, actor.account)
        with self._store.write() as tx:
            return Entered(self._session(tx, kept.name, True, self._clock.stamp().utc_us), True)

    def _checked(self, actor: Actor, password: str, address: str, code: str | None) -> Kept:
        """The account, if this is its password and, where codes are on, the code of now: a session that was left open
        must not be enough. `code`: None where codes are to be switched on. Raises CodesOnAlready."""
        self._tries.check_password(actor.account, address)
        with self._store.read() as tx:
            kept = tx.account(actor.account)
        if kept is None or not self._passwords.right(kept.password, password):
            self._tries.wrong_password(actor.account, address)
            raise NotThePassword
        self._tries.check_password(actor.account, address)
        if kept.totp is None:
            return kept
        if code is None:
            raise CodesOnAlready
        with self._store.write() as tx:
            return self._take_code(tx, actor.account, code)

    def _take_code(self, tx: Tx, account: str, code: str) -> Kept:
        """The account, after a code of its app that holds now, and never again. Raises NotTheCode, TooManyWrong."""
        self._tries.check_code(account)
        kept = tx.account(account)
        secret = None if kept is None or kept.totp is None else self._codes.open(account, kept.totp)
        now_us = self._clock.stamp().utc_us
        step = None if kept is None or secret is None else step_of(secret, code, now_us, kept.totp_step)
        if kept is None or step is None:
            self._tries.wrong_code(account)
            raise NotTheCode
        kept = dataclasses.replace(kept, totp_step=step)
        tx.put_account(kept)
        return kept

    def _begin(self, checked: Kept, password: str | None) -> Entered:
        """A session of an account whose password was right a moment ago. Raises SignInRefused."""
        now_us, fresh = self._clock.stamp().utc_us, None
        if password is not None and checked.password is not None and self._passwords.stale(checked.password):
            fresh = self._passwords.hash(password)
        with self._store.write() as tx:
            tx.end_sessions_before(now_us - IDLE_US, now_us - WHOLE_US)
            kept = tx.account(checked.name)
            if kept is None or kept.disabled or kept.password != checked.password:
                raise SignInRefused
            if fresh is not None:
                tx.put_account(dataclasses.replace(kept, password=fresh))
            return Entered(self._session(tx, kept.name, kept.totp is None, now_us), kept.totp is None)

    def _session(self, tx: Tx, account: str, whole: bool, now_us: int) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        tx.put_session(Session(digest(token), account, whole, now_us, now_us))
        return token

    def _session_of(self, token: str | None) -> Session | None:
        """The session of a token, if it has not ended; one of the future belongs to a clock that was wrong."""
        if not token:
            return None
        with self._store.read() as tx:
            session = tx.session(digest(token))
        if session is None:
            return None
        now_us = self._clock.stamp().utc_us
        idle_us = IDLE_US if session.whole else STEP_US
        fresh = session.begun_us - MINUTE <= now_us < min(session.seen_us + idle_us, session.begun_us + WHOLE_US)
        return session if fresh else None


def new_visit() -> str:
    """What the cookie of somebody holds who is not signed in: their forms are bound to it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def form_token(token: str) -> str:
    """What every form holds that is made for the owner of this cookie, and nobody else can know."""
    return hmac.new(token.encode("utf-8", "replace"), b"zaitang form", hashlib.sha256).hexdigest()
