"""What people say of a class goes on record while the class is what they were shown: what comes in between is noticed
in the transaction that writes."""
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from central.classes.decision_errors import StillComing
from central.classes.orders import boxes_of
from central.classes.stories import Told, tell
from central.store.store import Store
from evidence.bodies import Body

B = TypeVar("B", bound=Body)
TRIES = 5


def append_on(store: Store, class_id: str, now_us: int, say: Callable[[Told], B]) -> tuple[Told, B]:
    """Put on record what `say` makes of the class, if the class is made of the same records still when it is written
    (`Tx.inputs`); else ask `say` anew, of the class as it is by then. Telling a long class takes seconds, and no
    writing transaction waits for that.

    Raises UnknownClass, PolicyGone, StillComing, and what `say` raises; nothing is kept then."""
    for _ in range(TRIES):
        with store.read() as tx:
            told = tell(store, tx, class_id, now_us)
        body = say(told)
        with store.write() as tx:
            if tx.inputs({class_id: tuple(boxes_of(tx, class_id))}, store.device)[class_id] == told.inputs:
                store.append(tx, body)
                return told, body
    raise StillComing(class_id=class_id)
