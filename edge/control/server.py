"""The answering side: one word in, one line of JSON out, on a Unix socket that only this user may use."""
from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from common.logs import Log
from common.sockets import short_name

WAIT_S = 2.0
LONGEST = 64
FAILED = "failed"
"""The answer to a question at which the answering side failed."""
Answer = Callable[[], Mapping[str, object]]


class ControlServer:
    """Answers in a thread of its own until `close`. `answers`: what to say to each word; they must be quick."""

    def __init__(self, path: Path, answers: Mapping[str, Answer]) -> None:
        self._path, self._answers = path, answers
        self._socket = listening(path)
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            with caller, contextlib.suppress(OSError):
                caller.settimeout(WAIT_S)
                caller.sendall(self._answer(caller.recv(LONGEST)))

    def _answer(self, asked: bytes) -> bytes:
        answer = self._answers.get(asked.decode("ascii", "replace").strip())
        try:
            said = json.dumps({"error": "unknown"} if answer is None else answer())
        # Whatever is wrong with one answer, the process behind it does its work, and answers the next question.
        except Exception as error:
            Log("control").failed("answer.failed", error)
            said = json.dumps({"error": FAILED})
        return said.encode() + b"\n"


def listening(path: Path) -> socket.socket:
    """A socket that takes connections at `path`, of this user alone. Raises OSError."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_name(path) as name:
            made.bind(name)
        path.chmod(0o600)
        made.listen(16)
    except OSError:
        made.close()
        raise
    return made


