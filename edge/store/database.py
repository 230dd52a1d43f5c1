"""One SQLite connection that threads may share, with short exclusive transactions."""
from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database as SqliteUtils

from edge.errors import BadStore, OtherSchema, StoreBusy, StoreUnwritable
from edge.store import sql

WAIT_S = 5.0
"""How long a transaction waits for another process's before it gives up with StoreBusy."""
UNWRITABLE = ("disk is full", "readonly database", "disk I/O error", "unable to open database file")
"""What SQLite says of a disk that may be well again later."""


def schema_of(path: Path) -> int | None:
    """The schema of a database that is there; None: it has none yet. Changes nothing. Raises BadStore."""
    try:
        with contextlib.closing(_read_only(path)) as read:
            tables = read.execute(sql.HAS_TABLE, ("meta",)).fetchone()
            row = read.execute(sql.GET_META, ("schema",)).fetchone() if tables else None
        return None if row is None else int(row[0])
    except (sqlite3.Error, ValueError) as error:
        raise BadStore(path=path, why=str(error)) from None


def copy_database(path: Path, to: Path) -> None:
    """A copy of one moment, also while others write. Raises BadStore."""
    try:
        with contextlib.closing(_read_only(path)) as read, contextlib.closing(sqlite3.connect(to)) as copy:
            read.backup(copy)
    except sqlite3.Error as error:
        raise BadStore(path=path, why=str(error)) from None


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=WAIT_S, uri=True)


class Database:
    """A connection in WAL mode with synchronous=FULL: what is committed survives a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._db = SqliteUtils(connection)
            for pragma in sql.PRAGMAS:
                connection.execute(pragma)
            with self.transaction():
                for statement in sql.SCHEMA:
                    connection.execute(statement)
                self._check_version()
        except sqlite3.Error as error:
            raise BadStore(path=path, why=str(error)) from None

    def _check_version(self) -> None:
        have = self.one(sql.GET_META, ("schema",))
        if have is None:
            self.execute(sql.PUT_META, ("schema", str(sql.SCHEMA_VERSION)))
        elif have != str(sql.SCHEMA_VERSION):
            raise OtherSchema(path=self._path, have=have, known=sql.SCHEMA_VERSION)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE … COMMIT. Hold it across nothing slow. Raises StoreBusy, BadStore."""
        with self._lock:
            with self._told():
                self._db.execute(sql.BEGIN)
            try:
                yield
                with self._told():
                    self._db.execute(sql.COMMIT)
            except BaseException:
                if self._db.conn.in_transaction:
                    self._db.execute(sql.ROLLBACK)
                raise

    def execute(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; the number of rows that it changed. Raises StoreBusy, BadStore."""
        with self._lock, self._told():
            return self._db.execute(statement, values).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows. Raises StoreBusy, BadStore."""
        with self._lock, self._told():
            self._db.conn.executemany(statement, rows)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises StoreBusy, BadStore."""
        with self._lock, self._told():
            return self._db.execute(statement, values).fetchall()

    def one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None. Raises StoreBusy, BadStore."""
        rows = self.rows(statement, values)
        return rows[0][0] if rows else None

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StoreBusy() from None
            if any(word in str(error) for word in UNWRITABLE):
                raise StoreUnwritable(path=self._path, why=str(error)) from None
            raise BadStore(path=self._path, why=str(error)) from None
        except sqlite3.DatabaseError as error:
            raise BadStore(path=self._path, why=str(error)) from None
