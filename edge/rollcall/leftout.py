"""Which segments the roll call leaves alone after an alarm, and when one is tried again. The alarm records say so."""
from __future__ import annotations

from collections import defaultdict

from evidence.called import LEFT_OUT
from evidence.records import Record
from evidence.times import MINUTE

DIED, GONE = "rollcall.died", "rollcall.segment_gone"
LATER_US = 24 * 60 * MINUTE


class LeftOut:
    """What the alarms say. `looked_with`: the program and the pack, which stand in each alarm."""

    def __init__(self, looked_with: str) -> None:
        self._looked_with = looked_with
        self._newest: dict[str, str] = {}
        self._tries: dict[str, list[int]] = defaultdict(list)

    def take(self, record: Record) -> None:
        """Take in an alarm; those of others are no matter."""
        params = record.body.get("params")
        if record.body.get("code") not in LEFT_OUT or not isinstance(params, dict):
            return
        segment = str(params.get("segment"))
        self._newest[segment] = str(record.body["code"])
        if params.get("looked_with") == self._looked_with:
            self._tries[segment].append(record.utc_us)

    def __contains__(self, segment: str) -> bool:
        return segment in self._newest

    def rests(self, segment: str, now_us: int) -> bool:
        """Whether it is left alone now. One that killed its reader, or was not there, is tried again after each
        update, and with the same program once more when a day is over, or the clock is a day behind what it was then:
        else one that was years ahead would leave its recording undecided for years."""
        if segment not in self._newest:
            return False
        if self._newest[segment] not in (DIED, GONE):
            return True
        tries = self._tries[segment]
        return len(tries) > 1 or any(abs(now_us - at_us) < LATER_US for at_us in tries)
