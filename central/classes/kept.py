"""What is kept in memory because it was costly to make: what was used last, up to a weight."""
from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

V = TypeVar("V")
BIG = 1 << 20


ANEW = 512 << 20
"""Bytes that settle until all is looked through again: everybody waits meanwhile, half a second for a million objects,
which is more than a page may take; so it comes once in some hundreds of classes that are told. What it finds is what
was in the works when something settled, each time a request or two."""
_lock, _settled = threading.Lock(), 0


def settle(weight: int) -> None:
    """After so many bytes became objects that stay: millions of these are no garbage, and to look through them again
    and again took a quarter of a second of every third page. They go when nobody refers to them, as they hold no
    circles. What else was there at that moment may hold some, and is looked through when ANEW bytes have settled."""
    global _settled
    if weight < BIG:
        return
    with _lock:
        _settled += weight
        if _settled >= ANEW:
            _settled = 0
            gc.unfreeze()
        gc.collect()
        gc.freeze()


@contextmanager
def no_search() -> Iterator[None]:
    """For what makes hundreds of thousands of objects that stay: to look through them for garbage meanwhile took a
    tenth of its time, or half."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class Kept(Generic[V]):
    """Several threads may use it. `most`: the sum of the weights; what is heavier than that alone is not kept."""

    def __init__(self, most: int) -> None:
        self._most, self._weight = most, 0
        self._items: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """What is kept under the key, which counts as used now."""
        with self._lock:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: V, weight: int) -> None:
        """Keep a value instead of what was kept under the key; what was used longest ago goes."""
        with self._lock:
            self._drop(key)
            if weight > self._most:
                return
            self._items[key] = (value, weight)
            self._weight += weight
            while self._weight > self._most:
                self._drop(next(iter(self._items)))

    def _drop(self, key: Hashable) -> None:
        _, weight = self._items.pop(key, (None, 0))
        self._weight -= weight

    @property
    def weight(self) -> int:
        """Of all that is kept."""
        return self._weight
