"""How far the erasure of a face is that somebody asked for, and the certificate once each box has said that nothing is
left there. That the person was on the roster stays.

At a centre only contact sheets hold faces of a person; templates never come here (boxes hand them on themselves).
"""
from __future__ import annotations

import dataclasses
from typing import Literal

from central.classes.orders import boxes_of
from central.keeping.held import erasure_held
from central.objects import Objects
from central.orders.boxes import MOST_DAYS, expires, next_number
from central.store.removals import Erasing
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import ErasureAsked, FaceErased, PersonErased, Sheet, TemplatesOrder, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedErasure, Why
from evidence.records import Sealed
from evidence.rules.finding import Reason
from evidence.times import utc_us

NOTHING: tuple[Why, ...] = ("no_class", "no_person")
"""Refusals that say that a box holds nothing of the face."""
TOOK = ("order.accepted", "consent", "enrolment", "templates.moved")
"""Records by which a box shows that it had the class, or a face of it."""
State = Literal["asked", "taken", "erased", "nothing", "refused", "expired", "lost"]


@dataclasses.dataclass(frozen=True)
class BoxErasing:
    """How far one box is. `lost`: the centre believes none of its keys any more, so that it never answers; `why`: of a
    refusal; `erased`: hash of the record that says that the face is erased."""

    device: str
    state: State
    why: str = ""
    erased: str | None = None

    @property
    def done(self) -> bool:
        """Whether the certificate waits for it no more."""
        return self.state in ("erased", "nothing", "lost")


@dataclasses.dataclass(frozen=True)
class FaceErasing:
    """How far the erasure of a face is. `asked`: the record that somebody asked for it; `waits`: what holds it yet;
    `ordered`: nothing held it any more; `ordered_us`: when the first box was ordered to, None before that or where no
    box could hold it; `certificate`: the centre's record, once each box has said so."""

    class_id: str
    person: str
    asked: Sealed | None
    waits: tuple[Reason, ...]
    ordered: bool
    ordered_us: int | None
    boxes: tuple[BoxErasing, ...]
    certificate: Sealed | None


def order_of_boxes(store: Store, tx: Tx, one: Erasing, now_us: int, again: bool = False) -> tuple[BoxOrder, ...]:
    """Order a face to be erased of every box that may hold it and was not ordered to; `again`: also of those that
    answered, or let the order expire. What was ordered now."""
    known = {box.device: box.state for box in _boxes(tx, one, now_us)}
    ordered = []
    for device in _may_hold(tx, one, now_us):
        if device not in known or (again and known[device] not in ("asked", "taken")):
            body = BoxOrder(device, next_number(tx, device), expires(MOST_DAYS, now_us), "erase",
                            erase=WantedErasure(one.class_id, one.person, one.by))
            store.append(tx, body)
            ordered.append(body)
    return tuple(ordered)


def finish_erasures(store: Store, sheets: Objects, now_us: int) -> list[PersonErased]:
    """Certify the erasures that every box has confirmed, and remove what shows the face here; a box that shows only now
    that it may hold one is ordered to, too. Those that are certified now. Raises CannotRead, OSError."""
    with store.read() as tx:
        ordered = [one for one in tx.erasing() if one.ordered]
    done = []
    for one in ordered:
        with store.write() as tx:
            gone = drop_sheets(tx, sheets, one)
            order_of_boxes(store, tx, one, now_us)
            boxes = _boxes(tx, one, now_us)
            if not all(box.done for box in boxes):
                continue
            body = PersonErased(
                one.class_id, one.person, "withdrawn", tuple(box.erased for box in boxes if box.erased is not None),
                gone, one.by, tuple(box.device for box in boxes if box.state == "lost"))
            store.append(tx, body)
            tx.forget_erasing(one.class_id, one.person)
            done.append(body)
    return done


def drop_sheets(tx: Tx, sheets: Objects, one: Erasing) -> tuple[str, ...]:
    """Remove the contact sheets that show a face, and remember that; the hashes of all that ever went for it. Raises
    OSError."""
    found = sheets_of(tx, sheets, one.class_id, one.person)
    gone = tuple(dict.fromkeys((*one.sheets, *found)))
    if found:
        tx.put_erasing(dataclasses.replace(one, sheets=gone))
    for sha256 in found:
        sheets.forget(sha256)
    return gone


def erasures(store: Store, tx: Tx, now_us: int, class_id: str | None = None) -> list[FaceErasing]:
    """How far every erasure is, of one class or of all: those that run, then the certificates, in order."""
    running = [_running(store, tx, one, now_us) for one in tx.erasing() if class_id in (None, one.class_id)]
    over = [FaceErasing(body.class_id, body.person, _asked(tx, sealed, body), (), True, None, (), sealed)
            for sealed in tx.of_type("person.erased", class_id)
            if isinstance(body := body_of(sealed.record), PersonErased)]
    return [*running, *over]


