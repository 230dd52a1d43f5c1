"""The classes that the centre holds: it stated a dispute or a hold of them that is not over."""
from __future__ import annotations

from collections.abc import Iterable

from evidence.records import Sealed

ENDED = {"dispute": "closed", "hold": "lifted"}
"""What the centre states of a class that holds it, and how it says that it is over."""


def held_classes(told: Iterable[Sealed]) -> set[str]:
    """The classes of which the centre has stated a dispute or a hold that it has not ended. `told`: all that it stated
    here."""
    last: dict[tuple[str, str, str], str] = {}
    for sealed in told:
        body = sealed.record.body
        if (kind := sealed.record.type) in ENDED:
            last[kind, str(body.get("class")), str(body.get(kind))] = str(body.get("state"))
    return {class_id for (kind, class_id, _), state in last.items() if state != ENDED[kind]}
