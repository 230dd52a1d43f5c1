"""What the recorder says now, and what it was heard to record: more than the records say until a segment is sealed."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Literal

from evidence.enforce import Heard
from evidence.story import Span

MOST_RUNS = 50
"""So many runs are remembered: older ones are long sealed."""


@dataclasses.dataclass(frozen=True)
class Live:
    """What the recorder says. `run`: the unbroken video of now as wall-clock time; None when it records nothing.
    `name`: the id of that run; `session`: of its session."""

    state: Literal["recording", "waiting", "stopped", "silent", "refused", "absent"]
    run: Span | None = None
    name: str = ""
    session: str = ""


class Runs:
    """The runs of which the recorder spoke, each as long as it was when it last did."""

    def __init__(self) -> None:
        self._runs: dict[str, tuple[Span, str]] = {}
        self._lock = threading.Lock()

    def hear(self, live: Live, counts: Callable[[str], bool]) -> Heard:
        """Take in its newest word. `counts`: whether a session is one of the class that is asked about."""
        with self._lock:
            if live.run is not None:
                self._runs.pop(live.name, None)
                self._runs[live.name] = (live.run, live.session)
                while len(self._runs) > MOST_RUNS:
                    del self._runs[next(iter(self._runs))]
            runs = tuple(run for run, session in self._runs.values() if counts(session))
        return Heard(live.state != "absent", live.run if counts(live.session) else None, runs)
