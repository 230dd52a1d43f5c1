"""SQLite with the settings for evidence: WAL, synchronous=FULL, short BEGIN IMMEDIATE writes."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_S = 15


def sqlite_engine(path: Path) -> Engine:
    """The database in a file, made if new. With the execution option `write` a transaction holds the write lock from
    its start."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    return engine


def _settings(raw: Any, _record: object) -> None:
    # Transactions are begun by `_begin`, not by the driver's own guess.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
