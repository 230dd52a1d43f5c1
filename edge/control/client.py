"""The asking side: `ask(box.recorder_socket, "status")`."""
from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from common.sockets import short_name
from edge.control.server import FAILED
from edge.errors import NoRecorder

LONGEST_ANSWER = 1 << 20


def ask(path: Path, word: str, timeout_s: float = 2.0) -> dict[str, Any]:
    """What the process behind the socket says to `word` (`status`, `look`). Raises NoRecorder."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, short_name(path) as name:
            line.settimeout(timeout_s)
            line.connect(name)
            line.sendall(word.encode() + b"\n")
            with line.makefile("rb") as said:
                answer = json.loads(said.readline(LONGEST_ANSWER))
                if not isinstance(answer, dict):
                    raise ValueError
    except (OSError, ValueError, RecursionError) as error:
        raise NoRecorder(why=getattr(error, "strerror", None) or type(error).__name__) from None
    if answer.get("error") == FAILED:
        raise NoRecorder(why=FAILED)
    return answer
