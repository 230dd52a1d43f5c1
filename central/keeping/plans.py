"""What every plan of a class says of keeping its video, by the policies that are here."""
from __future__ import annotations

from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Assessment, ClassOrder, Dispute, body_of
from evidence.errors import ZaitangError
from evidence.keeping import longer
from evidence.policy import Policy, parse_policy
from evidence.retention import Plan, plan_of


def plans_of(tx: Tx, class_id: str) -> tuple[Plan, ...]:
    """In the order of the plans; none where nobody planned the class."""
    orders = [body_of(sealed.record) for sealed in tx.of_type("order.class", class_id)]
    later = longer((sealed.record, body) for kind in ("assessment", "dispute") for sealed in tx.of_type(kind, class_id)
                   if isinstance(body := body_of(sealed.record), Assessment | Dispute))
    return tuple(plan_of(order, _policy(tx, order), later) for order in orders if isinstance(order, ClassOrder))


def wants_copies(tx: Tx, class_id: str, now_us: int) -> bool:
    """Whether a policy of the class wants its video in several places now: then nothing removes the last copy but
    one."""
    return copies_wanted(tx, class_id, now_us) > 1


def copies_wanted(tx: Tx, class_id: str, now_us: int) -> int:
    """In so many places the policies of a class want its video, as long as its time is not over, or nobody knows it."""
    plans = plans_of(tx, class_id)
    open_ = any(plan.until_us is None or now_us < plan.until_us for plan in plans)
    return max((plan.copies for plan in plans), default=1) if open_ else 1


def _policy(tx: Tx, order: ClassOrder) -> Policy | None:
    """Of an order in its very version; None where it is not here, or cannot be read."""
    toml = tx.policy(order.policy.sha256)
    try:
        return None if toml is None else parse_policy(toml, f"{order.policy.id}.toml")
    except ZaitangError as error:
        Log("keeping").failed("policy.unreadable", error)
        return None
