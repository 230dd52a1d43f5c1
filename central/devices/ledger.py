"""CENTRE/identities.jsonl: whom the centre certified and revoked, beside its database, so that no backup undoes it.

A line for each thing, only ever appended, and on the disk before the transaction that says the same. What stands here
and not in the database is stated again: the database went back to a backup. What only the database knows is written
here, too: the file is new, or an old copy.
"""
from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from central.clock import Clock
from central.devices.errors import LedgerDamaged, LedgerUnusable
from central.files import PRIVATE
from central.orders.boxes import tell_of_revocation
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm, DeviceApproved, DeviceRevoked, body_of
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import Count, Id, Sha256, Utc
from evidence.revoked import since_us
from evidence.shape import Match, decode, encode
from evidence.times import utc_text, utc_us

NAME = "identities.jsonl"
ALARM = "database.set_back"
LINE = b"\n"
_LOG = Log("ledger")


@dataclasses.dataclass(frozen=True)
class Connection:
    """A certificate for connections: its number (hex), whose it is, the evidence key that vouched for it."""

    serial: Annotated[str, Match(r"[0-9a-f]{40}", "40 hex digits")]
    device: Id
    keyid: Sha256
    issued_us: Count


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line: one of the three, and when it was done."""

    utc: Utc
    approved: DeviceApproved | None = None
    connection: Connection | None = None
    revoked: DeviceRevoked | None = None


@dataclasses.dataclass
class Known:
    """What has been read so far: by key, by number, by key. Of several revocations of one key that with the earliest
    moment counts; `moved`: the keys that have several."""

    approved: dict[str, Entry] = dataclasses.field(default_factory=dict)
    connections: dict[str, Entry] = dataclasses.field(default_factory=dict)
    revoked: dict[str, Entry] = dataclasses.field(default_factory=dict)
    moved: set[str] = dataclasses.field(default_factory=set)

    def add(self, entry: Entry) -> None:
        if entry.approved is not None:
            self.approved.setdefault(entry.approved.keyid, entry)
        if entry.connection is not None:
            self.connections.setdefault(entry.connection.serial, entry)
        if entry.revoked is not None:
            known = self.revoked.setdefault(entry.revoked.keyid, entry)
            if known is not entry:
                self.moved.add(entry.revoked.keyid)
            if _is_earlier(entry, known):
                self.revoked[entry.revoked.keyid] = entry

    def without(self, other: Known) -> Known:
        """What the other does not know."""
        approved, connections = ({key: entry for key, entry in mine.items() if key not in theirs} for mine, theirs in (
            (self.approved, other.approved), (self.connections, other.connections)))
        return Known(approved, connections, {key: entry for key, entry in self.revoked.items()
                                             if key not in other.revoked or _is_earlier(entry, other.revoked[key])})

    def entries(self) -> list[Entry]:
        """All of it; a revocation comes after what it revokes."""
        return [*self.approved.values(), *self.connections.values(), *self.revoked.values()]


class Ledger:
    """The file at `path` and the database of one centre. Several processes may use them at once: everybody who writes
    holds the write lock of the database."""

    def __init__(self, path: Path, store: Store, clock: Clock) -> None:
        self._path, self._store, self._clock = path, store, clock
        self._known, self._read, self._file = Known(), 0, 0

    def note(self, *entries: Entry) -> None:
        """Append; on the disk when it returns. Within the writing transaction that says the same, as the last thing
        before its end. Raises LedgerUnusable."""
        data = b"".join(canonical(_plain(entry)) + LINE for entry in entries)
        try:
            with open(self._path, "ab", buffering=0, opener=_private) as file:
                at = _whole(self._path)
                _append(file.fileno(), at, data if _ends_a_line(self._path, at) else LINE + data)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise LedgerUnusable(path=self._path, why=error.strerror) from None

    def settle(self) -> None:
        """At a start: state again what the database lacks, write what the file lacks; it belongs to who makes the
        centre, as all else in the folder. Raises DatabaseUnusable."""
        with self._store.read() as tx:
            here = _of_database(tx, self._store.device)
        if not self._path.exists() or any(known.entries() for known in self._differences(here)):
            with self._store.write() as tx:
                self._settle(tx)

    def keep_up(self, tx: Tx) -> None:
        """The same in a writing transaction of a process that runs on while somebody sets its database back; quick
        where no revocation is missing. Raises DatabaseUnusable."""
        if not self.held_by(tx):
            self._settle(tx)

    def held_by(self, tx: Tx) -> bool:
        """Whether the database knows every revocation. Raises LedgerUnusable, LedgerDamaged."""
        written = self._all()
        if not written.revoked.keys() <= tx.denied():
            return False
        return not written.moved or not written.without(_revoked_of_database(tx, self._store.device)).revoked

    def _settle(self, tx: Tx) -> None:
        lacking, unwritten = self._differences(_of_database(tx, self._store.device))
        if lacking.entries():
            self._state_again(tx, lacking)
        if unwritten.entries() or not self._path.exists():
            self.note(*unwritten.entries())

    def _differences(self, here: Known) -> tuple[Known, Known]:
        """What the database lacks, and what the file lacks."""
        written = self._all()
        return written.without(here), here.without(written)

    def _state_again(self, tx: Tx, lacking: Known) -> None:
        for entry in lacking.entries():
            if (body := entry.approved) is not None:
                self._store.append(tx, body)
                certificate = "".join((body.certificate, *(body.intermediates or ())))
                tx.know_certificate(body.keyid, body.device, certificate)
            elif (one := entry.connection) is not None:
                tx.know_connection(int(one.serial, 16), one.device, one.keyid, one.issued_us)
            elif (gone := entry.revoked) is not None:
                state_revoked(self._store, tx, [dataclasses.replace(
                    gone, untrusted_from=gone.untrusted_from or entry.utc)], self._clock.stamp().utc_us)
        counts = {"approved": len(lacking.approved), "connections": len(lacking.connections),
                  "revoked": len(lacking.revoked)}
        self._store.append(tx, Alarm(ALARM, counts))
        _LOG.warning(ALARM, **counts)

    def _all(self) -> Known:
        """Everything in the file; read on from where it was read to, for it only grows. Raises LedgerUnusable,
        LedgerDamaged."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._file or status.st_size < self._read:
                    self._known, self._read, self._file = Known(), 0, status.st_ino
                file.seek(self._read)
                lines, _, last = file.read().rpartition(LINE)
        except FileNotFoundError:
            self._known, self._read, self._file = Known(), 0, 0
            return self._known
        except OSError as error:
            raise LedgerUnusable(path=self._path, why=error.strerror) from None
        for line in lines.split(LINE) if lines else ():
            self._known.add(self._entry(line))
            self._read += len(line) + len(LINE)
        if last and _is_whole(last):
            self._known.add(self._entry(last))  # a copy that lost its last line feed; it is read again
        return self._known

    def _entry(self, line: bytes) -> Entry:
        try:
            return decode(Entry, parse(line), str(self._path))
        except (BadRecord, BadShape):
            raise LedgerDamaged(path=self._path, at=self._read) from None


