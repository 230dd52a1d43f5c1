"""The cameras that are plugged in, which a person gives a place at the screen; and one of the network."""
from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from edge.cameras.address import shown
from edge.cameras.errors import NoAnswer, NoLibrary
from edge.cameras.open import check_address, must_be_camera, open_source
from edge.cameras.picamera import found_here
from edge.cameras.v4l2 import devices
from edge.clock import SystemClock
from edge.config import CameraConfig
from edge.firstboot.errors import CameraSilent, CameraTwice, NoCameras, NoRoomCamera, NoTerminalCamera
from evidence.errors import BadInput

ROLES = ("room", "terminal")
TRY_S = 10.0
"""Real seconds that somebody at the screen waits for a camera to answer."""


@dataclasses.dataclass(frozen=True)
class Found:
    """A camera here; `role`: what it is proposed for."""

    source: str
    label: str
    role: str


def found_cameras() -> list[Found]:
    """Ribbon cameras first, for the room; then those with USB."""
    found = []
    with contextlib.suppress(NoLibrary):
        found += [(f"picamera2:{number}", label) for number, label in found_here()]
    found += [(f"v4l2:{one.path}", one.label) for one in devices()]
    return [Found(source, label, ROLES[at] if at < len(ROLES) else "") for at, (source, label) in enumerate(found)]


def chosen(roles: Mapping[str, str], network: str, found: Sequence[Found]) -> list[CameraConfig]:
    """What somebody chose. `roles`: by source; `network`: the address of a room camera, or nothing. Only what was
    found is taken. Raises CameraTwice."""
    sources = {one.source for one in found}
    made = [CameraConfig(role, source, "room" if role == "room" else "terminal")
            for source, role in roles.items() if source in sources and role in ROLES]
    made += [CameraConfig("room", network.strip(), "room")] if network.strip() else []
    if len({one.role for one in made}) < len(made):
        raise CameraTwice
    return made


def check_named(cameras: Sequence[CameraConfig]) -> None:
    """Whether there is one for each place. Raises NoCameras, NoRoomCamera, NoTerminalCamera."""
    roles = {one.role for one in cameras}
    if not roles:
        raise NoCameras
    if "room" not in roles:
        raise NoRoomCamera
    if "terminal" not in roles:
        raise NoTerminalCamera


def check_answers(address: str) -> None:
    """Whether the camera at that address sends a picture; after TRY_S it does not. Raises BadSource: it can be none;
    CameraSilent."""
    clock, opened = SystemClock(), Future[None]()
    must_be_camera(address, simulated=False)
    check_address(address, clock)

    def work() -> None:
        try:
            open_source(address, clock, keys_only=True).close()
            opened.set_result(None)
        except BaseException as error:
            opened.set_exception(error)

    # Whoever is not waited for any longer ends by the time-outs of the source.
    threading.Thread(target=work, name="camera", daemon=True).start()
    try:
        opened.result(TRY_S)
    except TimeoutError:
        raise CameraSilent(why=NoAnswer(source=shown(address), seconds=round(TRY_S))) from None
    except BadInput as error:
        raise CameraSilent(why=error) from None
