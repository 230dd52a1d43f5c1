"""Objections of a school or a trainee to what is found of a class: raised, answered, ended. Video is held meanwhile by
a dispute that begins and ends in the same transactions."""
from __future__ import annotations

from typing import Literal

from central.classes.errors import BadBy, UnknownPerson
from central.classes.objection_errors import (
    BadObjection,
    NoObjection,
    NotTheirObjection,
    ObjectionOver,
    ObjectionWentOn,
    TooManyObjections,
    WhoObjects,
)
from central.classes.orders import order_of
from central.classes.reviews import MAX_BY
from central.classes.statements import begin_dispute, end_dispute, objections_of, plain_text
from central.names import NameBox
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import ClassOrder, Objection, RosterEvent, body_of
from evidence.objections import ENDS, NEXT
from evidence.story import ObjectionFact
from evidence.times import MINUTE

Source = Literal["school", "trainee"]
Handled = Literal["answered", "withdrawn", "upheld", "rejected"]
MAX_TEXT = 2000
AGAIN_US, MOST_OPEN, MOST_EVER = 10 * MINUTE, 3, 20
"""Of one trainee, on the page of the own record: each objection holds the video of the class."""


def raise_objection(
    store: Store, class_id: str, source: Source, person: str | None, text: str, by: str
) -> Objection:
    """A school, or a trainee (`person`: the pseudonym), objects; `by`: who brought it. Its id counts up in the class.

    Raises UnknownClass, WhoObjects, UnknownPerson, BadObjection, BadBy; nothing is kept then."""
    said, who = plain_text(text, MAX_TEXT, BadObjection), plain_text(by, MAX_BY, BadBy)
    if (source == "trainee") != (person is not None):
        raise WhoObjects
    with store.write() as tx:
        order_of(tx, class_id)
        if person is not None:
            check_trainee(tx, class_id, person)
        return _raise(store, tx, class_id, source, person, said, who)


def raise_own_objection(store: Store, class_id: str, person: str, text: str, now_us: int) -> Objection:
    """A trainee objects on the page of the own record: not again within ten minutes, nor with more than a few that are
    open, nor without end. Raises BadObjection, TooManyObjections; nothing is kept then."""
    said = plain_text(text, MAX_TEXT, BadObjection)
    with store.write() as tx:
        check_trainee(tx, class_id, person)
        own = [one for one in objections_of(tx, class_id) if one.person == person]
        running = sum(one.open for one in own)
        soon = any(now_us < one.raised_us + AGAIN_US for one in own)
        if soon or running >= MOST_OPEN or len(own) >= MOST_EVER:
            raise TooManyObjections(open=running)
        return _raise(store, tx, class_id, "trainee", person, said, person)


def _raise(store: Store, tx: Tx, class_id: str, source: Source, person: str | None, text: str, by: str) -> Objection:
    name = f"o-{len(objections_of(tx, class_id)) + 1}"
    dispute = begin_dispute(store, tx, class_id, name).dispute
    body = Objection(class_id, name, "raised", source, person, text, by, dispute)
    store.append(tx, body)
    return body


def handle_objection(
    store: Store, class_id: str, objection: str, how: Handled, answer: str, handled_by: str, by_school: bool = False,
    shown: int | None = None,
) -> Objection:
    """Somebody answers an objection that is open; but for *answered* it comes to its end with that. `by_school`: the
    institution does, which ends what it brought itself alone; `shown`: how many records of it were shown, None: nobody
    asks whether more was said since.

    Raises UnknownClass, NoObjection, NotTheirObjection, ObjectionOver, ObjectionWentOn, BadObjection, BadBy; nothing is
    kept then."""
    said, who = plain_text(answer, MAX_TEXT, BadObjection), plain_text(handled_by, MAX_BY, BadBy)
    with store.write() as tx:
        order_of(tx, class_id)
        known = next((one for one in objections_of(tx, class_id) if one.objection == objection), None)
        if known is None:
            raise NoObjection(class_id=class_id, objection=objection[:64])
        if by_school and of_trainee(known):
            raise NotTheirObjection(objection=objection)
        if how not in NEXT[known.state]:
            raise ObjectionOver(class_id=class_id, objection=objection)
        if shown is not None and shown != len(known.refs):
            raise ObjectionWentOn(objection=objection)
        body = Objection(class_id, objection, how, answer=said, handled_by=who)
        store.append(tx, body)
        if how in ENDS and known.dispute is not None:
            end_dispute(store, tx, class_id, known.dispute, objection)
    return body


def of_trainee(known: ObjectionFact) -> bool:
    """Whether a trainee raised it on the page of the own record, and nobody in the trainee's stead."""
    return known.person is not None and known.by == known.person


def list_objections(store: Store, class_id: str) -> tuple[ObjectionFact, ...]:
    """All of a class, oldest first. Raises UnknownClass."""
    with store.read() as tx:
        order_of(tx, class_id)
        return objections_of(tx, class_id)


def pseudonym_of(store: Store, names: NameBox, class_id: str, who: str) -> str:
    """The pseudonym of a person of the class who is called so; what is no name stays as it is."""
    with store.read() as tx:
        named = names.open_all(class_id, tx.sealed_names(class_id))
    return next((person for person, name in named.items() if name.name == who), who)


def check_trainee(tx: Tx, class_id: str, person: str) -> None:
    """Who is or ever was a trainee of the class. Raises UnknownPerson, and WhoObjects of an instructor."""
    bodies = [body_of(sealed.record) for kind in ("order.class", "roster.event") for sealed in
              tx.of_type(kind, class_id)]
    roles = {one.person: one.role for body in bodies if isinstance(body, ClassOrder) for one in body.roster}
    joined = {one for body in bodies if isinstance(body, RosterEvent) for one in (body.person, body.substitute) if one}
    if person in joined or roles.get(person) == "trainee":
        return
    if person in roles:
        raise WhoObjects
    raise UnknownPerson(class_id=class_id, person=person[:100])
