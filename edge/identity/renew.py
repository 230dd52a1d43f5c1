"""The box's certificate for connections renews itself at two thirds of its life, and also after its end.

Whoever holds the evidence key may ask: the old certificate is not needed. A box that was certified by hand gets its
first one in the same way. Until there is one the broker refuses us, and the link tries again by itself.
"""
from __future__ import annotations

import datetime
import random
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from common.backoff import Backoff
from common.logs import Log
from edge.errors import BadKeyFile, BadKeys
from edge.identity.centre import CentreOverHttps, fetch_root
from edge.identity.errors import StrangeAnswer
from edge.identity.tls import (
    OWN,
    ROOT,
    client_context,
    forget_waiting,
    load_own,
    own_certificate,
    request_for,
    take_certificate,
    waiting_key,
)
from edge.storage.files import replace
from evidence.errors import ZaitangError
from evidence.renewal import seal_renewal
from evidence.seal import Signer

LOOK_S = 3600.0
RETRY = Backoff(first=30.0, longest=3600.0)


def is_due(keys: Path, now_us: int) -> bool:
    """Whether there is no certificate that can be read, or two thirds of its life are over."""
    try:
        own = own_certificate(keys)
    except BadKeyFile:
        return True
    start, end = own.not_valid_before_utc, own.not_valid_after_utc
    now = datetime.datetime.fromtimestamp(now_us / 1e6, datetime.UTC)
    return now >= start + (end - start) * 2 / 3


def renew(keys: Path, device: str, signer: Signer, address: str, pin: str) -> str | None:
    """Get a certificate for a new key. `pin`: the fingerprint of the box's own root. Returns what the centre says that
    it signs with (PEM), which nobody has looked at yet.

    Raises BadAddress, CentreAway, NotThePinned, Refused, StrangeAnswer, BadKeyFile."""
    root = _root(keys, address, pin)
    centre = CentreOverHttps(address, root)
    try:
        envelope = seal_renewal(device, request_for(waiting_key(keys), device), signer)
        answer = centre.post("/devices/renew", {"envelope": envelope.decode()})
    finally:
        centre.close()
    certificate, centres = answer.get("tls_certificate"), answer.get("centre_certificate")
    if not isinstance(certificate, str):
        raise StrangeAnswer(why="it holds no certificate")
    take_certificate(keys, certificate)
    forget_waiting(keys)
    return centres if isinstance(centres, str) else None


def _root(keys: Path, address: str, pin: str) -> str:
    """The root's certificate for connections; a box that was certified by hand has none yet."""
    path = keys / ROOT
    if not path.exists():
        replace(path, fetch_root(address, pin).encode())
    return path.read_text("ascii", "replace")


class Renewer:
    """A thread that keeps the certificate good. `context` is what connections to the broker are made by: it shows the
    newest certificate. `address` None: whoever looks after this box renews it. `now_us`: utc."""

    def __init__(
        self, keys: Path, device: str, signer: Signer, pin: str, address: str | None, now_us: Callable[[], int]
    ) -> None:
        self._keys, self._device, self._signer, self._pin = keys, device, signer, pin
        self._address, self._now_us, self._log = address, now_us, Log("identity")
        self.heard: Callable[[str], None] = lambda _: None
        """Called with the centre's own certificate (PEM), as a renewal brings it."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._load()

    def start(self) -> None:
        """Begin to look, at once and every hour."""
        if self._address is not None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more. The process need not wait for a request that runs."""
        self._stopping.set()

    def look(self) -> bool:
        """Renew if it is time. False: it was, and failed; why is in the log."""
        if self._address is None or not is_due(self._keys, self._now_us()):
            return True
        try:
            centres = renew(self._keys, self._device, self._signer, self._address, self._pin)
        except (ZaitangError, OSError) as error:
            self._log.failed("certificate.not_renewed", error)
            return False
        self._load()
        self._log.info("certificate.renewed")
        if centres is not None:
            self.heard(centres)
        return True

    def _run(self) -> None:
        failures = 0
        while True:
            failures = 0 if self.look() else failures + 1
            wait_s = RETRY.wait(failures, random.random()) if failures else LOOK_S
            if self._stopping.wait(wait_s):
                return

    def _load(self) -> None:
        """Show what lies in the folder from the next connection on."""
        try:
            if (self._keys / ROOT).exists():
                client_context((self._keys / ROOT).read_text("ascii", "replace"))
                self.context.load_verify_locations(self._keys / ROOT)
            if (self._keys / OWN).exists():
                load_own(self.context, self._keys)
        except (BadKeys, OSError) as error:
            self._log.failed("certificate.unusable", error)
