"""The sync loop under a store that another process holds: nothing is lost, nothing changes its order."""
from __future__ import annotations

import queue
import threading

from edge.errors import StoreBusy
from edge.sync.link import Arrived, Event
from edge.sync.process import Sync


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

    def __init__(self, events: queue.Queue[Event]) -> None:
        self._events = events

    def start(self) -> None:
        for number in (b"1", b"2", b"3"):
            self._events.put(Arrived("orders/welding-1", number))

    def stop(self) -> None:
        """Nothing to end."""


def test_orders_that_a_busy_store_refused_are_taken_later_in_their_order() -> None:
    events: queue.Queue[Event] = queue.Queue()
    inbox, stop = Inbox(), threading.Event()
    sync = Sync(BusyStore(), inbox, Link(events), events, None)  # type: ignore[arg-type]
    thread = threading.Thread(target=sync.run, args=(stop,))
    thread.start()
    while len(inbox.taken) < 3 and thread.is_alive():
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert inbox.taken == [b"1", b"2", b"3"]
