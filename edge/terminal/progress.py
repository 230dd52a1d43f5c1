"""What the recorder says now, and what it was heard to record: more than the records say until a segment is sealed."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Literal

from edge.picture.told import Trouble
from evidence.enforce import Ailing, Heard
from evidence.story import Span

STALE = ("frozen", "looped")
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


@dataclasses.dataclass(frozen=True)
class _Run:
    span: Span
    session: str
    ailing: tuple[Ailing, ...]


class Runs:
    """The runs of which the recorder spoke, each as long as it was when it last did."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def hear(self, live: Live, counts: Callable[[str], bool], ails: Sequence[Trouble] = ()) -> Heard:
        """Take in its newest word. `counts`: whether a session is one of the class that is asked about. `ails`: what
        the picture process says of the run of now."""
        with self._lock:
            if live.run is not None:
                ailing = _ailing(self._runs.pop(live.name, None), live.run, ails)
                self._runs[live.name] = _Run(live.run, live.session, ailing)
                while len(self._runs) > MOST_RUNS:
                    del self._runs[next(iter(self._runs))]
            runs = [run for run in self._runs.values() if counts(run.session)]
        now = live.run if counts(live.session) else None
        spans, ailing = tuple(run.span for run in runs), tuple(one for run in runs for one in run.ailing)
        return Heard(live.state != "absent", now, spans, ailing)


def _ailing(before: _Run | None, now: Span, ails: Sequence[Trouble]) -> tuple[Ailing, ...]:
    """When the picture of a run did not count. Troubles say since when in media time of the run, which begins at 0."""
    known = before.ailing if before is not None else ()
    if not ails:
        return known
    stale = any(one.what in STALE for one in ails)
    since_us = now.start_us + min(max(0, one.since_us) for one in ails)
    lasting = Ailing(min(since_us, now.end_us), now.end_us, stale)
    if before is not None and known and known[-1].end_us == before.span.end_us and known[-1].stale == stale:
        # It goes on: the wall clock of the run's start may have moved a little since.
        first = known[-1]
        known = known[:-1]
        lasting = Ailing(min(first.start_us, lasting.start_us), max(first.end_us, lasting.end_us), stale)
    return (*known, lasting)[-MOST_RUNS:]
