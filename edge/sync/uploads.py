"""Segments and contact sheets to the centre: which file goes next. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from common.backoff import Backoff

RETRY = Backoff(first=2.0, longest=600.0)
AWAITED = Backoff(first=2.0, longest=30.0)
"""While a file waits for which somebody sits before a page."""
AWAY_S = 60.0
"""Seconds until files on a volume that is away are looked for again."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One file on its way. `seq`: its record; `file`: `Segment.file`, of a sheet its name; `kept`: the centre is to
    keep it, and did not just ask for it; `awaited`: somebody waits for it there."""

    seq: int
    sha256: str
    file: str
    size: int
    kind: Literal["segment", "sheet"] = "segment"
    kept: bool = True
    awaited: bool = False


@dataclasses.dataclass(frozen=True)
class Queue:
    """Files that wait, oldest first. After a failure (`failures` of them in a row) the whole queue waits until
    `not_before` (monotonic seconds): a centre that is away is asked once per wait, not once per file. `away`: files on
    a volume that is not there now; they let the others pass and are looked for again at `look_at`."""

    jobs: tuple[Job, ...] = ()
    failures: int = 0
    not_before: float = 0.0
    away: tuple[Job, ...] = ()
    look_at: float = 0.0

    def with_more(self, jobs: Sequence[Job]) -> Queue:
        """The queue with files added at its end."""
        return dataclasses.replace(self, jobs=(*self.jobs, *jobs)) if jobs else self

    def with_first(self, jobs: Sequence[Job]) -> Queue:
        """The queue with these files before all others but the first one, which may be on its way. Whoever asked for
        them is there: nothing waits."""
        on_its_way, asked = self.jobs[:1], {job.sha256 for job in jobs}
        rest = tuple(job for job in self.jobs[1:] if job.sha256 not in asked)
        sent = {job.sha256 for job in on_its_way}
        return dataclasses.replace(
            self, jobs=(*on_its_way, *(job for job in jobs if job.sha256 not in sent), *rest),
            away=tuple(job for job in self.away if job.sha256 not in asked),
            not_before=0.0 if jobs else self.not_before)

    def next(self, now: float) -> Job | None:
        """The file to send now, if it is time."""
        return self.jobs[0] if self.jobs and now >= self.not_before else None

    def after_success(self) -> Queue:
        """The first file is at the centre, or gone from here for good."""
        return dataclasses.replace(self, jobs=self.jobs[1:], failures=0, not_before=0.0)

    def after_away(self, now: float) -> Queue:
        """The first file lies where nobody can read it now: no failure of the centre."""
        look_at = self.look_at if self.away else now + AWAY_S
        return dataclasses.replace(self, jobs=self.jobs[1:], away=(*self.away, self.jobs[0]), look_at=look_at)

    def looked_for(self, now: float) -> Queue:
        """With the files that were away at its end, once it is time to look for them again."""
        if not self.away or now < self.look_at:
            return self
        return dataclasses.replace(self, jobs=(*self.jobs, *self.away), away=())

    def after_failure(self, now: float, chance: float) -> Queue:
        """The first file goes to the end (it must not block the others) and the next try waits."""
        wait = (AWAITED if any(job.awaited for job in self.jobs) else RETRY).wait(self.failures, chance)
        jobs = (*self.jobs[1:], self.jobs[0])
        return dataclasses.replace(self, jobs=jobs, failures=self.failures + 1, not_before=now + wait)
