"""A centre that grew out of SQLite: everything in its file is copied into PostgreSQL, in one transaction. And a
snapshot of either, as a file of SQLite."""
from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select, text

from central.errors import DatabaseUnusable
from central.store.address import Address
from central.store.engine import Place, open_engine, reading, writing
from central.store.errors import DatabaseNotEmpty
from central.store.schema import checkpoints, meta, metadata, records

BATCH = 1000


def move(path: Path, address: Address) -> int:
    """Copy every row; all of them are there afterwards, or none. Done already, nothing is changed. Nobody else may
    write into the file meanwhile. Returns the number of records. Raises DatabaseNotEmpty, DatabaseUnusable."""
    old, new = open_engine(path), open_engine(address)
    try:
        with reading(old) as here, writing(new) as there:
            if _sizes(there) == _sizes(here) and _chain(there) == _chain(here):
                return _size(here, records)
            if sum(_sizes(there)) > 1:  # the version of the schema
                raise DatabaseNotEmpty(place=address)
            for table in metadata.sorted_tables:
                _copy(here, there, table)
            there.execute(text("SELECT setval(pg_get_serial_sequence('checkpoints', 'number'), :last)"),
                          {"last": here.execute(select(func.max(checkpoints.c.number))).scalar() or 1})
            return _size(there, records)
    finally:
        old.dispose()
        new.dispose()


def snapshot(place: Place, target: Path) -> None:
    """All that a database holds at one moment, as a new file of SQLite; whoever writes goes on meanwhile. Raises
    DatabaseUnusable."""
    if isinstance(place, Path):
        try:
            with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as here, \
                    closing(sqlite3.connect(target)) as there:
                here.backup(there)
                there.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise DatabaseUnusable(why=f"{place}: {error}") from None
        return
    old, new = open_engine(place), open_engine(target)
    try:
        with reading(old) as source, writing(new) as goal:
            for table in metadata.sorted_tables:
                _copy(source, goal, table)
        with new.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    finally:
        old.dispose()
        new.dispose()


def _copy(here: Connection, there: Connection, table: Table) -> None:
    rows = select(table) if table is not meta else select(meta).where(meta.c.key != "schema")
    for some in here.execute(rows.execution_options(yield_per=BATCH)).mappings().partitions():
        there.execute(insert(table), [dict(row) for row in some])


def _sizes(connection: Connection) -> list[int]:
    return [_size(connection, table) for table in metadata.sorted_tables]


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _chain(connection: Connection) -> str | None:
    return connection.execute(select(meta.c.value).where(meta.c.key == "chain")).scalar()
