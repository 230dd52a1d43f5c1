"""The overview's worker as a process of its own: it folds whole classes, and no page shall wait for that."""
from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.classes.stories import Stories
from central.overview.name_keys import NameKeys
from central.overview.worker import Keep, Worker, nowhere
from central.web.class_pages import ClassPages
from central.wiring import Centre, open_centre
from common.logs import Log, setup
from common.signals import on_signal

NICE = 10
"""Pages and the collector come first."""
END_S = 10
TICK_S, AGAIN_S = 0.5, 10.0
_LOG = Log("overview")


def worker_of(centre: Centre, stories: Stories, keep: Keep = nowhere) -> Worker:
    """The worker of an open centre. `stories`: to judge by; `keep`: what puts those that were told where whoever is
    asked for their pages finds them."""
    return Worker(centre.store, centre.names, NameKeys(centre.keys.names_key), centre.clock, stories, keep)


@contextmanager
def followed(folder: Path) -> Iterator[None]:
    """Keep the overview of this centre up with its records, beside what is done meanwhile. A process that ends by
    itself is started again after a while."""
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(folder, stop), name="overview", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(2 * END_S)


def _keep(folder: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        # A fork would take over connections to the database.
        process = multiprocessing.get_context("spawn").Process(
            target=follow, args=(folder,), name="overview", daemon=True)
        try:
            process.start()
        except OSError as error:  # no room for a process now: later perhaps
            _LOG.failed("overview.unstarted", error)
            stop.wait(AGAIN_S)
            continue
        while process.is_alive() and not stop.wait(TICK_S):
            pass
        if not stop.is_set():
            _LOG.info("overview.ended", code=process.exitcode)
            stop.wait(AGAIN_S)
            continue
        process.terminate()
        process.join(END_S)
        if process.is_alive():
            process.kill()
            process.join()


def follow(folder: Path) -> None:
    """Until it is told to stop, or whoever started it is gone."""
    setup()
    os.nice(NICE)
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_signal(stop.set, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None:
        def ended() -> None:
            parent.join()
            stop.set()

        threading.Thread(target=ended, daemon=True).start()
    centre = open_centre(folder)
    try:
        stories = Stories(centre.store, centre.clock, centre.kept_files)
        worker_of(centre, stories, ClassPages(centre, stories).keep).run(stop)
    finally:
        centre.store.close()
