"""Whether somebody answers at an address, and whether a process holds a lock: short looks that change nothing."""
from __future__ import annotations

import fcntl
import os
import socket
import ssl
from pathlib import Path

from common.texts import N_
from common.tls import ClientContext
from common.unreached import why_unreached

ANSWER_S = 3.0
"""Real seconds that whoever is asked over the network may take."""
REFUSES_S = 0.5
"""A server of TLS 1.3 refuses a client's certificate only after the handshake: so long a word of that is waited for."""
ENDS, NOT_TAKEN = N_("it ends the connection at once"), N_("it does not take the certificate that it is shown")


def unreached(host: str, port: int, context: ClientContext | None = None) -> str | None:
    """Why nobody answers there; None where somebody does. With `context` also whether both take each other's
    certificate; no more is said: a session under our name would end the one that another process has."""
    try:
        with socket.create_connection((host, port), ANSWER_S) as line:
            if context is None:
                return None
            with context.wrap_socket(line, server_hostname=host) as safe:
                safe.settimeout(REFUSES_S)
                return _refused(safe)
    except OSError as error:
        return NOT_TAKEN if context is not None and context.trouble == "own" else why_unreached(error)


def _refused(safe: ssl.SSLSocket) -> str | None:
    """Who takes us waits for our first word, and says nothing."""
    try:
        return None if safe.recv(1) else ENDS
    except TimeoutError:
        return None


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock (flock). Raises OSError."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
