"""Looks at classes that changed, keeps what others are to be told, and hands it to each target, in order, until taken.

An event and what was told of its class are one transaction; that a target took it is another one. A process that is
killed in between sends the event again, with the same id: each arrives at least once.
"""
from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Callable, Sequence

from central.classes.decisions import Case, case_of
from central.classes.stories import tell
from central.clock import Clock
from central.errors import DatabaseUnusable
from central.store.outbox import TargetState, Waiting, Watched
from central.store.store import Store
from central.store.tables import Tx
from central.webhook.events import Summary, again_us, event_of, kinds_of, read_summary, summary_of
from central.webhook.post import Answer
from common.backoff import Backoff
from common.logs import Log
from common.notify import READY, Watchdog
from common.notify import tell as tell_systemd
from evidence.bodies import DeviceRevoked, body_of
from evidence.times import MINUTE, SECOND

BACKOFF = Backoff(first=5, longest=3600)
"""Seconds. A target that is away for a week gets everything when it is back."""
REST_US = 5 * MINUTE
"""A class that runs gets records all the time; so often is enough for others."""
AT_ONCE = 20
"""So many classes, or events for one target, before somebody else's turn."""
TICK_S = 2.0
LEAF = "webhook_leaf"
"""What the database keeps: from which record on nobody was woken yet."""
_LOG = Log("webhook")
Send = Callable[[str, bytes, int], Answer]
"""Hands over an event: its id, its body, the time in seconds."""


def everything(_: Waiting) -> bool:
    """Of whom all is told."""
    return True


@dataclasses.dataclass(frozen=True)
class Target:
    """Who is told."""

    name: str
    send: Send
    wants: Callable[[Waiting], bool] = everything
    """Whether it is told of this event at all."""


class Worker:
    """`chance`: between 0 and 1, by which waits differ."""

    def __init__(
        self, store: Store, clock: Clock, targets: Sequence[Target], chance: Callable[[], float] = random.random
    ) -> None:
        self._store, self._clock, self._targets, self._chance = store, clock, targets, chance
        self._watchdog = Watchdog()

    def run(self, stop: threading.Event) -> None:
        """Until it is stopped. A database that cannot be used now is tried again. Without a target nothing is done."""
        tell_systemd(READY)
        if not self._targets:
            self._watchdog.idle(stop)
        while not stop.is_set():
            try:
                self.look()
                for target in self._targets:
                    self.deliver(target, stop)
            except DatabaseUnusable as error:
                _LOG.failed("database.unusable", error)
            self._watchdog.step()
            stop.wait(TICK_S)

    def look(self) -> None:
        """Keep what there is to be told of classes that changed."""
        now_us = self._now_us()
        with self._store.read() as tx:
            since, leaves = int(tx.meta(LEAF) or 0), tx.leaves()
        if leaves > since:  # only then a writer has to wait for us
            with self._store.write() as tx:
                tx.wake(since, self._unbelieved(tx, since))
                tx.set_meta(LEAF, str(leaves))
        with self._store.read() as tx:
            due = tx.to_look_at(now_us, REST_US, AT_ONCE)
        for one in due:
            self._look_at(one, now_us)
            self._watchdog.step()

    def _unbelieved(self, tx: Tx, since: int) -> set[str]:
        """The classes of boxes whose key was revoked from this leaf on: that record names no class."""
        bodies = [body_of(one.record) for one in tx.of_device(self._store.device, "device.revoked", since - 1)]
        devices = {body.device for body in bodies if isinstance(body, DeviceRevoked)}
        return {class_id for device in devices for class_id in tx.classes_of_device(device)}

    def _look_at(self, one: Watched, now_us: int) -> None:
        case = self._case(one.class_id, now_us)
        if case is None:
            with self._store.write() as tx:
                tx.watch(dataclasses.replace(one, looked_us=now_us, again_us=None))
            return
        now = summary_of(case)
        kinds = kinds_of(read_summary(one.told) if one.told else Summary(), now)
        with self._store.write() as tx:
            for kind in kinds:
                event = event_of(kind, case, self._store.device, now_us)
                tx.put_event(event.id, event.kind, event.class_id, event.body, now_us)
            tx.watch(Watched(one.class_id, now_us, again_us(case, now_us), now.text()))

    def _case(self, class_id: str, now_us: int) -> Case | None:
        """None where the class cannot be told; that is logged, and the others are told all the same."""
        try:
            with self._store.read() as tx:
                return case_of(tell(self._store, tx, class_id, now_us))
        except DatabaseUnusable:
            raise
        except Exception as error:  # as nobody foresaw: one class must not silence the others
            _LOG.failed("class.untold", error, **{"class": class_id})
            return None

    def deliver(self, target: Target, stop: threading.Event) -> None:
        """Hand over what is due, in order, until it fails once or so many are taken."""
        for _ in range(AT_ONCE):
            state, event = self._next(target)
            if stop.is_set() or event is None or state.next_us > self._now_us():
                return
            answer = target.send(event.id, event.body, self._now_us() // SECOND)
            self._watchdog.step()
            self._note(state, event, answer)
            if not answer.taken and answer.again:
                return

    def _next(self, target: Target) -> tuple[TargetState, Waiting | None]:
        """Where a target stands, and the next event that it is told of. What it does not want is behind it."""
        with self._store.read() as tx:
            before = state = tx.target(target.name)
            event = tx.event_after(state.up_to)
            while event is not None and not target.wants(event):
                state = TargetState(target.name, event.number)
                event = tx.event_after(state.up_to)
        if state != before:
            with self._store.write() as tx:
                tx.put_target(state)
        return state, event

    def _note(self, state: TargetState, event: Waiting, answer: Answer) -> None:
        """What a target answered. The wait is capped, so a clock that was put back delays nobody for long."""
        now_us = self._now_us()
        done = TargetState(state.name, event.number)
        if not answer.taken and answer.again:
            wait_us = int(BACKOFF.wait(state.tries, self._chance()) * SECOND)
            done = TargetState(state.name, state.up_to, state.tries + 1, now_us + wait_us, answer.why)
            _LOG.info("event.waits", target=state.name, id=event.id, why=answer.why, tries=done.tries)
        with self._store.write() as tx:
            if not answer.taken and not answer.again:
                tx.put_refusal(state.name, event.number, answer.why, now_us)
            tx.put_target(done)

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us
