"""Segments to the centre: which file goes next, and the HTTP PUT that carries it, addressed by its hash."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from common.backoff import Backoff

RETRY = Backoff(first=2.0, longest=600.0)
CHUNK = 256 * 1024
AWAY_S = 60.0
"""Seconds until files on a volume that is away are looked for again."""
TIMEOUT = httpx.Timeout(30.0)


@dataclasses.dataclass(frozen=True)
class Job:
    """One segment file on its way. `seq`: its record; `file`: `Segment.file`."""

    seq: int
    sha256: str
    file: str
    size: int


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
        wait = RETRY.wait(self.failures, chance)
        jobs = (*self.jobs[1:], self.jobs[0])
        return dataclasses.replace(self, jobs=jobs, failures=self.failures + 1, not_before=now + wait)


def put(client: httpx.Client, centre: str, job: Job, path: Path) -> int:
    """Stream a file to `{centre}/api/segments/{sha256}`; the HTTP status. Raises httpx.HTTPError, OSError."""
    headers = {"Content-Type": "video/mp4", "Content-Length": str(job.size)}
    with path.open("rb") as file:
        chunks: Iterator[bytes] = iter(lambda: file.read(CHUNK), b"")
        address = f"{centre.rstrip('/')}/api/segments/{job.sha256}"
        return client.put(address, content=chunks, headers=headers).status_code


def make_client() -> httpx.Client:
    """A client that talks to the centre only: no proxy and no password file of the environment."""
    return httpx.Client(timeout=TIMEOUT, trust_env=False)
