"""Closes surveys whose end has come, beside the console: also of classes at whose page nobody looks."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from central.classes.survey import close_due
from central.clock import Clock
from central.store.store import Store
from common.logs import Log
from evidence.errors import ZaitangError

EVERY_S = 60.0


@contextmanager
def closing(store: Store, clock: Clock) -> Iterator[None]:
    """While it runs, surveys end on their day."""
    stop, log = threading.Event(), Log("surveys")

    def run() -> None:
        while not stop.is_set():
            try:
                if closed := close_due(store, clock.stamp().utc_us):
                    log.info("surveys.closed", surveys=closed)
            except ZaitangError as error:  # a busy database: again in a minute
                log.failed("surveys.open", error)
            stop.wait(EVERY_S)

    thread = threading.Thread(target=run, name="surveys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5.0)
