"""The facts of a dossier from a centre: a signed checkpoint first, then the class as exactly the records in that tree
tell it, so that anybody with these records finds the same."""
from __future__ import annotations

from collections.abc import Iterable

from central.classes.as_of import as_of
from central.classes.orders import boxes_of
from central.classes.stories import Told, policy_of
from central.dossier.errors import NotYetThen
from central.dossier.facts import facts_of
from central.dossier.shape import Facts, Proof
from central.dossier.stated import institution_of
from central.dossier.words import CHECKPOINT
from central.errors import UnknownClass
from central.store.store import Store
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import ClassOrder, body_of
from evidence.certs import fingerprint
from evidence.checkpoint import Stated
from evidence.fold import fold
from evidence.notes import base64_text
from evidence.receipts import Receipt, peek_receipt
from evidence.records import Record, Sealed
from evidence.rules import findings
from evidence.seal import read_sealed
from evidence.times import SECOND, utc_us


def gather(centre: Centre, class_id: str, stated: Stated) -> Facts:
    """The facts of a class as of a checkpoint of this centre. Raises UnknownClass, NotYetThen, PolicyGone, BadName."""
    size = stated.checkpoint.size
    with centre.store.read() as tx:
        told, order = told_at(centre.store, tx, class_id, size, stated.time_s * SECOND)
        institution = institution_of(tx, told.order, size)
        names = centre.names.open_all(class_id, tx.sealed_names(class_id))
    shown = {person: one.name for person, one in names.items()}
    return facts_of(told, shown, order.hash, institution, proof_of(centre, stated), centre.has_video)


def proof_of(centre: Centre, stated: Stated) -> Proof:
    """What paper says of the checkpoint."""
    one = stated.checkpoint
    address = f"{centre.config.web.address}{CHECKPOINT}?size={one.size}"
    return Proof(one.origin, one.size, base64_text(one.root), stated.time_s * SECOND, centre.tree().key.text,
                 fingerprint(centre.keys.root), address)


def told_at(store: Store, tx: Tx, class_id: str, size: int, now_us: int) -> tuple[Told, Sealed]:
    """The class as the first `size` leaves tell it at `now_us`, and the record of the plan that was in force.

    Raises UnknownClass, NotYetThen, PolicyGone."""
    sealed, order = _order(tx, class_id, size)
    devices = set(boxes_of(tx, class_id))
    records = _unbroken(read_sealed(one).record for one in tx.receipted({*devices, store.device}, size))
    policy = policy_of(tx, order)
    moment = as_of(records, policy, store.device, now_us, store.timed)
    receipts = {chain: [one for one in given if utc_us(one.time) <= now_us]
                for chain, given in _receipts_of(tx, devices).items()}
    story = fold(records, class_id, policy, receipts=receipts, log=store.log)
    return Told(order, policy, story, moment, findings(story, policy, moment.us), tx.waiting(devices)), sealed


def _receipts_of(tx: Tx, devices: Iterable[str]) -> dict[tuple[str, str], list[Receipt]]:
    """The centre's own receipts for the chains of these devices."""
    heads = [head for device in sorted(devices) for head in tx.heads(device)]
    return {(head.device, head.chain): [peek_receipt(envelope) for _, envelope in tx.receipts(head.device, head.chain)]
            for head in heads}


def _order(tx: Tx, class_id: str, size: int) -> tuple[Sealed, ClassOrder]:
    """The plan of the highest number that is among the first `size` leaves."""
    known = tx.of_type("order.class", class_id)
    if not known:
        raise UnknownClass(class_id=class_id)
    bodies = [(one, body_of(one.record)) for one in known if tx.leaf_of(*one.record.key) < size]
    orders = [(one, body) for one, body in bodies if isinstance(body, ClassOrder)]
    if not orders:
        raise NotYetThen(class_id=class_id, size=size)
    return max(orders, key=lambda pair: pair[1].number)


def _unbroken(records: Iterable[Record]) -> list[Record]:
    """Each chain up to its first hole, in the order in which they came."""
    found, seqs = list(records), dict[tuple[str, str], set[int]]()
    for one in found:
        seqs.setdefault((one.device, one.chain), set()).add(one.seq)
    ends = {chain: next(n for n in range(len(known) + 1) if n not in known) for chain, known in seqs.items()}
    return [one for one in found if one.seq < ends[one.device, one.chain]]


