"""到课率: how many of the class-hours that were due each trainee attended; how many were there on average. Pure; ours:
the documents give no formula.

*Due* is every class-hour that is no make-up, is over, and for which the person was on the roster when it began. Of it

- *attended*: a reviewer says that everyone is shown; or the person is shown in its recording; or is signed in for it
  (attendance.py: by face, or by a PIN that an instructor confirmed; signed in at its start, or in or out within it). An
  online one: as many as the platform credits (`imported`, O5), no more than were due;
- *on leave*: not attended, and the centre approved the absence. Leave stays in what is due and is shown apart;
- *open*: nobody can tell: a box has not reported past it, a sign-in of the person has an uncertain time, the recording
  does not tell who was absent, or nothing says what the platform credits;
- *missed*: all others: not signed in, and absent from a recording that was looked through; or not signed in where
  others are and there is no video.

*Made up*: make-up class-hours that are over and that the person attended in the same way, no more than were due and not
attended. The rate is (attended + made up) ÷ due. Who signed in and is absent from the recording is counted as attended
here and told apart (`unshown`): what that means is R3's matter.
"""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection
from typing import Literal

from evidence.story import HourStory, Presence, Story

MILLION = 1_000_000
Part = Literal["attended", "leave", "open", "missed", "unshown", "online", "made_up", "pending"]


@dataclasses.dataclass(frozen=True)
class Rate:
    """Class-hours of one trainee. due = attended + on_leave + open + missed; `online` and `unshown` are among the
    attended ones; `pending`: not over yet, in none of these."""

    person: str
    due: int
    attended: int
    on_leave: int
    open: int
    missed: int
    made_up: int
    online: int
    unshown: int
    pending: int

    @property
    def ppm(self) -> int | None:
        """The rate, whole parts per million, rounded down; None where nothing was due."""
        return MILLION * (self.attended + self.made_up) // self.due if self.due else None

    @property
    def most_ppm(self) -> int | None:
        """The same if all that is open was attended."""
        return MILLION * min(self.due, self.attended + self.made_up + self.open) // self.due if self.due else None


@dataclasses.dataclass(frozen=True)
class Rates:
    """`people`: everybody who was ever due, in the order of their ids. `present_ppm`: the mean number of trainees who
    attended, times a million, over `hours` class-hours that are over, neither online nor a make-up, and of which
    somebody can tell; None without any."""

    people: tuple[Rate, ...]
    present_ppm: int | None
    hours: int


def rates(story: Story, as_of_us: int) -> Rates:
    """The rates of a class at a moment."""
    complete = {hour for block in story.blocks if block.review and block.review.answer == "complete"
                for hour in block.hours}
    doubted = {str(fact.person) for fact in story.signs if fact.accepted and fact.doubt}
    over = [hour for hour in story.hours if hour.over(as_of_us)]
    told = {hour.id: _answers(hour, hour.id in complete, doubted) for hour in over if hour.hour.kind != "online"}
    lessons = [hour for hour in story.hours if hour.hour.make_up is None]
    found: dict[str, Counter[Part]] = {person: Counter() for person in sorted({p for h in lessons for p in h.roster})}
    for hour in story.hours:
        for person in hour.roster:
            if person in found:
                found[person].update(_parts(hour, person, told, hour.over(as_of_us)))
    there = [Counter(part for parts in told[hour.id].values() for part in parts)
             for hour in lessons if hour.id in told]
    known = [count for count in there if count["attended"] or count["missed"] or count["leave"]]
    mean = MILLION * sum(count["attended"] for count in known) // len(known) if known else None
    return Rates(tuple(_rate(person, count, _credited(story, person)) for person, count in found.items()), mean,
                 len(known))


def _parts(hour: HourStory, person: str, told: dict[str, dict[str, tuple[Part, ...]]], over: bool) -> tuple[Part, ...]:
    """What one class-hour is for one person."""
    if hour.hour.make_up is not None:
        return ("made_up",) if over and "attended" in told.get(hour.id, {}).get(person, ()) else ()
    if not over:
        return ("pending",)
    return told[hour.id][person] if hour.id in told else ("online",)


def _rate(person: str, count: Counter[Part], credited: int | None) -> Rate:
    """`credited`: online class-hours; None where nothing says so."""
    online = min(count["online"], credited or 0)
    rest = count["online"] - online
    attended = count["attended"] + online
    unknown = count["open"] + (rest if credited is None else 0)
    missed = count["missed"] + (0 if credited is None else rest)
    due = attended + count["leave"] + unknown + missed
    return Rate(
        person=person, due=due, attended=attended, on_leave=count["leave"], open=unknown, missed=missed,
        made_up=min(count["made_up"], due - attended), online=online, unshown=count["unshown"],
        pending=count["pending"])


def _credited(story: Story, person: str) -> int | None:
    """Class-hours that a platform credits; None where nothing says so."""
    fact = story.fact_of("O5")
    if fact is None or not fact.whole or fact.imported.o5 is None:
        return None
    hours = [one.hours for one in fact.imported.o5.people if one.person == person]
    return max(hours) if hours else 0 if fact.imported.o5.people else None


def _answers(hour: HourStory, complete: bool, doubted: Collection[str]) -> dict[str, tuple[Part, ...]]:
    """For everybody who is due. `complete`: a reviewer says that its block shows everyone; `doubted`: who has a sign-in
    of uncertain time."""
    complete = complete or (hour.review is not None and hour.review.answer == "complete")
    signs = {one.person: one.came for one in hour.attendance}
    found: dict[str, tuple[Part, ...]] = {}
    for one in hour.presences:
        came = signs[one.person]
        answer: Part = "attended" if complete or came else _answer(hour, one, one.person in doubted)
        unshown = came and one.answer == "absent" and hour.tells_absent
        found[one.person] = (answer, "unshown") if unshown else (answer,)
    return found


def _answer(hour: HourStory, presence: Presence, doubted: bool) -> Part:
    """Of somebody who is not signed in for it."""
    if presence.answer == "shown":
        return "attended"
    if presence.on_leave:
        return "leave"
    if hour.awaited or doubted:
        return "open"
    if hour.tells_absent:
        return "missed" if presence.answer == "absent" else "open"
    unfilmed = not hour.covered_us and not hour.doubtful_us
    return "missed" if unfilmed and any(one.came for one in hour.attendance) else "open"
