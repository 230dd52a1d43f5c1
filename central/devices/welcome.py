"""Where boxes that come by themselves are kept, found by the code of their screen, and claimed by people."""
from __future__ import annotations

from central.clock import Clock
from central.devices.claims import Presented, hash_of, same_keys
from central.devices.desk import check_device, only_one_waits
from central.devices.errors import BadRoom, NameKnown, UnknownCode
from central.devices.introductions import (
    MOST_ROOM,
    Named,
    after_claiming,
    after_introducing,
    code_of,
    found,
    in_the_way,
)
from central.store.devices import Claim
from central.store.store import Store
from central.store.tables import Tx
from evidence.claim_code import read_claim_code


class Welcome:
    """Over the database of one centre."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def knows(self, sent: Presented) -> bool:
        """Whether this box, by all of its keys, was here before: it may always hear how it stands."""
        with self._store.read() as tx:
            known = tx.claim(hash_of(code_of(sent)))
        return known is not None and same_keys(known, sent)

    def introduce(self, sent: Presented, address: str) -> Claim:
        """A box asks, and asks again until it is approved. Raises TokenUsed, NoRoom; nothing of it is kept then."""
        token_hash, now_us = hash_of(code_of(sent)), self._now_us()
        with self._store.read() as tx:
            known = tx.claim(token_hash)
            if known is None:
                in_the_way(_live(tx, now_us), address)
        if known is not None and after_introducing(known, sent, now_us, address) == known:
            return known
        with self._store.write() as tx:
            known = tx.claim(token_hash)
            claim = after_introducing(known, sent, now_us, address)
            if known is not None:
                tx.change_claim(claim)
            else:
                self._make_room(tx, address, now_us)
                tx.put_claim(claim)
        return claim

    def find(self, code: str) -> Claim:
        """The machine that shows this code. Raises UnknownCode, CodeUsed."""
        with self._store.read() as tx:
            return found(_by_code(tx, code), self._now_us())

    def claim(self, code: str, key: str, named: Named, by: str, may_replace: bool) -> Claim:
        """Name the machine that shows this code; it waits for approval then. `key`: its evidence key as the person was
        shown it, hex; `by`: the account; `may_replace`: whether the name may be that of a box that is known.

        Raises UnknownCode, CodeUsed, OtherKey, BadDevice, NotForABox, BadRoom, NameKnown, ClaimedAlready."""
        check_device(named.device, self._store.device)
        if len(named.room) > MOST_ROOM or not named.room.isprintable():
            raise BadRoom(most=MOST_ROOM)
        with self._store.write() as tx:
            claim = after_claiming(_by_code(tx, code), key, named, by, self._now_us())
            if tx.knows_box(named.device) and not may_replace:
                raise NameKnown(device=named.device)
            only_one_waits(tx, claim)
            tx.change_claim(claim)
        return claim

    def _make_room(self, tx: Tx, address: str, now_us: int) -> None:
        for one in tx.claims("introduced"):
            if one.expires_us <= now_us:
                tx.forget_claim(one.token_hash)
        goes = in_the_way(_live(tx, now_us), address)
        if goes is not None:
            tx.forget_claim(goes)

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us


def _live(tx: Tx, now_us: int) -> list[Claim]:
    return [one for one in tx.claims("introduced") if one.expires_us > now_us]


def _by_code(tx: Tx, code: str) -> Claim | None:
    read = read_claim_code(code)
    if read is None:
        raise UnknownCode
    return tx.claim(hash_of(read))
