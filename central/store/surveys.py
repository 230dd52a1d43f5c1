"""The part of a transaction that knows surveys: who was asked, which tickets there are, what was answered. A ticket's
answer is kept beside it, never with it."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from central.store import schema as t

Way = Literal["sheet", "page"]


@dataclasses.dataclass(frozen=True)
class Survey:
    """One survey of a class. `respondents` and `satisfied`: as they were stated when it was closed."""

    class_id: str
    number: int
    way: Way
    questionnaire: str
    denominator: int
    opened_us: int
    opened_by: str
    ends_us: int
    sheets: int = 0
    closed_us: int | None = None
    closed_by: str | None = None
    respondents: int | None = None
    satisfied: int | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What somebody answered: a digit for each question, and words."""

    marks: str
    words: str


class SurveyTables:
    """What `Tx` knows of surveys."""

    _db: Connection

    def surveys(self, class_id: str | None = None) -> list[Survey]:
        """Those of a class, oldest first; or all that are open."""
        c = t.surveys.c
        rows = select(t.surveys).order_by(c.class_id, c.number)
        rows = rows.where(c.closed_us.is_(None)) if class_id is None else rows.where(c.class_id == class_id)
        return [Survey(*row) for row in self._db.execute(rows)]

    def put_survey(self, survey: Survey) -> None:
        """Keep a new survey, or what became of one."""
        c, values = t.surveys.c, dataclasses.asdict(survey)
        same = (c.class_id == survey.class_id) & (c.number == survey.number)
        if not self._db.execute(update(t.surveys).where(same).values(**values)).rowcount:
            self._db.execute(insert(t.surveys).values(**values))

    def put_tickets(self, survey: Survey, hashes: Iterable[str]) -> None:
        """New tickets that nobody has used."""
        # In the order of their keys: a database may keep rows as they come.
        rows = [{"hash": one, "class_id": survey.class_id, "number": survey.number, "used": False}
                for one in sorted(hashes)]
        if rows:
            self._db.execute(insert(t.tickets), rows)

    def drop_unused_tickets(self, survey: Survey) -> None:
        """Those that were not used lead nowhere from now on."""
        c = t.tickets.c
        self._db.execute(delete(t.tickets).where(
            c.class_id == survey.class_id, c.number == survey.number, c.used.is_(False)))

    def count_tickets(self, survey: Survey) -> int:
        """How many there are, used or not."""
        c = t.tickets.c
        rows = select(func.count()).where(c.class_id == survey.class_id, c.number == survey.number)
        return self._db.execute(rows).scalar_one()

    def ticket(self, hash_: str) -> tuple[Survey, bool] | None:
        """The survey of a ticket, and whether it was used."""
        s, k = t.surveys.c, t.tickets.c
        joined = t.tickets.join(t.surveys, (s.class_id == k.class_id) & (s.number == k.number))
        row = self._db.execute(select(t.surveys, k.used).select_from(joined).where(k.hash == hash_)).first()
        return None if row is None else (Survey(*row[:-1]), row.used)

    def use_ticket(self, hash_: str) -> bool:
        """Use a ticket; False if it was used before."""
        c = t.tickets.c
        found = self._db.execute(update(t.tickets).where(c.hash == hash_, c.used.is_(False)).values(used=True))
        return found.rowcount == 1

    def was_given(self, survey: Survey, person: str) -> bool:
        """Whether somebody has had a ticket."""
        c = t.given.c
        return self._db.execute(select(c.person).where(
            c.class_id == survey.class_id, c.number == survey.number, c.person == person)).first() is not None

    def give(self, survey: Survey, person: str) -> None:
        """Somebody has a ticket now."""
        self._db.execute(insert(t.given).values(class_id=survey.class_id, number=survey.number, person=person))

    def put_answer(self, survey: Survey, id_: str, answer: Answer) -> None:
        """Keep an answer. `id_`: random."""
        self._db.execute(insert(t.answers).values(
            id=id_, class_id=survey.class_id, number=survey.number, **dataclasses.asdict(answer)))

    def rewrite_answers(self, survey: Survey, ids: Iterable[str]) -> None:
        """Write all answers and tickets of a survey anew, in one transaction and by new ids: where a database keeps of
        a row in which transaction it was written, nothing leads from a ticket to its answer any more."""
        found, k = self.answers(survey), t.tickets.c
        used = list(self._db.execute(select(k.hash, k.used).where(
            k.class_id == survey.class_id, k.number == survey.number).order_by(k.hash)))
        for table in (t.answers, t.tickets):
            self._db.execute(delete(table).where(
                table.c.class_id == survey.class_id, table.c.number == survey.number))
        for id_, answer in sorted(zip(ids, found, strict=True), key=lambda pair: pair[0]):
            self.put_answer(survey, id_, answer)
        if used:
            self._db.execute(insert(t.tickets), [
                {"hash": row.hash, "class_id": survey.class_id, "number": survey.number, "used": row.used}
                for row in used])

    def answers(self, survey: Survey) -> list[Answer]:
        """All answers of a survey, in the order of their random ids."""
        c = t.answers.c
        rows = select(c.marks, c.words).where(c.class_id == survey.class_id, c.number == survey.number).order_by(c.id)
        return [Answer(*row) for row in self._db.execute(rows)]
