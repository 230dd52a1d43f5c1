"""An order of the centre to erase a face: whether this box takes it. What it takes is a withdrawal like one at its own
terminal, written down with the answer."""
from __future__ import annotations

from edge.enrol.consents import consents
from edge.store import Store
from evidence.bodies import ClassOrder, body_of
from evidence.box_orders import WantedErasure, Why, erasure_refusal


def why_no_erasure(store: Store, wanted: WantedErasure) -> Why:
    """Why this box takes no such order; empty where it does, also where it holds nothing of that person. Somebody is
    known by any plan of the class that is here, by what was said of the face, or by a face. Raises StoreBusy."""
    bodies = [body_of(sealed.record) for sealed in store.orders()]
    plans = [body for body in bodies if isinstance(body, ClassOrder) and body.class_id == wanted.class_id]
    held = set(store.kept())
    known = bool(plans) or any(class_id == wanted.class_id for class_id, _ in held)
    named = {one.person for plan in plans for one in plan.roster}
    named |= {person for plan in plans for hour in plan.hours for person in hour.make_up or ()}
    named |= consents(store, wanted.class_id).keys() | {person for _, person in held}
    return erasure_refusal(known, wanted.person in named)
