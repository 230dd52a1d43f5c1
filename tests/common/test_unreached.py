"""Why a server was not reached: real sockets that refuse, are silent, speak no TLS or show a certificate of nobody."""
from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

import httpx
import pytest

from common import unreached
from common.texts import translate
from common.unreached import why_unreached

Handle = Callable[[socket.socket], object]


def asked(address: str) -> str:
    try:
        with httpx.Client(timeout=httpx.Timeout(5, read=0.2), trust_env=False) as client:
            client.get(address)
    except httpx.HTTPError as error:
        return why_unreached(error)
    raise AssertionError("it answered")


def served(handle: Handle) -> tuple[int, threading.Thread]:
    """One connection, handled; the port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            handle(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listening.getsockname()[1], thread


def test_each_reason_is_a_sentence_in_both_languages() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert asked(f"http://127.0.0.1:{port}/") == "Connection refused"
    port, thread = served(lambda one: (one.recv(4096), one.recv(1)))
    assert asked(f"http://127.0.0.1:{port}/") == "timed out"
    thread.join(60)
    port, thread = served(lambda one: (one.recv(4096), one.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    assert asked(f"https://127.0.0.1:{port}/") == unreached.NO_TLS
    thread.join(60)
    for text in ("Connection refused", "timed out", unreached.NO_TLS, unreached.WRONG_TIME, unreached.OTHER_NAME,
                 unreached.NOT_VOUCHED):
        assert translate(text, "zh") != text


@pytest.mark.parametrize(("code", "why"), [(10, unreached.WRONG_TIME), (9, unreached.WRONG_TIME),
                                           (62, unreached.OTHER_NAME), (20, unreached.NOT_VOUCHED)])
def test_what_is_wrong_with_a_certificate_is_told(code: int, why: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    outer = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    outer.__cause__ = error
    assert why_unreached(outer) == why


def test_what_is_not_known_keeps_its_own_words_and_a_circle_ends() -> None:
    first, second = httpx.ReadError("cut off"), OSError(5, "Input/output error")
    first.__cause__, second.__cause__ = second, first
    assert why_unreached(first) == "Input/output error" and why_unreached(httpx.ReadError("cut off")) == "cut off"
    assert why_unreached(httpx.ReadError("")) == "ReadError"
