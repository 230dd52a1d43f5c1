"""The centre's database with its own chain: what people do at the centre is sealed and appended here."""
from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.clock import Clock
from central.store.engine import open_engine, reading, writing
from central.store.tables import Tx
from evidence.bodies import TYPES, Body, Genesis, Segment, body_of
from evidence.chain import next_record
from evidence.records import Sealed
from evidence.seal import Signer, seal_record
from evidence.shape import encode

_TYPE_OF = {cls: type_ for type_, cls in TYPES.items()}


class Store:
    """Opens the database; a new one begins with the genesis record of the centre's chain.

    `device`: the centre's id. `genesis`: what that first record says. Raises DatabaseUnusable.
    """

    def __init__(self, path: Path, device: str, signer: Signer, genesis: Genesis, clock: Clock) -> None:
        self._engine = open_engine(path)
        self._device, self._signer, self._clock = device, signer, clock
        with self.write() as tx:
            self.chain = tx.meta("chain") or self._begin_chain(tx, genesis)

    @property
    def device(self) -> str:
        """The centre's id in records."""
        return self._device

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """One short writing transaction: all of it is kept, or nothing."""
        with writing(self._engine) as connection:
            yield Tx(connection)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """One reading transaction."""
        with reading(self._engine) as connection:
            yield Tx(connection)

    def append(self, tx: Tx, body: Body) -> Sealed:
        """Seal the next record of the centre's own chain within a writing transaction."""
        head = tx.head(self._device, self.chain)
        last = None if head is None or head.up_to < 0 else tx.record(self._device, self.chain, head.up_to)
        record = next_record(
            last, device=self._device, chain=self.chain, type=_TYPE_OF[type(body)], body=encode(body),
            stamp=self._clock.stamp(),
        )
        sealed = seal_record(record, self._signer)
        keep(tx, sealed)
        tx.advance(self._device, self.chain)
        return sealed

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _begin_chain(self, tx: Tx, genesis: Genesis) -> str:
        self.chain = secrets.token_hex(16)
        tx.set_meta("chain", self.chain)
        self.append(tx, genesis)
        return self.chain


def keep(tx: Tx, sealed: Sealed) -> None:
    """Insert a verified record whose place is free; `Tx.advance` follows its chain afterwards. Raises BadRecord for a
    body that is none of its type."""
    record, body = sealed.record, body_of(sealed.record)
    tx.insert_record(sealed, getattr(body, "class_id", None))
    tx.know_chain(record.device, record.chain)
    if isinstance(body, Genesis):
        certificate = "".join((body.certificate, *(body.intermediates or ())))
        tx.set_identity(record.device, record.chain, certificate, body.sealing_key)
        tx.know_certificate(body.keyid, record.device, certificate)
    if isinstance(body, Segment):
        tx.announce(record.device, record.chain, record.seq, body.sha256, body.size)
