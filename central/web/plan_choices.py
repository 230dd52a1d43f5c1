"""What somebody may choose for a class: its institution, its policy, and boxes that are theirs."""
from __future__ import annotations

import dataclasses
import functools

from fastapi import Request

from central.accounts.people import Actor
from central.accounts.scope import Scope, scope_of
from central.classes.orders import latest_orders
from central.plans.draft import Draft, read_draft
from central.plans.errors import UnknownBoxHere, UnknownInstitution
from central.store.devices import Claim, State
from central.store.tables import Tx
from central.web.access import field, form_of
from central.wiring import Centre
from common.policies import NoSuchPolicy, load_policy, policy_ids
from evidence.bodies import Institution, Place


@dataclasses.dataclass(frozen=True)
class Choices:
    """`policies`: id → title. `boxes`: those that may be chosen, with the room where they stood last. A box is an
    institution's by the classes that it records, and from its approval on if it was claimed for that institution; of
    others an administrator gives the first one."""

    scope: Scope
    policies: dict[str, str]
    boxes: dict[str, str]

    @property
    def own(self) -> bool:
        """Whether the institution is that of whoever asks."""
        return self.scope.actor.role == "institution"

    @property
    def institutions(self) -> list[Institution]:
        """Those that may be chosen."""
        return self.scope.visible()

    def institution(self, asked: str) -> str | None:
        """The institution of the class: the own one; an administrator's choice, which may be none. Raises
        UnknownInstitution."""
        if self.own:
            return self.scope.actor.scope
        if asked and asked not in self.scope.institutions:
            raise UnknownInstitution(institution=asked[:80])
        return asked or None


def choices(centre: Centre, actor: Actor, draft: Draft | None, lang: str) -> Choices:
    """What this person may choose. `draft`: of the class, if it is there."""
    with centre.store.read() as tx:
        scope = scope_of(tx, actor)
        rooms = _rooms(tx, scope)
        known = {device: "" for device, _ in tx.certificates()} if scope.everything else dict.fromkeys(rooms, "")
        boxes = {device: rooms.get(device, "") for device in sorted(known) if tx.keys_of(device)}
    boxes |= {} if draft is None else {one.device: one.room for one in draft.boxes}
    known_ids = [one for one in policy_ids() if centre.keys.test or not for_tests(one)]
    ids = dict.fromkeys([*known_ids, *([] if draft is None else [draft.policy.id])])
    return Choices(scope, {one: policy_title(one, lang) for one in ids}, boxes)


@functools.cache
def policy_title(policy_id: str, lang: str) -> str:
    """What a policy that comes with the product is called; of another one its id."""
    if policy_id not in policy_ids():
        return policy_id
    policy = load_policy(policy_id)
    return policy.title_en if lang == "en" else policy.title


@functools.cache
def for_tests(policy_id: str) -> bool:
    """Whether a policy takes what is not real: no centre with real keys offers it."""
    policy = load_policy(policy_id)
    return policy.accept_test_keys or policy.accept_simulated


def places_of(request: Request, offered: Choices) -> tuple[Place, ...]:
    """The boxes of a form with their rooms. Raises UnknownBoxHere, also for one of somebody else."""
    sent = form_of(request)
    rows = zip(sent.getlist("box"), sent.getlist("room"), strict=False)
    places = [Place(device, room.strip() or offered.boxes.get(device, ""))
              for device, room in rows if isinstance(device, str) and device and isinstance(room, str)]
    for one in places:
        if one.device not in offered.boxes:
            raise UnknownBoxHere(device=one.device[:80])
    return tuple(places)


def policy_of_form(request: Request, offered: Choices) -> str:
    """The id of a policy that is offered; never a file, whatever a form says. Raises NoSuchPolicy."""
    policy = field(request, "policy")
    if policy not in offered.policies:
        raise NoSuchPolicy(name=policy[:80], known=", ".join(offered.policies))
    return policy


def _rooms(tx: Tx, scope: Scope) -> dict[str, str]:
    """Boxes of the classes within the scope, by plans in force and by drafts, with the room; and those that were
    claimed for an institution within it."""
    plans = [(one.institution, one.boxes) for one in map(read_draft, (kept.body for kept in tx.drafts()))]
    plans += [(order.institution, order.boxes) for _, order in latest_orders(tx).values()]
    claimed = {one.device: one.room or "" for one in claimed_within(tx, scope, "approved")}
    return claimed | {one.device: one.room for institution, boxes in plans if scope.holds(institution) for one in boxes}


def claimed_within(tx: Tx, scope: Scope, state: State) -> list[Claim]:
    """Boxes that somebody claimed for an institution within the scope, by the state of their claims."""
    return [one for one in tx.claims(state) if one.institution and scope.holds_institution(one.institution)]


def waiting_within(tx: Tx, scope: Scope) -> list[Claim]:
    """Boxes that wait for approval: of whoever sees everything all of them."""
    return tx.claims("waiting") if scope.everything else claimed_within(tx, scope, "waiting")
