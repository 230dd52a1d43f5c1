"""Alarms for other systems: to whom, and that what somebody does not want holds nothing up."""
from __future__ import annotations

import threading

from central.alarms.event import alarm_event
from central.store.alarms import Alarmed
from central.store.outbox import Waiting
from central.webhook.events import wants_alarm
from central.webhook.post import Answer
from central.webhook.worker import Target, Worker
from central.wiring import Centre
from tests.central.helpers import MORNING, FixedClock


def alarm(institution: str | None) -> Alarmed:
    return Alarmed(0, "begun", "box.away", "box-1", True, None, institution, MORNING, "{}")


def put(centre: Centre, *institutions: str | None) -> None:
    with centre.store.write() as tx:
        for one in institutions:
            event = alarm_event(alarm(one), tx.put_alarm(alarm(one)), "centre")
            tx.put_event(event.id, event.kind, "", event.body, MORNING)


def test_who_wants_which() -> None:
    def event(institution: str | None) -> Waiting:
        made = alarm_event(alarm(institution), 1, "centre")
        return Waiting(1, made.id, made.kind, "", made.body)

    for alarms, institutions, told in (
            (False, (), []), (True, (), ["a", "b", None]), (True, ("a",), ["a"]), (False, ("a",), [])):
        wants = wants_alarm(alarms, institutions)
        assert [one for one in ("a", "b", None) if wants(event(one))] == told
    assert wants_alarm(False, ())(Waiting(1, "x", "flag", "welder-1", b"{}")), "classes as before"


def test_each_gets_its_own_in_order_and_what_it_does_not_want_is_behind_it(centre: Centre, clock: FixedClock) -> None:
    came: dict[str, list[str]] = {"all": [], "one": [], "none": []}

    def target(name: str, alarms: bool, of: tuple[str, ...] = ()) -> Target:
        def send(event: str, _body: bytes, _now_s: int) -> Answer:
            came[name].append(event)
            return Answer(True, True, "HTTP 204")
        return Target(name, send, wants_alarm(alarms, of))

    targets = [target("all", True), target("one", True, ("b",)), target("none", False)]
    worker = Worker(centre.store, clock, targets)
    put(centre, "a", "b", None, "b", "a")
    for one in targets:
        worker.deliver(one, threading.Event())
    assert [len(some) for some in came.values()] == [5, 2, 0]
    with centre.store.read() as tx:
        assert {tx.target(name).up_to for name in came} == {5}, "nothing is looked at again"


def test_a_worker_without_targets_waits_to_be_stopped(centre: Centre, clock: FixedClock) -> None:
    stop = threading.Event()
    worker = Worker(centre.store, clock, [])
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    stop.set()
    running.join(20)
    assert not running.is_alive()
    with centre.store.read() as tx:
        assert tx.to_look_at(1 << 60, 0, 9) == []
