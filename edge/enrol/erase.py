"""Erasing faces: withdrawal of consent, the end of the purpose, and the steps until nothing is left.

From a withdrawal on no face is used. What is kept of it is erased at once, too, unless the centre has told this box of
a dispute about the class, or of a hold: then when that is over. The end of the purpose waits for the same.
"""
from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from common.logs import Log
from edge.enrol.consent import Standing, kept_until
from edge.enrol.consents import consents
from edge.enrol.errors import CopyLeft, StillRead
from edge.enrol.forget import drop_sheets, forget
from edge.errors import StoreBusy
from edge.held import held_classes
from edge.plans import newest_orders
from edge.store import Store
from edge.store.people import Erasure, Why
from evidence.bodies import ConsentWithdrawn
from evidence.times import utc_us

EVERY_S, MOST_S = 1.0, 60.0
"""Real seconds between two looks; longer and longer ones while something is in the way."""
OVER_EVERY_S = 600.0
"""Real seconds between two looks for faces whose purpose is over."""
SQLITE = b"SQLite format 3\x00"
VIDEO = "video"
AGAIN_S = 0.2


def withdraw(
    store: Store, class_id: str, person: str, by: Literal["terminal", "command", "order"], names: bool = False,
) -> None:
    """The consent is withdrawn: recorded, and the erasure asked for, in one step. From now on no face of this person
    is used; `Eraser` or `finish` does the rest."""
    fact = ("consent.withdrawn", ConsentWithdrawn(class_id, person, by))
    store.ask_erasure(class_id, [person], "withdrawn", names, [fact])


def over(store: Store, class_id: str, person: str, why: Why = "over", names: bool = False) -> None:
    """The purpose of a face is over: the erasure is asked for."""
    store.ask_erasure(class_id, [person], why, names)


def held(store: Store) -> list[Erasure]:
    """The erasures that were not begun and that wait: for a dispute about the class, or a hold."""
    asked = [one for one in store.erasures() if one.state == "asked" and one.why != "again"]
    classes = held_classes(store.orders()) if asked else set()
    return [one for one in asked if one.class_id in classes]


def finish(store: Store, folder: Path) -> list[Erasure]:
    """Take every erasure that does not wait as far as it goes; those that are done now. Raises StillRead while another
    process reads the log, CopyLeft while a copy of the database lies in the box's folder, VolumeAway while the disk
    with the pictures of roll calls is not there, AlreadyRunning while a roll call writes: all keep traces. Call it
    again then."""
    waits = {one.number for one in held(store)}
    asked = [one for one in store.erasures() if one.number not in waits]
    if not asked:
        return []
    for erasure in asked:
        store.erase(erasure)
    proofs = forget(store, folder, asked)
    drop_sheets(store, folder, asked)
    if not store.sweep():
        raise StillRead()
    copies = copies_in(folder, store.path)
    if copies:
        raise CopyLeft(path=copies[0])
    wanted = {erasure.number for erasure in asked}
    done = [erasure for erasure in store.erasures() if erasure.number in wanted]
    for erasure in done:
        store.finish_erasure(erasure, proofs.get(erasure.number, 0))
    return done


def finish_soon(store: Store, folder: Path, patience_s: float) -> list[Erasure]:
    """`finish`, again for a while when other processes are in the way. Raises what it raises, and StoreBusy."""
    until = time.monotonic() + patience_s
    while True:
        try:
            return finish(store, folder)
        except (StillRead, StoreBusy):
            if time.monotonic() > until:
                raise
            time.sleep(AGAIN_S)


def copies_in(folder: Path, database: Path) -> list[Path]:
    """Files of the box's folder, video aside, that are an SQLite database and not the box's own."""
    found = []
    for place, folders, files in os.walk(folder):
        if Path(place) == folder and VIDEO in folders:
            folders.remove(VIDEO)
        found += [path for path in (Path(place) / name for name in files) if path != database and _is_sqlite(path)]
    return sorted(found)


def _is_sqlite(path: Path) -> bool:
    """Sockets and files that end in this moment are none."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except FileNotFoundError:
        return False


def due(store: Store, now_us: int) -> list[tuple[str, str]]:
    """Class and person of every face and PIN whose purpose is over: the day of the consent, else the one of the plan,
    has passed, and no dispute about the class is open, and no hold of it."""
    told = store.orders()
    orders, waiting = newest_orders(told), held_classes(told)
    found = []
    said: dict[str, dict[str, Standing]] = {}
    for class_id, person in store.kept():
        if class_id not in said:
            said[class_id] = consents(store, class_id)
        standing = said[class_id].get(person)
        until = standing.until if standing is not None else None
        if until is None and class_id in orders:
            until = kept_until(orders[class_id])
        if until is not None and utc_us(until) <= now_us and class_id not in waiting:
            found.append((class_id, person))
    return found


class Eraser:
    """A thread that finishes erasures, also those that a power cut interrupted, and begins those that are due.
    `now_us`: the wall clock, or None while it is not set: then nothing is over."""

    def __init__(self, store: Store, folder: Path, now_us: Callable[[], int | None]) -> None:
        self._store, self._folder, self._now_us = store, folder, now_us
        self._log, self._looked = Log("enrol.eraser"), -OVER_EVERY_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eraser", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5.0)

    def turn(self, monotonic: float) -> bool:
        """One look; whether something waits still. Raises what `finish` raises: then the next turn goes on."""
        now_us = self._now_us()
        if now_us is not None and monotonic - self._looked >= OVER_EVERY_S:
            self._looked = monotonic
            for class_id, person in due(self._store, now_us):
                over(self._store, class_id, person)
        for erasure in finish(self._store, self._folder):
            self._log.info("face.erased", person=erasure.person, why=erasure.why)
        return bool(self._store.erasures())

    def _run(self) -> None:
        pause_s = EVERY_S
        while not self._stop.wait(pause_s):
            try:
                waits = self.turn(time.monotonic())
                pause_s = min(2 * pause_s, MOST_S) if waits else EVERY_S
            except Exception as error:
                # A file that cannot be read, a disk that fails: the terminal goes on, and so does the erasure, later.
                self._log.failed("eraser.later", error)
                pause_s = min(2 * pause_s, MOST_S)
