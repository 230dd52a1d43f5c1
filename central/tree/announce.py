"""Checkpoints for the boxes: each gets the newest one now and then, kept by the broker for when it is back."""
from __future__ import annotations

from collections.abc import Callable

from central.store.store import Store

EVERY_S = 600
"""No more than one checkpoint in so many seconds: a box writes each into its chain."""

Publish = Callable[[str, bytes], bool]
"""Hands a message to the broker, which keeps it for its topic. False when there is no room now."""


class Announcer:
    """`now`: monotonic seconds."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store, self._now = store, now
        self._told: dict[str, int] = {}
        self._not_before = now()

    def forget(self) -> None:
        """Another connection: the broker may have lost what it kept."""
        self._told = {}
        self._not_before = self._now()

    def turn(self, publish: Publish) -> None:
        """Publish the newest checkpoint to every box that was not told of it. May raise DatabaseUnusable."""
        if self._now() < self._not_before:
            return
        told = self._told
        with self._store.read() as tx:
            newest = tx.checkpoint()
            boxes = {head.device for head in tx.heads()} - {self._store.device}
        if newest is None:
            return
        waiting = sorted(device for device in boxes if told.get(device) != newest.size)
        for device in waiting:
            if not publish(f"zaitang/v1/{device}/checkpoint", newest.note):
                return  # the rest goes when there is room again
            told[device] = newest.size
        if waiting and told is self._told:
            self._not_before = self._now() + EVERY_S
