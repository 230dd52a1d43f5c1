"""The system of somebody else: a real HTTPS server on the loopback that takes events, or does what a test tells it."""
from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Came(NamedTuple):
    """What a request brought."""

    id: str
    time_s: int
    signature: str
    body: bytes


Act = Callable[["Receiver", BaseHTTPRequestHandler], None]


class Receiver:
    """`acts`: what it does to the next requests, one after the other; then it takes everything. `ca`: who vouches."""

    def __init__(self, folder: Path) -> None:
        self.came: list[Came] = []
        self.acts: list[Act] = []
        self.ca = folder / "receiver.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _certificate(self.ca, folder / "receiver.key")
        context.load_cert_chain(self.ca, folder / "receiver.key")
        self.ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.came.append(Came(self.headers["webhook-id"], int(self.headers["webhook-timestamp"]),
                                          self.headers["webhook-signature"], body))
                act = receiver.acts.pop(0) if receiver.acts else status(204)
                act(receiver, self)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Whoever hangs up is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}/events?from=zaitang"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Everything ends."""
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    receiver = Receiver(folder)
    try:
        yield receiver
    finally:
        receiver.close()


def status(code: int, **headers: str) -> Act:
    """Answers with this."""
    def act(_receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    return act


def hang_up(_receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """Goes away without a word."""
    handler.close_connection = True
    handler.connection.close()


def say_nothing(receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """Keeps the line open, and is silent."""
    receiver.ended.wait(30)
    hang_up(receiver, handler)


def drip(receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """A header line that comes byte by byte, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not receiver.ended.wait(0.05):
        handler.wfile.write(b"x")


def slow_body(receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """A good answer with a body that never ends."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    while not receiver.ended.wait(0.05):
        handler.wfile.write(b"x" * 1000)


def _certificate(to: Path, key_to: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    to.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_to.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
