"""States the looks that routes show: what was asked for, by whom, before it is answered."""
from __future__ import annotations

from typing import Any

from fastapi import Request

from central.accounts.looks import state_look
from central.accounts.scope import sees_record
from central.store.tables import Tx
from central.web.access import actor_of
from central.wiring import Centre
from evidence.bodies import class_of
from evidence.records import Sealed


def look(centre: Centre, request: Request, what: str, **thing: Any) -> None:
    """State that whoever asks looks at this (`state_look` has the words for it)."""
    state_look(centre.store, actor_of(request), what, centre.clock.stamp().utc_us, **thing)


def look_at_record(centre: Centre, request: Request, device: str, chain: str, seq: int) -> None:
    """A look at one record, which is within the scope."""
    with centre.store.read() as tx:
        sealed = tx.record(device, chain, seq)
        class_id = None if sealed is None else _named(tx, sealed)
    look(centre, request, "record", record=(device, chain, seq), class_id=class_id)


def look_at_file(centre: Centre, request: Request, sha256: str) -> None:
    """A look at a video file, as one of the class within the scope that names it first."""
    with centre.store.read() as tx:
        class_id = _class_of(tx, request, sha256)
    look(centre, request, "video", file=sha256, class_id=class_id)


def _class_of(tx: Tx, request: Request, sha256: str) -> str | None:
    for one in tx.announced(sha256):
        sealed = tx.record(one.device, one.chain, one.seq)
        if sealed is not None and sees_record(tx, actor_of(request), sealed):
            return _named(tx, sealed)
    return None


def _named(tx: Tx, sealed: Sealed) -> str | None:
    """The class of a record. One of a kind that nobody knows may name anything: then a class that is planned here."""
    told, known = sealed.record.body.get("class"), class_of(sealed.record)
    return told if known is None and isinstance(told, str) and tx.of_type("order.class", told) else known
