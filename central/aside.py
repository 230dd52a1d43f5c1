"""Files that somebody changed at the centre and that came again: the changed ones lie aside, and each is stated, once.

What is stated follows from what lies there, so that a crash between the two leaves nothing unsaid."""
from __future__ import annotations

from central.objects import Objects
from central.store.store import Store
from evidence.bodies import Alarm, body_of

CHANGED = "centre.file_changed"
HEX = 64
"""Characters of a SHA-256."""


def tell_aside(store: Store, *places: Objects, sha256: str | None = None) -> int:
    """State of each file that lies aside, or of those with this hash, that it was changed, unless it was stated before;
    how many were. Raises CannotRead, DatabaseUnusable."""
    names = [name for place in places for name in place.aside(sha256)]
    if not names:
        return 0
    with store.write() as tx:
        alarms = [body_of(one.record) for one in tx.of_type("alarm")]
        said = {str(one.params.get("aside")) for one in alarms if isinstance(one, Alarm) and one.code == CHANGED}
        unsaid = [name for name in names if name not in said]
        for name in unsaid:
            store.append(tx, Alarm(CHANGED, {"segment": name[:HEX], "aside": name}))
    return len(unsaid)
