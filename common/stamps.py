"""Time stamps by others (RFC 3161): a request, and whether an answer stamps given bytes at a time. No network here."""
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography import x509

from evidence.certs import UNREADABLE
from evidence.errors import BadStamp, StampsMissing

PANIC = "PanicException"
MAX_STAMP = 65536
"""Bytes; no answer of an authority is larger."""
_HASHES = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256, "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}


@dataclasses.dataclass(frozen=True)
class Request:
    """A request in DER, and the number that its answer must repeat."""

    data: bytes
    nonce: int


def request_stamp(data: bytes) -> Request:
    """Ask for a stamp over `data`, by its SHA-256, with the certificates of the authority. Raises StampsMissing."""
    library = _library()
    request = library.TimestampRequestBuilder().data(data).hash_algorithm(library.HashAlgorithm.SHA256).build()
    assert request.nonce is not None
    return Request(request.as_bytes(), request.nonce)


def stamped_at(answer: bytes, data: bytes, nonce: int | None = None) -> int:
    """When an answer in DER says that `data` was there, seconds since the epoch; its signature is NOT checked.

    Raises BadStamp for one of something else, or to another request than that of `nonce`; StampsMissing."""
    response = _decoded(answer)
    try:
        if response.status != 0:
            raise BadStamp(why="the authority refused it")
        info = response.tst_info
        hashed = _HASHES.get(info.message_imprint.hash_algorithm.dotted_string)
        if hashed is None:
            raise BadStamp(why="its hash is not SHA-2")
        if info.message_imprint.message != hashed(data).digest():
            raise BadStamp(why="it stamps something else")
        if nonce is not None and info.nonce != nonce:
            raise BadStamp(why="it answers another request")
        return int(info.gen_time.timestamp())
    except (ValueError, TypeError) as error:
        raise BadStamp(why=f"it cannot be read ({type(error).__name__})") from None


def check_stamp(answer: bytes, data: bytes, roots: Sequence[x509.Certificate]) -> int:
    """When an authority under one of `roots` stamped `data`, seconds since the epoch. Its certificates must have been
    valid then. Raises BadStamp, StampsMissing."""
    time_s, library = stamped_at(answer, data), _library()
    try:
        library.VerifierBuilder(roots=list(roots)).build().verify_message(_decoded(answer), data)
    except (library.VerificationError, *UNREADABLE) as error:
        raise BadStamp(why=f"no authority that was given has signed it ({error})") from None
    except BaseException as error:
        # The library panics over a certificate with a name that is no text; a panic of Rust is no `Exception`.
        if type(error).__name__ != PANIC:
            raise
        raise BadStamp(why="a certificate in it, or one that was given, cannot be read") from None
    return time_s


def _library() -> Any:
    """The library, loaded where a stamp is at hand: most sites have none, and an auditor may do without."""
    try:
        import rfc3161_client
    except ImportError:
        raise StampsMissing from None
    return rfc3161_client


def _decoded(answer: bytes) -> Any:
    if len(answer) > MAX_STAMP:
        raise BadStamp(why=f"more than {MAX_STAMP} bytes")
    try:
        return _library().decode_timestamp_response(answer)
    except (ValueError, TypeError) as error:
        raise BadStamp(why=f"it cannot be read ({type(error).__name__})") from None
