"""One pass after the other over files in the order of their hashes, so that a restart goes on where it was."""
from __future__ import annotations

from collections.abc import Callable, Sequence

from central.store.spoilt import Spoilt
from central.store.store import Store
from central.store.tables import Tx
from evidence.times import HOUR

SOME = 50
DAY_US = 24 * HOUR
MOST_A_DAY = 100
"""So many spoilt files are stated within a day beside a server: a disk that is not mounted, or a bucket under another
name, has all of them missing, and a person must look at that. `scrub now` states all."""


class Round:
    """`note`: under which name the database keeps the hash that was read last, and when this pass began (UTC µs);
    `every_us`: passes begin so far apart at least; `after`: the next files behind a hash; `look`: whether one is as it
    was recorded. Methods raise what these do, and DatabaseUnusable."""

    def __init__(
        self, store: Store, note: str, every_us: int, now_us: Callable[[], int],
        after: Callable[[Tx, str, int], list[str]], look: Callable[[str], bool],
    ) -> None:
        self._store, self._name, self._every_us, self._now_us = store, note, every_us, now_us
        self._after, self._look = after, look

    def some(self) -> int:
        """Look at the next files; how many: 0 when a pass is over and the next one is not due, or when as much is
        spoilt as is stated within a day."""
        now_us = self._now_us()
        if self._flooded(now_us):
            return 0
        with self._store.read() as tx:
            last, begun = (tx.meta(self._name) or f" {now_us}").split(" ")
        files = self._next(last)
        if not files and last and 0 <= now_us - int(begun) < self._every_us:
            return 0
        if not files:
            begun = str(now_us)
            files = self._next("")
        for done, sha256 in enumerate(files):
            if not self._look(sha256) and self._flooded(now_us):
                self._note(sha256, begun)
                return done + 1
            self._note(sha256, begun)
        if not files:
            self._note("0" * 64, begun)
        return len(files)

    def all(self) -> int:
        """Look at all files at once, as a pass of its own; how many."""
        begun, last, done = str(self._now_us()), "", 0
        while files := self._next(last):
            for sha256 in files:
                self._look(sha256)
            last, done = files[-1], done + len(files)
        self._note(last or "0" * 64, begun)
        return done

    def _next(self, last: str) -> list[str]:
        with self._store.read() as tx:
            return self._after(tx, last, SOME)

    def _flooded(self, now_us: int) -> bool:
        with self._store.read() as tx:
            return flooded(tx.spoilt(), now_us)

    def _note(self, sha256: str, begun: str) -> None:
        with self._store.write() as tx:
            tx.set_meta(self._name, f"{sha256} {begun}")


def flooded(spoilt: Sequence[Spoilt], now_us: int) -> bool:
    """Whether as much is spoilt as is stated within a day."""
    return sum(0 <= now_us - one.since_us < DAY_US for one in spoilt) >= MOST_A_DAY
