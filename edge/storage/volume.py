"""The video volume of a box: who it belongs to, whether there is room, and where things lie on it.

An identity file on the volume and the same id in the database: a wrong or missing mount is noticed before anything
is written. A full volume refuses; nothing is ever deleted to make room.
"""
from __future__ import annotations

import dataclasses
import json
import os
import secrets
from pathlib import Path

from common.texts import N_
from edge.errors import CannotWrite, VolumeFull, WrongVolume
from edge.storage.files import make_folder, replace, sync_folder
from edge.store import Store
from evidence.errors import BadShape
from evidence.records import Id
from evidence.shape import decode, encode

IDENTITY = ".zaitang-volume.json"
MB = 1_000_000
MISSING = N_("its identity file is missing; is the disk mounted?")
FOREIGN = N_("its identity file names another volume; was the disk exchanged?")
UNKNOWN = N_("it belongs to another database; was the database lost or restored?")
UNREADABLE = N_("its identity file cannot be read")


@dataclasses.dataclass(frozen=True)
class Identity:
    """What the identity file says. `volume`: a random id made with the volume."""

    device: Id
    volume: Id


class Volume:
    """Opened by `open_volume`. `reserve_mb`: free space below which nothing new is written."""

    def __init__(self, folder: Path, identity: Identity, reserve_mb: int) -> None:
        self.folder = folder
        self.segments, self.journal = folder / "segments", folder / "journal"
        self.quarantine = folder / "quarantine"
        self._identity, self._reserve_mb = identity, reserve_mb

    def check(self) -> None:
        """Before anything is written: is it the volume, is there room? Raises WrongVolume, VolumeFull, CannotWrite."""
        if _read_identity(self.folder) != self._identity:
            raise WrongVolume(folder=self.folder, why=FOREIGN)
        try:
            for folder in (self.segments, self.journal, self.quarantine):
                make_folder(folder)
        except OSError as error:
            raise CannotWrite(folder=self.folder, why=error.strerror or str(error)) from None
        self.check_room()

    def check_room(self) -> None:
        """Raises VolumeFull when the reserve is touched."""
        free = self.free_mb()
        if free < self._reserve_mb:
            raise VolumeFull(free_mb=free, reserve_mb=self._reserve_mb)

    def free_mb(self) -> int:
        """Free space in megabytes (10^6 bytes)."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize // MB

    def put_aside(self, path: Path) -> Path:
        """Move a file that no record names into quarantine, never delete it. The path that it has then."""
        make_folder(self.quarantine)
        target = self.quarantine / f"{path.parent.name}-{path.name}"
        while target.exists():
            target = target.with_name(f"{secrets.token_hex(4)}-{target.name}")
        os.rename(path, target)
        sync_folder(self.quarantine)
        sync_folder(path.parent)
        return target


def open_volume(folder: Path, device: str, store: Store, reserve_mb: int) -> Volume:
    """The box's video volume; made where nothing was ever recorded. Raises WrongVolume, CannotWrite."""
    known = store.volume()
    if not (folder / IDENTITY).exists():
        known = _make(folder, device, store, known)
    identity = _read_identity(folder)
    if known is None:
        raise WrongVolume(folder=folder, why=UNKNOWN)
    if identity != Identity(device, known):
        raise WrongVolume(folder=folder, why=FOREIGN)
    return Volume(folder, identity, reserve_mb)


def _make(folder: Path, device: str, store: Store, known: str | None) -> str:
    """Its id goes into the database first: a crash in between is made good by the next call."""
    if (folder / "segments").exists() or store.records_of("segment"):
        raise WrongVolume(folder=folder, why=MISSING)
    volume = known or f"v-{secrets.token_hex(8)}"
    store.set_volume(volume)
    try:
        make_folder(folder)
        replace(folder / IDENTITY, json.dumps(encode(Identity(device, volume))).encode())
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    return volume


def _read_identity(folder: Path) -> Identity:
    try:
        data = (folder / IDENTITY).read_bytes()
    except FileNotFoundError:
        raise WrongVolume(folder=folder, why=MISSING) from None
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    try:
        return decode(Identity, json.loads(data), str(folder / IDENTITY))
    except (ValueError, BadShape):
        raise WrongVolume(folder=folder, why=UNREADABLE) from None
