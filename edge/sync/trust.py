"""What keeps this box from its centre, as far as certificates do: BOX/run/trust.json for the screen, and an alarm."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from common.logs import Log
from common.tls import Trouble
from edge.sync.alarms import Alarms
from evidence.canonical import canonical, parse
from evidence.errors import BadRecord, BadShape
from evidence.records import Count
from evidence.shape import decode, encode

FILE = "trust.json"
MOST = 4096
TELL_DAYS = (0, 3, 14)
"""A certificate that was not renewed is told of when so many days of its life are left, again and again."""


@dataclasses.dataclass(frozen=True)
class Trust:
    """`why`: the centre's certificate does not hold by our clock (`dates`), or is of another site (`stranger`).
    `days_left`: our own certificate holds so long, and was not renewed; None: it was, or there is time yet."""

    why: Literal["dates", "stranger"] | None = None
    days_left: Count | None = None


NO_TROUBLE = Trust()


@dataclasses.dataclass(frozen=True)
class Own:
    """Our certificate: whether its last renewal failed, the days that it holds (by our clock), and its last one."""

    failing: bool
    days_left: int
    until: str


def trust_of(trouble: Trouble | None, own: Own) -> Trust:
    """What is to be told. A broker that does not take our certificate knows better than our clock."""
    why = trouble if trouble in ("dates", "stranger") else None
    days = 0 if trouble == "own" else max(0, own.days_left)
    return Trust(why, days if own.failing and days <= TELL_DAYS[-1] else None)


class TrustTeller:
    """Tells whenever it changes. `look`: the trouble of the connection to the broker, and our certificate; `today`: the
    date by the clock of this box."""

    def __init__(
        self, run_folder: Path, alarms: Alarms, look: Callable[[], tuple[Trouble | None, Own]],
        today: Callable[[], str],
    ) -> None:
        self._run_folder, self._alarms, self._look, self._today = run_folder, alarms, look, today
        self._told: Trust | None = None

    def tick(self) -> None:
        """May raise StoreBusy."""
        trouble, own = self._look()
        trust = trust_of(trouble, own)
        if trust == self._told:
            return
        if trust.why is not None:
            self._alarms.once(f"centre.{trust.why}", {"today": self._today()})
        if trust.days_left is not None:
            days = next(days for days in TELL_DAYS if days >= trust.days_left)
            self._alarms.once("certificate.not_renewed", {"days": days, "until": own.until})
        try:
            write_trust(self._run_folder, trust)
        except OSError as error:
            Log("sync").failed("trust.unwritten", error)
        self._told = trust


def write_trust(run_folder: Path, trust: Trust) -> None:
    """Old or new, never half. Raises OSError."""
    fresh = run_folder / (FILE + ".new")
    fresh.write_bytes(canonical(encode(trust)))
    fresh.replace(run_folder / FILE)


def read_trust(run_folder: Path) -> Trust:
    """What was written last; nothing to tell where nothing can be read."""
    try:
        with (run_folder / FILE).open("rb") as file:
            return decode(Trust, parse(file.read(MOST)), FILE)
    except (OSError, BadRecord, BadShape):
        return NO_TROUBLE
