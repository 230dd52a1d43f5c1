"""Where a PostgreSQL database is found: its address in centre.toml, which never holds a password."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from central.store.errors import BadAddress
from common.texts import N_

SHAPE = r"(postgresql://[!#-\[\]-~]{1,500})?"
SOCKETS = "/var/run/postgresql"
"""Where PostgreSQL listens on its own machine, unless it was told otherwise."""
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
FILES = ("sslrootcert", "sslcert", "sslkey")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]{2,45}")
_PATH = re.compile(r"/[A-Za-z0-9._/-]{0,99}")


@dataclasses.dataclass(frozen=True)
class Address:
    """`host`: a machine, or the folder of a socket. `files`: paths by the names that libpq has for them. An empty
    `user` is the user that runs this, a `port` of None is PostgreSQL's own."""

    host: str
    database: str
    user: str = ""
    port: int | None = None
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        place = f"[{self.host}]" if ":" in self.host else self.host.replace("/", "%2F")
        return (f"postgresql://{self.user and f'{self.user}@'}{place}{'' if self.port is None else f':{self.port}'}"
                f"/{self.database}")

    @property
    def tls(self) -> Mapping[str, str]:
        """How the connection is protected. Another machine proves who it is; the authorities are those of this machine,
        unless a file with others is named."""
        if self.host in LOCAL or self.host.startswith("/"):
            return self.files
        return {"sslmode": "verify-full", "sslrootcert": "system", **self.files}


def address_of(text: str) -> Address | None:
    """The address, like postgresql://zaitang@db.example/zaitang?sslrootcert=/etc/ca.pem; None of an empty text.

    Raises BadAddress, which does not repeat what was written: it may hold a password."""
    if not text:
        return None
    if not re.fullmatch(SHAPE, text):
        raise BadAddress(why=N_("expected an address like postgresql://zaitang@db.example/zaitang"))
    parts, port = _split(text)
    if "@" in parts.netloc and ":" in parts.netloc.rpartition("@")[0]:
        raise BadAddress(why=N_("a password does not belong here: PostgreSQL reads it from the file ~/.pgpass"))
    more = _more(parts.query)
    user, host, database = unquote(parts.username or ""), parts.hostname or "", unquote(parts.path[1:])
    if host and "host" in more:
        raise BadAddress(why=N_("the host stands there twice"))
    host = host or more.pop("host", SOCKETS)
    if parts.fragment or not _NAME.fullmatch(database) or (user and not _NAME.fullmatch(user)):
        raise BadAddress(why=N_("the names of the user and the database are letters, digits and _ . -"))
    if not (_HOST.fullmatch(host) or _PATH.fullmatch(host)):
        raise BadAddress(why=N_("the host is one machine, or the folder of a socket"))
    return Address(host, database, user, port, more)


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise BadAddress(why=N_("expected an address like postgresql://zaitang@db.example/zaitang")) from None


def _more(query: str) -> dict[str, str]:
    """What stands behind the question mark: files, and the folder of a socket."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=10)
    except ValueError:
        pairs = [("", "")]
    for key, value in pairs:
        if key not in ("host", *FILES) or key in found or not _PATH.fullmatch(value):
            raise BadAddress(why=N_("after the ? may stand host, sslrootcert, sslcert, sslkey, each an absolute path"))
        found[key] = value
    return found
