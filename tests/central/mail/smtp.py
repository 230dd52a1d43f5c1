"""A mail server of a test's own: speaks enough of SMTP (RFC 5321) with TLS, and does what a test tells it."""
from __future__ import annotations

import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from central.config import Mail
from tests.central.webhook.receiver import _certificate as make_certificate


class Letterbox:
    """`says`: verb → what is answered instead; `acts`: verb → what is done first. `came`: (to, mail)."""

    def __init__(self, folder: Path, tls: str = "starttls") -> None:
        self.came: list[tuple[str, EmailMessage]] = []
        self.users: list[str] = []
        self.says: dict[str, str] = {}
        self.acts: dict[str, Callable[[socketserver.StreamRequestHandler], None]] = {}
        self.connections = 0
        self.ended = threading.Event()
        self.ca = folder / "smtp.pem"
        make_certificate(self.ca, folder / "smtp.key")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, folder / "smtp.key")
        box = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                box.connections += 1
                if tls == "tls":
                    self.secure()
                self.talk()

            def secure(self) -> None:
                self.request = context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

            def say(self, text: str) -> None:
                self.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")

            def talk(self) -> None:
                to = ""
                self.answer("HELLO", "220 here")
                while line := self.rfile.readline(2000).decode("ascii", "replace").strip():
                    verb = line.split()[0].upper()
                    if verb == "EHLO":
                        offers = ["here", "8BITMIME", "SMTPUTF8"]
                        secure = isinstance(self.request, ssl.SSLSocket)
                        offers += ["AUTH PLAIN"] if secure else ["STARTTLS"] if tls == "starttls" else []
                        self.answer(verb, "\n".join([*(f"250-{one}" for one in offers[:-1]), f"250 {offers[-1]}"]))
                    elif verb == "STARTTLS":
                        self.answer(verb, "220 go on")
                        self.secure()
                    elif verb == "AUTH":
                        box.users.append(line.split()[2])
                        self.answer(verb, "235 yes")
                    elif verb == "RCPT":
                        to = line.partition("<")[2].partition(">")[0]
                        self.answer(verb, "250 yes")
                    elif verb == "DATA":
                        self.answer(verb, "354 go on")
                        data = b""
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            data += part.removeprefix(b".")
                        parsed = email.message_from_bytes(data, policy=email.policy.default)
                        assert isinstance(parsed, EmailMessage)
                        box.came.append((to, parsed))
                        self.answer("TAKEN", "250 taken")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.answer(verb, "250 yes")

            def answer(self, verb: str, otherwise: str) -> None:
                if verb in box.acts:
                    box.acts[verb](self)
                self.say(box.says.get(verb, otherwise))

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

            def handle_error(self, request: object, client_address: object) -> None:
                """Whoever hangs up is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.mail = Mail("localhost", self.port, tls, "", "zaitang@centre.example", str(self.ca))  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Everything ends."""
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def letterbox(folder: Path, tls: str = "starttls") -> Iterator[Letterbox]:
    box = Letterbox(folder, tls)
    try:
        yield box
    finally:
        box.close()
