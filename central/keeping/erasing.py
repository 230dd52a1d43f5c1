"""Erasing a face by order: every box that ever had the class is ordered to, the centre removes what it has at once, and
once each box has said that nothing is left there is a certificate. That the person was on the roster stays.

At a centre only contact sheets hold faces of a person; templates never come here (boxes hand them on themselves).
"""
from __future__ import annotations

import dataclasses
import re
from typing import Literal

from central.classes.people import People
from central.keeping.errors import BadTeller, NoBoxKnows
from central.names import NameBox
from central.objects import Objects
from central.orders.boxes import MOST_DAYS, expires, next_number
from central.store.removals import Erasing
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import FaceErased, PersonErased, Sheet, TemplatesOrder, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedErasure, Why
from evidence.records import Sealed
from evidence.times import utc_us

NOTHING: tuple[Why, ...] = ("no_class", "no_person")
"""Refusals that say that a box holds nothing of the face."""
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
TOOK = ("order.accepted", "consent", "enrolment", "templates.moved")
"""Records by which a box shows that it had the class, or a face of it."""
State = Literal["asked", "taken", "erased", "nothing", "refused", "expired"]


@dataclasses.dataclass(frozen=True)
class BoxErasing:
    """How far one box is. `why`: of a refusal; `erased`: hash of the record that says that the face is erased."""

    device: str
    state: State
    why: str = ""
    erased: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing of the face is there, as the box says."""
        return self.state in ("erased", "nothing")


@dataclasses.dataclass(frozen=True)
class FaceErasing:
    """How far the erasure of a face is. `certificate`: the centre's record, once each box has said so."""

    class_id: str
    person: str
    boxes: tuple[BoxErasing, ...]
    certificate: Sealed | None


def order_erasure(
    store: Store, sheets: Objects, names: NameBox, class_id: str, who: str, by: str, now_us: int,
) -> tuple[str, tuple[BoxOrder, ...]]:
    """Order the face of a trainee (name or pseudonym) to be erased, of every box that had the class; those of which it
    was asked and that have not answered are not asked again. Removes the contact sheets that show that face. `by`: who
    was told so. The pseudonym, and the orders.

    Raises UnknownClass, UnknownPerson, NoTrainee, BadTeller, NoBoxKnows, CannotRead, OSError."""
    if not ID.fullmatch(by):
        raise BadTeller()
    with store.write() as tx:
        person = People(tx, names, class_id).one(who)
        devices = sorted({*_took(tx, class_id), *_moving(tx, class_id, person, now_us)})
        if not devices:
            raise NoBoxKnows(class_id=class_id)
        running = {one.device for one in _boxes(tx, class_id, person, 0, now_us) if one.state in ("asked", "taken")}
        known = next((one for one in tx.erasing() if (one.class_id, one.person) == (class_id, person)), None)
        leaf, ordered = tx.leaves() if known is None else known.leaf, []
        for device in devices:
            if known is None or device not in running:
                body = BoxOrder(device, next_number(tx, device), expires(MOST_DAYS, now_us), "erase",
                                erase=WantedErasure(class_id, person, by))
                store.append(tx, body)
                ordered.append(body)
        gone = sheets_of(tx, sheets, class_id, person)
        before = () if known is None else known.sheets
        tx.put_erasing(Erasing(class_id, person, leaf, by, tuple(dict.fromkeys((*before, *gone)))))
    for sha256 in gone:
        sheets.drop(sha256)
    return person, tuple(ordered)


def finish_erasures(store: Store, sheets: Objects, now_us: int) -> list[PersonErased]:
    """Certify the erasures that every box has confirmed, and remove what shows the face here. Those that are certified
    now. Raises CannotRead, OSError."""
    with store.read() as tx:
        waiting = tx.erasing()
    done = []
    for one in waiting:
        with store.write() as tx:
            boxes = _boxes(tx, one.class_id, one.person, one.leaf, now_us)
            gone = sheets_of(tx, sheets, one.class_id, one.person)
            for sha256 in gone:
                sheets.drop(sha256)
            if not boxes or not all(box.done for box in boxes):
                continue
            erased = tuple(box.erased for box in boxes if box.erased is not None)
            body = PersonErased(one.class_id, one.person, "withdrawn", erased,
                                tuple(dict.fromkeys((*one.sheets, *gone))), one.by)
            store.append(tx, body)
            tx.forget_erasing(one.class_id, one.person)
            done.append(body)
    return done


def erasures(tx: Tx, now_us: int, class_id: str | None = None) -> list[FaceErasing]:
    """How far every erasure is, of one class or of all: those that run, then the certificates, in order."""
    running = [FaceErasing(one.class_id, one.person, _boxes(tx, one.class_id, one.person, one.leaf, now_us), None)
               for one in tx.erasing() if class_id in (None, one.class_id)]
    over = [FaceErasing(body.class_id, body.person, (), sealed) for sealed in tx.of_type("person.erased", class_id)
            if isinstance(body := body_of(sealed.record), PersonErased)]
    return [*running, *over]


def sheets_of(tx: Tx, sheets: Objects, class_id: str, person: str) -> list[str]:
    """The contact sheets here that show a person."""
    bodies = [body_of(sealed.record) for sealed in tx.of_type("sheet", class_id)]
    return sorted({body.sha256 for body in bodies if isinstance(body, Sheet) and person in body.people
                   and sheets.has(body.sha256)})


def _took(tx: Tx, class_id: str) -> set[str]:
    """Every box that ever took the class, or a face of it."""
    return {sealed.record.device for kind in TOOK for sealed in tx.of_type(kind, class_id)}


def _moving(tx: Tx, class_id: str, person: str, now_us: int) -> set[str]:
    """The boxes to which templates of a person may be on their way."""
    bodies = [body_of(sealed.record) for sealed in tx.of_type("order.templates", class_id)]
    return {body.target for body in bodies if isinstance(body, TemplatesOrder)
            and person in body.people and now_us < utc_us(body.expires)}


def _boxes(tx: Tx, class_id: str, person: str, leaf: int, now_us: int) -> tuple[BoxErasing, ...]:
    """How far each box is with its newest order for this face behind that leaf."""
    newest: dict[str, tuple[Sealed, BoxOrder]] = {}
    for sealed in tx.of_type("order.box", class_id):
        body = body_of(sealed.record)
        if isinstance(body, BoxOrder) and body.erase is not None and body.erase.person == person:
            newest[body.device] = (sealed, body)
    moving = _moving(tx, class_id, person, now_us)
    said = [sealed for sealed in tx.of_type("face.erased", class_id) if sealed.record.body.get("person") == person]
    return tuple(_box(tx, sealed, body, said, now_us, moving) for _, (sealed, body) in sorted(newest.items())
                 if tx.leaf_of(*sealed.record.key) >= leaf)


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
