"""From a plan to a signed class order; and the messages that bring orders, with sealed names, to the boxes."""
from __future__ import annotations

import base64
import dataclasses
import secrets
from collections.abc import Collection
from pathlib import Path

from central.classes.institutions import institutions_of
from central.classes.plan import Plan, PlanPerson, hours_of
from central.errors import CannotRead, UnknownClass, UnknownInstitution
from central.names import NameBox
from central.plans.overlaps import refuse_overlaps
from central.store.store import Store
from central.store.tables import Tx
from common.policies import policy_bytes
from common.sheets import Name, seal_sheet
from evidence.bodies import ClassOrder, Enrolled, PolicyRef, body_of
from evidence.canonical import canonical
from evidence.policy import parse_policy
from evidence.records import Sealed


@dataclasses.dataclass(frozen=True)
class OrderMessage:
    """What a box is told of one class: MQTT topic and payload."""

    topic: str
    payload: bytes


def add_class(store: Store, names: NameBox, plan: Plan, people: tuple[PlanPerson, ...], path: Path) -> ClassOrder:
    """Append the order of a class; of a class that is known, an order with the next number in which everybody keeps
    their pseudonym. Raises what `plan` and the policy raise, UnknownInstitution, and PlanRefused where a box, a room or
    a person is taken by another class; nothing is kept then."""
    toml = policy_toml(plan.policy, path.parent)
    policy = parse_policy(toml, plan.policy)
    with store.write() as tx:
        if plan.institution is not None and plan.institution not in institutions_of(tx):
            raise UnknownInstitution(institution=plan.institution)
        known = names.open_all(plan.class_id, tx.sealed_names(plan.class_id))
        persons = {named.name: person for person, named in known.items()}
        fresh = {_pseudonym(): Name(one.name, secrets.token_hex(16)) for one in people if one.name not in persons}
        persons |= {named.name: person for person, named in fresh.items()}
        known |= fresh
        roster = tuple(Enrolled(persons[one.name], one.role, known[persons[one.name]].commitment) for one in people)
        order = ClassOrder(
            class_id=plan.class_id, number=len(tx.of_type("order.class", plan.class_id)) + 1, title=plan.title,
            policy=PolicyRef(policy.id, policy.sha256), utc_offset_min=plan.utc_offset_min, boxes=plan.boxes,
            roster=roster, hours=hours_of(plan, persons, path), institution=plan.institution,
        )
        refuse_overlaps(tx, order, {person: one.name for person, one in known.items()})
        for person, named in fresh.items():
            tx.put_name(plan.class_id, person, names.seal(plan.class_id, person, named))
        tx.know_policy(policy.sha256, toml)
        store.append(tx, order)
        tx.book(order)
    return order


def policy_toml(name: str, beside: Path) -> bytes:
    """The bytes of a policy that comes with the product, or of a file beside the plan (a name ending in .toml).

    Raises NoSuchPolicy, CannotRead."""
    if not name.endswith(".toml"):
        return policy_bytes(name)
    try:
        return (beside / name).read_bytes()
    except OSError as error:
        raise CannotRead(path=beside / name, why=error.strerror) from None


def latest_orders(tx: Tx) -> dict[str, tuple[Sealed, ClassOrder]]:
    """The order in force of every class, by class id."""
    found: dict[str, tuple[Sealed, ClassOrder]] = {}
    for sealed in tx.of_type("order.class"):
        order = body_of(sealed.record)
        if isinstance(order, ClassOrder) and order.number > _number(found.get(order.class_id)):
            found[order.class_id] = (sealed, order)
    return dict(sorted(found.items()))


def order_of(tx: Tx, class_id: str) -> tuple[Sealed, ClassOrder]:
    """The order in force of one class. Raises UnknownClass."""
    orders = _orders_of(tx, class_id)
    if not orders:
        raise UnknownClass(class_id=class_id)
    return max(orders, key=lambda pair: pair[1].number)


def boxes_of(tx: Tx, class_id: str) -> list[str]:
    """Every box that any order of a class has named: what a box recorded stays when another takes its place."""
    return sorted({place.device for _, order in _orders_of(tx, class_id) for place in order.boxes})


def _orders_of(tx: Tx, class_id: str) -> list[tuple[Sealed, ClassOrder]]:
    numbered = [(sealed, body_of(sealed.record)) for sealed in tx.of_type("order.class", class_id)]
    return [(sealed, order) for sealed, order in numbered if isinstance(order, ClassOrder)]


Told = tuple[str, str, str, int]
"""Device, its newest chain, class, number of the order."""


def order_messages(tx: Tx, names: NameBox, certificate: str, told: Collection[Told]) -> dict[Told, OrderMessage]:
    """Orders for boxes that have introduced themselves, names sealed to each; what is in `told` is left out."""
    found: dict[Told, OrderMessage] = {}
    newest = {head.device: head for head in tx.heads() if head.certificate is not None}
    for class_id, (sealed, order) in latest_orders(tx).items():
        heads = [newest[place.device] for place in order.boxes if place.device in newest]
        keys = {(head.device, head.chain, class_id, order.number): head for head in heads}
        untold = {key: head for key, head in keys.items() if key not in told}
        people = names.open_all(class_id, tx.sealed_names(class_id)) if untold else {}
        for key, head in untold.items():
            sheet = _sheet(class_id, order, people, head.sealing_key)
            found[key] = _message(head.device, class_id, sealed, sheet, certificate)
    return found


def _sheet(class_id: str, order: ClassOrder, people: dict[str, Name], sealing_key: str | None) -> bytes | None:
    on_roster = {one.person: people[one.person] for one in order.roster if one.person in people}
    return None if sealing_key is None else seal_sheet(on_roster, sealing_key, class_id)


def _message(device: str, class_id: str, order: Sealed, sheet: bytes | None, certificate: str) -> OrderMessage:
    payload = {
        "order": base64.b64encode(order.envelope).decode("ascii"),
        "names": None if sheet is None else base64.b64encode(sheet).decode("ascii"),
        "certificate": certificate,
    }
    return OrderMessage(f"zaitang/v1/{device}/orders/{class_id}", canonical(payload))


def _number(found: tuple[Sealed, ClassOrder] | None) -> int:
    return 0 if found is None else found[1].number


def _pseudonym() -> str:
    return f"p-{secrets.token_hex(6)}"
