"""Alarms of an update that did not hold: each stated once, and kept beside as a note that the doctor reads."""
from __future__ import annotations

import dataclasses
import json

from edge.store import Store
from evidence.bodies import Alarm

NOTE = "update.failed"


@dataclasses.dataclass(frozen=True)
class Failed:
    """A release that did not hold. `back_to`: what runs again, None where there was no way back."""

    release: str
    back_to: str | None
    why: str


def state_failed(store: Store, failed: Failed) -> None:
    """State it, unless it is what was stated last: whoever states it may be ended before he could note that.

    Raises StoreBusy, BadStore."""
    if last_failed(store) == failed:
        return
    params = {"release": failed.release, "why": failed.why}
    alarm = (Alarm("update.stays", params) if failed.back_to is None
             else Alarm("update.rolled_back", params | {"back_to": failed.back_to}))
    store.put_note(NOTE, json.dumps(dataclasses.asdict(failed)), [("alarm", alarm)])


def last_failed(store: Store) -> Failed | None:
    """The last one. Raises StoreBusy, BadStore."""
    note = store.note(NOTE)
    return None if note is None else Failed(**json.loads(note))
