"""The overview's worker as a process of its own: it folds whole classes, and no page shall wait for that."""
from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.overview.name_keys import NameKeys
from central.overview.worker import Worker
from central.wiring import Centre, open_centre
from common.logs import setup

NICE = 10
"""Pages and the collector come first."""
END_S = 10


def worker_of(centre: Centre) -> Worker:
    """The worker of an open centre."""
    return Worker(centre.store, centre.names, NameKeys(centre.keys.names_key), centre.clock)


@contextmanager
def followed(folder: Path) -> Iterator[None]:
    """Keep the overview of this centre up with its records, beside what is done meanwhile."""
    # A fork would take over connections to the database.
    process = multiprocessing.get_context("spawn").Process(target=follow, args=(folder,), name="overview", daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(END_S)
        if process.is_alive():
            process.kill()


def follow(folder: Path) -> None:
    """Until it is told to stop, or whoever started it is gone."""
    setup()
    os.nice(NICE)
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    parent = multiprocessing.parent_process()
    if parent is not None:
        def ended() -> None:
            parent.join()
            stop.set()

        threading.Thread(target=ended, daemon=True).start()
    centre = open_centre(folder)
    try:
        worker_of(centre).run(stop)
    finally:
        centre.store.close()
