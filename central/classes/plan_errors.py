"""What can go wrong with the plan of a class, each as one sentence."""
from __future__ import annotations

from central.errors import BadPlan


class NoTitle(BadPlan):
    text = "{path}: the class has no title"


class NoBoxes(BadPlan):
    text = "{path}: the plan names no box that would record the class"


class NoHours(BadPlan):
    text = "{path}: the plan has no class-hours"


class BoxTwice(BadPlan):
    text = "{path}: box {device} stands in the plan twice"


class HourTwice(BadPlan):
    text = "{path}: two class-hours are called {hour}"


class HourBackwards(BadPlan):
    text = "{path}: class-hour {hour} ends before it begins"


class BadTime(BadPlan):
    text = "{path}: class-hour {hour}: {value} is not a time like 2026-03-02T08:30:00"


class StrangeMakeUp(BadPlan):
    text = "{path}: class-hour {hour} is a make-up lesson for {name}, who is not in the list"


class NameTooLong(BadPlan):
    text = "{path}: the name of person number {number} is longer than {limit} characters"


class HiddenCharacters(BadPlan):
    text = "{path}: {text} holds characters that cannot be seen; write it anew"


class DuplicateName(BadPlan):
    text = "{path}: {name} stands in the list twice; add what tells them apart to the name"


class MissingName(BadPlan):
    text = "{path}: person number {number} has no name"


class NoTrainees(BadPlan):
    text = "{path}: the list names no trainee"


class HoursOverlap(BadPlan):
    text = "{path}: class-hour {hour} does not begin after the one before it has ended"
