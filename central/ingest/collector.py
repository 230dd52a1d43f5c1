"""A batch of messages becomes records: verify → insert, on conflict compare hashes → commit → cumulative receipts.

Nothing that holds a valid seal is ever overwritten or dropped; what holds none is kept in quarantine with its reason.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from central.clock import Clock
from central.errors import UnknownSigner, WrongTopic
from central.ingest.keyring import Keyring
from central.ingest.reuse import state_reused
from central.store.store import Store, keep
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm
from evidence.canonical import MAX_BYTES, sha256_hex
from evidence.errors import BadRecord, ChainBroken, Fork, WrongPlace, ZaitangError
from evidence.places import stands_rightly
from evidence.receipts import Receipt, seal_receipt
from evidence.records import Sealed
from evidence.seal import Signer
from evidence.times import utc_text

MAX_MESSAGE = 2 * MAX_BYTES
MOST_REFUSED = 10_000
"""Messages without a valid seal that are kept; more are refused and only logged, so that nobody fills the disk."""
_LOG = Log("collector")


@dataclasses.dataclass(frozen=True)
class Message:
    """What came on the topic of `device`."""

    device: str
    payload: bytes


@dataclasses.dataclass(frozen=True)
class Given:
    """A receipt for the box that it is addressed to."""

    device: str
    envelope: bytes


class Collector:
    """Takes batches. One at a time; several collectors may share a database."""

    def __init__(self, store: Store, keyring: Keyring, signer: Signer, clock: Clock) -> None:
        self._store, self._keyring, self._signer, self._clock = store, keyring, signer, clock
        self.refresh()

    def refresh(self) -> None:
        """Learn the boxes that were added since."""
        with self._store.read() as tx:
            pems = [pem for _, pem in tx.certificates()]
        self._keyring.learn_all(pems)

    def take(self, batch: Sequence[Message]) -> list[Given]:
        """Keep a batch for good. When this returns it is committed and every message may be acknowledged; the receipts
        say up to where each chain that it touched is here. Raises DatabaseUnusable: then nothing was kept."""
        checked = self._check_all(batch)
        touched: dict[tuple[str, str], None] = {}
        with self._store.write() as tx:
            if self._keyring.denies(tx.denied()):
                # A key was revoked since: whatever is not committed yet is not believed.
                checked = self._check_all(batch)
            for message, result in checked:
                if isinstance(result, ZaitangError):
                    self._refuse(tx, message, result)
                else:
                    touched |= self._insert(tx, message, result)
            return [given for place in touched for given in self._receipt(tx, *place)]

    def _check_all(self, batch: Sequence[Message]) -> list[tuple[Message, Sealed | ZaitangError]]:
        checked = [(message, self._check(message)) for message in batch]
        if any(isinstance(result, UnknownSigner) for _, result in checked):
            self.refresh()  # once: who floods us with strangers must not make us read every certificate for each
            checked = [(m, self._check(m) if isinstance(result, UnknownSigner) else result) for m, result in checked]
        return checked

    def _check(self, message: Message) -> Sealed | ZaitangError:
        try:
            sealed = self._open(message)
        except ZaitangError as error:
            return error
        if sealed.record.device != message.device:
            return WrongTopic(topic=message.device, device=sealed.record.device)
        if sealed.record.device == self._store.device:
            return WrongTopic(topic=message.device, device=f"{sealed.record.device}, which is this centre")
        if not stands_rightly(sealed.record, of_centre=False):
            return WrongPlace(seq=sealed.record.seq, device=sealed.record.device, type=sealed.record.type)
        return sealed

    def _open(self, message: Message) -> Sealed:
        if len(message.payload) > MAX_MESSAGE:
            raise BadRecord(why=f"{len(message.payload)} bytes is more than {MAX_MESSAGE}")
        return self._keyring.check(message.payload)

    def _insert(self, tx: Tx, message: Message, sealed: Sealed) -> dict[tuple[str, str], None]:
        """The chain to receipt: also for a duplicate, whose first receipt may have been lost."""
        record = sealed.record
        here = tx.hash_at(*record.key)
        if here is None:
            keep(tx, sealed)
            state_reused(self._store, tx, sealed)
        elif here != sealed.hash:
            if self._refuse(tx, message, Fork(device=record.device, seq=record.seq), sealed=True):
                self._alarm(tx, "chain.fork", sealed, kept=here, refused=sealed.hash)
            return {}
        return {(record.device, record.chain): None}

    def _receipt(self, tx: Tx, device: str, chain: str) -> Iterable[Given]:
        head, broken = tx.advance(device, chain)
        if broken is not None:
            self._tell_broken(tx, device, chain, broken)
        if head.up_to < 0:
            return
        known = tx.receipt_for(device, chain, head.up_to)
        if known is None:
            receipt = Receipt(
                v=1, centre=self._store.device, device=device, chain=chain, up_to=head.up_to, head_hash=head.head_hash,
                leaf_index=tx.leaf_of(device, chain, head.up_to), time=utc_text(self._clock.stamp().utc_us),
            )
            known = seal_receipt(receipt, self._signer)
            tx.put_receipt(device, chain, head.up_to, known)
        yield Given(device, known)

    def _refuse(self, tx: Tx, message: Message, error: ZaitangError, sealed: bool = False) -> bool:
        """Keep the message in quarantine. True if it is new there. What holds no valid seal has room for so many."""
        if not sealed and tx.quarantine_size() >= MOST_REFUSED:
            _LOG.failed("quarantine.full", error, device=message.device)
            return False
        name = type(error).__name__
        new = tx.put_quarantine(
            sha256_hex(message.payload), f"zaitang/v1/{message.device}/records", name, str(error),
            self._clock.stamp().utc_us, message.payload,
        )
        if new:
            _LOG.failed("message.quarantined", error, device=message.device)
        return new

    def _tell_broken(self, tx: Tx, device: str, chain: str, seq: int) -> None:
        sealed = tx.record(device, chain, seq)
        assert sealed is not None
        error = ChainBroken(device=device, seq=seq)
        if self._refuse(tx, Message(device, sealed.envelope), error, sealed=True):
            self._alarm(tx, "chain.broken", sealed, kept=sealed.hash)

    def _alarm(self, tx: Tx, code: str, sealed: Sealed, **hashes: str) -> None:
        record = sealed.record
        place = {"device": record.device, "chain": record.chain, "seq": record.seq}
        self._store.append(tx, Alarm(code=code, params={**place, **hashes}))
