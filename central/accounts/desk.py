"""Where accounts and institutions are made and changed: each change is a record, in the same transaction."""
from __future__ import annotations

import dataclasses
import hashlib
import secrets
import unicodedata
from collections.abc import Callable

from central.accounts.errors import (
    AccountExists,
    BadInstitutionName,
    BadLabel,
    CodesOnAlready,
    LastAdministrator,
    LinkOver,
    OwnRole,
    TooManyTokens,
)
from central.accounts.looks import state
from central.accounts.passwords import Passwords, check_password
from central.accounts.people import REGION, check_name, check_role, check_scope
from central.classes.institutions import institutions_of
from central.clock import Clock
from central.errors import BadRegion, UnknownAccount, UnknownInstitution
from central.store.accounts import ApiToken, Kept
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import AccountChanged, Institution

LINK_US = 24 * 3600 * 1_000_000
LINK_BYTES = 32
TOKEN_BEGINS, TOKEN_US, MAX_TOKENS, MAX_LABEL = "zt_", 365 * 24 * 3600 * 1_000_000, 10, 60
"""Of tokens for programs: how one is known as such where it should not be; how long it holds; how many; its label."""
MAX_NAME = 100


def digest(token: str) -> str:
    """What is kept of a token: the token itself is nowhere."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class AccountDesk:
    """Changes accounts. `by`: the account that does it; None: a command on the centre's own machine."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store, self._clock, self._passwords = store, clock, passwords

    def add(self, name: str, role: str, scope: str | None, by: str | None, password: str | None = None) -> Kept:
        """A new account. Without a password it waits for a link. Raises BadAccountName, NoSuchRole, BadScope,
        UnknownInstitution, AccountExists, BadPassword."""
        check_name(name)
        known_role = check_role(role)
        kept = Kept(name, known_role, check_scope(known_role, scope or None), password=self._hashed(name, password))
        with self._store.write() as tx:
            _check_institution(tx, kept)
            if tx.account(name) is not None:
                raise AccountExists(account=name)
            self._keep(tx, kept, "added", by)
        return kept

    def change(self, name: str, role: str, scope: str | None, by: str | None) -> Kept:
        """Another role or scope, never of the own account. Raises UnknownAccount, NoSuchRole, BadScope,
        UnknownInstitution, LastAdministrator, OwnRole."""
        if by == name:
            raise OwnRole
        known_role = check_role(role)
        wanted = check_scope(known_role, scope or None)

        def become(tx: Tx, kept: Kept) -> Kept:
            fresh = dataclasses.replace(kept, role=known_role, scope=wanted)
            _check_institution(tx, fresh)
            if known_role != "administrator":
                _check_last(tx, kept)
            return fresh

        return self._change(name, "changed", by, become)

    def set_password(self, name: str, password: str, by: str | None) -> Kept:
        """A new password; all sessions and tokens of the account end, and a link that was made for it. Raises
        UnknownAccount, BadPassword."""
        hashed = self._hashed(name, password)
        return self._change(name, "password", by, lambda _, kept: dataclasses.replace(
            kept, password=hashed, link=None, link_until_us=None))

    def disable(self, name: str, by: str | None) -> Kept:
        """Nobody signs in with it any more, and who has is out. Raises UnknownAccount, LastAdministrator."""
        def become(tx: Tx, kept: Kept) -> Kept:
            _check_last(tx, kept)
            return dataclasses.replace(kept, disabled=True, link=None, link_until_us=None)

        return self._change(name, "disabled", by, become)

    def enable(self, name: str, by: str | None) -> Kept:
        """As before it was disabled. Raises UnknownAccount."""
        return self._change(name, "enabled", by, lambda _, kept: dataclasses.replace(kept, disabled=False))

    def totp_on(self, name: str, sealed: bytes, step: int, by: str | None) -> Kept:
        """From now on the codes of an app are asked for; all sessions end. `step`: of the code that was shown. Raises
        UnknownAccount, CodesOnAlready."""
        def become(_: Tx, kept: Kept) -> Kept:
            if kept.totp is not None:
                raise CodesOnAlready
            return dataclasses.replace(kept, totp=sealed, totp_step=max(step, kept.totp_step))

        return self._change(name, "totp.on", by, become)

    def totp_off(self, name: str, by: str | None) -> Kept:
        """Without codes again. Raises UnknownAccount."""
        return self._change(name, "totp.off", by, lambda _, kept: dataclasses.replace(kept, totp=None))

    def link(self, name: str, by: str | None) -> str:
        """A link that leads once, within a day, to a new password; an earlier one holds no longer. Raises
        UnknownAccount."""
        token, until_us = secrets.token_urlsafe(LINK_BYTES), self._clock.stamp().utc_us + LINK_US
        self._change(name, "link", by, lambda _, kept: dataclasses.replace(
            kept, link=digest(token), link_until_us=until_us))
        return token

    def make_token(self, name: str, label: str, by: str | None) -> str:
        """A token with which a program reads the API for an account, for a year. Raises UnknownAccount, BadLabel,
        TooManyTokens."""
        said = unicodedata.normalize("NFC", label).strip()
        if not 0 < len(said) <= MAX_LABEL or not said.isprintable():
            raise BadLabel(limit=MAX_LABEL)
        token, now_us = TOKEN_BEGINS + secrets.token_urlsafe(LINK_BYTES), self._clock.stamp().utc_us

        def become(tx: Tx, kept: Kept) -> Kept:
            old = [one for one in tx.api_tokens(name) if one.until_us > now_us]
            if len(old) >= MAX_TOKENS:
                raise TooManyTokens(limit=MAX_TOKENS)
            tx.put_api_token(ApiToken(digest(token), name, said, now_us, now_us + TOKEN_US))
            return kept

        self._change(name, "token.made", by, become)
        return token

    def revoke_token(self, name: str, hashed: str, by: str | None) -> None:
        """A token, by its hash, lets nobody in any more; nothing where it is gone. Raises UnknownAccount."""
        with self._store.read() as tx:
            known = any(one.token == hashed for one in tx.api_tokens(name))
        if known:
            def become(tx: Tx, kept: Kept) -> Kept:
                tx.drop_api_tokens(name, hashed)
                return kept

            self._change(name, "token.revoked", by, become)

    def owner_of_link(self, token: str) -> Kept:
        """Whose link it is. Raises LinkOver."""
        with self._store.read() as tx:
            return self._owner(tx, token)

    def use_link(self, token: str, password: str) -> Kept:
        """Set the password to which a link leads; it holds no longer then. Raises LinkOver, BadPassword."""
        owner = self.owner_of_link(token)
        hashed = self._hashed(owner.name, password)
        with self._store.write() as tx:
            kept = dataclasses.replace(self._owner(tx, token), password=hashed, link=None, link_until_us=None)
            self._keep(tx, kept, "password", kept.name)
        return kept

    def accounts(self) -> list[Kept]:
        """All of them, by name."""
        with self._store.read() as tx:
            return tx.accounts()

    def put_institution(self, institution: str, name: str, region: str, by: str | None) -> Institution:
        """State an institution, or what became of it. Raises BadAccountName, BadInstitutionName, BadRegion."""
        check_name(institution)
        name = unicodedata.normalize("NFC", name).strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise BadInstitutionName(limit=MAX_NAME)
        if not REGION.fullmatch(region):
            raise BadRegion(region=repr(region[:80]))
        body = Institution(institution, name, region, by)
        with self._store.write() as tx:
            state(self._store, tx, body, institution)
        return body

    def _owner(self, tx: Tx, token: str) -> Kept:
        kept = tx.account_of_link(digest(token))
        if kept is None or kept.disabled or (kept.link_until_us or 0) <= self._clock.stamp().utc_us:
            raise LinkOver
        return kept

    def _hashed(self, name: str, password: str | None) -> str | None:
        if password is None:
            return None
        check_password(password, name)
        return self._passwords.hash(password)

    def _change(self, name: str, what: str, by: str | None, become: Callable[[Tx, Kept], Kept]) -> Kept:
        with self._store.write() as tx:
            kept = tx.account(name)
            if kept is None:
                raise UnknownAccount(account=name[:80])
            kept = become(tx, kept)
            self._keep(tx, kept, what, by)
        return kept

    def _keep(self, tx: Tx, kept: Kept, what: str, by: str | None) -> None:
        tx.put_account(kept)
        if what in ("password", "disabled", "totp.on"):
            tx.end_sessions(kept.name)
        if what in ("password", "disabled"):
            tx.drop_api_tokens(kept.name)
        state(self._store, tx, AccountChanged(kept.name, what, kept.role, kept.scope, by), kept.name)


def _check_institution(tx: Tx, kept: Kept) -> None:
    if kept.role == "institution" and kept.scope not in institutions_of(tx):
        raise UnknownInstitution(institution=kept.scope)


def _check_last(tx: Tx, kept: Kept) -> None:
    """The last administrator stays one. Raises LastAdministrator."""
    able = [one.name for one in tx.accounts() if one.role == "administrator" and not one.disabled and one.password]
    if able == [kept.name]:
        raise LastAdministrator(account=kept.name)
