"""A centre's end of live pictures as a test wants it, over HTTP or HTTPS, and boxes that follow orders."""
from __future__ import annotations

import base64
import dataclasses
import datetime
import http.server
import io
import ipaddress
import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import av
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.canonical import sha256_hex
from evidence.live import LiveFragment, judge_live, read_live
from tests.edge.recorder.conftest import film, keys
from tests.edge.sync.conftest import centre, make_box

__all__ = ["centre", "film", "keys", "make_box"]

PIECE = 16 << 10


def until(wanted: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@dataclasses.dataclass(frozen=True)
class Got:
    """A piece that was taken. `at_s`: monotonic time of that."""

    word: LiveFragment
    body: bytes
    at_s: float


class Hub:
    """Takes what holds by `key`. `says` is asked first: a status, or None to take the piece; it may also wait."""

    def __init__(self, key: Ed25519PublicKey | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.key, self.says = key, lambda word: None  # type: Ed25519PublicKey | None, Callable[[LiveFragment], int | None]
        self.got: list[Got] = []
        self.asked: list[tuple[str, int]] = []
        self.before: Callable[[], None] = lambda: None
        self.pace: int | None = None
        """Bytes a second that the line takes; None: all."""
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                hub.before()
                body = hub.read(self.rfile, int(self.headers["Content-Length"]))
                status = hub.take(self.path, self.headers["Authorization"], self.headers["Content-Type"], body)
                hub.asked.append((self.path, status))
                said = json.dumps({"need": "init"}).encode() if status == 409 else b""
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing to say."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A line that was cut is what tests are about."""

        self.server = Server(("127.0.0.1", port), Handler, bind_and_activate=False)
        # A line of which the other end feels how slow it is.
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        self.server.server_bind()
        self.server.server_activate()
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = int(self.server.server_address[1])
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def read(self, file: BinaryIO, size: int) -> bytes:
        """A body, as fast as the line is."""
        body = b""
        while len(body) < size:
            body += (piece := file.read(min(PIECE, size - len(body))))
            assert piece, "the line was cut"
            if self.pace is not None:
                time.sleep(len(piece) / self.pace)
        return body

    def take(self, path: str, authorization: str, kind: str, body: bytes) -> int:
        """The status for a piece; its word is judged as a centre does it."""
        scheme, _, token = authorization.partition(" ")
        assert scheme == "Bearer" and self.key is not None
        word = read_live(base64.b64decode(token, validate=True), self.key)
        road, order, epoch, number = path.rsplit("/", 3)
        assert road == "/api/live"
        judge_live(word, "centre", order, int(epoch), int(number), time.time_ns() // 1000)
        assert (word.sha256, word.size) == (sha256_hex(body), len(body))
        assert kind == ("image/jpeg" if word.what == "picture" else "video/mp4")
        status = self.says(word)
        if status is None:
            self.got.append(Got(word, body, time.monotonic()))
        return status or 204

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def of(self, order: str | None = None, what: str | None = None) -> list[Got]:
        """What was taken, of that order and kind."""
        return [one for one in list(self.got) if order in (None, one.word.order) and what in (None, one.word.what)]


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.stop()


def tls_of_loopback(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context for 127.0.0.1, and the root that vouches for it, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=2)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256()))
    root = certificate.public_bytes(serialization.Encoding.PEM)
    own = folder / "server.pem"
    own.write_bytes(root + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, root.decode()


def streams(got: list[Got]) -> list[list[Got]]:
    """By order and epoch; each must begin with its header, and go on without a hole that is not told."""
    found: list[list[Got]] = []
    for one in got:
        if one.word.what == "init":
            found.append([])
        found[-1].append(one)
    for stream in found:
        words = [one.word for one in stream]
        assert len({(word.order, word.epoch) for word in words}) == 1 and words[0].number == 0
        for before, word in itertools.pairwise(words):
            assert word.number > before.number and word.skipped == (word.number != before.number + 1)
    return found


def shown(stream: list[Got]) -> list[bytes]:
    """Every picture that a player shows of a stream."""
    whole = io.BytesIO(b"".join(one.body for one in stream))
    with av.open(whole, format="mp4") as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


def pictures_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]
