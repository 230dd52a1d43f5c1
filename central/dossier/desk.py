"""Where the console has dossiers made: one at a time, each by a process of its own; who asks for the same shares it.

Nothing is kept on a disk: a dossier names people, and is made again in seconds. It lies in memory for ten minutes, to
be downloaded, and is forgotten then, or when the console ends."""
from __future__ import annotations

import dataclasses
import hashlib
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Literal

from central.dossier.errors import DossierFailed, TooManyDossiers, YourDossiers
from central.dossier.facts import facts_hash
from central.dossier.shape import Facts
from common.logs import Log

KEPT_S, WAITING, EACH, KEPT_BYTES = 600.0, 8, 3, 128 << 20
"""How long a finished one is kept; how many may wait, and how many that one account asked for be made or wait; so many
bytes are kept in all, the oldest go first."""
LONGEST_S, MOST_BYTES = 600, 64 << 20
"""What one may take and may hold."""
State = Literal["waiting", "running", "done", "failed"]
LayOut = Callable[[Facts, str, str], bytes]


@dataclasses.dataclass
class Job:
    """A dossier that somebody asked for. `key`: the same for the same facts, kind and language; `by`: the account that
    asked first; `since`: monotonic seconds, of when it came into its state."""

    key: str
    class_id: str
    ending: str
    lang: str
    by: str
    state: State
    since: float
    data: bytes = b""

    @property
    def name(self) -> str:
        """Of the file: in both languages beside each other in a folder."""
        return f"{self.class_id}.{self.lang}{self.ending}"


class DossierDesk:
    """Takes orders for dossiers. `lay_out`: what makes one; raises DossierFailed."""

    def __init__(self, lay_out: LayOut | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._lay_out, self._now = lay_out or by_process, now
        self._jobs: dict[str, Job] = {}
        self._queue: queue.Queue[tuple[Job, Facts]] = queue.Queue(WAITING)
        self._lock, self._log = threading.Lock(), Log("dossier")
        self._worker: threading.Thread | None = None

    def ask(self, facts: Facts, ending: str, lang: str, by: str, first: Callable[[], object]) -> Job:
        """The job for these facts, which may be one that runs, or is done, already; `by`: the account that asks;
        `first`: called before a new one begins. Raises YourDossiers, TooManyDossiers, and what `first` raises; nothing
        is begun then."""
        said = f"{facts.head.class_id} {facts_hash(facts)} {ending} {lang}"
        key = hashlib.sha256(said.encode()).hexdigest()[:32]
        with self._lock:
            self._forget()
            known = self._jobs.get(key)
            if known is not None and known.state != "failed":
                return known
            if sum(one.by == by and one.state in ("waiting", "running") for one in self._jobs.values()) >= EACH:
                raise YourDossiers(limit=EACH)
            if self._queue.full():
                raise TooManyDossiers
            first()
            job = Job(key, facts.head.class_id, ending, lang, by, "waiting", self._now())
            self._jobs[key] = job
            self._queue.put_nowait((job, facts))
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="dossiers", daemon=True)
                self._worker.start()
        return job

    def job(self, class_id: str, key: str) -> Job | None:
        """A job by its key; None for one that is forgotten, or of another class."""
        with self._lock:
            self._forget()
            found = self._jobs.get(key)
        return found if found is not None and found.class_id == class_id else None

    def before(self, job: Job) -> int:
        """How many are to be made before it."""
        with self._lock:
            ahead = [one for one in self._jobs.values() if one.state in ("waiting", "running")]
        return ahead.index(job) if job in ahead else 0

    def elapsed_s(self, job: Job) -> int:
        """How long it has been in its state."""
        return max(0, int(self._now() - job.since))

    def _work(self) -> None:
        while True:
            job, facts = self._queue.get()
            self._become(job, "running")
            try:
                data = self._lay_out(facts, job.ending, job.lang)
            except Exception as error:  # whatever it is: the next one is made all the same
                self._log.failed("dossier.failed", error, **{"class": job.class_id})
                self._become(job, "failed")
            else:
                self._become(job, "done", data)

    def _become(self, job: Job, state: State, data: bytes = b"") -> None:
        with self._lock:
            job.state, job.since, job.data = state, self._now(), data

    def _forget(self) -> None:
        """What is too old, and the oldest of what is too much. Whoever calls it holds the lock."""
        over = [one for one in self._jobs.values() if one.state in ("done", "failed")]
        room = KEPT_BYTES
        for one in sorted(over, key=lambda one: -one.since):
            room -= len(one.data)
            if room < 0 or self._now() - one.since > KEPT_S:
                del self._jobs[one.key]


def by_process(facts: Facts, ending: str, lang: str) -> bytes:
    """Laid out by `central.dossier.layout`. Raises DossierFailed."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "central.dossier.layout", ending, lang], input=pickle.dumps(facts),
            capture_output=True, timeout=LONGEST_S, check=True)
    except subprocess.TimeoutExpired:
        raise DossierFailed(class_id=facts.head.class_id, why=f"{LONGEST_S} s") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise DossierFailed(class_id=facts.head.class_id, why=last[:200] or error.returncode) from None
    if len(done.stdout) > MOST_BYTES:
        raise DossierFailed(class_id=facts.head.class_id, why=f"{len(done.stdout)} B")
    return done.stdout
