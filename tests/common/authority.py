"""A time-stamping authority of the test's own, made with `openssl ts`: root, certificate, answers, a small server."""
from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509

CONFIG = """\
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamper]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
{stamper}
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TestAuthority:
    """Its files lie in `folder`. `stamper`: what its certificate bears besides, as openssl reads it."""

    __test__ = False

    def __init__(self, folder: Path, stamper: str = "") -> None:
        self.folder = folder
        self.broken: bytes | None = None
        """What it answers instead, if anything."""
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder, stamper=stamper))
        (folder / "serial").write_text("01\n")
        new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-config", "tsa.cnf")
        self._run(*new, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test TSA root", "-extensions", "root")
        self._run(*new, "-keyout", "tsa.key", "-out", "tsa.pem", "-subj", "/CN=Test TSA", "-extensions", "stamper",
                  "-CA", "root.pem", "-CAkey", "root.key")
        self.root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())

    def answer(self, request: bytes) -> bytes:
        """What it says to a request, both in DER."""
        (self.folder / "query.tsq").write_bytes(request)
        self._run("ts", "-reply", "-config", "tsa.cnf", "-section", "here", "-queryfile", "query.tsq",
                  "-out", "reply.tsr")
        return (self.folder / "reply.tsr").read_bytes() if self.broken is None else self.broken

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address, on the loopback."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
            thread.join(60)

    def _run(self, *command: str) -> None:
        subprocess.run(["openssl", *command], cwd=self.folder, check=True, capture_output=True, timeout=60)