def state_revoked(store: Store, tx: Tx, bodies: Sequence[DeviceRevoked], now_us: int) -> None:
    """Put on record that keys of one box are believed no longer, and order all boxes to do the same. That the moment of
    a key was moved tells them nothing new."""
    for body in bodies:
        store.append(tx, body)
    fresh = [body.keyid for body in bodies if tx.deny(body.keyid, body.device)]
    if fresh:
        tell_of_revocation(store, tx, bodies[0].device, fresh, bodies[0].reason, now_us)


def connection(serial: int, device: str, keyid: str, issued_us: int) -> Entry:
    """The line of a certificate for connections."""
    return Entry(utc_text(issued_us), connection=Connection(f"{serial:040x}", device, keyid, issued_us))


def revoked_since(tx: Tx, centre: str, device: str) -> dict[str, int]:
    """From when the keys of a box that were revoked are not believed (UTC microseconds), by key."""
    known = _revoked_of_database(tx, centre).revoked.items()
    return {keyid: _since_us(entry, entry.revoked) for keyid, entry in known
            if entry.revoked is not None and entry.revoked.device == device}


def _is_earlier(entry: Entry, known: Entry) -> bool:
    """Whether a revocation names a moment, and one before that of another of the same key. One that names none is no
    reason to state it again: its moment is when it was put on record, here and there."""
    one, other = entry.revoked, known.revoked
    return (one is not None and other is not None and one.untrusted_from is not None
            and _since_us(entry, one) < _since_us(known, other))


def _since_us(entry: Entry, body: DeviceRevoked) -> int:
    return since_us(body, utc_us(entry.utc))


def _revoked_of_database(tx: Tx, centre: str) -> Known:
    known = Known()
    for sealed in tx.of_type("device.revoked"):
        body = body_of(sealed.record)
        if sealed.record.device == centre and isinstance(body, DeviceRevoked):
            known.add(Entry(sealed.record.utc, revoked=body))
    return known


def _of_database(tx: Tx, centre: str) -> Known:
    known = _revoked_of_database(tx, centre)
    for sealed in tx.of_type("device.approved"):
        body = body_of(sealed.record)
        if sealed.record.device == centre and isinstance(body, DeviceApproved):
            known.add(Entry(sealed.record.utc, approved=body))
    for row in tx.connections():
        known.add(connection(*row))
    return known


def _plain(entry: Entry) -> dict[str, object]:
    return {key: value for key, value in encode(entry).items() if value is not None}


def _whole(path: Path) -> int:
    """Up to where the file holds whole lines: a power cut may have left half of one, of which nobody was told. A copy
    may have lost its last line feed."""
    data = path.read_bytes()
    whole = data.rfind(LINE) + 1
    return len(data) if data[whole:] and _is_whole(data[whole:]) else whole


def _ends_a_line(path: Path, at: int) -> bool:
    return at == 0 or path.read_bytes()[at - 1:at] == LINE


def _is_whole(line: bytes) -> bool:
    """Half a line of JSON is none."""
    try:
        parse(line)
    except BadRecord:
        return False
    return True


def _append(handle: int, at: int, data: bytes) -> None:
    """All of it is synced, or nothing is left. Raises OSError."""
    os.ftruncate(handle, at)
    try:
        if os.write(handle, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, at)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)

