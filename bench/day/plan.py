"""The day: four half-days of two hours in a room, who is there, and what goes wrong when. None goes over noon, which
would make two recordings of it. Pure.

Times are of the simulated clock, with their zone. Everything that is broken is drawn from one seed."""
from __future__ import annotations

import dataclasses
import datetime
import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

CHINA = datetime.timezone(timedelta(hours=8))
RATE = 20
"""Simulated seconds per real one. A recorder that is killed films again after some 50 of these."""
FPS, GOP_S = 1, 10
VISIT_S, PAUSE_S = 80, 24
"""So long each person stands before the terminal, and so long nobody does."""
PEOPLE = 7
HOUR = timedelta(minutes=55)
EVERY_MIN = 5
"""So often some process is killed."""
QUIET = timedelta(minutes=3)
"""Nothing is broken this long around a press: an instructor who sees no page waits and presses again."""
ROLES = ("picture", "rollcall", "sync", "storage", "live", "terminal")
CENTRE = ("broker", "mosquitto", "collect", "devices", "serve")


@dataclasses.dataclass(frozen=True)
class HalfDay:
    """`starts`: of its class-hours. `everyone`: whether the seventh person is there."""

    name: str
    kind: str
    starts: tuple[datetime.datetime, ...]
    everyone: bool

    @property
    def presses(self) -> tuple[datetime.datetime, datetime.datetime]:
        """Of start, before the planned one, and of end, after the last class-hour."""
        return self.starts[0] - timedelta(minutes=3), self.starts[-1] + HOUR + timedelta(minutes=2)

    @property
    def check_in(self) -> datetime.datetime:
        """When the first person stands before the terminal."""
        return self.presses[0] - timedelta(seconds=PEOPLE * (VISIT_S + PAUSE_S) + 60)

    @property
    def hours(self) -> tuple[tuple[str, datetime.datetime, datetime.datetime], ...]:
        """Id, start and end of each class-hour."""
        return tuple((f"{self.name}-{number}", start, start + HOUR) for number, start in enumerate(self.starts, 1))


@dataclasses.dataclass(frozen=True)
class Trouble:
    """`what`: "kill", "stop" (the centre's part stays away until `until`), "fill" (the disk of the video, until
    `until`), "power" (all processes of the box at once, which come back at `until`)."""

    at: datetime.datetime
    what: str
    whom: str = ""
    until: datetime.datetime | None = None


def at(hour: int, minute: int) -> datetime.datetime:
    return datetime.datetime(2026, 3, 2, hour, minute, tzinfo=CHINA)


DAY = (
    HalfDay("theory-1", "theory", (at(8, 30), at(9, 35)), True),
    HalfDay("theory-2", "theory", (at(12, 30), at(13, 35)), False),
    HalfDay("practice-1", "practical", (at(15, 30), at(16, 35)), False),
    HalfDay("practice-2", "practical", (at(18, 30), at(19, 35)), False),
)
SWITCHED_ON = DAY[0].check_in - timedelta(minutes=4)
SKIPS = tuple((before.presses[1] + timedelta(minutes=6), after.check_in - timedelta(minutes=3))
              for before, after in itertools.pairwise(DAY))
"""What the clock leaves out."""
MISSED = tuple(half_day.name for half_day in DAY if not half_day.everyone)

RECORDER = (
    *(Trouble(moment, "kill", "recorder") for moment in (
        at(9, 50), at(10, 10),                                     # theory: two in one class-hour
        at(15, 41), at(15, 52), at(16, 3), at(16, 14),             # practice: no fifteen minutes without a break
        at(16, 57),                                                # practice: one in the middle
        at(19, 50), at(20, 5))),
    Trouble(at(13, 0), "fill", until=at(13, 7)),                   # theory: seven minutes without room
    Trouble(at(14, 0), "power", until=at(14, 4)),
    Trouble(at(18, 50), "fill", until=at(18, 56)),
)
OUTAGES = (Trouble(at(8, 50), "stop", "broker", at(9, 10)), Trouble(at(15, 35), "stop", "broker", at(16, 5)),
           Trouble(at(13, 40), "stop", "collect", at(13, 55)), Trouble(at(18, 35), "stop", "devices", at(18, 45)))
LAST_CENTRE = DAY[-1].check_in
"""From then on nothing of the centre is broken: its memory is looked at in what is left of the day."""


def troubles(seed: int) -> list[Trouble]:
    """What is broken in the first room and at the centre, in order: the fixed ones, and a kill every few minutes."""
    rng = random.Random(seed)
    drawn = [one for one in _drawn(rng) if not _near_a_press(one.at) and not _while_away(one)]
    return sorted((*RECORDER, *OUTAGES, *drawn), key=lambda one: one.at)


def _drawn(rng: random.Random) -> Iterator[Trouble]:
    for half_day in DAY:
        moment = half_day.presses[0]
        while moment < half_day.presses[1]:
            moment += timedelta(minutes=rng.uniform(0.5, 1.5) * EVERY_MIN)
            whom = rng.choice((*ROLES, *CENTRE) if moment < LAST_CENTRE else ROLES)
            yield Trouble(moment, "kill", whom)


def _near_a_press(moment: datetime.datetime) -> bool:
    return any(press - QUIET < moment < press + QUIET for half_day in DAY for press in half_day.presses)


def _while_away(trouble: Trouble) -> bool:
    """What is away already cannot be killed."""
    return any(one.until is not None and one.at - QUIET <= trouble.at <= one.until + QUIET
               and (one.what == "power" or one.whom == trouble.whom
                    or {one.whom, trouble.whom} == {"broker", "mosquitto"}) for one in (*RECORDER, *OUTAGES))


def second_of(moment: datetime.datetime) -> float:
    """Of the films, which begin when the boxes are switched on."""
    return (moment - SWITCHED_ON).total_seconds()
