"""Looks at a volume that may hang, as a NAS does whose server is gone: whoever asks gets an answer in time."""
from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from common.texts import N_
from edge.errors import VolumeAway

WAIT_S = 5.0
"""Real seconds. A disk that sleeps wakes up in about as long."""
SILENT = N_("it does not answer")
Answer = TypeVar("Answer")
_stuck: dict[Path, threading.Thread] = {}
"""Looks of this process that have not come back. No system call on a volume that hangs can be taken back."""


def in_time(folder: Path, look: Callable[[], Answer]) -> Answer:
    """What `look` returns or raises. Raises VolumeAway when it takes too long, and at once while an earlier look at
    this folder has not come back."""
    before = _stuck.get(folder)
    if before is not None and before.is_alive():
        raise VolumeAway(folder=folder, why=SILENT)
    answer: Future[Answer] = Future()

    def work() -> None:
        try:
            answer.set_result(look())
        except BaseException as error:
            answer.set_exception(error)

    thread = threading.Thread(target=work, name="look", daemon=True)
    thread.start()
    thread.join(WAIT_S)
    if not answer.done():
        _stuck[folder] = thread
        raise VolumeAway(folder=folder, why=SILENT)
    return answer.result()
