"""When checkpoints are issued: soon after the tree grew, once a day in any case, and once after every start."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from central.clock import Clock
from central.errors import ClockError, DatabaseUnusable
from central.signing import signing_s
from central.store.store import Store
from central.store.trees import Kept
from central.tree.errors import NoStamp, TreeDamaged
from central.tree.tree import Tree
from common.logs import Log
from evidence.bodies import Alarm, body_of

DAY_S = 86400
TICK_S = 1.0
STAMP_AGAIN_S = 600
"""So long until a time-stamping authority that failed is asked again."""
_LOG = Log("tree")

Stamp = Callable[[bytes], bytes]
"""Gives a time-stamp token over bytes. Raises NoStamp."""


class Keeper:
    """Looks after a tree until it is stopped. `every_s`: no more than one checkpoint in so many seconds, but for the
    day's. `stamp`: None without a time-stamping authority; `test`: the centre's key is one for tests.

    A damaged tree is told in the centre's chain, and ends signing, not collecting: records are kept all the same."""

    def __init__(
        self, tree: Tree, store: Store, clock: Clock, every_s: int, stamp: Stamp | None, test: bool = False,
    ) -> None:
        self._tree, self._store, self._clock = tree, store, clock
        self._every_s, self._stamp, self._test, self._silent = every_s, stamp, test, False
        self._issued = False
        self._asked_s: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Look once a second. A database that cannot be used now is tried again; what else goes wrong is raised."""
        while not stop.is_set():
            try:
                self._look(stop)
            except DatabaseUnusable as error:
                _LOG.failed("database.unusable", error)
            stop.wait(TICK_S)

    def _look(self, stop: threading.Event) -> None:
        try:
            self.tick()
        except TreeDamaged as error:
            _LOG.failed("tree.damaged", error)
            self._tell(error)
            stop.wait()

    def _tell(self, error: TreeDamaged) -> None:
        """An alarm, once for each such tree: a restart is no news."""
        alarm = Alarm("tree.damaged", {"size": error.params["size"]})
        with self._store.write() as tx:
            own = [one.record for one in tx.of_type("alarm") if one.record.device == self._store.device]
            if alarm not in map(body_of, own):
                self._store.append(tx, alarm)

    def tick(self) -> None:
        """Issue a checkpoint if one is due, and have the day's stamped."""
        now_s = self._clock.stamp().utc_us // 1_000_000
        with self._store.read() as tx:
            last, leaves, stamped_s = tx.checkpoint(), tx.leaves(), tx.last_token_s()
        if leaves and (not self._issued or due(last, leaves, now_s, self._every_s)):
            self._issue()
        asked_lately = self._asked_s is not None and 0 <= now_s - self._asked_s < STAMP_AGAIN_S
        if self._stamp is not None and new_day(stamped_s, now_s) and not asked_lately:
            self._have_stamped(self._stamp, now_s)

    def _issue(self) -> None:
        """Nothing where the clock may not sign; why is logged once. The collector has it on record."""
        try:
            stated = self._tree.issue(signing_s(self._clock, self._test))
        except ClockError as error:
            if not self._silent:
                _LOG.failed("clock.refused", error)
            self._silent = True
            return
        self._issued, self._silent = True, False
        _LOG.info("checkpoint.issued", size=stated.checkpoint.size)

    def _have_stamped(self, stamp: Stamp, now_s: int) -> None:
        """A token over the newest checkpoint: that it was there at that time, says somebody else."""
        with self._store.read() as tx:
            last = tx.checkpoint()
            if last is None or tx.token(last.size) is not None:
                return
        self._asked_s = now_s
        try:
            token = stamp(self._tree.stated(last).checkpoint.text.encode())
        except NoStamp as error:
            _LOG.failed("stamp.failed", error)
            return
        with self._store.write() as tx:
            if tx.token(last.size) is None:
                tx.put_token(last.size, now_s, token)
        _LOG.info("checkpoint.stamped", size=last.size)


@contextmanager
def kept(keeper: Keeper, ended: Callable[[], None]) -> Iterator[None]:
    """Run a keeper beside what is done meanwhile. If it ends by itself, `ended` is called, and its error raised."""
    stop = threading.Event()
    with ThreadPoolExecutor(1, "tree") as pool:
        running = pool.submit(keeper.run, stop)
        running.add_done_callback(lambda _: ended())
        try:
            yield
        finally:
            stop.set()
        running.result()


def due(last: Kept | None, leaves: int, now_s: int, every_s: int) -> bool:
    """Whether a checkpoint is due for a tree of `leaves`; whether the clock may sign it is another question."""
    if last is None:
        return True
    grew = leaves > last.size and not 0 <= now_s - last.issued_s < every_s
    return grew or new_day(last.issued_s, now_s)


def new_day(last_s: int | None, now_s: int) -> bool:
    """Whether this is another day of UTC than that of the last time: an earlier one, too, if a clock was ahead then."""
    return last_s is None or now_s // DAY_S != last_s // DAY_S
