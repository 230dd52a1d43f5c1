"""What the check-in engine tells after each frame."""
from __future__ import annotations

import dataclasses
from typing import Literal

from evidence.bodies import CheckIn, Gesture
from evidence.liveness import Liveness

Direction = Literal["in", "out"]
State = Literal[
    "empty", "too_small", "looking", "challenge", "pin_wanted",
    "accepted", "greeted", "unknown", "not_live", "liveness_missing", "second_factor_missing",
]


@dataclasses.dataclass(frozen=True)
class Ask:
    """The gesture that is asked now: the `number`th of `of`, with `left_us` to go. `stage`: the face must rest first
    (ready), the gesture is awaited (asked), or was seen and the face must come back to rest (made)."""

    gesture: Gesture
    number: int
    of: int
    left_us: int
    stage: Literal["ready", "asked", "made"]


@dataclasses.dataclass(frozen=True)
class EngineView:
    """What the page shows after a frame. `boxes`: x, y, width, height of the faces, the largest first.

    `state`: nobody there, come closer, being looked at, asked for a gesture, asked for the PIN, or how the visit ended:
    accepted, greeted (was recorded already), unknown, or why it was refused. `person`: the pseudonym of who is
    accepted, greeted (None: not shown to be alive) or asked for the PIN. `votes` of `needed` frames agree so far.
    `checkin`: the attempt to be recorded, in the one frame in which it was decided; one that `left` is not what the
    state tells of. `ask`: in a challenge. `liveness`: at the end of a visit.
    """

    boxes: tuple[tuple[int, int, int, int], ...]
    state: State
    person: str | None = None
    votes: int = 0
    needed: int = 0
    checkin: CheckIn | None = None
    ask: Ask | None = None
    liveness: Liveness | None = None
