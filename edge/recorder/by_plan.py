"""The recorder's own start and end of a class, when the plan says so and nobody pressed."""
from __future__ import annotations

from collections.abc import Callable, Mapping

from common.logs import Log
from edge.clock import Clock
from edge.plans import newest_orders
from edge.policies import policy_of
from edge.store import Store
from evidence.errors import ZaitangError
from evidence.planned import Begin, End, Open, Taught, next_begin, next_step, taught
from evidence.times import MINUTE


class ByPlan:
    """Holds the plans in memory, so that it needs no database. `state` takes a record's type and body for later."""

    def __init__(self, device: str, clock: Clock, state: Callable[[str, object], None]) -> None:
        self.clock, self.state = clock, state
        self._device, self._log = device, Log("recorder")
        self._plans: tuple[Taught, ...] = ()

    def learn(self, store: Store) -> None:
        """Take the plans in force from all orders that the box has accepted. Raises StoreBusy."""
        found = []
        for order in newest_orders(store.orders()).values():
            try:
                pause_us = policy_of(store, order).block.pause_min.value * MINUTE
            except ZaitangError as error:
                self._log.failed("plan.unusable", error)
                continue
            found.append(taught(order, self._device, pause_us))
        self._plans = tuple(plan for plan in found if plan is not None)

    def begins(self, ended: Mapping[str, int], within_us: int) -> Begin | None:
        """What begins within that time. A clock that is not set says no time."""
        stamp = self.clock.stamp()
        return next_begin(self._plans, ended, stamp.utc_us, within_us) if stamp.clock.synced else None

    def next(self, now: Open | None, ended: Mapping[str, int]) -> Begin | End | None:
        """What is due now. A clock that is not set says no time: then nothing begins and nothing ends by itself."""
        stamp = self.clock.stamp()
        return next_step(self._plans, now, ended, stamp.utc_us) if stamp.clock.synced else None
