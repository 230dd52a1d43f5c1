"""One database, in SQLite or PostgreSQL: opened, brought to this version, and its transactions."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from central.errors import DatabaseUnusable
from central.store.address import Address
from central.store.migrations import STEPS
from central.store.postgres import check_server, postgres_engine
from central.store.schema import SCHEMA_VERSION, meta, metadata
from central.store.sqlite import sqlite_engine

FAILS = (DBAPIError, TimeoutError)
"""What a database that cannot be used now raises: locked, full, gone, ended, without a free connection."""
MOST_SAID = 300
Place = Path | Address


def open_engine(place: Place) -> Engine:
    """The database in a file or at an address; in a new one the tables are made, one of an older version becomes one
    of this, or stays as it was. Several may open it at once. Raises DatabaseUnusable."""
    engine = sqlite_engine(place) if isinstance(place, Path) else postgres_engine(place)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            if isinstance(place, Address):
                check_server(connection, place)
            metadata.create_all(connection)
            _to_this_version(connection, place)
    except FAILS as error:
        engine.dispose()
        raise DatabaseUnusable(why=f"{place}: {_said(error)}") from None
    except DatabaseUnusable:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the write lock from its start, so that what it read stays true until it commits."""
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection
    except FAILS as error:
        raise DatabaseUnusable(why=_said(error)) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state and blocks nobody."""
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except FAILS as error:
        raise DatabaseUnusable(why=_said(error)) from error


def _said(error: SQLAlchemyError) -> str:
    """The database's own words, in one line, without what was written into it."""
    words = getattr(error, "orig", None) or error
    primary = getattr(getattr(words, "diag", None), "message_primary", None)
    return " ".join(str(primary or words).split())[:MOST_SAID]


def _to_this_version(connection: Connection, place: Place) -> None:
    row = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if row is None:
        connection.execute(insert(meta).values(key="schema", value=str(SCHEMA_VERSION)))
        return
    known = [version for version in range(1, SCHEMA_VERSION + 1) if row == str(version)]
    if not known:
        raise DatabaseUnusable(why=f"{place} has schema {row}; this version works with {SCHEMA_VERSION}")
    for version in range(known[0], SCHEMA_VERSION):
        STEPS[version](connection)
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(version + 1)))
