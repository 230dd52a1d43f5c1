"""Signing in without the face, as the page does it: the list of names, the PIN, the instructor's word.

A PIN comes in the body of a press, goes to `edge.enrol.pins`, and is nowhere else.
"""
from __future__ import annotations

from typing import Any, Protocol

from common.texts import N_, translate
from edge.enrol.consents import consents
from edge.enrol.pins import Why
from edge.store import Store
from edge.terminal.desk import Target
from edge.terminal.errors import CheckInClosed, NobodyThere, PinNotAsked
from edge.terminal.memory import Memory
from edge.terminal.people import People
from edge.terminal.screen import Screen
from edge.terminal.view import Sight, answer_words
from edge.terminal.words import NO_FACES, ONLY_OUT
from evidence.story import Block

UNCONFIRMED = N_("Kept, but it counts only with another instructor's word")


class PinDesk(Protocol):
    """What is asked of `edge.terminal.desk.Desk`."""

    def sight(self) -> Sight: ...

    def give_pin(self, person: str, ok: bool) -> None: ...


class PinPage:
    """Methods may raise StoreBusy, CheckInClosed, and what `edge.enrol.pins.Pins` raises."""

    def __init__(self, store: Store, memory: Memory, screen: Screen, people: People, desk: PinDesk | None) -> None:
        self._store, self._memory, self._screen, self._people, self._desk = store, memory, screen, people, desk

    def listing(self) -> dict[str, Any]:
        """Who may sign in now, and who can confirm it."""
        target, block = self._now()
        names, pins = self._store.names(target.class_id), self._store.pins(target.class_id)
        instructors = self._people.instructors(target.class_id)
        came = {one.person for one in (*block.attendance, *block.teachers) if one.came}

        def entry(person: str) -> dict[str, Any]:
            return {"person": person, "name": names.get(person, person), "pin": person in pins,
                    "locked": pins.get(person, False), "came": person in came}

        return {
            "direction": target.direction,
            "people": [entry(person) for person in dict.fromkeys((*block.roster, *sorted(instructors)))],
            "instructors": [entry(person) for person in sorted(instructors)],
        }

    def opened(self, person: str) -> None:
        """The pad was opened for somebody of the list."""
        _, block = self._now()
        if person in (*block.roster, *self._people.instructors(self._target().class_id)):
            self._people.opened(person)

    def sign_in(self, person: str, pin: str, instructor: str | None, instructor_pin: str | None, lang: str,
                ) -> dict[str, Any]:
        """Sign in, or out where that is what people do now. What the page says of it."""
        target = self._expected(person)
        made = self._people.sign_in(
            person, pin, target.direction, self._why(target, person), instructor, instructor_pin)
        name = self._store.names(target.class_id).get(person, person)
        lost = target.lost(person)
        text = ONLY_OUT if lost else answer_words("accepted", target.direction)
        if made.confirmed_by is None:
            text = UNCONFIRMED
        return {"name": name, "text": translate(text, lang), "good": not lost and made.confirmed_by is not None}

    def check(self, person: str, pin: str) -> None:
        """Whether the PIN is right, before the instructor is asked. A wrong try counts as one."""
        target = self._expected(person)
        self._people.pins.try_out(target.class_id, person, pin)

    def second(self, person: str, pin: str) -> None:
        """The PIN of somebody whom the camera sees and whom somebody else resembles. Raises PinNotAsked."""
        target, desk = self._asked(person)
        self._people.pins.check(target.class_id, person, pin)
        desk.give_pin(person, True)

    def leave(self, person: str) -> None:
        """Somebody does not give the PIN that is asked for: the attempt ends. Raises PinNotAsked."""
        self._asked(person)[1].give_pin(person, False)

    def unlock(self, person: str, instructor: str, instructor_pin: str) -> None:
        """An instructor takes a locked PIN's tries again, by the own PIN."""
        self._people.unlock(self._target().class_id, person, instructor, instructor_pin)

    def _asked(self, person: str) -> tuple[Target, PinDesk]:
        desk = self._desk
        if desk is None or desk.sight().person != person:
            raise PinNotAsked()
        return self._target(), desk

    def _target(self) -> Target:
        target = self._screen.target()
        if target is None:
            raise CheckInClosed()
        return target

    def _expected(self, person: str) -> Target:
        """For whom the desk is open, if that concerns this person. Raises NobodyThere."""
        target, block = self._now()
        if person not in (*block.roster, *self._people.instructors(target.class_id)):
            raise NobodyThere()
        return target

    def _now(self) -> tuple[Target, Block]:
        target = self._target()
        story = self._memory.story(target.class_id, target.policy)
        block = next((block for block in story.blocks if block.id == target.block), None)
        if block is None:
            raise CheckInClosed()
        return target, block

    def _why(self, target: Target, person: str) -> Why:
        standing = consents(self._store, target.class_id).get(person)
        enrolled = person in self._store.enrolled(target.class_id)
        state = "no_camera" if self._desk is None else self._desk.sight().state
        return why(None if standing is None else standing.said, enrolled, state)


def why(said: str | None, enrolled: bool, state: str) -> Why:
    """Why somebody comes without the face. `said`: the last word on the consent; `state`: of the desk."""
    if said in ("refused", "withdrawn"):
        return "no_consent"
    if state in NO_FACES:
        return "no_camera"
    return "not_recognised" if enrolled else "cannot"
