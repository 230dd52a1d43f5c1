"""Asks for a bare-face roll call, shows its countdown, and states what became of it; when is decided in `evidence`."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Literal, Protocol

from common.logs import Log
from edge.clock import Clock
from edge.store import Store
from edge.terminal.errors import NobodyAsks, NotAnInstructor, TooLateToShow
from evidence.bareface import Result, Said, due, fits
from evidence.bodies import BareFace
from evidence.errors import ZaitangError
from evidence.policy import BareFaceRules
from evidence.story import Span
from evidence.times import MINUTE, SECOND

EVERY_S = 0.5
Phase = Literal["asking", "showing"]
Event = Literal["begin", "put_off", "late", "over", "gone"]
TABLE: dict[tuple[Phase, Event], Phase | Result] = {
    ("asking", "begin"): "showing",
    ("asking", "put_off"): "put_off",
    ("asking", "late"): "unanswered",
    ("asking", "gone"): "unanswered",
    ("showing", "put_off"): "put_off",
    ("showing", "over"): "held",
    ("showing", "gone"): "put_off",
}
"""What follows what: a phase, or the result that is stated. Everything else changes nothing."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is counted (a block, or a class-hour where the policy counts these), with gear, that is being recorded.
    `said`: what became of the askings of before in it; `teachers`: the instructors of the class by pseudonym, those who
    have signed in."""

    class_id: str
    session: str
    occasion: str
    rules: BareFaceRules
    gear: tuple[Span, ...]
    said: tuple[Said, ...]
    teachers: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Shown:
    """What a page shows. `left_us`: until faces have been shown long enough; None while it asks."""

    phase: Phase
    left_us: int | None
    teachers: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Running:
    phase: Phase
    wanted: Wanted
    asked_us: int
    from_us: int
    by: str | None = None


class Wants(Protocol):
    """What is asked of `edge.terminal.screen.Screen`."""

    def bareface_wanted(self) -> Wanted | None: ...


class BareFaces:
    """A thread; `told` is called when it begins to ask, for what can be heard."""

    def __init__(
        self, wants: Wants, store: Store, clock: Clock, told: Callable[[], object] = lambda: None,
    ) -> None:
        self._wants, self._store, self._clock, self._told = wants, store, clock, told
        self._log, self._lock = Log("terminal.bareface"), threading.Lock()
        self._running: _Running | None = None
        self._answered: dict[str, list[Said]] = {}
        """What this process has heard, by occasion: the story may be some seconds old."""
        self._unsaid: list[BareFace] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bareface", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what runs is not stated, and asked for anew after a restart."""
        self._stop.set()
        self._thread.join(5.0)

    def now(self) -> Shown | None:
        """What to show now."""
        running = self._running
        if running is None:
            return None
        end_us = running.from_us + running.wanted.rules.show_s.value * SECOND
        left_us = max(0, end_us - self._clock.mono_us()) if running.phase == "showing" else None
        return Shown(running.phase, left_us, running.wanted.teachers)

    def begin(self, teacher: str | None) -> None:
        """It is safe, an instructor says: by name, unless only one is here. Raises NobodyAsks, NotAnInstructor,
        TooLateToShow."""
        with self._lock:
            running = self._running
            if running is None or running.phase != "asking":
                raise NobodyAsks()
            its, now_us = running.wanted, self._clock.utc_us()
            by = its.teachers[0] if teacher is None and len(its.teachers) == 1 else teacher
            if by not in its.teachers:
                raise NotAnInstructor()
            if not fits(its.rules, its.gear, now_us, now_us):
                raise TooLateToShow()
            self._running = dataclasses.replace(running, by=by)
            self._on("begin")

    def put_off(self) -> None:
        """Not now, or stop. Raises NobodyAsks, StoreBusy."""
        with self._lock:
            if self._running is None:
                raise NobodyAsks()
            self._on("put_off")
            self._state()

    def turn(self) -> None:
        """One look. Raises StoreBusy, BadStore: then a later turn states what became of it."""
        wanted, now_us = self._wants.bareface_wanted(), self._clock.mono_us()
        with self._lock:
            self._state()
            if self._running is not None:
                event = self._event(self._running, wanted, now_us)
                if event is None and wanted is not None:
                    # Who signs in while it asks may answer.
                    self._running = dataclasses.replace(self._running, wanted=wanted)
                self._on(event)
                self._state()
            elif wanted is not None and self._due(wanted):
                self._running = _Running("asking", wanted, now_us, now_us)
                self._told()

    def _due(self, wanted: Wanted) -> bool:
        said = (*wanted.said, *self._answered.get(wanted.occasion, ()))
        return due(wanted.rules, wanted.gear, said, self._clock.utc_us())

    def _event(self, running: _Running, wanted: Wanted | None, now_us: int) -> Event | None:
        rules, its = running.wanted.rules, running.wanted
        if running.phase == "showing" and now_us >= running.from_us + rules.show_s.value * SECOND:
            return "over"
        if wanted is None or (wanted.session, wanted.occasion) != (its.session, its.occasion):
            return "gone"
        if running.phase == "asking" and now_us >= running.asked_us + rules.answer_min.value * MINUTE:
            return "late"
        return None

    def _on(self, event: Event | None) -> None:
        running = self._running
        after = None if running is None or event is None else TABLE.get((running.phase, event))
        if running is None or after is None:
            return
        now_us = self._clock.mono_us()
        if after == "showing":
            self._running = dataclasses.replace(running, phase="showing", from_us=now_us)
        elif after != "asking":
            self._running = None
            self._end(running, after, now_us)

    def _end(self, running: _Running, result: Result, now_us: int) -> None:
        its, held = running.wanted, result == "held"
        self._answered.setdefault(its.occasion, []).append(Said(result, self._clock.utc_us()))
        self._unsaid.append(BareFace(
            its.class_id, its.session, running.asked_us, running.from_us if held else now_us, now_us, result,
            running.by if held else None))

    def _state(self) -> None:
        while self._unsaid:
            self._store.append("bareface", self._unsaid[0])
            self._unsaid.pop(0)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.turn()
            except ZaitangError as error:
                self._log.failed("bareface.refused", error)
            except Exception as error:  # whatever it is, the next one must be asked for
                self._log.failed("bareface.failed", error)
