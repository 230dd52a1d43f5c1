"""An order of the centre to erase a face: whether this box takes it. What it takes is a withdrawal like one at its own
terminal, written down with the answer."""
from __future__ import annotations

from edge.enrol.consents import consents
from edge.store import Store
from evidence.bodies import ClassOrder, TemplatesOrder, body_of
from evidence.box_orders import WantedErasure, Why, erasure_refusal


def why_no_erasure(store: Store, wanted: WantedErasure) -> Why:
    """Why this box takes no such order; empty where it does, also where it holds nothing of that person. Somebody is
    known by any plan of the class that is here, by an order that faces may come here, by what was said of the face, or
    by a face. Raises StoreBusy."""
    bodies = [body_of(sealed.record) for sealed in store.orders()]
    plans = [body for body in bodies if isinstance(body, ClassOrder) and body.class_id == wanted.class_id]
    moves = [body for body in bodies if isinstance(body, TemplatesOrder) and body.class_id == wanted.class_id]
    held = {person for class_id, person in store.kept() if class_id == wanted.class_id}
    known = bool(plans or moves or held)
    named = {one.person for plan in plans for one in plan.roster}
    named |= {person for plan in plans for hour in plan.hours for person in hour.make_up or ()}
    named |= {person for move in moves for person in move.people}
    named |= consents(store, wanted.class_id).keys() | held
    return erasure_refusal(known, wanted.person in named)
