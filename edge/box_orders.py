"""Which orders of the centre to this box are in force, as its chain says: nothing else remembers it, so a restart or a
power cut changes nothing."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from edge.config import BoxConfig
from edge.held import held_classes
from edge.storage.spoilt import lost
from edge.store import Store
from evidence.bodies import Segment, body_of
from evidence.box_orders import BoxOrder, BoxSettings, OrderAnswered, WantedFile, WantedLive, WantedUpload
from evidence.records import Sealed, Stamp


def answers(store: Store) -> dict[str, OrderAnswered]:
    """What was answered, by the hash of the order."""
    bodies = [body_of(sealed.record) for sealed in _ever(store, "order.answered")]
    return {body.order: body for body in bodies if isinstance(body, OrderAnswered)}


def accepted(store: Store) -> list[BoxOrder]:
    """The orders that were accepted, by number."""
    taken = {order for order, answer in answers(store).items() if answer.result == "accepted"}
    bodies = [body_of(sealed.record) for sealed in store.orders() if sealed.hash in taken] if taken else []
    return sorted((body for body in bodies if isinstance(body, BoxOrder)), key=lambda body: body.number)


@dataclasses.dataclass(frozen=True)
class Watch:
    """An accepted order that wants live pictures, of which no record says that they are over. `order`: hash of its
    payload; `taken`: when the box took it."""

    order: str
    number: int
    wanted: WantedLive
    taken: Stamp


def watches(store: Store) -> list[Watch]:
    """The live pictures that the centre wants and that are not over, by the number of the order."""
    over = {str(sealed.record.body["order"]) for sealed in _ever(store, "live.ended")}
    taken = {str(sealed.record.body["order"]): sealed.record for sealed in _ever(store, "order.answered")
             if sealed.record.body["result"] == "accepted"}
    found = []
    for sealed in store.orders():
        answer = taken.get(sealed.hash) if sealed.hash not in over else None
        body = body_of(sealed.record) if answer is not None else None
        if answer is not None and isinstance(body, BoxOrder) and body.watch is not None:
            stamp = Stamp(answer.boot_id, answer.mono_us, answer.utc_us, answer.clock)
            found.append(Watch(sealed.hash, body.number, body.watch, stamp))
    return sorted(found, key=lambda watch: watch.number)


def _ever(store: Store, type: str) -> list[Sealed]:
    """The records of a type, also those of earlier chains."""
    return [*store.past(type), *store.records_of(type)]


@dataclasses.dataclass(frozen=True)
class InForce:
    """What holds now. `settings`: of the newest order of that kind, None without any; `revoked`: key → why it is not
    believed any more."""

    settings: BoxSettings | None
    revoked: Mapping[str, str]

    def over(self, config: BoxConfig) -> BoxConfig:
        """What box.toml says, with the centre's settings over it."""
        told = self.settings
        if told is None:
            return config
        terminal = config.terminal if told.voice is None else dataclasses.replace(config.terminal, voice=told.voice)
        sync = config.sync if config.sync is None else dataclasses.replace(
            config.sync, upload=told.upload or config.sync.upload,
            upload_kbit=told.upload_kbit or config.sync.upload_kbit, console=told.console or config.sync.console)
        return dataclasses.replace(config, lang=told.lang or config.lang, terminal=terminal, sync=sync)


class Orders:
    """What the orders in force say; read anew when another one was answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[int, InForce] | None = None

    def look(self) -> InForce:
        """May raise StoreBusy."""
        newest, known = self._store.newest("order.answered", 1), self._known
        if known is None or known[0] != newest:
            known = self._known = newest, in_force(self._store)
        return known[1]


def in_force(store: Store) -> InForce:
    """What the orders in force say."""
    taken = accepted(store)
    settings = [order.settings for order in taken if order.settings is not None]
    revoked = {keyid: order.revocation.reason for order in taken if order.revocation is not None
               for keyid in order.revocation.keyids}
    return InForce(settings[-1] if settings else None, revoked)


def wanted(store: Store) -> list[tuple[int, Segment]]:
    """The files that accepted orders want and the centre does not have again yet: number of the record, and body. Those
    of the newest order first: for these somebody waits, and an order of before may want a thousand."""
    newest = [order.upload for order in reversed(accepted(store)) if order.upload is not None]
    files: dict[str, tuple[str, WantedFile]] = {}
    for chain, one in ((upload.chain, one) for upload in newest for one in upload.files):
        files.setdefault(one.sha256, (chain, one))
    here = [(one.seq, segment_at(store, chain, one)) for chain, one in files.values()
            if not store.uploaded(one.sha256)]
    return [(seq, body) for seq, body in here if body is not None]


def missing(store: Store, upload: WantedUpload) -> tuple[str, ...]:
    """Hashes of wanted files that this box never recorded, has removed, or has lost and said so; not of those that a
    dispute or a hold keeps though they were to go."""
    gone = lost(store)
    return tuple(one.sha256 for one in upload.files
                 if one.sha256 in gone or segment_at(store, upload.chain, one) is None)


def segment_at(store: Store, chain: str, file: WantedFile) -> Segment | None:
    """The segment of a wanted file in a chain of this box, unless it is not what its record holds, or a record says
    that it was removed and nothing keeps the file."""
    found = store.find_record(chain, file.seq)
    body = None if found is None else body_of(found.record)
    if not isinstance(body, Segment) or body.sha256 != file.sha256:
        return None
    return body if not store.removed(file.sha256) or _kept(store, body) else None


def _kept(store: Store, segment: Segment) -> bool:
    """Whether a file that a record says is removed lies here still, and a dispute or a hold of its class keeps it."""
    waits = any(file == segment.file for _, file in store.garbage())
    return waits and segment.class_id in held_classes(store.orders())
