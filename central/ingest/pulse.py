"""What boxes say of themselves: the last heartbeat and the highest are kept; what they show becomes an alarm, once."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from central.clock import Clock
from central.store.chains import ChainHead
from central.store.heard import Heard
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm
from evidence.heartbeats import Contradiction, Heartbeat, contradiction, is_news, silent
from evidence.records import Record
from evidence.times import HOUR, SECOND, utc_text

MOST_UNKNOWN = 8
"""Of one box so many chains are heard of which no record is here: more would be invented ones."""
MOST_TOLD = 4
"""So often in an hour it is stated that the heartbeats of one chain contradict each other."""
MOST_APART_S, APART_AGAIN_US = 600, 24 * HOUR
"""So far the clocks of a box and of its centre may differ, and so long until that is stated of a box again."""
_LOG = Log("pulse")
Told = TypeVar("Told", Heartbeat, Record)


class Pulse:
    """Belongs to one collector. Times are of CLOCK_BOOTTIME, so that a clock that is set makes nobody silent."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lived: dict[tuple[str, str], tuple[int, int]] = {}
        self._since_us: int | None = None
        self._apart_us: dict[str, int] = {}

    def listen(self) -> None:
        """Boxes can be heard from now on: nobody was silent before."""
        self._since_us = self._clock.stamp().mono_us

    def deaf(self) -> None:
        """The broker is away: who cannot be heard is not silent."""
        self._since_us = None

    def take(self, tx: Tx, new: Heartbeat, envelope: bytes) -> None:
        """Keep a verified heartbeat. One that was sent before, or is older than the last one, changes nothing."""
        known = tx.heard(new.device, new.chain)
        now_us = self._clock.stamp().utc_us
        before = (known.last_heartbeat, known.highest_heartbeat) if known else (None, None)
        last, highest = (None if one is None else _not_ahead(one, now_us) for one in before)
        if not is_news(new, last, highest):
            return
        if known is None and self._invents(tx, new):
            _LOG.warning("heartbeat.refused", device=new.device)
            return
        self._tell_apart(tx, new)
        found = contradiction(new, self._same(tx, new, last, highest), self._reached(tx, new, highest))
        higher = highest is None or (found is None and new.up_to >= highest.up_to)
        against = self._told(tx, known, found, new)
        kept = envelope if higher or known is None else known.highest
        tx.put_heard(Heard(new.device, new.chain, self._lives(new.device, new.chain), envelope, kept, False, against))

    def _tell_apart(self, tx: Tx, new: Heartbeat) -> None:
        """State that the clock of a box is ahead of ours, no more than once in a day. One that is behind cannot be told
        from a heartbeat that waited: of that the box itself speaks."""
        now = self._clock.stamp()
        apart_s, told_us = (new.utc_us - now.utc_us) // SECOND, self._apart_us.get(new.device)
        if new.clock.source == "simulated" or apart_s <= MOST_APART_S:
            return
        if told_us is None or now.mono_us - told_us >= APART_AGAIN_US:
            self._apart_us[new.device] = now.mono_us
            self._store.append(tx, Alarm("clock.apart", {"device": new.device, "apart_s": apart_s}))
            _LOG.warning("clock.apart", device=new.device, apart_s=apart_s)

    def grown(self, tx: Tx, head: ChainHead) -> None:
        """Records of a chain have come: its box lives, and its highest heartbeat may be of one of them."""
        known = tx.heard(head.device, head.chain) or Heard(head.device, head.chain, 0)
        known = dataclasses.replace(known, last_us=self._lives(head.device, head.chain), silent=False)
        highest = known.highest_heartbeat
        if highest is not None and known.against is None and highest.up_to <= head.up_to:
            here = tx.hashes_at(head.device, head.chain, [highest.up_to]).get(highest.up_to)
            if here is not None and here != highest.head_hash:
                known = dataclasses.replace(known, against=self._told(tx, known, "chain.fork", highest))
        tx.put_heard(known)

    def tell_silent(self, after_min: int) -> None:
        """State of each box of which no chain says anything for so long that it is silent. Raises DatabaseUnusable."""
        if self._since_us is None:
            return
        now_us = self._clock.stamp().mono_us
        with self._store.read() as tx:
            found = list(self._silent(tx.all_heard(), now_us, after_min))
        if not found:
            return
        with self._store.write() as tx:
            for one in found:
                if tx.heard(one.device, one.chain) != one:
                    continue  # another collector told it, or heard of it, meanwhile
                since = utc_text(one.last_us)
                self._store.append(tx, Alarm("box.silent", {"device": one.device, "chain": one.chain, "since": since}))
                tx.put_heard(dataclasses.replace(one, silent=True))
                _LOG.warning("box.silent", device=one.device, since=since)

    def _invents(self, tx: Tx, new: Heartbeat) -> bool:
        """Whether a box that says it has this chain has said so of too many already."""
        if tx.head(new.device, new.chain) is not None:
            return False
        known = {head.chain for head in tx.heads(new.device)}
        return sum(one.chain not in known for one in tx.heard_of(new.device)) >= MOST_UNKNOWN

    def _silent(self, heard: Iterable[Heard], now_us: int, after_min: int) -> Iterator[Heard]:
        """Of each box that is silent, and of which that was not told, the chain in which it spoke last: by that chain
        alone, or who begins one beside it would be silent in the other without a word."""
        boxes: dict[str, list[tuple[int, int, Heard]]] = defaultdict(list)
        for one in heard:
            told_us, lived_us = self._lived.get((one.device, one.chain), (None, 0))
            if told_us != one.last_us:  # another collector heard of it
                lived_us = now_us
                self._lived[one.device, one.chain] = one.last_us, lived_us
            boxes[one.device].append((lived_us, one.last_us, one))
        for told in boxes.values():
            lived_us, _, one = max(told, key=lambda row: row[:2])
            if not one.silent and silent(max(self._since_us or 0, lived_us), now_us, after_min):
                yield one

    def _lives(self, device: str, chain: str) -> int:
        now = self._clock.stamp()
        self._lived[device, chain] = now.utc_us, now.mono_us
        return now.utc_us

    def _same(self, tx: Tx, new: Heartbeat, *before: Heartbeat | None) -> list[str | None]:
        """The hashes that are known of its head."""
        heads = [one.head_hash for one in before if one is not None and one.up_to == new.up_to]
        return [tx.hashes_at(new.device, new.chain, [new.up_to]).get(new.up_to), *heads]

    def _reached(self, tx: Tx, new: Heartbeat, highest: Heartbeat | None) -> list[Heartbeat | Record]:
        """What stood furthest on."""
        head = tx.head(new.device, new.chain)
        sealed = None if head is None or head.up_to < 0 else tx.record(new.device, new.chain, head.up_to)
        record = _not_ahead(sealed.record, self._clock.stamp().utc_us) if sealed else None
        return [one for one in (highest, record) if one is not None]

    def _told(self, tx: Tx, known: Heard | None, found: Contradiction | None, new: Heartbeat) -> str | None:
        """Append the alarm, unless the last heartbeat was told of as well; so many of a chain in an hour, for whoever
        has its key may say one thing and then another without end."""
        if found is not None and (known is None or known.against != found) and self._may_tell(tx, found, new):
            self._store.append(tx, Alarm(found, {
                "device": new.device, "chain": new.chain, "seq": new.up_to, "heartbeat": new.head_hash}))
            _LOG.warning(found, device=new.device, seq=new.up_to)
        return found

    def _may_tell(self, tx: Tx, found: Contradiction, new: Heartbeat) -> bool:
        now_us, code = self._clock.stamp().utc_us, f"{found} {new.chain}"
        times = tx.told_within(new.device, code, HOUR, now_us)
        if times < MOST_TOLD:
            tx.put_told(new.device, code, f"{now_us} {times}", now_us)
        return times < MOST_TOLD


def _not_ahead(one: Told, now_us: int) -> Told:
    """The same without its wall clock where that is ahead of ours: what came since would seem to be older."""
    ahead = one.utc_us - now_us > MOST_APART_S * SECOND
    return dataclasses.replace(one, clock=dataclasses.replace(one.clock, synced=False)) if ahead else one
