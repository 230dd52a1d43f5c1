"""One HTTP request to somebody who is not trusted: bounded in size and, to the last byte, in time."""
from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from common.unreached import why_unreached
from evidence.errors import FetchFailed

SILENT_S = 20
"""So long nothing may come."""
WHOLE_S = 60
"""So long all of it may take."""
SCHEMES = ("http://", "https://")


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


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows within SCHEMES; the library would go to an FTP server, too, whose answers have no length."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        return super().redirect_request(req, fp, code, msg, headers, newurl) if newurl.startswith(SCHEMES) else None


def _ask(address: str, limit: int, data: bytes | None, headers: Mapping[str, str]) -> bytes | FetchFailed:
    if not address.startswith(SCHEMES):
        return FetchFailed(address=address, why="it is no http or https address")
    try:
        request = urllib.request.Request(address, data, dict(headers))
        with urllib.request.build_opener(_Redirects).open(request, timeout=SILENT_S) as answer:
            found = bytes(answer.read(limit + 1))
            missing = answer.length
    except urllib.error.HTTPError as error:
        error.close()
        return FetchFailed(address=address, why=f"HTTP {error.code}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return FetchFailed(address=address, why=why_unreached(error))
    if len(found) > limit:
        return FetchFailed(address=address, why=f"more than {limit} bytes")
    return FetchFailed(address=address, why="the answer was cut") if missing else found
