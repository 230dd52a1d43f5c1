"""What every process of the box does alike: run once, say that it is ready, end when it is told to, not outlive its
supervisor."""
from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from common.locks import LOOK_S, taken
from common.logs import Log
from common.notify import READY, tell
from common.signals import on_signal
from edge.errors import AlreadyRunning, StillRuns
from edge.refusal import Refusal, take_back, written

SUPERVISOR = "ZAITANG_SUPERVISOR"
"""Environment: the process id of `zaitang-edge run`, whose end is ours too."""
SAYS = b"STATUS="
"""Begins the datagram with which a process tells its supervisor why it refuses."""
OUTLIVES_NOBODY = ("setpriv", "--pdeathsig", "KILL", "--")
"""Before the command of a child that must end with us."""
LONG_S = 25.0
"""Real seconds after which a process that was told to end is too long about it: its supervisor kills it soon."""
STDERR = 2
_M_ARENA_MAX = -8
_PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def only_one(path: Path, what: str, wait_s: float = LOOK_S) -> Iterator[None]:
    """Hold the lock file while the body runs; `wait_s`: how long a predecessor may take to end.

    Raises AlreadyRunning when another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not taken(handle, wait_s):
            raise AlreadyRunning(what=what, pid=os.pread(handle, 20, 0).decode() or "?")
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def none_of(run_folder: Path, locks: Sequence[str]) -> Iterator[None]:
    """Hold the locks of processes of a box while the body runs. Raises StillRuns when one of them runs."""
    with contextlib.ExitStack() as alone:
        for lock in locks:
            try:
                alone.enter_context(only_one(run_folder / f"{lock}.lock", lock))
            except AlreadyRunning as error:
                raise StillRuns(pid=error.params["pid"]) from None
        yield


def ready(run_folder: Path, role: str) -> None:
    """Tell whoever started this process, and everybody on the box, that it does its work now."""
    take_back(run_folder, role)
    tell(READY)


def has_supervisor() -> bool:
    """Whether `zaitang-edge run` started this process and says to the user what there is to say."""
    return SUPERVISOR in os.environ


def refuse(why: Refusal) -> None:
    """Tell the supervisor why this process does not run."""
    tell(SAYS + written(why))


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it in the main thread. A process that does not end then says where
    each of its threads is: nobody can ask it once it is killed."""
    stop = threading.Event()

    def end() -> None:
        stop.set()
        faulthandler.dump_traceback_later(LONG_S, file=STDERR)

    on_signal(end)
    return stop


def die_with_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor is gone."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):
        os.kill(os.getpid(), signal.SIGTERM)


def one_heap() -> None:
    """Let all threads of this process share one heap. Else each has its own, up to eight for a core, and each keeps
    for itself what its thread once needed. Before any thread is started; nothing where the C library is not glibc."""
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(_M_ARENA_MAX, 1)


def die_with_thread() -> None:
    """An error that nobody foresaw in any thread ends the process, which is then started again: no half-dead box."""
    def failed(what: threading.ExceptHookArgs) -> None:
        Log("process").failed("thread.failed", what.exc_value or RuntimeError())
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = failed
