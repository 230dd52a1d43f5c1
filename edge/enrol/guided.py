"""What the guide is given and what it says: its place, the people to choose from, what the page shows, one sitting."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

from edge.enrol.card import Anchor, Reader
from edge.enrol.consent import Shown
from edge.enrol.gates import Advice, Pose
from edge.enrol.search import Found
from edge.enrol.shots import Shots
from edge.enrol.steps import State
from edge.vision.pack import Pack
from evidence.bodies import Alarm, ClassOrder
from evidence.errors import ZaitangError

Lang = Literal["zh", "en"]
Confirm = Callable[[str, str | None, str | None], str]
"""From a class, and perhaps an instructor and the own PIN, to the instructor who confirms. Raises as `Pins.confirm`."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the guide stands: what box.toml says of it, and its ports. `who`, `contact`: of the institution, for the
    text of consent. `centre_key`: to which numbers are sealed. `orders`: the plans in force. `pack`: may raise."""

    orders: Callable[[], Mapping[str, ClassOrder]]
    pack: Callable[[], Pack]
    confirm: Confirm
    reader: Reader
    utc_us: Callable[[], int]
    monotonic: Callable[[], float]
    who: str = ""
    contact: str = ""
    centre_key: str | None = None


@dataclasses.dataclass(frozen=True)
class Listed:
    """A person whom the page can choose."""

    person: str
    name: str
    role: str
    enrolled: bool
    pin: bool


@dataclasses.dataclass(frozen=True)
class GuideView:
    """What the page shows. `text`: of the consent, in state consent; `said`: what the person said of it before (given,
    refused, withdrawn, or None). `pose`, `advice`: in state shots, `shots_taken` of `shots_of`; `advice` None: the
    camera sends nothing. `found`: why it stopped. `card`: there is a reader."""

    state: State
    class_id: str | None = None
    title: str = ""
    people: tuple[Listed, ...] = ()
    person: str | None = None
    name: str = ""
    text: str = ""
    pose: Pose | None = None
    advice: Advice | None = None
    shots_taken: int = 0
    shots_of: int = 0
    found: Found | None = None
    anchor: str = "none"
    card: bool = False
    inspector: bool = False
    """Whether an inspector can vouch now: only on the day on which the class opens."""
    said: str | None = None
    told: ZaitangError | None = None
    """Why the person before could not be enrolled, in state choose."""


@dataclasses.dataclass
class Sitting:
    """One person at the terminal, from the choice of the name to the end. `agreed_at`: the newest record when the
    consent was given. `found`: why it stopped. `searched`: the store's `faces_version` when everybody was searched.
    `odd`: the alarm about pictures that were not of one face, as it stands by now. `told`: why the person before was
    sent away."""

    person: str | None = None
    shown: Shown | None = None
    agreed_at: int = -1
    anchor: Anchor = dataclasses.field(default_factory=Anchor)
    shots: Shots | None = None
    advice: Advice | None = None
    found: Found | None = None
    searched: str | None = None
    odd: Alarm | None = None
    told: ZaitangError | None = None
