"""The part of a transaction that knows who wants mail of alarms, and which letters wait."""
from __future__ import annotations

import dataclasses

from sqlalchemy import Connection, delete, func, insert, select, update

from central.store import schema as t


@dataclasses.dataclass(frozen=True)
class Want:
    """An account that wants mail. `level`: `urgent`, or `all`; the rest: which alarms are in letters already, and when
    the last letter of each kind was made (UTC µs)."""

    account: str
    address: str
    lang: str
    level: str
    now_up_to: int
    now_us: int
    later_up_to: int
    later_us: int


@dataclasses.dataclass(frozen=True)
class Asked:
    """Mail that an account wants at an address that nobody confirmed yet. `code`: what was sent there, at `made_us`
    (UTC µs); `tries`: so many wrong ones are left."""

    account: str
    address: str
    lang: str
    level: str
    code: str
    made_us: int
    tries: int


@dataclasses.dataclass(frozen=True)
class Letter:
    """A mail that waits, or did. `number`: its place, 0 before it has one; `id`: the same however often it is sent;
    `done_us`: when it was taken or given up; `to`: of a code, an address; else it goes to what its account wants.
    `account`: whose; empty: of a word to an address that is no account's any more, which goes whatever becomes of
    it."""

    number: int
    account: str
    id: str
    subject: str
    body: str
    made_us: int
    tries: int = 0
    next_us: int = 0
    why: str = ""
    done_us: int | None = None
    to: str = ""


class LetterTables:
    """What `Tx` knows of it."""

    _db: Connection

    def want(self, account: str) -> Want | None:
        """What an account wants; None: no mail."""
        row = self._db.execute(select(t.mail_wants).where(t.mail_wants.c.account == account)).first()
        return None if row is None else Want(*row)

    def wants(self) -> list[Want]:
        """Of all, by account."""
        return [Want(*row) for row in self._db.execute(select(t.mail_wants).order_by(t.mail_wants.c.account))]

    def put_want(self, want: Want) -> None:
        """An account wants this from now on."""
        self._db.execute(delete(t.mail_wants).where(t.mail_wants.c.account == want.account))
        self._db.execute(insert(t.mail_wants).values(**dataclasses.asdict(want)))

    def drop_want(self, account: str) -> None:
        """An account wants no mail; its letters of alarms go too."""
        self._db.execute(delete(t.mail_wants).where(t.mail_wants.c.account == account))
        self._db.execute(delete(t.letters).where(t.letters.c.account == account, t.letters.c.to == ""))

    def asked(self, account: str) -> Asked | None:
        """What an account wants at an address that is not confirmed yet."""
        row = self._db.execute(select(t.mail_asked).where(t.mail_asked.c.account == account)).first()
        return None if row is None else Asked(*row)

    def put_asked(self, asked: Asked) -> None:
        """In the place of what the account asked for before."""
        self.drop_asked(asked.account)
        self._db.execute(insert(t.mail_asked).values(**dataclasses.asdict(asked)))

    def drop_asked(self, account: str) -> None:
        """Its address is confirmed, or not wanted any more."""
        self._db.execute(delete(t.mail_asked).where(t.mail_asked.c.account == account))

    def end_codes(self, account: str, why: str, now_us: int) -> None:
        """Codes of an account that wait are not sent any more; they count all the same."""
        c = t.letters.c
        self._db.execute(update(t.letters).where(c.account == account, c.to != "", c.done_us.is_(None)).values(
            done_us=now_us, why=why))

    def count_codes(self, account: str, since_us: int) -> int:
        """How many codes were made for an account from then on."""
        c = t.letters.c
        return self._db.execute(select(func.count()).select_from(t.letters).where(
            c.account == account, c.to != "", c.made_us >= since_us)).scalar_one()

    def put_letter(self, letter: Letter) -> None:
        """Keep one behind the others."""
        number = (self._db.execute(select(func.max(t.letters.c.number))).scalar() or 0) + 1
        self._db.execute(insert(t.letters).values(**{**dataclasses.asdict(letter), "number": number}))

    def waiting_letters(self, most: int) -> list[Letter]:
        """The first of those that wait, due or not: by when each is tried next."""
        c = t.letters.c
        rows = select(t.letters).where(c.done_us.is_(None)).order_by(c.next_us, c.number).limit(most)
        return [Letter(*row) for row in self._db.execute(rows)]

    def given_up_letters(self, most: int) -> list[Letter]:
        """The newest of those that nobody took."""
        c = t.letters.c
        rows = select(t.letters).where(c.done_us.is_not(None), c.why != "").order_by(c.number.desc()).limit(most)
        return [Letter(*row) for row in self._db.execute(rows)]

    def change_letter(self, letter: Letter) -> None:
        """Note what became of it; one that went meanwhile stays away."""
        self._db.execute(update(t.letters).where(t.letters.c.number == letter.number).values(
            **dataclasses.asdict(letter)))

    def forget_letters(self, before_us: int) -> None:
        """Those that were done before go; the newest stays, whose number goes on."""
        c = t.letters.c
        newest = select(func.max(c.number)).scalar_subquery()
        self._db.execute(delete(t.letters).where(c.done_us < before_us, c.number < newest))
