"""Asking a time-stamping authority over HTTP for a stamp (RFC 3161, 3.4)."""
from __future__ import annotations

from central.tree.errors import NoStamp
from common.fetch import fetch
from common.stamps import MAX_STAMP, request_stamp, stamped_at
from evidence.errors import BadStamp, FetchFailed, StampsMissing

HEADERS = {"Content-Type": "application/timestamp-query"}


class Authority:
    """An authority at an address."""

    def __init__(self, url: str) -> None:
        self._url = url

    def stamp(self, data: bytes) -> bytes:
        """Its answer, in DER, that stamps these bytes. Whether to believe the authority is for a verifier to say.

        Raises NoStamp."""
        try:
            request = request_stamp(data)
            answer = fetch(self._url, MAX_STAMP, request.data, HEADERS)
            stamped_at(answer, data, request.nonce)
        except FetchFailed as error:
            raise NoStamp(url=self._url, why=error.params["why"]) from None
        except (BadStamp, StampsMissing) as error:
            raise NoStamp(url=self._url, why=error) from None
        return answer
