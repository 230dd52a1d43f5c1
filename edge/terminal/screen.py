"""Joins what the screen needs: the records, the recorder's word, the check-in desk. Judges nothing itself."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from edge.clock import Clock
from edge.config import BoxConfig
from edge.terminal.desk import Target
from edge.terminal.memory import AlarmFact, Known, Memory
from edge.terminal.progress import Live, progress
from edge.terminal.schedule import Lesson, checkin_open, lesson
from edge.terminal.seen import Seen, newest_block, seen_in
from edge.terminal.view import Facts, Sight, state
from evidence.bodies import ClassOrder
from evidence.policy import Policy
from evidence.story import Block, CheckInFact, Span, Story
from evidence.times import MINUTE

STATUS_S = 0.4
"""Real seconds for which the recorder's word is not asked for again."""


class DeskView(Protocol):
    """What the screen asks of `edge.terminal.desk.Desk`."""

    def sight(self) -> Sight: ...

    def jpeg(self) -> bytes: ...


@dataclasses.dataclass(frozen=True)
class _Now:
    """The class that the screen speaks of, with its story; block: the one of the lesson."""

    known: Known
    now_us: int
    lesson: Lesson | None
    order: ClassOrder
    policy: Policy
    story: Story
    block: Block | None
    checkins: tuple[CheckInFact, ...]


class Screen:
    """`status` asks the recorder (None: it does not answer). `test`: the box's own key is a test key.
    `picture`: what ails the picture of the run that is being written."""

    def __init__(
        self, config: BoxConfig, clock: Clock, memory: Memory, status: Callable[[], Mapping[str, Any] | None],
        monotonic: Callable[[], float], test: bool, picture: Callable[[str], Sequence[str]] = lambda run: (),
    ) -> None:
        self._config, self._clock, self._memory = config, clock, memory
        self._status, self._monotonic, self._test, self._picture = status, monotonic, test, picture
        self._lock = threading.Lock()
        self._said: tuple[float, Mapping[str, Any] | None] = (-STATUS_S, None)
        self.desk: DeskView | None = None

    def target(self) -> Target | None:
        """For whom the check-in desk is open now. May raise StoreBusy."""
        now = self._now()
        if now is None or now.block is None:
            return None
        session = now.known.session
        if session is None and not checkin_open(now.order, now.policy, now.now_us):
            return None
        accepted = frozenset(c.person for c in now.checkins if c.answer == "accepted" and c.person is not None)
        return Target(now.order.class_id, now.policy, session.session if session else None, now.block.id, accepted)

    def class_here(self) -> str | None:
        """The class that a start press is about. May raise StoreBusy."""
        now = self._now()
        return now.order.class_id if now is not None else None

    def state(self, lang: str) -> dict[str, Any]:
        """The JSON value of /state.json. May raise StoreBusy."""
        now, live = self._now(), self._live()
        known = now.known if now is not None else self._memory.look()
        sight = self.desk.sight() if self.desk is not None else Sight("no_camera", 0)
        hour = _hour(now)
        seen_class, seen = self._seen(now, known)
        facts = Facts(
            now_us=now.now_us if now is not None else self._clock.utc_us(),
            rate=self._clock.rate,
            device=self._config.device,
            lesson=now.lesson if now is not None else None,
            session=known.session,
            session_order=now.order if now is not None and known.session is not None else None,
            progress=progress(hour, live, now.policy, now.now_us) if now is not None and hour is not None else None,
            live=live,
            sight=sight,
            checkins=now.checkins if now is not None else (),
            due=now.block.roster if now is not None and now.block is not None else (),
            seen=seen,
            names=self._names(now, seen_class),
            banners=self._banners(now.policy if now is not None else self._memory.policy(self._config.policy)),
            alarms=(*known.alarms, *self._current_alarms()),
            waiting=known.unreceipted if self._config.sync is not None else None,
        )
        return state(facts, lang)

    def _now(self) -> _Now | None:
        known, now_us = self._memory.look(), self._clock.utc_us()
        running = known.session.class_id if known.session else None
        here = lesson(known.orders.values(), self._config.device, now_us, running)
        order = known.orders.get(running) if running else here.order if here else None
        policy = self._memory.policy(order.policy.id) if order else None
        if order is None or policy is None:
            return None
        story = self._memory.story(order.class_id, policy)
        block = next((b for b in story.blocks if here is not None and here.hour.hour in b.hours), None)
        return _Now(known, now_us, here, order, policy, story, block, _near(story, block, policy))

    def _seen(self, now: _Now | None, known: Known) -> tuple[str | None, Seen | None]:
        """Whom the roll call has seen, and of which class: in the block of the session, else in the newest one."""
        if now is not None and now.block is not None and known.session is not None:
            return now.order.class_id, seen_in(now.story, now.block)
        found = newest_block(known.orders.values(), self._config.device, self._memory.policy, self._clock.utc_us())
        if found is None:
            return None, None
        order, policy, planned = found
        story = self._memory.story(order.class_id, policy)
        block = next((block for block in story.blocks if block.id == planned.id), None)
        return order.class_id, seen_in(story, block) if block is not None else None

    def _names(self, now: _Now | None, seen_class: str | None) -> dict[str, str]:
        """The names that the page may need: pseudonyms are random, so those of two classes never meet."""
        classes = {seen_class, now.order.class_id if now is not None else None}
        return {person: name for one in classes if one is not None for person, name in self._memory.names(one).items()}

    def _recorder(self) -> Mapping[str, Any] | None:
        with self._lock:
            if self._monotonic() - self._said[0] >= STATUS_S:
                self._said = (self._monotonic(), self._status())
            return self._said[1]

    def _live(self) -> Live:
        said = self._recorder()
        if said is None:
            return Live("absent")
        if said.get("refused"):
            return Live("refused")
        if said.get("silent") and said.get("session"):
            return Live("silent")
        if not said.get("recording"):
            return Live("waiting" if said.get("session") else "stopped")
        end_us = self._clock.utc_us() - self._clock.mono_us() + int(said["last_packet_mono_us"])
        return Live("recording", Span(end_us - int(said["stretch_us"]), end_us))

    def _current_alarms(self) -> list[AlarmFact]:
        """What is wrong at the recorder, or with the picture that it records, right now, as if said now."""
        said = self._recorder() or {}
        codes = [str(alarm["code"]) for alarm in said.get("alarms", ())]
        codes += [f"picture.{what}" for what in self._picture(str(said["run"]))] if said.get("run") else []
        return [AlarmFact(code, {}, self._clock.utc_us()) for code in codes]

    def _banners(self, policy: Policy | None) -> list[str]:
        told = {
            "simulated": self._clock.stamp().clock.source == "simulated",
            "liveness": policy is not None and not policy.liveness_required,
            "test": self._test,
        }
        return [code for code, shown in told.items() if shown]


def _hour(now: _Now | None) -> Any:
    """The class-hour that runs now, from the story."""
    if now is None or now.lesson is None or now.lesson.phase != "now":
        return None
    return next((hour for hour in now.story.hours if hour.hour.hour == now.lesson.hour.hour), None)


def _near(story: Story, block: Block | None, policy: Policy) -> tuple[CheckInFact, ...]:
    """The attempts that belong to a block."""
    if block is None:
        return ()
    before_us = policy.block.checkin_before_min.value * MINUTE
    return tuple(c for c in story.checkins if block.span.start_us - before_us <= c.at_us < block.span.end_us)
