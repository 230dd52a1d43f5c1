"""Up to which moment a class is judged. One pure decision, for the page and for the export."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from evidence.policy import Policy
from evidence.records import Record


@dataclasses.dataclass(frozen=True)
class AsOf:
    """`simulated`: the moment is the latest record of the class's boxes, whose clock was simulated, and not now;
    `timed`: else, it is of a clock that is set, by which a public notice may be over."""

    us: int
    simulated: bool
    timed: bool = True


def as_of(records: Iterable[Record], policy: Policy, centre: str, now_us: int, timed: bool = True) -> AsOf:
    """Now; but where a box's records were made with a simulated clock, under a policy that accepts one, the moment of
    the latest of them, because the real time is then no time of that class. Under any other policy such records count
    for nothing, and no box says what time it is. `centre`: the device whose records do not count; `timed`: its clock is
    set now."""
    latest, simulated = 0, False
    for record in records:
        if record.device != centre:
            latest = max(latest, record.utc_us)
            simulated = simulated or record.clock.source == "simulated"
    return AsOf(latest, True) if simulated and policy.accept_simulated else AsOf(now_us, False, timed)
