"""A context for TLS 1.3 connections that remembers why the last one failed: whoever connects for us says only that it
did. Also the dates of certificates: a clock that nobody has set refuses nobody."""
from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Literal

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the standard library does not name."""
NOT_YET_VALID, EXPIRED = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
Trouble = Literal["dates", "stranger", "own"]
"""The other side's certificate does not hold by our clock; it is not of our site; it does not take ours."""
OF_OURS = ("CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA",
           "CERTIFICATE_REQUIRED", "UNSUPPORTED_CERTIFICATE")
"""The alerts (RFC 8446, 6.2) by which it says so."""


class ClientContext(ssl.SSLContext):
    """For one server. `trouble`: what ailed the last connection that failed by a certificate; None again once anything
    came on one. `is_set`: asked before each connection, whether the clock may judge dates."""

    trouble: Trouble | None = None
    is_set: Callable[[], bool]

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        """As the standard library's."""
        flags = int(self.verify_flags)
        wanted = flags & ~NO_CHECK_TIME if self.is_set() else flags | NO_CHECK_TIME
        if wanted != flags:
            self.verify_flags = ssl.VerifyFlags(wanted)
        return super().wrap_socket(*args, **more)


class _Socket(ssl.SSLSocket):
    """Tells its context what it meets. TLS 1.3 refuses a client only after the handshake, so reading counts, too."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except ssl.SSLError as error:
            _tell(self.context, error)
            raise

    def read(self, *args: Any, **more: Any) -> Any:
        try:
            came = super().read(*args, **more)
        except ssl.SSLError as error:
            _tell(self.context, error)
            raise
        if came and isinstance(self.context, ClientContext):
            self.context.trouble = None
        return came


def client_context(is_set: Callable[[], bool] = lambda: True) -> ClientContext:
    """A context that trusts nobody yet."""
    context = ClientContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.is_set, context.sslsocket_class = is_set, _Socket
    return context


def trouble_of(error: ssl.SSLError) -> Trouble | None:
    """What an error says of certificates; None: nothing."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "dates" if error.verify_code in (NOT_YET_VALID, EXPIRED) else "stranger"
    reason = str(getattr(error, "reason", ""))  # one that Python itself made has none
    return "own" if "ALERT" in reason and any(one in reason for one in OF_OURS) else None


def _tell(context: ssl.SSLContext, error: ssl.SSLError) -> None:
    if isinstance(context, ClientContext):
        context.trouble = trouble_of(error) or context.trouble
