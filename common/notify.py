"""What a process tells whoever started it, by systemd's protocol (sd_notify(3)): that it does its work now, and that
its main loop goes on. Datagrams to the socket in NOTIFY_SOCKET; nobody is told where nobody asked."""
from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from common.sockets import short_name

READY, STEPPED = b"READY=1", b"WATCHDOG=1"
LONGER = b"EXTEND_TIMEOUT_USEC=60000000"
"""A minute more for a start that goes on."""
TELL_S = 1.0
"""Real seconds between two datagrams of a loop that goes on."""


class Watchdog:
    """Says that the main loop goes on: a process that lives may still hang. `step` after each step; it never waits.
    `says`: what it says then."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, says: bytes = STEPPED) -> None:
        self._says = says
        self._monotonic, self._stepped_s, self._tells_s = monotonic, monotonic(), 0.0
        self._line: socket.socket | None = None

    @property
    def age_s(self) -> float:
        """Real seconds since the last step ended. From any thread."""
        return self._monotonic() - self._stepped_s

    def step(self) -> None:
        """One more step is done; who watches is told of it now and then."""
        self._stepped_s = now = self._monotonic()
        if now < self._tells_s:
            return
        self._tells_s = now + TELL_S
        # A supervisor that does not listen just now must not hold up the loop; it hears the next one.
        with contextlib.suppress(OSError):
            self._line = self._line or _line()
            if self._line is not None:
                self._line.send(self._says, socket.MSG_DONTWAIT)

    def idle(self, stop: threading.Event) -> None:
        """Nothing to do until `stop` is set."""
        while not stop.wait(TELL_S):
            self.step()

    def close(self) -> None:
        """Let go of the socket."""
        if self._line is not None:
            self._line.close()


def watched() -> bool:
    """Whether somebody listens, who starts this process again when it ends."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def tell(message: bytes) -> None:
    """Send one message. Raises OSError."""
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
