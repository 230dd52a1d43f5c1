"""One HTTP request to somebody who is not trusted: bounded in size and, to the last byte, in time."""
from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping

from evidence.errors import FetchFailed

SILENT_S = 20
"""So long nothing may come."""
WHOLE_S = 60
"""So long all of it may take."""


def fetch(address: str, limit: int, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    """The answer to a GET, or with `data` to a POST, of at most `limit` bytes. Raises FetchFailed.

    It is asked in a daemon thread: whoever sends a byte now and then would hold us for ever."""
    found: list[bytes | FetchFailed] = []
    thread = threading.Thread(target=lambda: found.append(_ask(address, limit, data, headers or {})), daemon=True)
    thread.start()
    thread.join(WHOLE_S)
    answer = found[0] if found else FetchFailed(address=address, why="no whole answer in time")
    if isinstance(answer, FetchFailed):
        raise answer
    return answer


def _ask(address: str, limit: int, data: bytes | None, headers: Mapping[str, str]) -> bytes | FetchFailed:
    if not address.startswith(("http://", "https://")):
        return FetchFailed(address=address, why="it is no http or https address")
    try:
        request = urllib.request.Request(address, data, dict(headers))
        with urllib.request.urlopen(request, timeout=SILENT_S) as answer:
            found = bytes(answer.read(limit + 1))
            missing = answer.length
    except urllib.error.HTTPError as error:
        error.close()
        return FetchFailed(address=address, why=f"HTTP {error.code}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        return FetchFailed(address=address, why=str(why))
    if len(found) > limit:
        return FetchFailed(address=address, why=f"more than {limit} bytes")
    return FetchFailed(address=address, why="the answer was cut") if missing else found
