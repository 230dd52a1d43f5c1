"""Having a face erased: that somebody asks for it is on record at once; the boxes are ordered to as soon as nothing
holds it, without that anybody asks again."""
from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from central.archive.erase import erase_sheets
from central.classes.people import People
from central.errors import CannotRead, CannotWrite
from central.keeping.erasing import drop_sheets, order_of_boxes
from central.keeping.errors import BadTeller
from central.keeping.held import erasure_held, stated
from central.names import NameBox
from central.store.removals import Erasing
from central.store.store import Store
from common.logs import Log
from evidence.bodies import ErasureAsked
from evidence.box_orders import BoxOrder
from evidence.retention import erasure_waits

if TYPE_CHECKING:
    from central.wiring import Centre

_LOG = Log("keeping")
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def ask_erasure(store: Store, names: NameBox, class_id: str, who: str, by: str) -> tuple[Erasing, bool]:
    """State that a trainee (name or pseudonym) asked for the erasure of the face; nothing is ordered yet. `by`: who was
    told so. What is to be erased, and whether that was asked for before and is not certified.

    Raises UnknownClass, UnknownPerson, NoTrainee, BadTeller."""
    if not ID.fullmatch(by):
        raise BadTeller()
    with store.write() as tx:
        person = People(tx, names, class_id).one(who)
        for one in tx.erasing():
            if (one.class_id, one.person) == (class_id, person):
                return one, True
        store.append(tx, ErasureAsked(class_id, person, by))
        one = Erasing(class_id, person, tx.leaves() - 1, by)
        tx.put_erasing(one)
    return one, False


def erase_face(centre: Centre, class_id: str, who: str, by: str) -> tuple[Erasing, tuple[BoxOrder, ...]]:
    """The same, and order it if nothing holds it; of a box that refused, or let its order expire, once more. What was
    ordered now. Raises besides CannotRead, CannotWrite, OSError."""
    one, again = ask_erasure(centre.store, centre.names, class_id, who, by)
    return one, order_now(centre, one, again)


def order_due(centre: Centre) -> int:
    """Order the erasures that waited and that nothing holds any more; how many. One that cannot be ordered now is
    logged, and tried again with the next turn. Raises DatabaseUnusable."""
    with centre.store.read() as tx:
        waiting = [one for one in tx.erasing() if not one.ordered]
    for one in waiting:
        try:
            order_now(centre, one)
        except (CannotRead, CannotWrite, OSError) as error:
            _LOG.failed("erasure.later", error, **{"class": one.class_id})
    with centre.store.read() as tx:
        left = {one.leaf for one in tx.erasing() if not one.ordered}
    return sum(one.leaf not in left for one in waiting)


def order_now(centre: Centre, one: Erasing, again: bool = False) -> tuple[BoxOrder, ...]:
    """Order an erasure, unless something holds it, and take what shows the face out of what lies here; neither where
    that fails. What the centre states is asked once more in the transaction that orders: a hold comes before it or
    behind it. Raises CannotRead, CannotWrite, OSError."""
    now_us = centre.clock.stamp().utc_us
    with centre.store.read() as tx:
        if not one.ordered and erasure_held(centre.store, tx, one.class_id, now_us):
            return ()
    with centre.store.write() as tx:
        known = [each for each in tx.erasing() if each.leaf == one.leaf]  # or it was certified meanwhile
        if not known or (not known[0].ordered and erasure_waits(stated(tx, one.class_id))):
            return ()
        begun = dataclasses.replace(known[0], ordered=True)
        tx.put_erasing(begun)
        ordered = order_of_boxes(centre.store, tx, begun, now_us, again)
        drop_sheets(tx, centre.sheets, begun)
        erase_sheets(centre.folder, one.class_id)
    return ordered
