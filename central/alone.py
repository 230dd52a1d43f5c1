"""One process of each kind at a time for the folder of a centre."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from central.errors import AlarmsRun, CannotWrite, CollectorRuns, ConsoleRuns, KeepingRuns, WebhookRuns
from common.locks import taken
from evidence.errors import ZaitangError

RUNS: Mapping[str, type[ZaitangError]] = {
    "collector": CollectorRuns, "webhook": WebhookRuns, "alarms": AlarmsRun, "console": ConsoleRuns,
    "keeping": KeepingRuns}


@contextmanager
def alone(
    folder: Path, what: Literal["collector", "webhook", "alarms", "console", "keeping"] = "collector"
) -> Iterator[None]:
    """Hold the place of this folder's collector: two would push each other off the broker without end; of who tells its
    events, or alarms: two would tell each twice; of its console: boxes would bring live pictures to one, and viewers
    wait for them at the other; or of who removes video. Whoever is killed lets go.

    Raises CollectorRuns, WebhookRuns, AlarmsRun, ConsoleRuns, KeepingRuns, CannotWrite."""
    path = folder / f"{what}.lock"
    try:
        opened = path.open("w")
    except OSError as error:
        raise CannotWrite(path=path, why=error.strerror) from None
    with opened as lock:
        if not taken(lock.fileno()):
            raise RUNS[what](folder=folder)
        yield
