"""What the tables of surveys hold, in SQLite and in PostgreSQL: a ticket counts once, and an answer leads to nobody."""
from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from central.classes.survey import close_survey, draw_sheet, draw_ticket, take_answer
from central.classes.survey_errors import TicketUsed
from central.wiring import Centre
from tests.central.test_survey import AFTER, CLASS, DAY, FIVE, asked, kept, opened, told_of

__all__ = ["asked"]


def test_a_ticket_that_is_used_twice_at_once_counts_once(asked: Centre) -> None:
    opened(asked)
    _, (ticket, *_) = draw_sheet(asked.store, CLASS, AFTER)
    told: list[str] = []
    start = threading.Barrier(4)

    def answer() -> None:
        start.wait()
        try:
            take_answer(asked.store, ticket, FIVE, "", AFTER)
            told.append("kept")
        except TicketUsed:
            told.append("used")

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["kept", "used", "used", "used"] and len(kept(asked)[1]) == 1


def test_no_table_says_whose_an_answer_is_nor_when_it_came(asked: Centre) -> None:
    opened(asked, "page")
    told, came = told_of(asked), []
    for number, one in enumerate(told.order.roster[:7]):
        ticket = draw_ticket(asked.store, told, one.person, AFTER + number)
        take_answer(asked.store, ticket, FIVE, f"第{number}个", AFTER + number)
        came.append(ticket)
    engine = asked.store._engine

    def rows(query: str) -> list[dict[str, Any]]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]

    for table in ("tickets", "given", "answers"):
        with pytest.raises(DBAPIError, match="rowid"), engine.connect() as connection:
            connection.execute(text(f"SELECT rowid FROM {table}"))
    before = rows("SELECT * FROM answers")
    tickets, given_ = rows("SELECT * FROM tickets"), rows("SELECT * FROM given")
    shared = {CLASS, 1}
    values = [{value for row in some for value in row.values()} - shared - {True, False}
              for some in (before, tickets, given_)]
    assert not values[0] & values[1] and not values[0] & values[2] and not values[1] & values[2]
    assert not any(isinstance(value, int) and value > 10**9 for some in values for value in some), "no time"
    assert not any(one in repr(before + tickets + given_) for one in came), "no ticket"
    close_survey(asked.store, CLASS, "super", AFTER + DAY)
    after = rows("SELECT * FROM answers")
    assert {row["words"] for row in after} == {f"第{number}个" for number in range(7)}
    assert not {row["id"] for row in after} & {row["id"] for row in before}
    if engine.dialect.name == "postgresql":  # in which transaction each row was written is all the same one
        written = [row["x"] for table in ("answers", "tickets") for row in rows(f"SELECT xmin::text AS x FROM {table}")]
        assert len(written) == 14 and len(set(written)) == 1
