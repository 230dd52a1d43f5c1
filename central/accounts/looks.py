"""That somebody looked at something is on record before it is shown, once an hour for each person and thing."""
from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from central.accounts.people import Actor
from central.store.accounts import Audited
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import AccountChanged, CentreLook, Institution, RecordRef, body_of
from evidence.canonical import canonical
from evidence.shape import encode

AGAIN_US = 3600 * 1_000_000
OWN, NAMES, LIVE, WALL = "own", "names", "live", "wall"
"""A trainee's look at their own record: the account is the pseudonym then. A search for people. Into a room; at single
pictures of rooms: the choice of many, of no room, and each that is shown."""


def state_look(
    store: Store, actor: Actor, what: str, now_us: int, *, class_id: str | None = None, block: str | None = None,
    person: str | None = None, record: tuple[str, str, int] | None = None, file: str | None = None, why: str = "",
    device: str | None = None,
) -> bool:
    """State that this person looks at this now; whether it was not on record yet. `what`: a kind of evidence/README.md,
    `look.centre`; `device`: whose room is looked into. Whoever cannot state it shows nothing: raises
    DatabaseUnusable."""
    ref = None if record is None else RecordRef(*record)
    return _state_once(
        store, CentreLook(actor.account, what, actor.role, class_id, block, person, ref, file, why, device), now_us)


def state_own_look(store: Store, class_id: str, person: str, now_us: int) -> bool:
    """State that a trainee looks at their own record now, as `state_look` does."""
    return _state_once(store, CentreLook(person, OWN, None, class_id, person=person), now_us)


def _state_once(store: Store, body: CentreLook, now_us: int, thing: str | None = None) -> bool:
    thing = thing or _thing(body)
    with store.read() as tx:
        if tx.looked(body.account, thing, now_us - AGAIN_US, now_us) is not None:
            return False
    with store.write() as tx:
        if tx.looked(body.account, thing, now_us - AGAIN_US, now_us) is not None:
            return False
        state(store, tx, body, thing)
    return True


def looked(store: Store, actor: Actor, what: str, now_us: int, **thing: Any) -> CentreLook | None:
    """The newest look of this person at this within the hour, with its reason; `thing` as in `state_look`."""
    wanted = _thing(CentreLook(actor.account, what, actor.role, **thing))
    with store.read() as tx:
        seq = tx.looked(actor.account, wanted, now_us - AGAIN_US, now_us)
        sealed = None if seq is None else tx.record(store.device, store.chain, seq)
    body = None if sealed is None else body_of(sealed.record)
    return body if isinstance(body, CentreLook) else None


def state_again(store: Store, actor: Actor, look: CentreLook) -> None:
    """State that this person begins to look into a room again, for the reason of `look`, each time. Its hour goes on:
    nobody said it again."""
    body = dataclasses.replace(look, role=actor.role, class_id=None)
    with store.write() as tx:
        state(store, tx, body, hashlib.sha256(canonical({"again": encode(body)})).hexdigest())


def state_anew(store: Store, actor: Actor, what: str, why: str, device: str) -> None:
    """State that this person begins to look into a room again, and said why again: that holds for an hour from now."""
    body = CentreLook(actor.account, what, actor.role, why=why, device=device)
    with store.write() as tx:
        state(store, tx, body, _thing(body))


def state_went_on(store: Store, actor: Actor, look: CentreLook, class_id: str, now_us: int) -> None:
    """State that this person sees a room while this class runs there, for the reason of `look`; once an hour. The hour
    of the reason goes on: nobody said it again."""
    body = dataclasses.replace(look, role=actor.role, class_id=class_id)
    _state_once(store, body, now_us, _hash(dataclasses.replace(body, why="")))


def _thing(body: CentreLook) -> str:
    """What was looked at, for whatever reason; of a search, `why` is what was looked for; of a room, the box is it,
    whichever class runs there."""
    named = body if body.what == NAMES else dataclasses.replace(body, why="")
    named = dataclasses.replace(named, class_id=None) if body.what in (LIVE, WALL) else named
    return _hash(named)


def _hash(body: CentreLook) -> str:
    return hashlib.sha256(canonical(encode(body))).hexdigest()


def state(store: Store, tx: Tx, body: CentreLook | AccountChanged | Institution, thing: str) -> None:
    """Append a record that the audit page finds. `thing`: what it finds it by, besides who did it."""
    record = store.append(tx, body).record
    by = body.account if isinstance(body, CentreLook) else body.by
    class_id, device = getattr(body, "class_id", None), getattr(body, "device", None)
    tx.put_audited(Audited(record.seq, record.utc_us, record.type, by, class_id, thing, device))
