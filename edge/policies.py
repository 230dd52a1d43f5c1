"""The policies of this box's classes, kept by their hash as a centre keeps them: a class is judged to its end by the
rules that its order names, also where an update brought others under the same id."""
from __future__ import annotations

from collections.abc import Iterable

from common.policies import load_policy, policy_bytes, policy_ids
from edge.store import Store
from evidence.bodies import ClassOrder
from evidence.canonical import sha256_hex
from evidence.policy import Policy, parse_policy


def keep_policies(store: Store, orders: Iterable[ClassOrder]) -> None:
    """Keep what these orders name, as far as this version of the software has it. Raises StoreBusy: again is no harm.
    """
    for order in orders:
        if order.policy.id in policy_ids() and store.policy(order.policy.sha256) is None:
            toml = policy_bytes(order.policy.id)
            if sha256_hex(toml) == order.policy.sha256:
                store.know_policy(order.policy.sha256, toml)


def very_policy(store: Store, order: ClassOrder) -> Policy | None:
    """The policy of an order in its very version; None where this box has not got it. Raises BadShape, StoreBusy."""
    toml = store.policy(order.policy.sha256)
    if toml is None and order.policy.id in policy_ids():
        toml = policy_bytes(order.policy.id)
    if toml is None or sha256_hex(toml) != order.policy.sha256:
        return None
    return parse_policy(toml, f"{order.policy.id}.toml")


def policy_of(store: Store, order: ClassOrder) -> Policy:
    """The policy of an order; where this box has not got that version, its own one of that id, for nothing is nearer.
    Raises NoSuchPolicy, BadShape, StoreBusy."""
    return very_policy(store, order) or load_policy(order.policy.id)
