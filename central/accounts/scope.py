"""Which classes, institutions, records and files are whose: what is not within somebody's scope does not exist there.

A class without an institution belongs to administrators, and to supervisors and auditors of a whole province: somebody
who decides must see it, and nobody below can tell whose it is.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.accounts.actions import Action
from central.accounts.errors import HasNoRight
from central.accounts.people import Actor, actor_of_account, region_holds
from central.classes.institutions import institutions_of
from central.classes.orders import order_of
from central.errors import UnknownClass
from central.plans.draft import read_draft
from central.plans.overlaps import published_of
from central.store.tables import Tx
from evidence.bodies import Institution
from evidence.records import Sealed


@dataclasses.dataclass(frozen=True)
class Scope:
    """What an actor sees. Made once for a request: it knows all institutions."""

    actor: Actor
    institutions: Mapping[str, Institution]

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.actor.role == "administrator"

    def holds_institution(self, institution: str) -> bool:
        """Whether an institution is within it; one that is not known is nobody's but an administrator's."""
        if self.everything:
            return True
        if self.actor.role == "institution":
            return institution == self.actor.scope
        known = self.institutions.get(institution)
        return known is not None and region_holds(self.actor.scope or "?", known.region)

    def holds(self, institution: str | None) -> bool:
        """Whether a class of this institution, or of none, is within it."""
        if institution is not None and (institution in self.institutions or self.actor.role == "institution"):
            return self.holds_institution(institution)
        return self.nobodys

    @property
    def nobodys(self) -> bool:
        """Whether classes of no institution that is known are within it."""
        province = self.actor.role != "institution" and (self.actor.scope or "").endswith("0000")
        return self.everything or province

    def visible(self) -> list[Institution]:
        """The institutions within it, by id."""
        return [one for id_, one in sorted(self.institutions.items()) if self.holds_institution(id_)]


def scope_of(tx: Tx, actor: Actor) -> Scope:
    """What an actor sees now."""
    return Scope(actor, institutions_of(tx))


def sees_class(tx: Tx, actor: Actor, class_id: str) -> bool:
    """Whether a class exists, within the actor's scope."""
    try:
        _, order = order_of(tx, class_id)
    except UnknownClass:
        return False
    return actor.role == "administrator" or scope_of(tx, actor).holds(order.institution)


def may_for(tx: Tx, account: str, action: Action, class_id: str) -> bool:
    """Whether an account may do this for a class in the console: a command asks for those whom it is told to name."""
    kept = tx.account(account)
    actor = None if kept is None or kept.disabled else actor_of_account(kept)
    return actor is not None and actor.may(action) and sees_class(tx, actor, class_id)


def check_right(tx: Tx, account: str, action: Action, class_id: str) -> None:
    """Raises HasNoRight."""
    if not may_for(tx, account, action, class_id):
        raise HasNoRight(account=account[:64], class_id=class_id)


def check_class(tx: Tx, actor: Actor, class_id: str) -> None:
    """Raises UnknownClass, also for a class of somebody else."""
    if not sees_class(tx, actor, class_id):
        raise UnknownClass(class_id=class_id)


def check_planned(tx: Tx, actor: Actor, class_id: str) -> None:
    """The same for a class that may be a draft: by its plan in force, else by its draft. Raises UnknownClass."""
    order, kept = published_of(tx, class_id).order, tx.draft(class_id)
    plan = order if order is not None else None if kept is None else read_draft(kept.body)
    if plan is None or not scope_of(tx, actor).holds(plan.institution):
        raise UnknownClass(class_id=class_id)


def sees_record(tx: Tx, actor: Actor, sealed: Sealed) -> bool:
    """Whether a record is within the actor's scope."""
    return holds_record(tx, scope_of(tx, actor), sealed)


def holds_record(tx: Tx, scope: Scope, sealed: Sealed) -> bool:
    """Whether a record is within a scope: by its class. One of no class, or of a class that nobody planned, is
    administrators' and auditors'."""
    if scope.everything:
        return True
    class_id = sealed.record.body.get("class")
    try:
        order = order_of(tx, class_id)[1] if isinstance(class_id, str) else None
    except UnknownClass:
        order = None
    return scope.holds(order.institution) if order else scope.actor.role == "auditor"


def sees_file(tx: Tx, actor: Actor, sha256: str) -> bool:
    """Whether a record within the actor's scope names a file, of the box that named it first: hashes are public, and
    who names another box's afterwards gets nothing to see by it."""
    known = tx.announced(sha256)
    named = (tx.record(one.device, one.chain, one.seq) for one in known if one.device == known[0].device)
    return any(sealed is not None and sees_record(tx, actor, sealed) for sealed in named)


def sees_device(tx: Tx, actor: Actor, device: str, centre: str) -> bool:
    """Whether a box serves, or served, a class within the actor's scope; the centre's own chain (`centre`), and boxes
    without a class, are for administrators and auditors."""
    known = device == centre or bool(tx.heads(device)) or any(device == one for one, _ in tx.certificates())
    if actor.role in ("administrator", "auditor"):
        return known
    return known and any(sees_class(tx, actor, class_id) for class_id in tx.classes_of_device(device))
