"""One database with SQLite's settings for evidence: WAL, synchronous=FULL, short BEGIN IMMEDIATE writes."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.exc import DatabaseError

from central.errors import DatabaseUnusable
from central.store.migrations import STEPS
from central.store.schema import SCHEMA_VERSION, meta, metadata

BUSY_S = 15


def open_engine(path: Path) -> Engine:
    """The database in `path`, made if new; one of an older version becomes one of this, or stays as it was. Raises
    DatabaseUnusable."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            metadata.create_all(connection)
            _to_this_version(connection, path)
    except DatabaseError as error:
        raise DatabaseUnusable(why=f"{path}: {error.orig}") from None
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the write lock from its start, so that what it read stays true until it commits."""
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection
    except DatabaseError as error:
        raise DatabaseUnusable(why=str(error.orig)) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state and blocks nobody."""
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except DatabaseError as error:
        raise DatabaseUnusable(why=str(error.orig)) from error


def _settings(raw: Any, _record: object) -> None:
    # Transactions are begun by `_begin`, not by the driver's own guess.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _to_this_version(connection: Connection, path: Path) -> None:
    row = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if row is None:
        connection.execute(insert(meta).values(key="schema", value=str(SCHEMA_VERSION)))
        return
    known = [version for version in range(1, SCHEMA_VERSION + 1) if row == str(version)]
    if not known:
        raise DatabaseUnusable(why=f"{path} has schema {row}; this version works with {SCHEMA_VERSION}")
    for version in range(known[0], SCHEMA_VERSION):
        STEPS[version](connection)
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(version + 1)))
