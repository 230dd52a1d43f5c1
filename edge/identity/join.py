"""A box joins a centre: keys made here, requests sent, approval awaited, certificates taken. Each step can be repeated.

What comes is written in the order tls.pem, tls-root.crt, centre.crt, box.toml, root.crt, device.crt: a box whose power
fails in between is as one that never asked, and the same command goes on where it was.
"""
from __future__ import annotations

import dataclasses
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from common.texts import N_
from edge.config import BOX_FILE, BoxConfig, SyncConfig, load_box
from edge.errors import BadBox, CannotWrite
from edge.identity.centre import CentreOverHttps, fetch_root
from edge.identity.errors import BadPin, JoinedAlready, RefusedByPerson, StillWaiting, StrangeAnswer
from edge.identity.section import with_section
from edge.identity.tls import ROOT, forget_waiting, request_for, take_certificate, waiting_key
from edge.keys import certify_keys, load_device_key
from edge.storage.files import replace
from edge.sync.centre import CERTIFICATE as CENTRE
from edge.sync.centre import Site
from evidence.certs import fingerprint, identity, read_certificate
from evidence.errors import BadCertificate, BadShape, VerificationError
from evidence.records import Id
from evidence.shape import decode

POLL_S = 5.0
NO_KEYS = N_("it has no keys; make it with `zaitang-edge init`")


@dataclasses.dataclass(frozen=True)
class Broker:
    """Where the broker is; `host` None: where the centre was asked."""

    host: str | None
    port: int
    tls: bool


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a centre says to a box that asks. `device`, `room`, `policy`, `lang`: what a person there called it, if it
    had introduced itself."""

    state: Literal["introduced", "waiting", "approved", "refused"]
    reason: str | None = None
    certificate: str | None = None
    tls_certificate: str | None = None
    root: str | None = None
    tls_root: str | None = None
    centre: Id | None = None
    centre_certificate: str | None = None
    broker: Broker | None = None
    device: Id | None = None
    room: str | None = None
    policy: Id | None = None
    lang: Literal["zh", "en"] | None = None


@dataclasses.dataclass(frozen=True)
class Joined:
    """The box is certified. `to_set`: what belongs into [sync] of a box.toml that has such a section already."""

    root: str
    to_set: str | None


def join(
    folder: Path, address: str, token: str, pin: str, serial: str, wait_s: float, say: Callable[[], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Joined:
    """Join the centre at `address` whose root has the fingerprint `pin`. `say` is called once if it has to wait.

    Raises BadBox, BadPin, BadAddress, CentreAway, NotThePinned, Refused, RefusedByPerson, StillWaiting, JoinedAlready,
    StrangeAnswer, BadKeys, CannotWrite."""
    config, keys, pin = load_box(folder), folder / "keys", checked_pin(pin)
    if not keys.is_dir():
        raise BadBox(folder=folder, why=NO_KEYS)
    if (keys / "device.crt").exists():
        raise JoinedAlready(folder=folder, root=fingerprint(read_certificate((keys / "root.crt").read_text("ascii"))))
    asks = {
        "token": token, "serial": serial, "device": config.device,
        "request": request_for(load_device_key(keys), config.device),
        "tls_request": request_for(waiting_key(keys), config.device),
    }
    centre = CentreOverHttps(address, fetch_root(address, pin))
    try:
        answer = _await_approval(centre, asks, wait_s, say, sleep)
        return take(folder, config, pin, answer, centre.host, address)
    finally:
        centre.close()


def checked_pin(pin: str) -> str:
    """A fingerprint, however it is spelled. Raises BadPin."""
    digits = pin.replace(":", "").replace(" ", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadPin(value=pin)
    return digits


def _await_approval(
    centre: CentreOverHttps, asks: dict[str, Any], wait_s: float, say: Callable[[], None],
    sleep: Callable[[float], None],
) -> Answer:
    waited = 0.0
    while True:
        answer = decoded(centre.post("/devices/claim", asks))
        if answer.state == "refused":
            raise RefusedByPerson(reason=answer.reason)
        if answer.state == "approved":
            return answer
        if waited >= wait_s:
            raise StillWaiting
        if not waited:
            say()
        sleep(POLL_S)
        waited += POLL_S


def decoded(said: dict[str, Any]) -> Answer:
    """An answer as it came. Raises StrangeAnswer."""
    try:
        return decode(Answer, said, "answer")
    except BadShape as error:
        raise StrangeAnswer(why=error) from None


def take(folder: Path, config: BoxConfig, pin: str, answer: Answer, host: str, address: str) -> Joined:
    """Keep what an approved box was given, under the pinned root. `address`: at which the centre was asked; `host`: of
    it. Again is no harm. Raises StrangeAnswer, BadKeys, CannotWrite."""
    parts = (answer.certificate, answer.tls_certificate, answer.root, answer.tls_root)
    certificate, tls, root, tls_root = (part or "" for part in parts)
    if answer.broker is None or answer.centre is None:
        raise StrangeAnswer(why="it does not say where the broker is")
    try:
        if {fingerprint(read_certificate(one)) for one in (root, tls_root)} != {pin}:
            raise StrangeAnswer(why="it names another root than the pinned one")
    except BadCertificate as error:
        raise StrangeAnswer(why=error) from None
    centre = _centre_certificate(answer, config.device)
    keys, sync = folder / "keys", _sync_toml(answer.broker, answer.centre, host, address)
    try:
        take_certificate(keys, tls)
        replace(keys / ROOT, tls_root.encode())
        replace(keys / CENTRE, centre.encode())
        if config.sync is None:
            _put(folder / BOX_FILE, sync)
        certify_keys(keys, config.device, certificate, root, ("certificate", "root"))
        forget_waiting(keys)
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    return Joined(pin, sync if _differs(config.sync, sync) else None)


def _centre_certificate(answer: Answer, device: str) -> str:
    """What the centre signs receipts and orders with, vouched for by the pinned root: without it a box that has no
    class yet would believe no receipt. Raises StrangeAnswer."""
    certificate = answer.centre_certificate or ""
    try:
        root = read_certificate(answer.root or "")
        own = identity(answer.certificate or "", root, "box")
        Site(device, root, answer.centre or "", own.test).centre_of(certificate)
    except VerificationError as error:
        raise StrangeAnswer(why=error) from None
    return certificate


def _differs(known: SyncConfig | None, sync: str) -> bool:
    told = tomllib.loads(sync)["sync"]
    return known is not None and any(getattr(known, name) != value for name, value in told.items())


def _sync_toml(broker: Broker, centre: str, host: str, address: str) -> str:
    told = {"broker": broker.host or host, "centre": centre, "devices": address.rstrip("/")}
    told["segments"] = told["devices"]
    if not all(re.fullmatch(r"[A-Za-z0-9._:/\[\]-]{1,255}", value, re.ASCII) for value in told.values()):
        raise StrangeAnswer(why="an address of its broker that cannot be one")
    lines = [f'broker = "{told["broker"]}"', f"port = {broker.port}", f"tls = {str(broker.tls).lower()}"]
    lines += [f'{name} = "{told[name]}"' for name in ("centre", "devices", "segments")]
    return "[sync]\n" + "\n".join(lines) + "\n"


def _put(path: Path, section: str) -> None:
    """Add a section to box.toml, once it is sure that the whole can be read. Raises StrangeAnswer, OSError."""
    try:
        data = with_section(path.read_bytes(), section, str(path))
    except BadShape as error:
        raise StrangeAnswer(why=error) from None
    replace(path, data)

