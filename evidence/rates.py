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
from collections.abc import Iterable
from typing import Literal

from evidence.story import Attendance, HourStory, Presence, Story

MILLION = 1_000_000
Answer = Literal["attended", "leave", "open", "missed"]


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
    over = [hour for hour in story.hours if hour.over(as_of_us)]
    told = {hour.id: _answers(story, hour, hour.id in complete) for hour in over if hour.hour.kind != "online"}
    lessons = [hour for hour in over if hour.hour.make_up is None]
    people = sorted({person for hour in story.hours if hour.hour.make_up is None for person in hour.roster})
    found = [_rate(story, person, over, told, as_of_us) for person in people]
    there = [Counter(told[hour.id].values()) for hour in lessons if hour.id in told]
    known = [count for count in there if count["attended"] or count["missed"] or count["leave"]]
    mean = MILLION * sum(count["attended"] for count in known) // len(known) if known else None
    return Rates(tuple(found), mean, len(known))


def _rate(
    story: Story, person: str, over: Iterable[HourStory], told: dict[str, dict[str, Answer]], as_of_us: int
) -> Rate:
    own = [hour for hour in over if person in hour.roster]
    lessons = [hour for hour in own if hour.hour.make_up is None]
    count: Counter[Answer] = Counter(told[hour.id][person] for hour in lessons if hour.id in told)
    online = sum(hour.id not in told for hour in lessons)
    credited = _credited(story, person)
    attended_online = min(online, credited or 0)
    count["attended"] += attended_online
    count["open" if credited is None else "missed"] += online - attended_online
    made_up = sum(told[hour.id][person] == "attended" for hour in own if hour.hour.make_up is not None
                  and hour.id in told)
    return Rate(
        person=person, due=len(lessons), attended=count["attended"], on_leave=count["leave"], open=count["open"],
        missed=count["missed"], made_up=min(made_up, len(lessons) - count["attended"]), online=attended_online,
        unshown=sum(_unshown(hour, person) for hour in lessons if hour.id in told),
        pending=sum(hour.hour.make_up is None and person in hour.roster and not hour.over(as_of_us)
                    for hour in story.hours),
    )


def _credited(story: Story, person: str) -> int | None:
    """Class-hours that a platform credits; None where nothing says so."""
    fact = story.fact_of("O5")
    if fact is None or not fact.whole or fact.imported.o5 is None:
        return None
    hours = [one.hours for one in fact.imported.o5.people if one.person == person]
    return max(hours) if hours else 0 if fact.imported.o5.people else None


def _answers(story: Story, hour: HourStory, complete: bool) -> dict[str, Answer]:
    """For everybody who is due. `complete`: a reviewer says that its block shows everyone."""
    signs = {one.person: one for one in hour.attendance}
    complete = complete or (hour.review is not None and hour.review.answer == "complete")
    doubted = {fact.person for fact in story.signs if fact.accepted and fact.doubt}
    return {one.person: "attended" if complete else _answer(hour, one, signs[one.person], one.person in doubted)
            for one in hour.presences}


def _answer(hour: HourStory, presence: Presence, sign: Attendance, doubted: bool) -> Answer:
    if presence.answer == "shown" or sign.came:
        return "attended"
    if presence.on_leave:
        return "leave"
    if hour.awaited or doubted:
        return "open"
    if hour.tells_absent:
        return "missed" if presence.answer == "absent" else "open"
    unfilmed = not hour.covered_us and not hour.doubtful_us
    return "missed" if unfilmed and any(one.came for one in hour.attendance) else "open"


def _unshown(hour: HourStory, person: str) -> bool:
    """Signed in, and absent from a recording that was looked through."""
    came = any(one.person == person and one.came for one in hour.attendance)
    absent = any(one.person == person and one.answer == "absent" for one in hour.presences)
    return came and absent and hour.tells_absent
