"""Asking a time-stamping authority over HTTP for a stamp (RFC 3161, 3.4): bounded in time and size."""
from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from central.errors import NoStamp
from common.stamps import MAX_STAMP, request_stamp, stamped_at
from evidence.errors import BadStamp, StampsMissing

TIMEOUT_S = 20


class Authority:
    """An authority at an address."""

    def __init__(self, url: str) -> None:
        self._url = url

    def stamp(self, data: bytes) -> bytes:
        """Its answer, in DER, that stamps these bytes. Whether to believe the authority is for a verifier to say.

        Raises NoStamp."""
        try:
            request = request_stamp(data)
            answer = self._ask(request.data)
            stamped_at(answer, data, request.nonce)
        except (BadStamp, StampsMissing, http.client.HTTPException) as error:
            raise NoStamp(url=self._url, why=error) from None
        except urllib.error.HTTPError as error:
            error.close()
            raise NoStamp(url=self._url, why=f"HTTP {error.code}") from None
        except (OSError, ValueError) as error:
            raise NoStamp(url=self._url, why=getattr(error, "reason", None) or type(error).__name__) from None
        return answer

    def _ask(self, data: bytes) -> bytes:
        asked = urllib.request.Request(self._url, data, {"Content-Type": "application/timestamp-query"})
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:
            found = bytes(answer.read(MAX_STAMP + 1))
        return found
