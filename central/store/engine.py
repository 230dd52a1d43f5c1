"""One database, in SQLite or PostgreSQL: opened, brought to this version, and its transactions."""
from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from central.errors import DatabaseUnusable
from central.store.address import Address
from central.store.migrations import STEPS
from central.store.postgres import check_server, never_commits, postgres_engine
from central.store.schema import SCHEMA_VERSION, meta, metadata
from central.store.sqlite import sqlite_engine
from common.texts import N_

FAILS = (DBAPIError, TimeoutError)
"""What a database that cannot be used now raises: locked, full, gone, ended, without a free connection."""
MOST_SAID = 300
NO_ROOM = N_("there is no room for a copy of the database: three times its size must be free")
Place = Path | Address
OPENS = tuple(range(1, SCHEMA_VERSION + 1))
"""The schemas of which this version makes its own."""
TRY = "try-"


def open_engine(place: Place) -> Engine:
    """The database in a file or at an address; in a new one the tables are made, one of an older version becomes one
    of this, or stays as it was. Several may open it at once. Raises DatabaseUnusable."""
    engine = sqlite_engine(place) if isinstance(place, Path) else postgres_engine(place)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            _prepare(connection, place)
    except FAILS as error:
        engine.dispose()
        raise DatabaseUnusable(why=f"{place}: {_said(error)}") from None
    except DatabaseUnusable:
        engine.dispose()
        raise
    return engine


def schema_of(place: Place) -> int | None:
    """The schema of a database; None: it has none yet. Changes nothing. Raises DatabaseUnusable."""
    if isinstance(place, Path) and not place.is_file():
        return None
    engine = sqlite_engine(place) if isinstance(place, Path) else postgres_engine(place)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(meta.name):
                return None
            row = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
            return None if row is None else int(row)
    except (*FAILS, ValueError) as error:
        raise DatabaseUnusable(why=f"{place}: {_said(error)}") from None
    finally:
        engine.dispose()


def try_open(place: Place) -> None:
    """Open a database as a centre would, so that it stays as it is: a copy of one in a file, which is thrown away; one
    at an address itself, in a transaction that its server commits under no circumstances. Raises DatabaseUnusable."""
    if isinstance(place, Path):
        _try_copy(place)
        return
    engine = postgres_engine(place)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin() as whole:
            never_commits(connection)
            _prepare(connection, place)
            whole.rollback()
    except FAILS as error:
        raise DatabaseUnusable(why=f"{place}: {_said(error)}") from None
    finally:
        engine.dispose()


def _try_copy(path: Path) -> None:
    for left in path.parent.glob(f"{TRY}*"):
        shutil.rmtree(left)  # a power cut left it
    if not path.is_file():
        return
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < 3 * size:
        raise DatabaseUnusable(why=NO_ROOM)
    with tempfile.TemporaryDirectory(prefix=TRY, dir=path.parent) as folder:
        copy = Path(folder) / path.name
        try:
            with contextlib.closing(sqlite3.connect(path)) as here, contextlib.closing(sqlite3.connect(copy)) as there:
                here.backup(there)
        except sqlite3.Error as error:
            raise DatabaseUnusable(why=f"{path}: {error}") from None
        open_engine(copy).dispose()


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


def _said(error: SQLAlchemyError | ValueError) -> str:
    """The database's own words, in one line, without what was written into it."""
    words = getattr(error, "orig", None) or error
    primary = getattr(getattr(words, "diag", None), "message_primary", None)
    return " ".join(str(primary or words).split())[:MOST_SAID]


def _prepare(connection: Connection, place: Place) -> None:
    """Whatever version it is of, it is of this one when the transaction ends. Raises DatabaseUnusable, FAILS."""
    if isinstance(place, Address):
        check_server(connection, place)
    there = set(inspect(connection).get_table_names())  # asked once, not for each table
    metadata.create_all(connection, [one for one in metadata.sorted_tables if one.name not in there], checkfirst=False)
    _to_this_version(connection, place)


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
