"""Removing what may go once a day, and ordering the faces to be erased that nothing holds any more, beside a server, in
a process of its own: it folds whole classes."""
from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.alone import alone
from central.keeping.asking import order_due
from central.store.store import Store
from central.wiring import open_centre
from common.logs import Log, setup
from evidence.errors import ZaitangError

LOOK_S = 600.0
"""Real seconds between two looks whether a day is over."""
DAY_US = 24 * 3600 * 1_000_000
LAST = "keeping_us"
"""What the database keeps: when this was done last, by the centre's clock."""
NICE = 15
END_S = 10.0
_LOG = Log("keeping")


@contextmanager
def kept(folder: Path, store: Store, remove: bool) -> Iterator[None]:
    """Do it while something is done; video is removed only where `remove` says so."""
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(folder, store, remove, stop), name="keeping", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(2 * END_S)


def _keep(folder: Path, store: Store, remove: bool, stop: threading.Event) -> None:
    while not stop.wait(LOOK_S):
        if not remove and not _waiting(store):
            continue
        process = multiprocessing.get_context("spawn").Process(
            target=turn, args=(folder, remove), name="keeping", daemon=True)
        try:
            process.start()
        except OSError as error:  # no room for a process now: later perhaps
            _LOG.failed("keeping.unstarted", error)
            continue
        while process.is_alive() and not stop.wait(1.0):
            pass
        if process.is_alive():
            process.terminate()
            process.join(END_S)


def _waiting(store: Store) -> bool:
    """Whether an erasure waits that somebody asked for."""
    try:
        with store.read() as tx:
            return any(not one.ordered for one in tx.erasing())
    except ZaitangError as error:
        _LOG.failed("keeping.unknown", error)
        return False


def turn(folder: Path, remove: bool = True) -> bool:
    """Order the erasures that nothing holds any more; `remove`: also remove what may go, if that was not done within a
    day. Whether it was done; what cannot be done now is logged, and tried again with the next look."""
    setup()
    with contextlib.suppress(OSError):
        os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    centre = open_centre(folder)
    try:
        if faces := order_due(centre):
            _LOG.info("faces.ordered", count=faces)
        now_us = centre.clock.stamp().utc_us
        if not remove or not due(centre.store, now_us):
            return False
        with alone(folder, "keeping"):
            done = centre.remover().apply()
        with centre.store.write() as tx:
            tx.set_meta(LAST, str(now_us))
        _LOG.info("turn.done", removed=done.removed, certified=done.certified, waiting=done.waiting,
                  later=done.later)
        return True
    except (ZaitangError, OSError) as error:
        _LOG.failed("turn.later", error)
        return False
    finally:
        centre.store.close()


def due(store: Store, now_us: int) -> bool:
    """Whether a day is over since, also where the clock was ahead then."""
    with store.read() as tx:
        last = tx.meta(LAST)
    return last is None or not 0 <= now_us - int(last) < DAY_US
