"""What keeps this box from its centre, as far as certificates do: BOX/run/road.json for the screen, and an alarm."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from common.logs import Log
from edge.sync.alarms import Alarms
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import Count
from evidence.shape import decode, encode

FILE = "road.json"
MOST = 4096
TELL_DAYS = (0, 3, 14)
"""A certificate that was not renewed is told of when so many days of its life are left, again and again."""
Trouble = Literal["dates", "stranger", "own"]


@dataclasses.dataclass(frozen=True)
class Road:
    """`why`: the centre's certificate does not hold by our clock (`dates`), or is of another site (`stranger`).
    `days_left`: our own certificate holds so long, and was not renewed; None: it was, or there is time yet."""

    why: Literal["dates", "stranger"] | None = None
    days_left: Count | None = None


NO_TROUBLE = Road()


@dataclasses.dataclass(frozen=True)
class Own:
    """Our certificate: whether its last renewal failed, the days that it holds (by our clock), and its last one."""

    failing: bool
    days_left: int
    until: str


def road_of(trouble: Trouble | None, own: Own) -> Road:
    """What is to be told. A broker that does not take our certificate knows better than our clock."""
    why = trouble if trouble in ("dates", "stranger") else None
    days = 0 if trouble == "own" else max(0, own.days_left)
    return Road(why, days if own.failing and days <= TELL_DAYS[-1] else None)


class RoadTeller:
    """Tells whenever it changes. `look`: the trouble of the connection to the broker, and our certificate; `today`: the
    date by the clock of this box."""

    def __init__(
        self, run_folder: Path, alarms: Alarms, look: Callable[[], tuple[Trouble | None, Own]],
        today: Callable[[], str],
    ) -> None:
        self._run_folder, self._alarms, self._look, self._today = run_folder, alarms, look, today
        self._told: Road | None = None

    def tick(self) -> None:
        """May raise StoreBusy."""
        trouble, own = self._look()
        road = road_of(trouble, own)
        if road == self._told:
            return
        if road.why is not None:
            self._alarms.once(f"centre.{road.why}", {"today": self._today()})
        if road.days_left is not None:
            days = next(days for days in TELL_DAYS if days >= road.days_left)
            self._alarms.once("certificate.not_renewed", {"days": days, "until": own.until})
        try:
            write_road(self._run_folder, road)
        except OSError as error:
            Log("sync").failed("road.unwritten", error)
        self._told = road


def write_road(run_folder: Path, road: Road) -> None:
    """Old or new, never half. Raises OSError."""
    fresh = run_folder / (FILE + ".new")
    fresh.write_bytes(canonical(encode(road)))
    fresh.replace(run_folder / FILE)


def read_road(run_folder: Path) -> Road:
    """What was written last; nothing to tell where nothing can be read."""
    try:
        with (run_folder / FILE).open("rb") as file:
            return decode(Road, parse(file.read(MOST)), FILE)
    except (OSError, BadRecord, BadShape):
        return NO_TROUBLE
