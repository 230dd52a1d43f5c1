"""Why a server was not reached, as one sentence for people: the libraries' own words are for programmers."""
from __future__ import annotations

import ssl
from collections.abc import Iterator

from common.texts import N_

NO_TLS = N_("what answers there does not speak TLS: are the port and https:// right?")
WRONG_TIME = N_("its certificate does not hold at the time of this machine: is its clock right?")
OTHER_NAME = N_("its certificate is for another name or address")
NOT_VOUCHED = N_("nobody whom this machine trusts vouches for its certificate")
_OFTEN = {9: WRONG_TIME, 10: WRONG_TIME, 62: OTHER_NAME, 64: OTHER_NAME}
"""What OpenSSL says of a certificate (X509_V_ERR_…): not yet valid, expired, host name, IP address."""
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG")


def why_unreached(error: BaseException) -> str:
    """A sentence of the catalogue, the system's or the error's own words. Looks through what the error came from."""
    for one in _behind(error):
        if (why := _told(one)) is not None:
            return why
    return str(error) or type(error).__name__


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)  # of urllib
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__


def _told(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OFTEN.get(error.verify_code, NOT_VOUCHED)
    if isinstance(error, ssl.SSLError):
        return NO_TLS if error.reason in _NOT_TLS else None
    if isinstance(error, TimeoutError):
        return "timed out"
    return error.strerror if isinstance(error, OSError) else None
