"""What the recorder says now, and what it was heard to record: more than the records say until a segment is sealed."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Literal

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

    def hear(self, live: Live, counts: Callable[[str], bool], ails: Sequence[str] = ()) -> Heard:
        """Take in its newest word. `counts`: whether a session is one of the class that is asked about. `ails`: what
        the picture process says of the picture of now."""
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


def _ailing(before: _Run | None, now: Span, ails: Sequence[str]) -> tuple[Ailing, ...]:
    """When the picture of a run did not count. Nobody says since when, so it is since the run was last heard well."""
    known = before.ailing if before is not None else ()
    if not ails:
        return known
    stale = any(what in STALE for what in ails)
    if before is not None and known and known[-1].end_us == before.span.end_us and known[-1].stale == stale:
        return (*known[:-1], dataclasses.replace(known[-1], end_us=max(known[-1].end_us, now.end_us)))
    since_us = now.start_us if before is None else min(before.span.end_us, now.end_us)
    return (*known, Ailing(since_us, now.end_us, stale))[-MOST_RUNS:]
