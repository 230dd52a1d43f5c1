"""What every process of the box does alike: run once, say that it is ready, end when it is told to, not outlive its
supervisor.

Readiness and progress are systemd's protocol: datagrams READY=1 and WATCHDOG=1 to the socket in NOTIFY_SOCKET.
"""
from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from common.logs import Log
from common.signals import on_signal
from edge.control.server import short_name
from edge.errors import AlreadyRunning
from edge.refusal import Refusal, written

SUPERVISOR = "ZAITANG_SUPERVISOR"
"""Environment: the process id of `zaitang-edge run`, whose end is ours too."""
SAYS = b"STATUS="
"""Begins the datagram with which a process tells its supervisor why it refuses."""
OUTLIVES_NOBODY = ("setpriv", "--pdeathsig", "KILL", "--")
"""Before the command of a child that must end with us."""
READY, STEPPED = b"READY=1", b"WATCHDOG=1"
TELL_S = 1.0
"""Real seconds between two datagrams of a loop that goes on."""
LONG_S = 25.0
"""Real seconds after which a process that was told to end is too long about it: its supervisor kills it soon."""
STDERR = 2
_PR_SET_PDEATHSIG = 1
_AGAIN_S = 0.1


@contextlib.contextmanager
def only_one(path: Path, what: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file while the body runs; `wait_s`: how long a predecessor may take to end.

    Raises AlreadyRunning when another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(handle, wait_s):
            raise AlreadyRunning(what=what, pid=os.pread(handle, 20, 0).decode() or "?")
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_AGAIN_S)


def ready() -> None:
    """Tell whoever started this process that it does its work now; nobody, if nobody asked."""
    _notify(READY)


def has_supervisor() -> bool:
    """Whether `zaitang-edge run` started this process and says to the user what there is to say."""
    return SUPERVISOR in os.environ


def refuse(why: Refusal) -> None:
    """Tell the supervisor why this process does not run."""
    _notify(SAYS + written(why))


class Progress:
    """Says that the main loop goes on: a process that lives may still hang. `step` after each step; it never waits."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._stepped_s, self._tells_s = monotonic, monotonic(), 0.0
        self._line: socket.socket | None = None

    @property
    def age_s(self) -> float:
        """Real seconds since the last step ended. From any thread."""
        return self._monotonic() - self._stepped_s

    def step(self) -> None:
        """One more step is done; the supervisor is told of it now and then."""
        self._stepped_s = now = self._monotonic()
        if now < self._tells_s:
            return
        self._tells_s = now + TELL_S
        # A supervisor that does not listen just now must not hold up the loop; it hears the next one.
        with contextlib.suppress(OSError):
            self._line = self._line or _line()
            if self._line is not None:
                self._line.send(STEPPED, socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Let go of the socket."""
        if self._line is not None:
            self._line.close()


def _notify(message: bytes) -> None:
    line = _line()
    if line is not None:
        with line:
            line.send(message)


def _line() -> socket.socket | None:
    """Connected to the socket in NOTIFY_SOCKET; None if nobody asked. Raises OSError."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return None
    line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if address.startswith("@"):
            line.connect("\0" + address[1:])
        else:
            with short_name(Path(address)) as name:
                line.connect(name)
    except OSError:
        line.close()
        raise
    return line


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


def die_with_thread() -> None:
    """An error that nobody foresaw in any thread ends the process, which is then started again: no half-dead box."""
    def failed(what: threading.ExceptHookArgs) -> None:
        Log("process").failed("thread.failed", what.exc_value or RuntimeError())
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = failed
