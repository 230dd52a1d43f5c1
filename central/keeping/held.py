"""Why the video of a class is held now: what the centre stated of it, and what is proposed and not decided."""
from __future__ import annotations

from central.classes.holds import holds_of
from central.classes.stories import Told, tell
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Dispute, body_of
from evidence.keeping import longer
from evidence.retention import Holding, erasure_waits
from evidence.rules.finding import Reason
from evidence.standing import r3_of, standing

_LOG = Log("keeping")


def tell_or_none(store: Store, tx: Tx, class_id: str, now_us: int) -> Told | None:
    """A class with all that is here; None where that cannot be judged."""
    try:
        return tell(store, tx, class_id, now_us)
    except Exception as error:  # of one class, as nobody foresaw: it must not stop what is done with the others
        _LOG.failed("class.untold", error)
        return None


def erasure_held(store: Store, tx: Tx, class_id: str, now_us: int) -> tuple[Reason, ...]:
    """For what the erasure of a face of a class waits now."""
    told = tell_or_none(store, tx, class_id, now_us)
    return erasure_waits(stated(tx, class_id) | (set() if told is None else holding(told)))


def stated(tx: Tx, class_id: str) -> set[Holding]:
    """What the centre itself stated that holds the class now, without telling it."""
    found: set[Holding] = {"hold"} if any(one.until_us is None for one in holds_of(tx, class_id)) else set()
    said = [(one.record, body) for one in tx.of_type("dispute", class_id)
            if isinstance(body := body_of(one.record), Dispute)]
    return found | ({"dispute"} if any(one.until_us is None for one in longer(said)) else set())


def holding(told: Told) -> set[Holding]:
    """Why the video of a class that was told is held. What two persons decided, once it is final, ends its flag and its
    review."""
    now = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed)
    final = now.round.state == "decided" and now.final
    found: set[Holding] = set()
    if not final:
        r3 = r3_of(told.findings)
        found |= {"flag"} if any(one.flag for one in told.findings) else set()
        found |= {"review"} if r3 is not None and r3.verdict == "review" else set()
    if now.round.reopening is not None or not (final or now.round.state == "none"):
        found.add("undecided")
    if any(one.open for one in told.story.objections):
        found.add("objection")
    return found
