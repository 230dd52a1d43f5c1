"""The store of a box: appends sealed records to its one chain, and keeps orders, receipts and people (`people.py`).

Chains that the box had before (its database was set back to a backup) are kept beside it and only read.

A record is in the outbox until a receipt covers it: record and outbox are one row, one transaction.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from common.texts import N_
from edge.clock import Clock
from edge.errors import BadStore, ForeignStore
from edge.store import sql
from edge.store.database import Database
from edge.store.past import Restored
from edge.store.people import PeopleTables
from evidence.bodies import ChainBegun, ConsentWithdrawn, Genesis, Segment, SegmentRemoved
from evidence.box_orders import OrderAnswered, WantedErasure
from evidence.certs import split_chain
from evidence.chain import next_record
from evidence.errors import BadReceipt, BadRecord
from evidence.receipts import Receipt, peek_receipt
from evidence.records import Record, Sealed, Stamp
from evidence.seal import Signer, read_sealed, seal_record
from evidence.shape import encode
from evidence.times import utc_us

SOFTWARE = "zaitang 0.1.0"
RECORDS_GONE = N_("its records are gone")
PAGE = 25
"""So many records are read at a time: the roll call of a full class takes 0.4 MB decoded, and a process keeps the room
that its largest page took."""
LATEST_RECEIPT = "receipt"
Place = Literal["first", "second"]
"""The video volume that the recorder writes, and the one to which segments are moved."""
_VOLUMES: dict[Place, str] = {"first": "volume", "second": "volume.second"}


@dataclasses.dataclass(frozen=True)
class Moved:
    """A segment whose verified copy lies on the second volume. `size` in bytes."""

    file: str
    sha256: str
    size: int


class Store(PeopleTables):
    """Safe to share between threads; every process of the box opens its own.

    `root`: hex SHA-256 of the site root's public key. `sealing`, `data_key`: see edge.keys.
    Methods raise StoreBusy when another process holds the database too long, BadStore when it is broken.
    """

    def __init__(
        self, path: Path, device: str, signer: Signer, certificate: str, root: str, clock: Clock,
        sealing: X25519PrivateKey, data_key: bytes,
    ) -> None:
        self.path = path
        self._device, self._signer, self._clock = device, signer, clock
        self._sealing, self._data_key = sealing, data_key
        self._removed: set[str] = set()
        self._removed_up_to = -1
        self._past_removals: dict[str, int] = {}
        self._db = Database(path)
        with self._db.transaction():
            head = self._head()
            own, between = split_chain(certificate)
            self._genesis = Genesis(signer.keyid, own, root, SOFTWARE, self._sealing_key(), between)
            self._chain = secrets.token_hex(16) if head is None else head.record.chain
            if head is None:
                self._add([("genesis", self._genesis)], None)
        self._check_genesis()

    @property
    def chain(self) -> str:
        """The id of the chain that this store holds."""
        return self._chain

    def close(self) -> None:
        self._db.close()

    # --- the chain

    def append(self, type: str, body: object) -> Sealed:
        """Seal one fact (a dataclass of evidence.bodies) as the next record. Raises BadRecord for a bad body."""
        return self.append_many([(type, body)])[0]

    def append_many(self, items: Sequence[tuple[str, object]]) -> list[Sealed]:
        """Seal several facts as consecutive records in one transaction: all or none."""
        with self._db.transaction():
            return self._add(items, self._head())

    def records(self, after: int = -1, limit: int | None = None) -> list[Sealed]:
        """The records with a sequence number above `after`, in order."""
        return _sealed(self._db.rows(sql.RECORDS, (after, -1 if limit is None else limit)))

    def envelopes(self, seqs: range) -> Iterator[bytes]:
        """The envelopes of these records, in order, a few at a time: a record may have a megabyte."""
        for first in range(seqs.start, seqs.stop, PAGE):
            rows = self._db.rows(sql.RECORDS, (first - 1, min(PAGE, seqs.stop - first)))
            yield from (row[0] for row in rows)

    def records_of(self, type: str, after: int = -1, limit: int | None = None) -> list[Sealed]:
        """The records of one type above `after`, in order."""
        return _sealed(self._db.rows(sql.RECORDS_OF_TYPE, (type, after, -1 if limit is None else limit)))

    def each(self, type: str | None = None, after: int = -1) -> Iterator[Sealed]:
        """All records (of one type) above `after`, in order, a page at a time: years of them do not fit into memory."""
        statement, which = (sql.RECORDS, ()) if type is None else (sql.RECORDS_OF_TYPE, (type,))
        return self._paged(statement, which, after)

    def _paged(self, statement: str, which: tuple[str, ...], after: int) -> Iterator[Sealed]:
        """Each is opened when it is asked for: a page of records fills ten times what their envelopes do."""
        while True:
            page = self._db.rows(statement, (*which, after, PAGE))
            for row in page:
                sealed = read_sealed(row[0])
                after = sealed.record.seq
                yield sealed
            if len(page) < PAGE:
                return

    def newest(self, type: str, count: int) -> int:
        """The sequence number of the first of the newest `count` records of a type; -1 when there are not so many."""
        seq = self._db.one(sql.NEWEST_OF_TYPE, (type, count - 1))
        return -1 if seq is None else int(seq)

    def has(self, type: str) -> bool:
        """Whether there is any record of this type, also in a chain that this box had before."""
        return self._db.one(sql.ANY_OF_TYPE, (type, type)) is not None

    def head(self) -> Sealed:
        """The newest record."""
        head = self._head()
        if head is None:
            raise BadStore(path=self.path, why=RECORDS_GONE)
        return head

    def head_now(self) -> tuple[Sealed, Stamp]:
        """The newest record, and the clock at a moment at which it is the newest: nobody can append meanwhile, so every
        later record has a later time."""
        with self._db.transaction():
            return self.head(), self._clock.stamp()

    def head_seq(self) -> int:
        """The sequence number of the newest record, read without the record: for whoever asks every second."""
        seq = self._db.one(sql.NEWEST)
        if seq is None:
            raise BadStore(path=self.path, why=RECORDS_GONE)
        return int(seq)

    # --- chains that this box had before

    def begin_chain(self, reason: str) -> Sealed:
        """Keep the chain as a past one, and begin a new one whose first fact (`chain.begun`, returned) names it: all or
        nothing. No other process may have the store open."""
        known = self._chain
        try:
            with self._db.transaction():
                head, receipted = self.head(), self.receipted_up_to()
                before = head.record.chain
                begun = ChainBegun(before, head.record.seq, head.hash, None if receipted < 0 else receipted, reason)
                self._db.execute(sql.KEEP_RECORDS, (int(self._db.one(sql.PAST_NEXT)), before))
                self._db.execute(sql.KEEP_RECEIPTS, (before,))
                for statement in (sql.DROP_RECORDS, sql.DROP_RECEIPTS):
                    self._db.execute(statement)
                self._db.execute(sql.DROP_META, (LATEST_RECEIPT,))
                self._chain = secrets.token_hex(16)
                _, said = self._add([("genesis", self._genesis), ("chain.begun", begun)], None)
        except BaseException:
            self._chain = known
            raise
        self._removed_up_to = -1
        return said

    def take_past(self, restored: Restored) -> bool:
        """Keep what came back of a box whose card died, older than all that is here: all or nothing. Whether the chain
        of this store goes on for it (`chain.begun`): it does if nothing but its genesis is in it yet. No other process
        may have the store open."""
        with self._db.transaction():
            rows = restored.rows()
            if rows:
                self._db.execute(sql.PAST_ASIDE)
                self._db.execute(sql.PAST_BEHIND, (len(rows),))
            self._db.many(sql.PUT_PAST, rows)
            self._db.many(sql.PUT_PAST_RECEIPT, restored.receipt_rows())
            self._db.many(sql.ADD_ORDER, [(one.hash, one.record.seq, one.envelope) for one in restored.orders])
            self._db.many(sql.ADD_POLICY, list(restored.policies.items()))
            self._db.many(sql.ADD_UPLOAD, [(sha256,) for sha256 in restored.uploaded])
            self._db.many(sql.PUT_MOVED, [dataclasses.astuple(one) for one in restored.moved])
            self._db.many(sql.PUT_GARBAGE, restored.garbage)
            volumes = [(_VOLUMES[place], volume) for place, volume in restored.volumes.items()]
            self._db.many(sql.PUT_META, [*volumes, *restored.notes.items()])
            head = self.head()
            begun = restored.begun() if head.record.seq == 0 else None
            facts = restored.facts if begun is None else [("chain.begun", begun), *restored.facts]
            self._add(facts, head)
        self._removed_up_to = -1
        return begun is not None

    def past(self, type: str | None = None) -> Iterator[Sealed]:
        """The records (of one type) of the chains that this box had before: chain by chain, each in order. What counts
        on for the box counts on from there, too."""
        after = -1
        while True:
            page = self._db.rows(*(
                (sql.PAST, (after, PAGE)) if type is None else (sql.PAST_OF_TYPE, (type, after, PAGE))))
            yield from (read_sealed(envelope) for _, envelope in page)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def each_past(self, chain: str, after: int = -1) -> Iterator[Sealed]:
        """The records of one chain of before above `after`, in order, a page at a time."""
        return self._paged(sql.PAST_ABOVE, (chain,), after)

    def each_of(self, chain: str, after: int = -1) -> Iterator[Sealed]:
        """The same, of the present chain or of one before."""
        return self.each(after=after) if chain == self._chain else self.each_past(chain, after)

    def hash_at(self, chain: str, seq: int) -> str:
        """SHA-256 of the payload of a record that is here, of this chain or of one before."""
        statement, values = (sql.HASH, (seq,)) if chain == self._chain else (sql.PAST_HASH, (chain, seq))
        return str(self._db.one(statement, values))

    def record_at(self, chain: str, seq: int) -> Sealed:
        """A record that is here, of this chain or of one before."""
        if chain == self._chain:
            return self.records(seq - 1, 1)[0]
        return read_sealed(self._db.one(sql.PAST_RECORD, (chain, seq)))

    def find_record(self, chain: str, seq: int) -> Sealed | None:
        """A record of this chain or of one before; None where there is none."""
        statement, values = (sql.RECORD, (seq,)) if chain == self._chain else (sql.PAST_RECORD, (chain, seq))
        envelope = self._db.one(statement, values)
        return None if envelope is None else read_sealed(envelope)

    def chains(self) -> list[str]:
        """The ids of all chains of this box, the oldest first; the last one is the present one."""
        return [*(row[0] for row in self._db.rows(sql.PAST_CHAINS)), self._chain]

    def past_receipted(self, chain: str) -> int:
        """The highest number of a chain before that a receipt covers; -1 without any."""
        up_to = self._db.one(sql.PAST_RECEIPTED, (chain,))
        return -1 if up_to is None else int(up_to)

    # --- receipts: what the centre has

    def receipted_up_to(self) -> int:
        """The highest sequence number that a receipt covers; -1 without any."""
        up_to = self._db.one(sql.RECEIPTED)
        return -1 if up_to is None else int(up_to)

    def vouched_us(self) -> int | None:
        """The time in the newest receipt, UTC microseconds; None without any."""
        envelope = self.latest_receipt()
        try:
            return None if envelope is None else utc_us(peek_receipt(envelope).time)
        except BadRecord as error:
            raise BadStore(path=self.path, why=str(error)) from None

    def keep_receipt(self, envelope: bytes, receipt: Receipt) -> None:
        """Keep a receipt whose signature was verified. Raises BadReceipt if it does not match this chain."""
        if (receipt.device, receipt.chain) != (self._device, self._chain):
            raise BadReceipt(device=self._device, why="it is for another chain")
        have = self._db.one(sql.HASH, (receipt.up_to,))
        if have is None:
            raise BadReceipt(device=self._device, why=f"it covers record {receipt.up_to}, which was never made")
        if have != receipt.head_hash:
            raise BadReceipt(device=self._device, why=f"record {receipt.up_to} has another hash here")
        newest = receipt.up_to >= self.receipted_up_to()
        with self._db.transaction():
            self._db.execute(sql.ADD_RECEIPT, (receipt.up_to, envelope))
            if newest:
                self._db.execute(sql.PUT_META, (LATEST_RECEIPT, envelope.hex()))

    def receipts(self) -> list[bytes]:
        """The envelopes of all receipts, oldest first: of each record the first that was given, which says most of when
        it was made."""
        return [row[0] for row in self._db.rows(sql.RECEIPTS)]

    def latest_receipt(self) -> bytes | None:
        """The envelope of the receipt that came last for the highest record: it says most of the centre's time now."""
        found = self._db.one(sql.GET_META, (LATEST_RECEIPT,))
        if found is None:
            return next(reversed(self.receipts()), None)
        return bytes.fromhex(found)

    def receipts_above(self, chain: str, up_to: int, limit: int = -1) -> list[Receipt]:
        """What the receipts say that cover more than `up_to` of this chain or one of before, in order of what they
        cover; the first so many (-1: all)."""
        rows = (self._db.rows(sql.RECEIPTS_ABOVE, (up_to, limit)) if chain == self._chain
                else self._db.rows(sql.PAST_RECEIPTS_ABOVE, (chain, up_to, limit)))
        return [peek_receipt(row[0]) for row in rows]

    # --- what the centre ordered

    def put_order(self, sealed: Sealed) -> bool:
        """Keep a verified order record of the centre; False if it was here already."""
        return self._db.execute(sql.ADD_ORDER, (sealed.hash, sealed.record.seq, sealed.envelope)) > 0

    def answer(
        self, order: Sealed, answer: OrderAnswered, wanted: Collection[str], erase: WantedErasure | None = None,
    ) -> None:
        """Keep an order to this box, state the answer, and forget that the centre has the files that it wants; of the
        face that it wants erased state that the consent is withdrawn, and ask for the erasure: all or none."""
        with self._db.transaction():
            self._db.execute(sql.ADD_ORDER, (order.hash, order.record.seq, order.envelope))
            for sha256 in wanted:
                self._db.execute(sql.DROP_UPLOAD, (sha256,))
            said: list[tuple[str, object]] = [("order.answered", answer)]
            if erase is not None:
                said.append(("consent.withdrawn", ConsentWithdrawn(erase.class_id, erase.person, "order")))
                self._ask_erasure(erase.class_id, [erase.person], "withdrawn")
            self._add(said, self._head())

    def orders(self) -> list[Sealed]:
        """All orders, in the order of the centre's chain."""
        return _sealed(self._db.rows(sql.ORDERS))

    def know_policy(self, sha256: str, toml: bytes) -> None:
        """Keep the bytes of a policy that an order refers to; again is no error."""
        self._db.execute(sql.ADD_POLICY, (sha256, toml))

    def policy(self, sha256: str) -> bytes | None:
        """The bytes of a policy by their hash."""
        toml = self._db.one(sql.POLICY, (sha256,))
        return None if toml is None else bytes(toml)

    # --- what was done with segments

    def uploaded(self, sha256: str) -> bool:
        """Whether the centre has this segment's file."""
        return self._db.one(sql.UPLOADED, (sha256,)) is not None

    def kept_there(self, sha256: str) -> bool:
        """Whether the centre has this segment's file to keep, and not only because it asked for it."""
        return self._db.one(sql.KEPT_THERE, (sha256,)) is not None

    def mark_uploaded(self, sha256: str, kept: bool = True) -> None:
        """Note that the centre has this segment's file. `kept`: to keep; else it may let it go again."""
        with self._db.transaction():
            self._db.execute(sql.ADD_UPLOAD, (sha256,))
            self._db.execute(sql.DROP_LENT if kept else sql.ADD_LENT, (sha256,))

    def removed(self, sha256: str) -> bool:
        """Whether a record says that this segment was deleted."""
        return sha256 in self.all_removed()

    def all_removed(self) -> Collection[str]:
        """The hashes of all segments of which a record says that they were deleted."""
        if self._removed_up_to < 0:
            self._removed, self._past_removals = set(), {}
            for sealed in self.past("segment.removed"):
                self._removed.add(str(sealed.record.body.get("segment")))
                self._past_removals[sealed.record.chain] = sealed.record.seq
        for sealed in self.records_of("segment.removed", self._removed_up_to):
            self._removed.add(str(sealed.record.body.get("segment")))
            self._removed_up_to = sealed.record.seq
        return self._removed

    def removals_receipted(self) -> bool:
        """Whether a receipt of the centre covers every record that says that a segment was deleted. Those of a chain
        before whose last ones the centre never had are never covered."""
        self.all_removed()
        past = all(seq <= self.past_receipted(chain) for chain, seq in self._past_removals.items())
        return past and self._removed_up_to <= self.receipted_up_to()

    # --- the video volumes

    def volume(self, place: Place = "first") -> str | None:
        """The id of the volume that holds segments of this chain; None before it was made."""
        return self.note(_VOLUMES[place])

    def set_volume(self, volume: str, place: Place = "first") -> None:
        """Remember the id of a video volume."""
        self.put_note(_VOLUMES[place], volume)

    def remove(self, segment: Segment, removed: SegmentRemoved) -> None:
        """State that a segment is removed, and note its files as garbage: both or neither. Then the files may go."""
        with self._db.transaction():
            self._add([("segment.removed", removed)], self._head())
            for place in _VOLUMES:
                if self.volume(place) is not None:
                    self._db.execute(sql.PUT_GARBAGE, (place, segment.file))

    def put_moved(self, moved: Moved) -> None:
        """Note that the second volume holds a verified copy of a segment, and the first copy as garbage."""
        with self._db.transaction():
            self._db.execute(sql.PUT_MOVED, dataclasses.astuple(moved))
            self._db.execute(sql.PUT_GARBAGE, ("first", moved.file))

    def take_back(self, file: str) -> None:
        """The copy on the second volume is not what was noted: the first copy is the one that counts."""
        with self._db.transaction():
            self._db.execute(sql.DROP_MOVED, (file,))
            self._db.execute(sql.DROP_GARBAGE, ("first", file))

    def moved(self, file: str) -> Moved | None:
        """What was noted of a segment's copy on the second volume."""
        rows = self._db.rows(sql.MOVED, (file,))
        return Moved(*rows[0]) if rows else None

    def all_moved(self) -> list[Moved]:
        """Everything that the second volume holds."""
        return [Moved(*row) for row in self._db.rows(sql.ALL_MOVED)]

    def any_moved(self) -> bool:
        """Whether the second volume holds anything."""
        return self._db.one(sql.ANY_MOVED) is not None

    def garbage(self) -> list[tuple[Place, str]]:
        """Files that are to be unlinked: on which volume, and their names."""
        return [(row[0], row[1]) for row in self._db.rows(sql.GARBAGE)]

    def drop_garbage(self, place: Place, file: str) -> None:
        """The file is gone, durably."""
        with self._db.transaction():
            self._db.execute(sql.DROP_GARBAGE, (place, file))
            if place == "second":
                self._db.execute(sql.DROP_MOVED, (file,))

    # --- small things that a process must know after a restart

    def note(self, key: str) -> str | None:
        """A text that was kept under this key."""
        value = self._db.one(sql.GET_META, (key,))
        return None if value is None else str(value)

    def put_note(self, key: str, value: str, facts: Sequence[tuple[str, object]] = ()) -> None:
        """Keep a text, and append `facts` about it: all or none."""
        with self._db.transaction():
            self._db.execute(sql.PUT_META, (key, value))
            self._add(facts, self._head())

    # --- inside

    def _head(self) -> Sealed | None:
        envelope = self._db.one(sql.HEAD)
        return None if envelope is None else read_sealed(envelope)

    def _add(self, items: Sequence[tuple[str, object]], head: Sealed | None) -> list[Sealed]:
        # The clock is read while nobody else can append, so time never runs back along the chain.
        stamp, added = self._clock.stamp(), []
        for type, body in items:
            record: Record = next_record(
                head, device=self._device, chain=self._chain, type=type, body=encode(body), stamp=stamp)
            head = seal_record(record, self._signer)
            added.append(head)
        self._db.many(sql.ADD_RECORD, [(one.record.seq, one.hash, one.record.type, one.envelope) for one in added])
        return added

    def _check_genesis(self) -> None:
        first = self.records(limit=1)[0].record
        if first.device != self._device or first.body.get("keyid") != self._signer.keyid:
            raise ForeignStore(path=self.path, device=first.device)


def _sealed(rows: Sequence[tuple[bytes, ...]]) -> list[Sealed]:
    return [read_sealed(row[0]) for row in rows]
