"""The lock of a process of which there may be one: a flock of a file, which ends with whoever holds it."""
from __future__ import annotations

import fcntl
import time

LOOK_S = 0.2
"""So long somebody may look whether a process runs (`common.reaching.is_held`), who holds the lock for that moment."""
_AGAIN_S = 0.05


def taken(handle: int, wait_s: float = LOOK_S) -> bool:
    """Take the lock of an open file; `wait_s`: how long whoever holds it may take to end. False: it is held still."""
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_AGAIN_S)
