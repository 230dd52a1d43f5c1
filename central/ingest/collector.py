"""A batch of messages becomes records: verify → insert, on conflict compare hashes → commit → cumulative receipts.

A message holds one envelope, or several with a line feed between them. Nothing that holds a valid seal is ever
overwritten or dropped; what holds none is kept in quarantine with its reason.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from central.clock import Clock
from central.devices.ledger import Ledger
from central.errors import ClockError, UnknownSigner, WrongTopic
from central.ingest.intake import Intake
from central.ingest.keyring import Claim, Keyring
from central.ingest.left import left_behind
from central.ingest.presence import Presence
from central.ingest.pulse import Pulse
from central.ingest.quarantine import Quarantine
from central.ingest.reuse import state_reused
from central.ingest.signatures import Here, Signed
from central.orders.boxes import order_again
from central.signing import alarm_of, signed, signing_us
from central.store.store import Store, keep_all
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm, CheckpointSeen, body_as
from evidence.canonical import MAX_BYTES
from evidence.checkpoint import check_seen
from evidence.errors import BadRecord, ChainBroken, Fork, WrongPlace, ZaitangError
from evidence.gaps import Gap, seal_gap
from evidence.heartbeats import Heartbeat
from evidence.places import stands_rightly
from evidence.receipts import Receipt, seal_receipt
from evidence.records import Sealed
from evidence.seal import Signer
from evidence.times import HOUR, MINUTE, SECOND, utc_text

MAX_MESSAGE = 2 * MAX_BYTES
MAX_RECORDS = 100
"""So many envelopes may be in one message; a box sends no more."""
FIRST_ASKED_US, LAST_ASKED_US = 5 * SECOND, 10 * MINUTE
"""How long a hole lasts before its chain is asked for again, and the longest pause until the next time."""
STAYS_US = 5 * MINUTE
"""A hole that was asked for again and again until the pause is so long, of a box that goes on sending, is stated."""
MOST_HOLES, MOST_HOLES_EACH = 10_000, 8
"""So many chains are asked for again at one time, and of one box: one that invents chains takes no place of others."""
MOST_TOLD = 20
"""So many holes are stated of the chains of one box within `TOLD_US`: more would be invented ones."""
TOLD_US = 24 * HOUR
_LOG = Log("collector")


Topic = Literal["records", "heartbeats"]


@dataclasses.dataclass(frozen=True)
class Message:
    """What came on a topic of `device`."""

    device: str
    payload: bytes
    topic: Topic = "records"

    @property
    def records(self) -> int:
        """How many envelopes it says that it holds."""
        return self.payload.count(LINE) + 1


@dataclasses.dataclass(frozen=True)
class Hole:
    """Record `first` is not here and later ones are. `due_us`: when to ask for it next, by CLOCK_BOOTTIME."""

    first: int
    due_us: int
    pause_us: int

    def asked(self, now_us: int) -> Hole:
        """Once it was asked for."""
        pause_us = min(2 * self.pause_us, LAST_ASKED_US)
        return Hole(self.first, now_us + pause_us, pause_us)


LINE = b"\n"
"""Between the envelopes of a message. Canonical JSON holds no such byte."""
Result = Sealed | ZaitangError


@dataclasses.dataclass(frozen=True)
class Given:
    """A receipt, or a request to send again, for the box that it is addressed to."""

    device: str
    envelope: bytes
    topic: Literal["receipts", "gaps"] = "receipts"


class Collector:
    """Takes batches. One at a time; several collectors may share a database."""

    def __init__(
        self, store: Store, keyring: Keyring, signer: Signer, clock: Clock, signatures: Here, ledger: Ledger,
        test: bool = False,
    ) -> None:
        """`test`: the centre's own key is one for tests."""
        self._store, self._keyring, self._signer, self._clock = store, keyring, signer, clock
        self._signatures, self._ledger, self._test, self._silent = signatures, ledger, test, ""
        self._holes: dict[tuple[str, str], Hole] = {}
        self._quarantine = Quarantine(store, clock)
        self.pulse, self.presence = Pulse(store, clock), Presence(store, clock)
        self.refresh()

    def refresh(self) -> None:
        """Learn the boxes that were added since."""
        with self._store.read() as tx:
            pems = [pem for _, pem in tx.certificates()]
        self._keyring.learn_all(pems)

    def take(self, batch: Sequence[Message]) -> list[Given]:
        """Keep a batch for good. When this returns it is committed and every message may be acknowledged; the receipts
        say up to where each chain that it touched is here. Raises DatabaseUnusable: then nothing was kept, or all of it
        if the connection broke at the commit; the same batch again is no harm."""
        records = [one for message in batch if message.topic == "records" for one in _envelopes(message)]
        checked = self._check_all(records)
        touched: dict[tuple[str, str], None] = {}
        holes: dict[tuple[str, str], int | None] = {}
        with self._store.write() as tx, self._quarantine.of_batch():
            self._ledger.keep_up(tx)
            if self._keyring.denies(tx.denied()):
                # A key was revoked since: whatever is not committed yet is not believed.
                checked = self._check_all(records, Here())  # nobody else is waited for while the database is held
            heartbeats = [(m, self._pulse_of(m)) for m in batch if m.topic == "heartbeats"]
            for message, result in [*checked, *heartbeats]:
                if isinstance(result, ZaitangError):
                    self._refuse(tx, message, result)
            touched |= self._insert(tx, [(one, result) for one, result in checked if isinstance(result, Sealed)])
            now_us, silent = self._signing_us(tx) if touched else (None, self._silent)
            given = [one for place in touched for one in self._receipt(tx, *place, holes, now_us)]
            for message, result in heartbeats:
                if isinstance(result, Heartbeat):
                    self.pulse.take(tx, result, message.payload)
            begun = {result.record.key: result for _, result in checked
                     if isinstance(result, Sealed) and result.record.seq == 1}
            for sealed in begun.values():  # each once, however often it is in the batch
                self._tell_left(tx, sealed)
        self._silent = silent
        self._remember(holes)
        return given

    def gaps(self) -> list[Given]:
        """Requests that are due now: for each chain that has had a hole for a while, less and less often. Raises
        DatabaseUnusable."""
        now = self._clock.stamp()
        due = [place for place, hole in self._holes.items() if now.mono_us >= hole.due_us]
        if not due:
            return []
        with self._store.read() as tx:
            heads = {place: tx.head(*place) for place in due}
        given = []
        for place, head in heads.items():
            hole = self._holes[place]
            if head is not None and head.up_to >= hole.first:
                del self._holes[place]  # another collector was sent what was missing
            else:
                gap = Gap(1, self._store.device, *place, hole.first, utc_text(now.utc_us))
                given.append(Given(place[0], seal_gap(gap, self._signer), "gaps"))
                self._holes[place] = hole.asked(now.mono_us)
        return given

    def tidy(self) -> None:
        """Remove from quarantine what is too old. Raises DatabaseUnusable."""
        with self._store.write() as tx:
            self._quarantine.sweep(tx)

    def tell(self, code: str, **params: str | int) -> None:
        """Append an alarm to the centre's own chain. Raises DatabaseUnusable."""
        with self._store.write() as tx:
            self._store.append(tx, Alarm(code, params))

    def _remember(self, holes: Mapping[tuple[str, str], int | None]) -> None:
        """Only once the transaction holds."""
        now_us = self._clock.stamp().mono_us
        for place, first in holes.items():
            known = self._holes.pop(place, None)
            own = sum(device == place[0] for device, _ in self._holes)
            if first is not None and own < MOST_HOLES_EACH and len(self._holes) < MOST_HOLES:
                again = known if known is not None and known.first == first else None
                self._holes[place] = again or Hole(first, now_us + FIRST_ASKED_US, FIRST_ASKED_US)

    def _check_all(self, batch: Sequence[Message], signatures: Here | None = None) -> list[tuple[Message, Result]]:
        checked = self._check(batch, signatures or self._signatures)
        strangers = [message for message, result in checked if isinstance(result, UnknownSigner)]
        if strangers:
            self.refresh()  # once: who floods us with strangers must not make us read every certificate for each
            again = iter(self._check(strangers, signatures or self._signatures))
            checked = [next(again) if isinstance(one[1], UnknownSigner) else one for one in checked]
        return checked

    def _check(self, batch: Sequence[Message], signatures: Here) -> list[tuple[Message, Result]]:
        """Each message with what it holds. The signatures are checked while the next ones are read."""
        claims: list[Claim | ZaitangError] = []

        def signed() -> Iterator[Signed]:
            for message in batch:
                claims.append(claim := self._claim(message))
                if isinstance(claim, Claim):
                    yield claim.signed

        holds = iter(signatures.check(signed()))
        return [(message, claim if isinstance(claim, ZaitangError) else self._settle(message, claim, next(holds)))
                for message, claim in zip(batch, claims, strict=True)]

    def _claim(self, message: Message) -> Claim | ZaitangError:
        try:
            if len(message.payload) > MAX_MESSAGE:
                raise BadRecord(why=f"{len(message.payload)} bytes is more than {MAX_MESSAGE}")
            if message.records > MAX_RECORDS:
                raise BadRecord(why=f"{message.records} records in one message are more than {MAX_RECORDS}")
            return self._keyring.claim(message.payload)
        except ZaitangError as error:
            return error

    def _settle(self, message: Message, claim: Claim, holds: bool) -> Result:
        try:
            sealed = claim.settle(holds)
            seen = body_as(sealed.record, CheckpointSeen)
            if seen is not None:
                check_seen(seen, self._store.log)
        except ZaitangError as error:
            return error
        if sealed.record.device != message.device:
            return WrongTopic(topic=message.device, device=sealed.record.device)
        if sealed.record.device == self._store.device:
            return WrongTopic(topic=message.device, device=f"{sealed.record.device}, which is this centre")
        if not stands_rightly(sealed.record, of_centre=False):
            return WrongPlace(seq=sealed.record.seq, device=sealed.record.device, type=sealed.record.type)
        return sealed

    def _pulse_of(self, message: Message) -> Heartbeat | ZaitangError:
        try:
            heartbeat = self._keyring.heartbeat(message.payload)
        except ZaitangError as error:
            return error
        if heartbeat.device != message.device:
            return WrongTopic(topic=message.device, device=heartbeat.device)
        return heartbeat

    def _insert(self, tx: Tx, checked: Sequence[tuple[Message, Sealed]]) -> dict[tuple[str, str], None]:
        """The chains to receipt: also those of duplicates, whose first receipt may have been lost."""
        here = _hashes(tx, [kept for _, kept in checked])
        fresh: list[Sealed] = []
        touched: dict[tuple[str, str], None] = {}
        intake = Intake(self._store, tx, self._clock.stamp().utc_us)
        for message, kept in checked:
            record = kept.record
            known = here.setdefault(record.key, None)
            if known is None:
                if not intake.takes(kept):
                    continue
                here[record.key] = kept.hash
                fresh.append(kept)
            elif known != kept.hash:
                self._refuse(tx, message, Fork(device=record.device, seq=record.seq))
                self._tell_once(tx, "chain.fork", kept, record.chain, kept=known, refused=kept.hash)
                continue
            touched[record.device, record.chain] = None
        keep_all(tx, fresh)
        intake.settle()
        state_reused(self._store, tx, fresh)
        for kept in fresh:
            if kept.record.seq == 0:
                order_again(self._store, tx, kept.record.device, kept.record.chain, self._clock.stamp().utc_us)
        return touched

    def _receipt(
        self, tx: Tx, device: str, chain: str, holes: dict[tuple[str, str], int | None], now_us: int | None
    ) -> Iterable[Given]:
        at = tx.advance(device, chain)
        head = at.head
        holes[device, chain] = head.up_to + 1 if at.hole else None
        self._tell_stays(tx, device, chain, holes[device, chain])
        if at.broken is not None:
            self._tell_broken(tx, device, chain, at.broken)
        if at.moved:
            self.pulse.grown(tx, head)
        if head.up_to < 0:
            return
        known = tx.receipt_for(device, chain, head.up_to)
        if known is None:
            if now_us is None:
                return  # the box sends again what has no receipt
            receipt = Receipt(
                v=1, centre=self._store.device, device=device, chain=chain, up_to=head.up_to, head_hash=head.head_hash,
                leaf_index=tx.leaf_of(device, chain, head.up_to), time=utc_text(now_us),
            )
            known = seal_receipt(receipt, self._signer)
            tx.put_receipt(device, chain, head.up_to, known)
            signed(tx, now_us)
        yield Given(device, known)

    def _signing_us(self, tx: Tx) -> tuple[int | None, str]:
        """One time for all receipts of a batch; None while the clock may not sign, and why, which is told once: once
        the transaction holds."""
        try:
            now_us = signing_us(tx, self._clock.stamp(), self._test)
        except ClockError as error:
            if self._silent != type(error).__name__:
                _LOG.failed("clock.refused", error)
                self._store.append(tx, alarm_of(error))
            return None, type(error).__name__
        return now_us, ""

    def _refuse(self, tx: Tx, message: Message, error: ZaitangError) -> None:
        """Keep the message in quarantine."""
        self._quarantine.put(tx, message.device, message.topic, message.payload, error)

    def _tell_stays(self, tx: Tx, device: str, chain: str, first: int | None) -> None:
        """State that a record does not come, whatever is done: it was refused, or is lost at its box."""
        hole, what = self._holes.get((device, chain)), f"{chain} {first}"
        if hole is None or hole.first != first or hole.pause_us < STAYS_US or tx.told(device, "chain.hole", what):
            return
        now_us = self._clock.stamp().utc_us
        if tx.told_within(device, "chain.hole", TOLD_US, now_us) < MOST_TOLD:  # else tomorrow, if it is still there
            tx.put_told(device, "chain.hole", what, now_us)
            self._store.append(tx, Alarm("chain.hole", {"device": device, "chain": chain, "seq": first}))

    def _tell_broken(self, tx: Tx, device: str, chain: str, seq: int) -> None:
        sealed = tx.record(device, chain, seq)
        assert sealed is not None
        self._refuse(tx, Message(device, sealed.envelope), ChainBroken(device=device, seq=seq))
        self._tell_once(tx, "chain.broken", sealed, chain, kept=sealed.hash)

    def _tell_left(self, tx: Tx, sealed: Sealed) -> None:
        """State what a chain that begins leaves behind, of each chain once."""
        for left in left_behind(tx, sealed):
            what = f"{left['before']} {sealed.record.chain}"
            self._tell_once(tx, "chain.left", sealed, what, kept=sealed.hash, **left)

    def _tell_once(self, tx: Tx, code: str, sealed: Sealed, what: str, **params: str | int) -> None:
        """Append an alarm, one for each `what`. There are no more of them than chains, and of these so many begin in a
        day (intake.py): no budget, which somebody could spend before, keeps one from being stated."""
        record = sealed.record
        if not tx.told(record.device, code, what):
            tx.put_told(record.device, code, what, self._clock.stamp().utc_us)
            self._store.append(tx, Alarm(code, {
                "device": record.device, "chain": record.chain, "seq": record.seq, **params}))


def _envelopes(message: Message) -> Iterable[Message]:
    """A message for each envelope; one that holds more than it may stays whole, to be refused."""
    if len(message.payload) > MAX_MESSAGE or message.records > MAX_RECORDS:
        return [message]
    return [Message(message.device, envelope) for envelope in message.payload.split(LINE)]


def _hashes(tx: Tx, sealed: Sequence[Sealed]) -> dict[tuple[str, str, int], str | None]:
    """The hashes of the records that are here already at these places."""
    seqs: Mapping[tuple[str, str], list[int]] = defaultdict(list)
    for one in sealed:
        seqs[one.record.device, one.record.chain].append(one.record.seq)
    found: dict[tuple[str, str, int], str | None] = {}
    for (device, chain), wanted in seqs.items():
        found |= {(device, chain, seq): hash_ for seq, hash_ in tx.hashes_at(device, chain, wanted).items()}
    return found
