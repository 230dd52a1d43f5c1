"""What is wrong at this moment, so far as it begins and is over again: boxes that are away while they are needed,
disks, certificates. Pure.

That a box is away rests on what the broker says, too, which nobody signs: so it is told, and never stated in a record.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from central.contact import contact
from central.ingest.presence import Ear
from central.live.rooms import Room
from central.store.live import BoxState
from evidence.times import MINUTE, utc_text

AHEAD_US = 10 * MINUTE
"""So long before a class-hour its box should be there. At night, or between classes, a box that is off is off."""
DEAF_US = 2 * MINUTE
STATES: Mapping[str, str] = {"full": "box.full", "expires": "box.expires", "expired": "box.expired"}
"""Trouble of the overview → the code under which people are told."""
Place = tuple[str, str]
"""Device and code."""


@dataclasses.dataclass(frozen=True)
class Condition:
    """What stands. `params`: as `central.alarms.words` wants them."""

    class_id: str | None = None
    institution: str | None = None
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Now:
    """What is known. `rooms`: boxes that classes have in these days; `heard`, `gone`: as `contact` takes them; `ear`:
    whether the collector listens; `states`: the overview's word of boxes; `centre`: its name."""

    now_us: int
    rooms: Sequence[Room]
    heard: Mapping[str, int]
    gone: Mapping[str, int]
    ear: Ear | None
    states: Iterable[BoxState]
    centre: str

    def is_away(self, device: str) -> bool:
        """Whether a box is not there."""
        return contact(self.heard.get(device), self.now_us, self.gone.get(device)) != "heard"


def needed(room: Room, now_us: int) -> bool:
    """Whether the box of a room should be there: a block of class-hours goes on, or soon begins."""
    return room.runs(now_us) or room.runs(now_us + AHEAD_US)


def conditions(now: Now, standing: Iterable[Place]) -> dict[Place, Condition | None]:
    """What stands. None: it stood, and nobody can tell whether it still does. `standing`: what stood."""
    found: dict[Place, Condition | None] = {}
    if now.ear is not None and now.ear.settled(now.now_us):
        found |= _away(now)
    else:  # whom nobody hears is not away; and who was away is not back
        found |= {place: None for place in standing if place[1] == "box.away"}
    if now.ear is not None and now.now_us - now.ear.last_us >= DEAF_US:
        found[now.centre, "centre.deaf"] = Condition()
    for state in now.states:
        found |= {(state.device, STATES[one]): Condition() for one in state.troubles if one in STATES}
    return found


def _away(now: Now) -> dict[Place, Condition | None]:
    found: dict[Place, Condition | None] = {}
    for room in now.rooms:
        if needed(room, now.now_us) and now.is_away(room.device):
            since = now.gone.get(room.device, now.heard.get(room.device))
            params = {"room": room.room} | ({} if since is None else {"device": room.device, "since": utc_text(since)})
            found.setdefault((room.device, "box.away"), Condition(room.class_id, room.institution, params))
    return found
