"""The part of a transaction that knows who may sign in, who has, and what is on record of them."""
from __future__ import annotations

import dataclasses
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from central.store import schema as t

Role = Literal["supervisor", "institution", "auditor", "administrator"]


@dataclasses.dataclass(frozen=True)
class Kept:
    """An account as it is kept. `scope`: a region or an institution, None of an administrator; `password`: its
    argon2id hash; `totp`: the sealed secret; `totp_step`: of the last code that was taken; `link`: SHA-256 of a
    one-time link, which holds until `link_until_us`."""

    name: str
    role: Role
    scope: str | None
    disabled: bool = False
    password: str | None = None
    totp: bytes | None = None
    totp_step: int = -1
    link: str | None = None
    link_until_us: int | None = None


@dataclasses.dataclass(frozen=True)
class Session:
    """Somebody signed in. `token`: SHA-256 of what the cookie holds; `whole`: not only the password was right."""

    token: str
    account: str
    whole: bool
    begun_us: int
    seen_us: int


@dataclasses.dataclass(frozen=True)
class ApiToken:
    """What lets a program in for an account. `token`: its SHA-256; `used_us`: last, None: never."""

    token: str
    account: str
    label: str
    made_us: int
    until_us: int
    used_us: int | None = None


@dataclasses.dataclass(frozen=True)
class Audited:
    """Where a record of a look or of a change stands in the centre's own chain, and whom and what it names. `device`:
    of a look into a room."""

    seq: int
    at_us: int
    type: str
    account: str | None
    class_id: str | None
    thing: str
    device: str | None = None


