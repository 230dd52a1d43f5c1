"""What every process of the box does alike: say that it is ready, end when it is told to, not outlive its supervisor.

Readiness is systemd's protocol: a datagram READY=1 to the socket in NOTIFY_SOCKET.
"""
from __future__ import annotations

import ctypes
import os
import signal
import socket
import threading

SUPERVISOR = "ZAITANG_SUPERVISOR"
"""Environment: the process id of `zaitang-edge run`, whose end is ours too."""
_PR_SET_PDEATHSIG = 1


def ready() -> None:
    """Tell whoever started this process that it does its work now; nobody, if nobody asked."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", address)


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def die_with_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor is gone."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):
        os.kill(os.getpid(), signal.SIGTERM)
