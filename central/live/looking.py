"""The looks into rooms that go on or went on: whether one was begun just now, whether it is over, what of which class
reached whom. In memory: after a restart a page that is open goes on, and what had reached somebody is in the store."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Literal

from central.live.decide import SEEN_US
from evidence.times import MINUTE, SECOND

FRESH_US, LAPSES_US = MINUTE, 5 * MINUTE
"""A page that is opened so soon after its button was pressed shows the picture at once. A look of which nothing was
asked for so long is over: a cut is bridged, an address that somebody kept opens nothing."""
KEEP_US = 30 * SECOND
"""How far somebody saw is kept in the store so often."""
MOST = 8192
Goes = Literal["on", "again", "over"]
Over = Literal["", "ended", "lapsed"]
Span = tuple[int, int]


@dataclasses.dataclass
class _Look:
    """`begun_us`: the button was pressed then, and no page came of it yet (UTC); `asked_us`: something of it was asked
    for last, `fresh`: nothing was yet (CLOCK_BOOTTIME); `spans`: of each class, when the first and the newest piece was
    given out, `kept`: the newest of which that is in the store (UTC). µs."""

    asked_us: int
    begun_us: int | None = None
    fresh: bool = False
    over: Over = ""
    spans: dict[str, Span] = dataclasses.field(default_factory=dict)
    kept: dict[str, int] = dataclasses.field(default_factory=dict)


class Looking:
    """Of each account and box the newest look. For any thread. `mono_us`: CLOCK_BOOTTIME, by which pauses count."""

    def __init__(self, mono_us: Callable[[], int]) -> None:
        self._mono_us, self._lock = mono_us, threading.Lock()
        self._began_us = mono_us()
        self._looks: dict[tuple[str, str], _Look] = {}

    def begin(self, account: str, device: str, now_us: int, anew: bool) -> None:
        """Somebody pressed the button. `anew`: what reached them before is of another look."""
        with self._lock:
            if anew:
                self._looks.pop((account, device), None)
            look = self._look(account, device)
            look.begun_us, look.asked_us, look.fresh = now_us, self._mono_us(), True

    def opens(self, account: str, device: str, now_us: int) -> bool:
        """Whether a page that is opened now is of a look that was begun just now; once for each press."""
        with self._lock:
            found = self._looks.get((account, device))
            if found is None or found.begun_us is None:
                return False
            begun_us, found.begun_us = found.begun_us, None
            return now_us < begun_us + FRESH_US

    def ask(self, account: str, device: str) -> Goes:
        """Something of a look is asked for: whether it goes on, goes on again after a pause, or is over. Of what was
        before a start of the centre nobody knows: pages that are open then go on."""
        now_us = self._mono_us()
        with self._lock:
            found = self._looks.get((account, device))
            if found is None:
                found = self._look(account, device)
                late = now_us >= self._began_us + LAPSES_US
                found.over = "lapsed" if late else ""
                return "over" if late else "again"
            gone_us = now_us - found.asked_us
            if not found.over and gone_us >= LAPSES_US:
                found.over = "lapsed"
            if found.over:
                return "over"
            on = gone_us < (FRESH_US if found.fresh else SEEN_US)
            found.asked_us, found.fresh = now_us, False
            return "on" if on else "again"

    def end(self, account: str, device: str) -> None:
        """Somebody ended it, or its page did."""
        with self._lock:
            found = self._look(account, device)
            found.over, found.begun_us = "ended", None

    def over(self, account: str, device: str) -> Over:
        """Whether a look was ended, or lapsed."""
        with self._lock:
            found = self._looks.get((account, device))
            return "" if found is None else found.over

    def knows(self, account: str, device: str, class_id: str) -> bool:
        """Whether a piece of this class reached somebody in their look since the centre started."""
        with self._lock:
            found = self._looks.get((account, device))
            return found is not None and class_id in found.spans

    def gave(self, account: str, device: str, class_id: str, now_us: int, before: Span | None = None) -> Span | None:
        """A piece reached somebody while this class went on; the span so far, where that is to be kept. `before`: what
        is kept of their look from before a start of the centre."""
        with self._lock:
            look = self._look(account, device)
            first_us = look.spans.get(class_id, before or (now_us, now_us))[0]
            look.spans[class_id] = span = (first_us, now_us)
            if class_id in look.kept and now_us < look.kept[class_id] + KEEP_US:
                return None
            look.kept[class_id] = now_us
            return span

    def spans(self, account: str, device: str) -> dict[str, Span]:
        """Class → from the first to the newest piece of it that reached somebody in their look, UTC µs."""
        with self._lock:
            found = self._looks.get((account, device))
            return {} if found is None else dict(found.spans)

    def _look(self, account: str, device: str) -> _Look:
        if (account, device) not in self._looks and len(self._looks) >= MOST:
            del self._looks[next(iter(self._looks))]
        return self._looks.setdefault((account, device), _Look(self._mono_us()))
