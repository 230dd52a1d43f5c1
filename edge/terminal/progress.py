"""What the recorder says now, and what it was heard to record: more than the records say until a segment is sealed."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from edge.clock import Clock
from edge.picture.told import Trouble
from evidence.enforce import Ailing, Heard
from evidence.story import Span
from evidence.times import SECOND

STALE = ("frozen", "looped")
LATE_US = 4 * SECOND
"""Real time beyond the longest gap by which the last packet may be old: twice what the recorder itself allows a busy
machine, and the time until its word is here."""
LATE_S, STUCK_S = 3.0, 10.0
"""Real seconds since the recorder's last step: it hangs where packets are missing, or anyhow. A disk may be slow."""
MOST_RUNS = 50
"""So many runs are remembered: older ones are long sealed."""


@dataclasses.dataclass(frozen=True)
class Live:
    """What the recorder says. `run`: the unbroken video of now as wall-clock time; None when it records nothing.
    `name`: the id of that run; `session`: of its session. `stuck`: it answers, but does not go on."""

    state: Literal["recording", "waiting", "stopped", "silent", "refused", "stuck", "absent"]
    run: Span | None = None
    name: str = ""
    session: str = ""


def live_of(said: Mapping[str, Any] | None, clock: Clock, max_gap_us: int) -> Live:
    """What the recorder's answer comes to now; None: it gave none. A run goes on only while its packets come: of one
    whose disk hangs the answer stays what it was."""
    if said is None:
        return Live("absent")
    try:
        return _live_of(said, clock, max_gap_us)
    except (KeyError, TypeError, ValueError, OverflowError):
        # Who says something else than a recorder does is none.
        return Live("absent")


def _live_of(said: Mapping[str, Any], clock: Clock, max_gap_us: int) -> Live:
    if is_stuck(said):
        return Live("stuck")
    if said.get("refused"):
        return Live("refused")
    if said.get("silent") and said.get("session"):
        return Live("silent")
    if not said.get("recording"):
        return Live("waiting" if said.get("session") else "stopped")
    now_us, last_us = clock.mono_us(), int(said["last_packet_mono_us"])
    if now_us - last_us > max_gap_us + LATE_US * clock.rate:
        return Live("stuck" if _step_age_s(said) > LATE_S else "silent")
    end_us = clock.utc_us() - now_us + last_us
    run = Span(end_us - int(said["stretch_us"]), end_us)
    return Live("recording", run, str(said.get("run")), str(said.get("session")))


def is_stuck(said: Mapping[str, Any]) -> bool:
    """Whether a recorder that answers has not gone on for so long that somebody must be told."""
    return _step_age_s(said) > STUCK_S


def _step_age_s(said: Mapping[str, Any]) -> float:
    return float(said.get("step_age_ms", 0)) / 1000


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
        # Of one that hangs nobody knows what it will still write: its queue holds what the camera sends meanwhile.
        return Heard(live.state not in ("absent", "stuck"), now, spans, ailing)


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
