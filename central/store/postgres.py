"""PostgreSQL with the same promises as SQLite: one writer at a time, readers that see one state, commits that last."""
from __future__ import annotations

from typing import Any

from psycopg.types.string import StrDumper
from sqlalchemy import URL, Connection, Engine, create_engine, event

from central.store.address import Address
from central.store.errors import DatabaseNotUtf8, DatabaseUnsafe

WRITE_LOCK = 0x7A616974616E67
"""The advisory lock of whoever writes; a number that nobody else has."""
BUSY_S, CONNECT_S, DEAD_S = 15, 10, 60
"""How long is waited for the writer before us, and for an answer; when a connection or a writer counts as dead."""
SESSION = {
    # A receipt is a promise: a commit waits for the disk, whatever the server's own settings say.
    "synchronous_commit": "on", "lock_timeout": f"{BUSY_S}s", "client_encoding": "UTF8",
    # A machine that is gone must not hold the lock for hours.
    "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
}
TRIED_S = 60
"""How long one statement of a transaction that is only a trial may hold up everybody."""
_LOSES = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"


def postgres_engine(address: Address) -> Engine:
    """The database at an address, which must be there. With the execution option `write` a transaction is the only
    one that writes, from its start on."""
    url = URL.create("postgresql+psycopg", username=address.user or None, host=address.host, port=address.port,
                     database=address.database)
    # READ COMMITTED: what is read after the lock was waited for is what the writer before us left.
    engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True,
                           connect_args={
        **address.tls, "connect_timeout": CONNECT_S, "application_name": "zaitang",
        "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": DEAD_S * 1000,
    })
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    return engine


def check_server(connection: Connection, address: Address) -> None:
    """A server that would lose what it committed, or cannot hold our texts, is refused. Raises DatabaseUnsafe,
    DatabaseNotUtf8."""
    loses = connection.exec_driver_sql(_LOSES).scalars().all()
    if loses:
        raise DatabaseUnsafe(place=address, what=", ".join(loses))
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise DatabaseNotUtf8(place=address, encoding=encoding)


def never_commits(connection: Connection) -> None:
    """Whatever is done in this transaction, and whoever says COMMIT, its server takes it back: one row is left that
    breaks a rule which is looked at then."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{TRIED_S}s'")
    connection.exec_driver_sql("CREATE TEMPORARY TABLE zaitang_tried (id int PRIMARY KEY, of int "
                               "REFERENCES zaitang_tried DEFERRABLE INITIALLY DEFERRED)")
    connection.exec_driver_sql("INSERT INTO zaitang_tried VALUES (1, 2)")


class Text(StrDumper):
    """PostgreSQL keeps no NUL in a text. A message that holds one must not end in an error each time that it comes."""

    def dump(self, obj: str) -> Any:
        """The bytes that are sent."""
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _settings(raw: Any, _record: object) -> None:
    raw.adapters.register_dumper(str, Text)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("write", False):
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{DEAD_S}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
