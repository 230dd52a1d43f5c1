"""The sync loop under a store that another process holds: nothing is lost, nothing changes its order."""
from __future__ import annotations

import threading
from collections.abc import Callable

from edge.errors import StoreBusy
from edge.sync.link import Arrived, Lost, Mailbox, NotTaken
from edge.sync.process import Sync, make_inbox
from edge.wiring import Box


class BusyStore:
    def receipted_up_to(self) -> int:
        return -1

    def head_seq(self) -> int:
        raise StoreBusy()


class Inbox:
    """Refuses each message twice, as a store would that is locked for a while."""

    knows_centre = True

    def __init__(self) -> None:
        self.tries: dict[bytes, int] = {}
        self.taken: list[bytes] = []

    def order(self, message: bytes) -> None:
        self.tries[message] = self.tries.get(message, 0) + 1
        if self.tries[message] < 3:
            raise StoreBusy()
        self.taken.append(message)


class Link:
    unacknowledged = 0

    def __init__(self, events: Mailbox) -> None:
        self._events = events

    def start(self) -> None:
        for number in (b"1", b"2", b"3"):
            self._events.put(Arrived("orders/welding-1", number))

    def stop(self) -> None:
        """Nothing to end."""


def test_orders_that_a_busy_store_refused_are_taken_later_in_their_order() -> None:
    events = Mailbox()
    inbox, stop = Inbox(), threading.Event()
    sync = Sync(BusyStore(), inbox, Link(events), events, None)  # type: ignore[arg-type]
    thread = threading.Thread(target=sync.run, args=(stop,))
    thread.start()
    while len(inbox.taken) < 3 and thread.is_alive():
        stop.wait(0.05)
    stop.set()
    thread.join(60)
    assert inbox.taken == [b"1", b"2", b"3"]


def test_a_flood_of_messages_waits_outside_and_nobody_waits_for_a_loop_that_has_ended() -> None:
    box, done = Mailbox(2), threading.Event()

    def flood() -> None:
        for _ in range(5):
            box.bring(Lost())
        done.set()

    thread = threading.Thread(target=flood)
    thread.start()
    assert not done.wait(0.3) and box.qsize() == 2
    for _ in range(3):
        box.get(timeout=60)
    assert done.wait(60) and box.qsize() == 2
    thread = threading.Thread(target=box.bring, args=(Lost(),))
    thread.start()
    box.close()
    thread.join(60)
    assert not thread.is_alive() and box.qsize() == 2


def test_what_the_broker_does_not_take_is_an_alarm_once(make_box: Callable[..., Box]) -> None:
    box, events = make_box(), Mailbox()
    sync = Sync(box.store, make_inbox(box, "centre"), None, events, None)  # type: ignore[arg-type]
    for code in (135, 135, 149):
        events.put(NotTaken(code))
    sync._hear(0.0)
    assert [one.record.body["params"] for one in box.store.records_of("alarm")] == [{"code": 135}, {"code": 149}]
