"""What takes long is made beside: a request waits a moment for it, and several wait for the same."""
from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

T = TypeVar("T")


class Making(Generic[T]):
    """One after the other, in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "making")
        self._running: dict[Hashable, Future[T]] = {}
        self._lock = threading.Lock()

    def within(self, key: Hashable, make: Callable[[], T], seconds: float) -> T | None:
        """What was made within so long; None: it goes on, and whoever asks again meanwhile waits for that. Raises what
        making it raised, be it since somebody asked last."""
        with self._lock:
            ended = {name: one for name, one in self._running.items() if one.done()}
            for name, one in ended.items():
                # What was made while nobody waited is of before: `make` keeps it where others find it.
                if name == key or one.exception() is None:
                    del self._running[name]
            failed = ended[key].exception() if key in ended else None
            if failed is None and key not in self._running:
                self._running[key] = self._pool.submit(make)
            running = self._running.get(key)
        if running is None:
            assert failed is not None
            raise failed
        wait([running], seconds)
        return running.result() if running.done() else None
