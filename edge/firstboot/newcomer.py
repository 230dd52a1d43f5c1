"""A thread that introduces the box to its centre, again and again, until it is one."""
from __future__ import annotations

import dataclasses
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from common.kernel_clock import kernel_clock_state
from common.logs import Log
from common.texts import LANGS, words
from edge.config import BUILTIN, CameraConfig
from edge.firstboot.errors import NotBegun, NotRefused, ToldAlready
from edge.firstboot.ground import Ground, become, forget
from edge.firstboot.told import TYPED, BadTold, Told, read_told, write_typed
from edge.firstboot.view import Known, State
from edge.identity.centre import CentreOverHttps, fetch_root
from edge.identity.errors import NotThePinned
from edge.identity.join import Answer, decoded
from edge.identity.tls import request_for, waiting_key
from edge.keys import load_device_key
from edge.models.choice import Choice, choose_pack
from evidence.claim_code import UNNAMED, claim_code
from evidence.errors import ZaitangError
from evidence.seal import keyid_of

EVERY_S = 5.0
UNTOLD = ("no_centre", "away", "stranger")
"""States in which a centre may be typed, if the installer named none."""
DIGITS = 6
NETWORKS = Path("/sys/class/net")


class Newcomer:
    """`serial`: of the machine; `file`: what its installer says of its centre; `done`: called once the box is one."""

    def __init__(self, ground: Ground, serial: str, file: Path, done: Callable[[], None]) -> None:
        self._ground, self._serial, self._file, self._done = ground, serial, file, done
        self.code = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
        """Of whoever maintains the box: chosen here, shown once, told to no centre."""
        self._lock, self._stop, self._log = threading.Lock(), threading.Event(), Log("first-boot")
        self._answer: tuple[Answer, Told, str] | None = None
        self._known = self._named("asking")
        self._choice = Choice(BUILTIN)
        self._thread = threading.Thread(target=self._run, name="newcomer", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()

    def known(self) -> Known:
        """What is known now."""
        known, named = self._known, self._ground.config is not None
        return dataclasses.replace(known, network=has_network(), clock=kernel_clock_state().synced,
                                   asks_centre=known.state in UNTOLD and not os.path.lexists(self._file),
                                   choice=self._choice if known.state == "approved" and not named else None)

    @property
    def asks_cameras(self) -> bool:
        """Whether nobody named its cameras."""
        return self._ground.config is None or not self._ground.config.cameras

    def turn(self) -> None:
        """Ask once."""
        with self._lock:
            if self._known.state in ("refused", "done"):
                return
            try:
                told = read_told(self._file) or read_told(self._ground.folder / TYPED)
                self._known = self._named("no_centre") if told is None else self._ask(told)
            except BadTold as error:
                self._known = self._named("no_centre", why=_in_words(error))
            except NotThePinned as error:
                self._fail("stranger", error)
            except ZaitangError as error:
                self._fail("away", error)
            if self._known.state == "approved":
                self._choose()

    def tell(self, centre: str, pin: str) -> None:
        """Take the centre that somebody typed, and ask that one next. Whoever waits for a centre that does not answer
        is not held up. Raises ToldAlready, BadAddress, BadPin, CannotWrite."""
        if not self.known().asks_centre:
            raise ToldAlready
        write_typed(self._ground.folder / TYPED, centre, pin)
        self._known = self._named("asking")

    def begin(self, cameras: Sequence[CameraConfig]) -> None:
        """Make the box, now that somebody noted its code. Raises NotBegun, what `become` raises."""
        with self._lock:
            if self._answer is None or self._known.state != "approved":
                raise NotBegun
            answer, told, host = self._answer
            self._choose()
            become(self._ground, answer, told.pin, host, told.centre, self.code, cameras, self._choice.pack)
            self._known = dataclasses.replace(self._known, state="done")
            self._log.info("box.made", device=answer.device or "")
        self._done()

    def again(self) -> None:
        """Ask with other keys. Raises NotRefused, CannotWrite, BadKeys."""
        with self._lock:
            if self._known.state != "refused":
                raise NotRefused
            self._ground, self._answer = forget(self._ground), None
            self._known = self._named("asking")

    def _ask(self, told: Told) -> Known:
        device = None if self._ground.config is None else self._ground.config.device
        keys = self._ground.keys
        asks = {"serial": self._serial, "request": request_for(load_device_key(keys), device or UNNAMED),
                "tls_request": request_for(waiting_key(keys), device or UNNAMED)}
        centre = CentreOverHttps(told.centre, fetch_root(told.centre, told.pin))
        try:
            answer = decoded(centre.post("/devices/introduce", asks | ({} if device is None else {"device": device})))
        finally:
            centre.close()
        self._answer = (answer, told, centre.host)
        why = dict.fromkeys(LANGS, answer.reason or "")
        return self._named(answer.state, answer.device or "", answer.room or "", why, told.console)

    def _choose(self) -> None:
        """A pack that is brought while the screen is shown is taken; what was found whole is not read again."""
        if not self._choice.is_well:
            self._choice = choose_pack()

    def _fail(self, state: State, error: ZaitangError) -> None:
        """What was approved stays so while the network is away."""
        self._log.failed("introduction.failed", error)
        if self._known.state != "approved":
            self._known = self._named(state, why=_in_words(error))

    def _named(self, state: State, device: str = "", room: str = "", why: dict[str, str] | None = None,
               console: str | None = None) -> Known:
        key, tls = load_device_key(self._ground.keys).public_key(), waiting_key(self._ground.keys).public_key()
        code = claim_code(key.public_bytes_raw(), tls.public_bytes_raw(), self._serial)
        return Known(state, code, self._serial, keyid_of(key), True, True, device, room, why or {}, console)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
            self._stop.wait(EVERY_S)


def has_network(folder: Path = NETWORKS) -> bool:
    """Whether a cable or Wi-Fi is connected, by the kernel."""
    for state in folder.glob("*/operstate"):
        try:
            if state.parent.name != "lo" and state.read_text().strip() in ("up", "unknown"):
                return True
        except OSError:
            continue  # it was just unplugged
    return False


def _in_words(error: ZaitangError) -> dict[str, str]:
    return {lang: words(error, lang) for lang in LANGS}
