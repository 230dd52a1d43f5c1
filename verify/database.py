"""A box's database, read without changing a byte beside it: in place, or from a copy when a log lies beside it."""
from __future__ import annotations

import contextlib
import dataclasses
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from evidence.canonical import MAX_BYTES
from verify.errors import NotEvidence
from verify.folder import shown

LOGS = ("-wal", "-journal")
TRIES = 3
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
_RECORDS = "SELECT seq, hash, type, length(envelope), substr(envelope, 1, ?) FROM records ORDER BY seq"
_RECEIPTS = "SELECT up_to, length(envelope), substr(envelope, 1, ?) FROM receipts ORDER BY up_to"
_ORDERS = "SELECT rowid, length(envelope), substr(envelope, 1, ?) FROM orders ORDER BY rowid"
_PAST = "SELECT chain, seq, hash, type, length(envelope), substr(envelope, 1, ?) FROM past ORDER BY number"
_PAST_RECEIPTS = "SELECT up_to, length(envelope), substr(envelope, 1, ?) FROM past_receipts ORDER BY rowid"
_MOVED = "SELECT file FROM moved"


@dataclasses.dataclass(frozen=True)
class Row:
    """One envelope and the columns beside it. `envelope` is None when the column holds no bytes or too many."""

    number: object
    envelope: bytes | None
    hash: object = None
    type: object = None


@dataclasses.dataclass(frozen=True)
class Rows:
    """What the database holds. `damage`: SQLite's words when it could not be read to the end."""

    records: list[Row]
    receipts: list[Row]
    orders: list[Row]
    moved: set[str]
    """Files that the box says it moved to a second volume: a hint where to look, and no evidence."""
    damage: str = ""
    past: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    """The records of the chains that the box had before, by what the database calls each."""


def read_rows(path: Path) -> Rows:
    """All rows that matter to a verifier. Raises NotEvidence for a file that is no box's database."""
    try:
        with _quiet(path) as connection:
            return _rows(connection, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a damaged name in SQLite's own words
        raise NotEvidence(path=shown(str(path)), why=str(error)) from None
    except OSError as error:
        raise NotEvidence(path=shown(str(path)), why=error.strerror or str(error)) from None


def _rows(connection: sqlite3.Connection, path: Path) -> Rows:
    tables = {name for (name,) in connection.execute(_TABLES)}
    if "records" not in tables:
        raise NotEvidence(path=shown(str(path)), why="it has no records")
    rows = Rows([], [], [], set())
    try:
        for seq, hash_, type_, length, envelope in connection.execute(_RECORDS, (MAX_BYTES,)):
            rows.records.append(Row(seq, _envelope(length, envelope), hash_, type_))
        for chain, seq, hash_, type_, length, envelope in (
                connection.execute(_PAST, (MAX_BYTES,)) if "past" in tables else ()):
            rows.past.setdefault(str(chain), []).append(Row(seq, _envelope(length, envelope), hash_, type_))
        for table, query, into in (("past_receipts", _PAST_RECEIPTS, rows.receipts),
                                   ("receipts", _RECEIPTS, rows.receipts), ("orders", _ORDERS, rows.orders)):
            if table in tables:
                into += [Row(number, _envelope(length, envelope))
                         for number, length, envelope in connection.execute(query, (MAX_BYTES,))]
        if "moved" in tables:
            rows.moved.update(file for (file,) in connection.execute(_MOVED) if isinstance(file, str))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return dataclasses.replace(rows, damage=str(error))
    return rows


def _envelope(length: object, value: object) -> bytes | None:
    return value if isinstance(value, bytes) and isinstance(length, int) and length <= MAX_BYTES else None


@contextlib.contextmanager
def _quiet(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection that creates nothing beside the database."""
    if not any(_size(path.with_name(path.name + log)) for log in LOGS):
        with contextlib.closing(_connect(path, "mode=ro&immutable=1")) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="zaitang-verify-") as folder:
        copy = Path(folder) / "copy.db"
        _copy(path, copy)
        with contextlib.closing(_connect(copy, "mode=rw")) as connection:
            yield connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * MAX_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _copy(path: Path, copy: Path) -> None:
    """Copy the database and its logs; once more if somebody wrote meanwhile. Raises NotEvidence when it never rests."""
    for _ in range(TRIES):
        before = _marks(path)
        for log in ("", *LOGS):
            source, target = path.with_name(path.name + log), copy.with_name(copy.name + log)
            target.unlink(missing_ok=True)
            if source.is_file() and not source.is_symlink():
                shutil.copyfile(source, target)
        if _marks(path) == before:
            return
    raise NotEvidence(path=shown(str(path)), why="it is being written; try again when the box rests")


def _marks(path: Path) -> list[tuple[int, int]]:
    stats = [other.stat() for log in ("", *LOGS) if (other := path.with_name(path.name + log)).exists()]
    return [(one.st_size, one.st_mtime_ns) for one in stats]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
