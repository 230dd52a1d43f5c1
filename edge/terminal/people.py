"""Who does not come by face: enrolment at the terminal, PINs and their confirmation, as the page asks for them."""
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from edge.config import EnrolConfig
from edge.enrol.card import FileReader, NoReaderHere
from edge.enrol.errors import NoPin, PinLocked, PinWait, WrongPin
from edge.enrol.guide import Guide
from edge.enrol.guided import Place
from edge.enrol.pins import Pins, Why
from edge.terminal.errors import CheckInClosed, InstructorRefused
from edge.terminal.memory import Memory
from edge.terminal.screen import Screen
from edge.vision.pack import Pack
from edge.wiring import Box
from evidence.bodies import ClassOrder, PinCheckIn
from evidence.times import MINUTE

PAD_US = 5 * MINUTE
"""For so long in real time an opened pad counts as the sight of somebody: a forgotten one makes nobody early."""


class People:
    """`guide`: enrols. Methods may raise StoreBusy."""

    def __init__(self, box: Box, memory: Memory, screen: Screen, pack: Callable[[], Pack],
                 monotonic: Callable[[], float]) -> None:
        self._box, self._memory, self._screen = box, memory, screen
        self._pads, self._lock = dict[str, int](), threading.Lock()
        self.pins = Pins(box.store, box.keys.data, box.clock, self._teaches)
        self.guide = Guide(box.store, self.pins, place(box, self._orders, pack, self.confirm, monotonic))

    def sign_in(
        self, person: str, pin: str, direction: Literal["in", "out"], why: Why,
        instructor: str | None = None, instructor_pin: str | None = None,
    ) -> PinCheckIn:
        """Sign in or out by PIN, which an instructor of the class confirms by the own PIN. An instructor may sign in
        without, but then it does not count. Raises CheckInClosed, NotConfirmed, InstructorRefused (what was wrong with
        the instructor's PIN), what `Pins.check` raises."""
        target, seen_mono_us = self._screen.target(), self._seen(person)
        if target is None:
            raise CheckInClosed()
        class_id = target.class_id
        if person in self.instructors(class_id) and instructor is None:
            by = None
        else:
            try:
                by = self.confirm(class_id, instructor, instructor_pin)
            except (NoPin, PinLocked, PinWait, WrongPin) as error:
                raise InstructorRefused(why=error) from None
        return self.pins.sign_in(
            class_id, target.session, person, pin, direction, why, by, seen_mono_us,
            lambda: self._screen.signed_by_pin(target, person, by is not None))

    def opened(self, person: str) -> None:
        """The pad was opened for a person of the class: that is the first sight of somebody without a face. Whoever
        waits for the instructor is not late by it, however many others do."""
        now_us = self._box.clock.mono_us()
        with self._lock:
            fresh = {one: at_us for one, at_us in self._pads.items() if now_us - at_us <= self._real_us(PAD_US)}
            fresh.setdefault(person, now_us)
            self._pads = fresh

    def _seen(self, person: str) -> int:
        """When the pad was opened for a person, or now."""
        now_us = self._box.clock.mono_us()
        at_us = self._pads.get(person, now_us)
        return at_us if now_us - at_us <= self._real_us(PAD_US) else now_us

    def _real_us(self, us: int) -> int:
        """Real time on the box's clock, which may run faster."""
        return us * self._box.clock.rate

    def unlock(self, class_id: str, person: str, instructor: str | None = None, pin: str | None = None) -> None:
        """Forget wrong tries; an instructor other than the person confirms. Raises NoPin, what `confirm` raises."""
        self.pins.unlock(class_id, person, self.confirm(class_id, instructor, pin))

    def confirm(self, class_id: str, instructor: str | None = None, pin: str | None = None) -> str:
        """The instructor who confirms. Raises what `Pins.confirm` raises."""
        return self.pins.confirm(class_id, self.instructors(class_id), instructor, pin)

    def instructors(self, class_id: str) -> set[str]:
        """The instructors of a class, by its plan."""
        order = self._orders().get(class_id)
        return {one.person for one in order.roster if one.role == "instructor"} if order else set()

    def _teaches(self, class_id: str, person: str) -> bool:
        return person in self.instructors(class_id)

    def _orders(self) -> Mapping[str, ClassOrder]:
        return self._memory.look().orders


def place(
    box: Box, orders: Callable[[], Mapping[str, ClassOrder]], pack: Callable[[], Pack],
    confirm: Callable[[str, str | None, str | None], str], monotonic: Callable[[], float],
) -> Place:
    """The guide's place on a box."""
    config: EnrolConfig = box.config.enrol
    reader = NoReaderHere() if config.card is None else FileReader(Path(config.card))
    return Place(orders, pack, confirm, reader, box.clock.utc_us, monotonic, config.institution, config.contact,
                 config.centre_key)
