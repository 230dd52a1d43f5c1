"""到课率: class-hours attended of class-hours due, per trainee. The documents give no formula; this one is ours.

A class-hour counts as attended by who signed in for it or is shown in it; online class-hours leave no record here and
are left out on both sides. A make-up lesson counts for who is on its list."""
from __future__ import annotations

from central.dossier.shape import ClassHours
from evidence.story import HourStory, Story


def class_hours(story: Story, person: str, as_of_us: int) -> ClassHours:
    """The class-hours of one trainee that are over."""
    over = [hour for hour in story.hours
            if hour.hour.kind != "online" and hour.over(as_of_us) and person in hour.roster]
    regular = [hour for hour in over if not hour.make_up]
    missed = [hour for hour in regular if not _there(hour, person)]
    return ClassHours(
        due=len(regular), attended=len(regular) - len(missed),
        made_up=sum(_there(hour, person) for hour in over if hour.make_up),
        leave=sum(_on_leave(hour, person) for hour in missed),
    )


def _there(hour: HourStory, person: str) -> bool:
    came = any(one.came for one in hour.attendance if one.person == person)
    return came or any(one.answer == "shown" for one in hour.presences if one.person == person)


def _on_leave(hour: HourStory, person: str) -> bool:
    return any(one.on_leave for one in hour.presences if one.person == person)
