"""Ends a process that a test started, and tells where it was when it does not end."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

TELLS_S = 5.0
LONG_S = 60.0
"""Longer than a supervisor waits for its processes before it kills them."""


def end(child: subprocess.Popen[Any], timeout_s: float = LONG_S) -> tuple[int, Any, Any]:
    """SIGTERM; exit status, and what it said where that is a pipe. If it does not end, it and all of its processes tell
    where each of their threads is (tests/conftest.py) and the test fails with that."""
    child.send_signal(signal.SIGTERM)
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        for pid in [child.pid, *offspring(child.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
                _wait_told(pid)
        _, err = child.communicate(timeout=LONG_S)
        raise AssertionError(f"{child.args} did not end within {timeout_s} s of SIGTERM:\n{err}") from None
    return child.returncode, out, err


def _wait_told(pid: int) -> None:
    """One after the other: what two tell at a time into one pipe nobody can read."""
    deadline = time.monotonic() + TELLS_S
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
            time.sleep(0.01)


def offspring(pid: int) -> list[int]:
    """The processes that this one started and theirs, as far as they run."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for one in map(int, children.read_text().split()):
                found += [one, *offspring(one)]
    return found
