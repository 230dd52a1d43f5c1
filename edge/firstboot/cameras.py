"""The cameras that are plugged in, which a person gives a place at the screen; and one of the network."""
from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence

from edge.cameras.errors import NoLibrary
from edge.cameras.picamera import found_here
from edge.cameras.v4l2 import devices
from edge.config import CameraConfig
from edge.firstboot.errors import CameraTwice, NoCameras, NoRoomCamera, NoTerminalCamera

ROLES = ("room", "terminal")


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
