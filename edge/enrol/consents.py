"""What the people of a class said last about the use of their faces, from the records of this box."""
from __future__ import annotations

from edge.enrol.consent import Standing, standings
from edge.store import Store


def consents(store: Store, class_id: str) -> dict[str, Standing]:
    """What everybody of a class said last."""
    return standings([*store.records_of("consent"), *store.records_of("consent.withdrawn")], class_id)