class AccountTables:
    """What `Tx` knows of accounts."""

    _db: Connection

    def account(self, name: str) -> Kept | None:
        """One account."""
        row = self._db.execute(select(t.accounts).where(t.accounts.c.name == name)).first()
        return None if row is None else Kept(*row)

    def account_of_link(self, link: str) -> Kept | None:
        """The account to which a one-time link leads, by the link's hash."""
        row = self._db.execute(select(t.accounts).where(t.accounts.c.link == link)).first()
        return None if row is None else Kept(*row)

    def accounts(self) -> list[Kept]:
        """All of them, by name."""
        return [Kept(*row) for row in self._db.execute(select(t.accounts).order_by(t.accounts.c.name))]

    def count_accounts(self) -> int:
        """How many there are."""
        return self._db.execute(select(func.count()).select_from(t.accounts)).scalar_one()

    def put_account(self, kept: Kept) -> None:
        """Keep a new account, or what became of one."""
        values = dataclasses.asdict(kept)
        if not self._db.execute(update(t.accounts).where(t.accounts.c.name == kept.name).values(**values)).rowcount:
            self._db.execute(insert(t.accounts).values(**values))

    def session(self, token: str) -> Session | None:
        """The session of a token's hash."""
        row = self._db.execute(select(t.sessions).where(t.sessions.c.token == token)).first()
        return None if row is None else Session(*row)

    def put_session(self, session: Session) -> None:
        """Keep a new session."""
        self._db.execute(insert(t.sessions).values(**dataclasses.asdict(session)))

    def touch_session(self, token: str, now_us: int) -> None:
        """Its owner was here now."""
        self._db.execute(update(t.sessions).where(t.sessions.c.token == token).values(seen_us=now_us))

    def end_session(self, token: str) -> None:
        """Forget a session."""
        self._db.execute(delete(t.sessions).where(t.sessions.c.token == token))

    def end_sessions(self, account: str) -> None:
        """Forget all sessions of an account."""
        self._db.execute(delete(t.sessions).where(t.sessions.c.account == account))

    def end_sessions_before(self, seen_us: int, begun_us: int) -> None:
        """Forget sessions that were last used, or begun, before these moments."""
        c = t.sessions.c
        self._db.execute(delete(t.sessions).where((c.seen_us < seen_us) | (c.begun_us < begun_us)))

    def api_token(self, token: str) -> ApiToken | None:
        """One by its hash."""
        row = self._db.execute(select(t.api_tokens).where(t.api_tokens.c.token == token)).first()
        return None if row is None else ApiToken(*row)

    def api_tokens(self, account: str) -> list[ApiToken]:
        """Those of an account, the newest first."""
        c = t.api_tokens.c
        rows = select(t.api_tokens).where(c.account == account).order_by(c.made_us.desc(), c.token)
        return [ApiToken(*row) for row in self._db.execute(rows)]

    def put_api_token(self, token: ApiToken) -> None:
        """Keep a new one."""
        self._db.execute(insert(t.api_tokens).values(**dataclasses.asdict(token)))

    def touch_api_token(self, token: str, now_us: int) -> None:
        """It was used now."""
        self._db.execute(update(t.api_tokens).where(t.api_tokens.c.token == token).values(used_us=now_us))

    def drop_api_tokens(self, account: str, token: str | None = None) -> int:
        """Forget all of an account, or one of them. Returns how many there were."""
        where = t.api_tokens.c.account == account
        if token is not None:
            where = where & (t.api_tokens.c.token == token)
        return self._db.execute(delete(t.api_tokens).where(where)).rowcount

    def put_audited(self, audited: Audited) -> None:
        """Find a record of a look or of a change from now on."""
        self._db.execute(insert(t.audit).values(**dataclasses.asdict(audited)))

    def looked(self, account: str, thing: str, since_us: int, until_us: int) -> int | None:
        """The number of the newest record that an account looked at this thing between these moments, if any."""
        c = t.audit.c
        rows = select(c.seq).where(c.account == account, c.thing == thing, c.at_us.between(since_us, until_us))
        seq: int | None = self._db.execute(rows.order_by(c.seq.desc()).limit(1)).scalar()
        return seq

    def audited(
        self, account: str | None = None, class_id: str | None = None, since_us: int | None = None,
        until_us: int | None = None, below: int | None = None, most: int = 100,
    ) -> list[Audited]:
        """The newest `most` of them, newest first: of an account (who, or who was changed), of a class, in
        [`since_us`, `until_us`), with numbers below `below`."""
        c = t.audit.c
        rows = select(t.audit).order_by(c.seq.desc()).limit(most)
        if account is not None:
            rows = rows.where((c.account == account) | (c.thing == account))
        clauses = [clause(given) for clause, given in (
            (c.class_id.__eq__, class_id), (c.at_us.__ge__, since_us), (c.at_us.__lt__, until_us),
            (c.seq.__lt__, below),
        ) if given is not None]
        rows = rows.where(*clauses)
        return [Audited(*row) for row in self._db.execute(rows)]

    def looks_into_rooms(self, device: str | None, since_us: int, until_us: int, most: int) -> list[int]:
        """The numbers of the newest `most` looks into the room of a box, or of any, in [`since_us`, `until_us`); the
        newest first."""
        c = t.audit.c
        which = c.device.is_not(None) if device is None else c.device == device
        rows = select(c.seq).where(c.at_us >= since_us, c.at_us < until_us, which).order_by(c.seq.desc()).limit(most)
        return list(self._db.execute(rows).scalars())

    def seen_live(self, account: str, device: str, class_id: str) -> tuple[int, int] | None:
        """From the first to the newest live piece of a class that reached an account in its newest look, UTC µs."""
        c = t.seen_live.c
        row = self._db.execute(select(c.first_us, c.last_us).where(
            c.account == account, c.device == device, c.class_id == class_id)).first()
        return None if row is None else (row.first_us, row.last_us)

    def put_seen_live(self, account: str, device: str, class_id: str, span: tuple[int, int]) -> None:
        """Keep it, or what became of it."""
        c, values = t.seen_live.c, dict(zip(("first_us", "last_us"), span, strict=True))
        if not self._db.execute(update(t.seen_live).where(
                c.account == account, c.device == device, c.class_id == class_id).values(**values)).rowcount:
            self._db.execute(insert(t.seen_live).values(
                account=account, device=device, class_id=class_id, **values))

    def forget_seen_live(self, account: str, device: str, before_us: int) -> None:
        """Another look begins; what is older than that moment goes with it, whose ever it is."""
        c = t.seen_live.c
        self._db.execute(delete(t.seen_live).where(
            ((c.account == account) & (c.device == device)) | (c.last_us < before_us)))