def sheets_of(tx: Tx, sheets: Objects, class_id: str, person: str) -> list[str]:
    """The contact sheets here that show a person."""
    bodies = [body_of(sealed.record) for sealed in tx.of_type("sheet", class_id)]
    return sorted({body.sha256 for body in bodies if isinstance(body, Sheet) and person in body.people
                   and sheets.has(body.sha256)})


def _running(store: Store, tx: Tx, one: Erasing, now_us: int) -> FaceErasing:
    waits = () if one.ordered else erasure_held(store, tx, one.class_id, now_us)
    ordered = [sealed.record.utc_us for sealed, _ in _orders(tx, one)]
    return FaceErasing(one.class_id, one.person, tx.at_leaf(one.leaf), waits, one.ordered, min(ordered, default=None),
                       _boxes(tx, one, now_us), None)


def _asked(tx: Tx, certificate: Sealed, body: PersonErased) -> Sealed | None:
    """The last word before a certificate that somebody asked for it."""
    said = [sealed for sealed in tx.of_type("erasure.asked", body.class_id)
            if isinstance(asked := body_of(sealed.record), ErasureAsked) and asked.person == body.person
            and tx.leaf_of(*sealed.record.key) < tx.leaf_of(*certificate.record.key)]
    return said[-1] if said else None


def _may_hold(tx: Tx, one: Erasing, now_us: int) -> list[str]:
    """Every box that took the class or ever had a face of it; of those of its plans also one that has not said so, for
    its records may be on their way; and those to which templates may be."""
    took = {sealed.record.device for kind in TOOK for sealed in tx.of_type(kind, one.class_id)}
    came = {head.device for head in tx.heads() if head.certificate is not None}
    return sorted(took | (came & set(boxes_of(tx, one.class_id))) | _moving(tx, one, now_us))


def _moving(tx: Tx, one: Erasing, now_us: int) -> set[str]:
    """The boxes to which templates of a person may be on their way."""
    bodies = [body_of(sealed.record) for sealed in tx.of_type("order.templates", one.class_id)]
    return {body.target for body in bodies if isinstance(body, TemplatesOrder)
            and one.person in body.people and now_us < utc_us(body.expires)}


def _orders(tx: Tx, one: Erasing) -> list[tuple[Sealed, BoxOrder]]:
    """The orders to erase a face since that was asked for."""
    bodies = [(sealed, body_of(sealed.record)) for sealed in tx.of_type("order.box", one.class_id)]
    return [(sealed, body) for sealed, body in bodies if isinstance(body, BoxOrder) and body.erase is not None
            and body.erase.person == one.person and tx.leaf_of(*sealed.record.key) > one.leaf]


def _boxes(tx: Tx, one: Erasing, now_us: int) -> tuple[BoxErasing, ...]:
    """How far each box is with its newest order for this face."""
    newest = {body.device: (sealed, body) for sealed, body in _orders(tx, one)}
    moving = _moving(tx, one, now_us)
    said = [sealed for sealed in tx.of_type("face.erased", one.class_id)
            if sealed.record.body.get("person") == one.person]
    found = [_box(tx, sealed, body, said, now_us, moving) for _, (sealed, body) in sorted(newest.items())]
    return tuple(box if box.done or tx.keys_of(box.device) else BoxErasing(box.device, "lost") for box in found)


def _box(
    tx: Tx, order: Sealed, body: BoxOrder, said: list[Sealed], now_us: int, moving: set[str],
) -> BoxErasing:
    """`moving`: boxes to which templates may be on their way: one of these that holds nothing now may get them yet."""
    answered = tx.answer_to(body.device, order.hash)
    answer = None if answered is None else body_of(answered.record)
    if answered is None or not isinstance(answer, OrderAnswered):
        return BoxErasing(body.device, "asked" if now_us < utc_us(body.expires) else "expired")
    if answer.result == "refused":
        nothing = answer.why in NOTHING and body.device not in moving
        return BoxErasing(body.device, "nothing" if nothing else "refused", answer.why)
    after = tx.leaf_of(*answered.record.key)
    for sealed in said:
        record, erased = sealed.record, body_of(sealed.record)
        if (isinstance(erased, FaceErased) and record.device == body.device and erased.why != "again"
                and tx.leaf_of(*record.key) > after):
            return BoxErasing(body.device, "erased", erased=sealed.hash)
    return BoxErasing(body.device, "taken")
