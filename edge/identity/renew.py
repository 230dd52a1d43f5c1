"""The box's certificate for connections renews itself at two thirds of its life, and also after its end.

Whoever holds the evidence key may ask: the old certificate is not needed. A box that was certified by hand gets its
first one in the same way. Until there is one the broker refuses us, and the link tries again by itself. When the
broker does not take the one that there is, it is renewed at once: the broker's clock decides, not ours.
"""
from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable
from pathlib import Path

from common.backoff import Backoff
from common.logs import Log
from edge.errors import BadKeyFile, BadKeys
from edge.identity.centre import CentreOverHttps, fetch_root
from edge.identity.errors import Revoked, StrangeAnswer
from edge.identity.tls import (
    OWN,
    ROOT,
    client_context,
    empty_context,
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

LOOK_S, DAY_S = 3600.0, 86400.0
"""How long until the next look; after a renewal, which is due again at once by a clock that is wrong."""
RETRY = Backoff(first=30.0, longest=3600.0)


def is_due(keys: Path, now_us: int) -> bool:
    """Whether there is no certificate that can be read, two thirds of its life are over, or it has not begun."""
    try:
        own = own_certificate(keys)
    except BadKeyFile:
        return True
    start, end = own.not_valid_before_utc, own.not_valid_after_utc
    now = datetime.datetime.fromtimestamp(now_us / 1e6, datetime.UTC)
    return not start <= now < start + (end - start) * 2 / 3


def days_left(keys: Path, now_us: int) -> tuple[int, str]:
    """For how many days the certificate holds, and the last of them; 0 and nothing where there is none."""
    try:
        end = own_certificate(keys).not_valid_after_utc
    except BadKeyFile:
        return 0, ""
    left = end - datetime.datetime.fromtimestamp(now_us / 1e6, datetime.UTC)
    return left.days, f"{end:%Y-%m-%d}"


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
    newest certificate. `address` None: whoever looks after this box renews it. `now_us`: utc.

    `revoked`: called with the centre's order when it refuses because it has revoked our key."""

    def __init__(
        self, keys: Path, device: str, signer: Signer, pin: str, address: str | None, now_us: Callable[[], int],
        revoked: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._keys, self._device, self._signer, self._pin = keys, device, signer, pin
        self._address, self._now_us, self._log = address, now_us, Log("identity")
        self.heard: Callable[[str], None] = lambda _: None
        """Called with the centre's own certificate (PEM), as a renewal brings it."""
        self.revoked, self._failed, self._failures = revoked, False, 0
        self._answered = False
        self._wanted = self._tried = self._stopping = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
        self.context = empty_context()
        self._load()

    def start(self) -> None:
        """Begin to look, at once and every hour."""
        if self._address is not None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more. The process need not wait for a request that runs."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def ask(self) -> None:
        """The broker does not take our certificate: renew it. The first time after it took one that is done at once."""
        with self._wake:
            self._wanted = True
            self._wake.notify()

    def taken(self) -> None:
        """The broker takes our certificate."""
        with self._wake:
            self._wanted = self._tried = self._answered = False
            self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last renewal failed, or did not help."""
        return self._failed or (self._answered and self.context.trouble == "own")

    def left(self) -> tuple[int, str]:
        """For how many days the certificate holds by our clock, and the last of them."""
        return days_left(self._keys, self._now_us())

    def look(self, wanted: bool = False) -> bool:
        """Renew if it is time, or `wanted`. False: it was, and failed; why is in the log."""
        if self._address is None or not (wanted or is_due(self._keys, self._now_us())):
            return True
        try:
            centres = renew(self._keys, self._device, self._signer, self._address, self._pin)
        except (ZaitangError, OSError) as error:
            self._log.failed("certificate.not_renewed", error)
            self._failed = True
            if isinstance(error, Revoked) and error.params["orders"]:
                self.revoked(str(error.params["orders"]).encode())
            return False
        self._load()
        self._log.info("certificate.renewed")
        self._failed, self._answered, self.context.trouble = False, wanted, None
        if centres is not None:
            self.heard(centres)
        return True

    def _run(self) -> None:
        wanted = False
        while not self._stopping:
            due = is_due(self._keys, self._now_us())
            good = self.look(wanted)
            # Whether one that the broker wanted helps is seen by the next connection only.
            self._failures = 0 if good and not wanted else self._failures + 1
            wait_s = DAY_S if due else LOOK_S
            wanted = self._rest(RETRY.wait(self._failures, random.random()) if self._failures else wait_s)

    def _rest(self, wait_s: float) -> bool:
        """Wait; whether the next look is one that the broker's refusal wants. A broker that takes nobody does not make
        us ask without end: once tried, it is tried again in due time only."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or (self._wanted and not self._tried), wait_s)
            self._tried = self._tried or self._wanted
            return self._wanted

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
