"""The looks into rooms that go on or went on: whether one was begun just now, whether it was ended, what of which class
reached whom. In memory: after a restart a page that is still open goes on, and nothing of before is known."""
from __future__ import annotations

import dataclasses
import threading

from evidence.times import MINUTE

FRESH_US = MINUTE
"""A page that is opened so soon after its button was pressed shows the picture at once."""
MOST = 8192


@dataclasses.dataclass
class _Look:
    """`begun_us`: the button was pressed then, and no page came of it yet; `spans`: of each class, when the first and
    the newest piece was given out. UTC µs."""

    begun_us: int | None = None
    ended: bool = False
    spans: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)


class Looking:
    """Of each account and box the newest look. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[tuple[str, str], _Look] = {}

    def begin(self, account: str, device: str, now_us: int, anew: bool) -> None:
        """Somebody pressed the button. `anew`: what reached them before is of another look."""
        with self._lock:
            if anew:
                self._looks.pop((account, device), None)
            self._look(account, device).begun_us = now_us

    def opens(self, account: str, device: str, now_us: int) -> bool:
        """Whether a page that is opened now is of a look that was begun just now; once for each press."""
        with self._lock:
            found = self._looks.get((account, device))
            if found is None or found.begun_us is None:
                return False
            begun_us, found.begun_us = found.begun_us, None
            return now_us < begun_us + FRESH_US

    def end(self, account: str, device: str) -> None:
        """Somebody ended it, or its page did."""
        with self._lock:
            found = self._look(account, device)
            found.ended, found.begun_us = True, None

    def is_over(self, account: str, device: str) -> bool:
        """Whether it was ended."""
        with self._lock:
            found = self._looks.get((account, device))
            return found is not None and found.ended

    def gave(self, account: str, device: str, class_id: str, now_us: int) -> None:
        """A piece reached somebody while this class went on."""
        with self._lock:
            spans = self._look(account, device).spans
            spans[class_id] = (spans.get(class_id, (now_us, now_us))[0], now_us)

    def span(self, account: str, device: str, class_id: str) -> tuple[int, int] | None:
        """From the first to the newest piece of this class that reached somebody in their look, UTC µs; None without
        one."""
        with self._lock:
            found = self._looks.get((account, device))
            return None if found is None else found.spans.get(class_id)

    def _look(self, account: str, device: str) -> _Look:
        if (account, device) not in self._looks and len(self._looks) >= MOST:
            del self._looks[next(iter(self._looks))]
        return self._looks.setdefault((account, device), _Look())
