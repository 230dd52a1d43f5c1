"""A trainee's way to the own record: who the face or the PIN says is here gets a QR that opens it on a telephone.

The box signs the link and keeps nothing of it; what is shown then is the centre's (central/web/me.py).
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from edge.enrol.pins import Pins
from edge.qr import drawn
from edge.store import Store
from edge.terminal.errors import NoOwnRecord, NotSeenNow, NotYours
from edge.terminal.memory import Memory
from edge.terminal.schedule import latest_class
from edge.terminal.screen import Screen
from edge.terminal.view import Sight
from evidence.own_links import HOLDS_US, OwnLink, link_text, seal_own_link
from evidence.seal import Signer
from evidence.times import utc_text

SHOWN_S = 90
"""So long the QR stays on the screen if nobody closes it: the next in the queue must not scan it. The link itself holds
for ten minutes (evidence/own_links.py)."""


class OwnDesk(Protocol):
    """What is asked of `edge.terminal.desk.Desk`."""

    def sight(self) -> Sight: ...


@dataclasses.dataclass(frozen=True)
class Linker:
    """Makes links. `console`: the address of the centre, without a slash at its end; `now_us`: the machine's own clock,
    for a simulated one means nothing to a telephone."""

    device: str
    console: str
    signer: Signer
    now_us: Callable[[], int]

    def address(self, class_id: str, person: str) -> str:
        """A fresh link, as an address."""
        until = utc_text(self.now_us() + HOLDS_US)
        link = OwnLink(1, self.device, class_id, person, until, secrets.token_hex(16))
        return f"{self.console}/me/open/{link_text(seal_own_link(link, self.signer))}"


class OwnPage:
    """There is none on a box that knows no address for telephones. Methods may raise StoreBusy."""

    def __init__(self, store: Store, memory: Memory, screen: Screen, pins: Pins, desk: OwnDesk | None,
                 linker: Linker, now_us: Callable[[], int]) -> None:
        """`now_us`: by the box's clock, which says which class is here."""
        self._store, self._memory, self._screen, self._pins, self._desk = store, memory, screen, pins, desk
        self._linker, self._now_us = linker, now_us

    def by_face(self, attempt: str) -> dict[str, Any]:
        """The QR of whom the check-in has just recognised, while the answer stands on the screen and the face is there.
        Raises NotSeenNow."""
        sight, target = None if self._desk is None else self._desk.sight(), self._screen.target(fresh=False)
        result = None if sight is None else sight.result
        if sight is None or target is None or result is None or result.attempt != attempt or result.person is None:
            raise NotSeenNow
        # Another face that has come meanwhile is being looked at, and not yet answered: the state says so.
        if result.answer not in ("accepted", "again") or sight.state != "look" or not sight.faces:
            raise NotSeenNow
        return self._shown(target.class_id, result.person)

    def listing(self) -> dict[str, Any]:
        """Who may ask by PIN now: the trainees of the class of the hour, else of the one that was here last. Raises
        NoOwnRecord."""
        class_id = self._class()
        if class_id is None:
            raise NoOwnRecord
        names, pins = self._store.names(class_id), self._store.pins(class_id)
        return {"class": class_id, "people": [
            {"person": person, "name": names.get(person, person), "pin": person in pins,
             "locked": pins.get(person, False)} for person in self._trainees(class_id)]}

    def by_pin(self, class_id: str, person: str, pin: str) -> dict[str, Any]:
        """The QR of whoever gives the own PIN: it shows nothing but the own record, so nobody confirms it. Raises
        NotYours, what `Pins.check` raises."""
        if class_id != self._class() or person not in self._trainees(class_id):
            raise NotYours
        self._pins.try_out(class_id, person, pin)
        return self._shown(class_id, person)

    def _class(self) -> str | None:
        target = self._screen.target(fresh=False)
        return target.class_id if target is not None else latest_class(
            self._memory.look().orders.values(), self._linker.device, self._now_us())

    def _trainees(self, class_id: str) -> list[str]:
        order = self._memory.look().orders.get(class_id)
        planned = [] if order is None else order.roster
        instructors = {one.person for one in planned if one.role == "instructor"}
        people = dict.fromkeys([one.person for one in planned] + sorted(self._store.names(class_id)))
        return [one for one in people if one not in instructors]

    def _shown(self, class_id: str, person: str) -> dict[str, Any]:
        if person not in self._trainees(class_id):
            raise NotYours
        size, path = drawn(self._linker.address(class_id, person))
        return {"name": self._store.names(class_id).get(person, person), "size": size, "path": path,
                "seconds": SHOWN_S}
