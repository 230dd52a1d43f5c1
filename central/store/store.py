"""The centre's database with its own chain: what people do at the centre is sealed and appended here."""
from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from central.clock import Clock
from central.store.engine import Place, open_engine, reading, writing
from central.store.errors import OtherDatabase
from central.store.tables import Tx
from evidence.bodies import TYPES, Body, Genesis, Segment, body_as, class_of
from evidence.chain import next_record
from evidence.errors import ZaitangError
from evidence.notes import NoteKey
from evidence.records import Sealed
from evidence.seal import Signer, seal_record
from evidence.shape import encode

_TYPE_OF = {cls: type_ for type_, cls in TYPES.items()}


class Store:
    """Opens the database; a new one begins with the genesis record of the centre's chain.

    `device`: the centre's id. `genesis`: what that first record says. `log`: the verifier key of the centre's tree.
    Raises DatabaseUnusable, OtherDatabase.
    """

    def __init__(
        self, place: Place, device: str, signer: Signer, genesis: Genesis, log: NoteKey, clock: Clock
    ) -> None:
        self.log = log
        self._engine = open_engine(place)
        self._device, self._signer, self._clock = device, signer, clock
        try:
            with self.write() as tx:
                self.chain = tx.meta("chain") or self._begin_chain(tx, genesis)
                first = tx.record(device, self.chain, 0)
                if first is None or first.record.body.get("keyid") != genesis.keyid:
                    raise OtherDatabase(place=place)
        except ZaitangError:
            self.close()
            raise

    @property
    def device(self) -> str:
        """The centre's id in records."""
        return self._device

    @property
    def timed(self) -> bool:
        """Whether the centre's clock is set now, and none that is simulated."""
        clock = self._clock.stamp().clock
        return clock.synced and clock.source != "simulated"

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
        keep_all(tx, [sealed])
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


def keep_all(tx: Tx, kept: Sequence[Sealed]) -> None:
    """Insert verified records whose places are free, in this order; `Tx.advance` follows their chains afterwards."""
    tx.insert_records([(one, class_of(one.record)) for one in kept])
    for device, chain in dict.fromkeys((one.record.device, one.record.chain) for one in kept):
        tx.know_chain(device, chain)
    for record in [one.record for one in kept]:
        if (genesis := body_as(record, Genesis)) is not None:
            certificate = "".join((genesis.certificate, *(genesis.intermediates or ())))
            tx.set_identity(record.device, record.chain, certificate, genesis.sealing_key)
            if genesis.sealing_key is not None:  # a box: the centre itself is none of them
                tx.know_certificate(genesis.keyid, record.device, certificate)
    named = [(one.record, body_as(one.record, Segment)) for one in kept]
    tx.announce([(record, segment) for record, segment in named if segment is not None])
