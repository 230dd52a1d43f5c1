"""Shows a code to the room camera at random moments while a class-hour is recorded, where the policy asks for it."""
from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable
from typing import Protocol

import cv2

from common.logs import Log
from edge.clock import Clock
from edge.picture.marks import DICTIONARY
from edge.store import Store
from evidence.bodies import CodeShown
from evidence.errors import ZaitangError
from evidence.policy import ScreenCode
from evidence.screen_code import MARKS, due
from evidence.times import SECOND

EVERY_S = 0.5
CELLS = 6
"""A mark has so many cells a side, its black frame included."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Whom codes are for just now: a session of a class that is being recorded."""

    class_id: str
    session: str
    rules: ScreenCode


@dataclasses.dataclass(frozen=True)
class ShownMark:
    """A mark on the screen. `cells`: rows of `#` (black) and `.` (white)."""

    id: str
    cells: list[str]


class Wants(Protocol):
    """What the code asks of `edge.terminal.screen.Screen`."""

    def code_wanted(self) -> Wanted | None: ...


class Code:
    """A thread. `random`: a whole number below its argument, new each time."""

    def __init__(
        self, wants: Wants, store: Store, clock: Clock, random: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._wants, self._store, self._clock, self._random = wants, store, clock, random
        self._log = Log("terminal.code")
        self._asked_us: int | None = None
        self._showing: tuple[Wanted, CodeShown] | None = None
        self._seen: set[int] = set()
        """Places of the marks that a page has said to show."""
        self._unsaid: list[CodeShown] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="code", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a code that is being shown is not stated."""
        self._stop.set()
        self._thread.join(5.0)

    def now(self) -> ShownMark | None:
        """The mark to show now; None: none."""
        showing = self._showing
        if showing is None:
            return None
        _, code = showing
        passed_us = self._clock.mono_us() - code.from_mono_us
        place = passed_us * len(code.marks) // (code.to_mono_us - code.from_mono_us)
        if not 0 <= place < len(code.marks):
            return None
        return ShownMark(f"{code.from_mono_us}-{place}", mark_cells(code.marks[place]))

    def acknowledge(self, mark_id: str) -> None:
        """A page says that it shows this mark, before everything else on the screen."""
        showing = self._showing
        begun, _, place = mark_id.partition("-")
        if showing is not None and begun == str(showing[1].from_mono_us) and place.isascii() and place.isdigit():
            self._seen.add(int(place))

    def turn(self) -> None:
        """One look. Raises StoreBusy, BadStore: then a later turn states what was shown."""
        now_us = self._clock.mono_us()
        if self._showing is not None:
            wanted, code = self._showing
            if now_us < code.to_mono_us and self._wants.code_wanted() == wanted:
                return
            # One that was cut short, or that no page showed, proves nothing: nobody could have seen it.
            whole = now_us >= code.to_mono_us and self._seen.issuperset(range(len(code.marks)))
            self._showing, self._asked_us, self._seen = None, now_us, set()
            self._unsaid += [code] if whole else []
        self._state()
        wanted_now = self._wants.code_wanted()
        since_us, self._asked_us = self._asked_us, None if wanted_now is None else now_us
        if wanted_now is None or since_us is None:
            return
        if due(wanted_now.rules, since_us, now_us, self._random(1_000_000)):
            self._showing = wanted_now, self._new(wanted_now, now_us)

    def _new(self, wanted: Wanted, now_us: int) -> CodeShown:
        marks = tuple(self._random(MARKS) for _ in range(wanted.rules.marks.value))
        length_us = len(marks) * wanted.rules.mark_s.value * SECOND
        return CodeShown(wanted.class_id, wanted.session, marks, now_us, now_us + length_us)

    def _state(self) -> None:
        while self._unsaid:
            self._store.append("code.shown", self._unsaid[0])
            self._unsaid.pop(0)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.turn()
            except ZaitangError as error:
                self._log.failed("code.refused", error)
            except Exception as error:  # whatever it is, the next code must be shown
                self._log.failed("code.failed", error)


def mark_cells(mark: int) -> list[str]:
    """The cells of a mark, row by row: `#` black, `.` white."""
    picture = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(DICTIONARY), mark, CELLS)
    return ["".join("." if cell else "#" for cell in row) for row in picture]
