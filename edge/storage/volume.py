"""A video volume of a box: who it belongs to, whether there is room, and where things lie on it.

An identity file on the volume and the same id in the database: a wrong or missing mount is noticed before anything
is written, and the empty folder of a mount that vanished is never filled. A full volume refuses; nothing is ever
deleted to make room.
"""
from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from common.texts import N_
from edge.errors import CannotWrite, VolumeFull, WrongVolume
from edge.storage.files import PRIVATE, make_folder, replace, sync_folder, sync_handle
from edge.storage.patience import in_time
from edge.storage.proofs import FOLDER
from edge.store import Place, Store
from evidence.errors import BadShape
from evidence.records import Id
from evidence.shape import decode, encode

IDENTITY = ".zaitang-volume.json"
MB = 1_000_000
FSTAB = Path("/etc/fstab")
LARGEST = 4096
"""Bytes of an identity file; more is none."""
MISSING = N_("its identity file is missing; is the disk mounted?")
FOREIGN = N_("its identity file names another volume; was the disk exchanged?")
UNKNOWN = N_("it belongs to another database; was the database lost or restored?")
UNREADABLE = N_("its identity file cannot be read")
OTHER_BOX = N_("its identity file names another box")
NO_FOLDER = N_("there is no such folder; is the disk mounted?")
SAME_DISK = N_("it lies on the same disk as the first one; is the other disk mounted?")
NOT_MOUNTED = N_("/etc/fstab names a disk for it that is not mounted")
SYSTEM_DISK = N_("it lies on the disk of the system; is the other disk mounted?")
NOT_ADDED = N_("it was not added to this box yet: zaitang-edge storage add")
LINKED = N_("a folder in it is a link or a file; only real folders are used")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclasses.dataclass(frozen=True)
class Identity:
    """What the identity file says. `volume`: a random id made with the volume."""

    device: Id
    volume: Id


class Volume:
    """Opened by `open_volume`, `add_second` or `open_second`. `reserve_mb`: free space below which nothing new is
    written."""

    def __init__(self, folder: Path, identity: Identity, reserve_mb: int, place: Place = "first") -> None:
        self.folder = folder
        self.segments, self.journal = folder / "segments", folder / "journal"
        self.quarantine, self.incoming = folder / "quarantine", folder / "incoming"
        self.proofs = folder / FOLDER
        self._own = (self.segments, self.journal, self.quarantine) if place == "first" else (
            self.segments, self.incoming)
        self._identity, self._reserve_mb = identity, reserve_mb

    def check(self) -> None:
        """Before anything is written: is it the volume, is there room? Raises WrongVolume, VolumeFull, CannotWrite."""
        try:
            with self._here() as here:
                if os.fstatvfs(here).f_flag & os.ST_RDONLY:
                    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
                for folder in self._own:
                    _make_in(here, folder.name)
        except OSError as error:
            raise CannotWrite(folder=self.folder, why=error.strerror or str(error)) from None
        self.check_room()

    def must_be_here(self) -> None:
        """Raises WrongVolume or CannotWrite once the mount has vanished or is another one."""
        with self._here():
            return

    def make_run_folder(self, run: str) -> None:
        """The folder for the segments of a run, on this very volume. Raises OSError, also when it is not there."""
        with self.hold() as here, _below(here, self.segments.name) as segments:
            _make_in(segments, run)
            sync_handle(segments)

    def write(self, folder: str, file: str, data: bytes) -> None:
        """Put a whole file `run/name` below a folder of this very volume, durably; an older one of that name goes.
        Raises OSError, also when the volume is not here; then nothing of it is left."""
        run, name = Path(file).parts
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(self.hold())
            for part in (folder, run):
                _make_in(place, part)
                place = stack.enter_context(_below(place, part))
            fresh = Path(name).with_suffix(".new").name
            try:
                _write_in(place, fresh, data)
                os.rename(fresh, name, src_dir_fd=place, dst_dir_fd=place)
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(fresh, dir_fd=place)
                raise
            sync_handle(place)

    def put_in_place(self, part: Path, file: str) -> None:
        """Rename a whole file in `incoming` to `Segment.file`, not through any link. Raises OSError."""
        run, name = Path(file).parts
        with self.hold() as here, _below(here, self.segments.name, run) as folder:
            os.rename(part, name, dst_dir_fd=folder)

    def has_own(self, file: str, first: Path) -> bool:
        """Whether `Segment.file` is here: a file that no link leads to, and another one than `first`.
        Raises OSError, also when the volume is not here."""
        run, name = Path(file).parts
        try:
            with self.hold() as here, _below(here, self.segments.name, run) as folder:
                own = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return stat.S_ISREG(own.st_mode) and (own.st_dev, own.st_ino) != _number(first)

    def sync(self, file: str) -> None:
        """Make a file that came through `incoming` durable: its bytes and its name in every folder. Raises OSError."""
        run, name = Path(file).parts
        with self.hold() as here, _below(here, self.segments.name, run) as folder:
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_handle(folder)
        sync_folder(self.segments)
        sync_folder(self.incoming)

    @contextlib.contextmanager
    def hold(self) -> Iterator[int]:
        """A handle of the volume's folder while it is the volume. Raises OSError when it is not, or not any more."""
        with contextlib.ExitStack() as stack:
            try:
                here = stack.enter_context(self._here())
            except (WrongVolume, CannotWrite) as error:
                raise OSError(errno.ENODEV, str(error), str(self.folder)) from None
            yield here

    @contextlib.contextmanager
    def _here(self) -> Iterator[int]:
        """A handle of the volume's folder while it is the volume: what is made through it lands there or nowhere."""
        try:
            here = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise WrongVolume(folder=self.folder, why=NO_FOLDER) from None
        except OSError as error:
            raise CannotWrite(folder=self.folder, why=error.strerror or str(error)) from None
        try:
            if _read_identity(self.folder, here) != self._identity:
                raise WrongVolume(folder=self.folder, why=FOREIGN)
            yield here
        finally:
            os.close(here)

    def check_room(self, size: int = 0) -> None:
        """Raises VolumeFull when the reserve is touched, or would be by a file of so many bytes."""
        free = self.free_mb()
        if free - -(-size // MB) < self._reserve_mb:
            raise VolumeFull(free_mb=free, reserve_mb=self._reserve_mb)

    @property
    def room(self) -> int:
        """Bytes that may still be written; negative when the reserve is touched."""
        return (self.free_mb() - self._reserve_mb) * MB

    def free_mb(self) -> int:
        """Free space in megabytes (10^6 bytes)."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize // MB

    def put_aside(self, path: Path) -> Path:
        """Move a file that no record names into quarantine, never delete it. The path that it has then."""
        with self.hold() as here:
            _make_in(here, self.quarantine.name)
        target = self.quarantine / f"{path.parent.name}-{path.name}"
        while target.exists():
            target = target.with_name(f"{secrets.token_hex(4)}-{target.name}")
        os.rename(path, target)
        sync_folder(self.quarantine)
        sync_folder(path.parent)
        return target


def open_volume(folder: Path, device: str, store: Store, reserve_mb: int) -> Volume:
    """The volume that the recorder writes; made where nothing was ever recorded. Raises WrongVolume, CannotWrite."""
    if not (folder / IDENTITY).exists():
        if not is_new(folder, store):
            raise WrongVolume(folder=folder, why=MISSING)
        if disk_to_come(folder):
            raise WrongVolume(folder=folder, why=NOT_MOUNTED)
        _make(folder, device, store, "first")
    return Volume(folder, known_identity(folder, device, store, "first"), reserve_mb)


def disk_to_come(folder: Path) -> bool:
    """Whether the system's table of disks (fstab(5)) names one for the folder, or one above it, that is not mounted."""
    try:
        lines = FSTAB.read_text(errors="replace").splitlines()
    except OSError:
        # A system without one has its disks another way, or none: a box may well record on its only card.
        return False
    named = [line.split()[1] for line in lines if not line.lstrip().startswith("#") and len(line.split()) > 1]
    points = {Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), name)) for name in named}
    real = folder.resolve()
    return any(one in points and not os.path.ismount(one) for one in (real, *real.parents))


def is_new(folder: Path, store: Store) -> bool:
    """Whether nothing was ever recorded: the recorder has yet to make its volume there."""
    segments = folder / "segments"
    # An empty folder is what `zaitang-edge init` once made; once there was a volume, it is where a disk is mounted.
    empty = segments.is_dir() and not any(segments.iterdir()) and store.volume() is None
    recorded = segments.exists() and not empty
    return not (recorded or (folder / IDENTITY).exists() or store.has("segment"))


def survivor(folder: Path, device: str) -> str | None:
    """The id of the volume of this box in a folder; None where there is no volume. For a box whose database is new, and
    whose disk is not. Raises WrongVolume where it is another box's, CannotWrite; it may never answer (`in_time`)."""
    if not _exists(folder / IDENTITY):
        return None
    identity = _read_identity(folder)
    if identity.device != device:
        raise WrongVolume(folder=folder, why=OTHER_BOX)
    return identity.volume


def second_survivor(folder: Path, device: str, first: Path) -> str | None:
    """The same of the folder that box.toml names for the second volume. Raises WrongVolume, also where no other disk is
    mounted there, CannotWrite, VolumeAway."""
    in_time(folder, lambda: _must_be_apart(folder, first, SAME_DISK))
    in_time(folder, lambda: _must_be_apart(folder, Path("/"), SYSTEM_DISK))
    return in_time(folder, lambda: survivor(folder, device))


def add_second(folder: Path, device: str, store: Store, reserve_mb: int, first: Path) -> Volume:
    """Make a folder the volume to which segments are moved; nothing changes where it is that already. It lies on
    another disk than `first` and than the system: an empty mount point is no volume. Raises WrongVolume, CannotWrite.
    """
    if not _exists(folder / IDENTITY):
        _must_be_apart(folder, first, SAME_DISK)
        _must_be_apart(folder, Path("/"), SYSTEM_DISK)
        if (folder / "segments").exists() or store.any_moved():
            raise WrongVolume(folder=folder, why=MISSING)
        _make(folder, device, store, "second")
    return open_second(folder, device, store, reserve_mb, first)


def open_second(folder: Path, device: str, store: Store, reserve_mb: int, first: Path) -> Volume:
    """The volume that `add_second` made, never made here. Raises WrongVolume, CannotWrite, VolumeAway."""
    in_time(folder, lambda: _must_be_apart(folder, first, SAME_DISK))
    if store.volume("second") is None and not in_time(folder, lambda: _exists(folder / IDENTITY)):
        raise WrongVolume(folder=folder, why=NOT_ADDED)
    return Volume(folder, known_identity(folder, device, store, "second"), reserve_mb, "second")


def _must_be_apart(folder: Path, other: Path, why: str) -> None:
    """Raises WrongVolume when both lie on one file system, or `folder` is none; CannotWrite."""
    try:
        same = filesystem(folder) == filesystem(other)
    except FileNotFoundError:
        raise WrongVolume(folder=folder, why=NO_FOLDER) from None
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    if same:
        raise WrongVolume(folder=folder, why=why)


def _exists(path: Path) -> bool:
    """Raises CannotWrite where the disk does not say."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
    return True


def filesystem(folder: Path) -> int:
    """Which mounted file system a folder lies on. Raises OSError."""
    return folder.stat().st_dev


def known_identity(folder: Path, device: str, store: Store, place: Place) -> Identity:
    """The identity in the file, if it is the one in the database. Raises WrongVolume, CannotWrite; VolumeAway when a
    second volume does not answer."""
    identity = _read_identity(folder) if place == "first" else in_time(folder, lambda: _read_identity(folder))
    known = store.volume(place)
    if known is None:
        raise WrongVolume(folder=folder, why=UNKNOWN)
    if identity != Identity(device, known):
        raise WrongVolume(folder=folder, why=FOREIGN)
    return identity


def _make(folder: Path, device: str, store: Store, place: Place) -> None:
    """Its id goes into the database first: a crash in between is made good by the next call."""
    volume = store.volume(place) or f"v-{secrets.token_hex(8)}"
    store.set_volume(volume, place)
    try:
        make_folder(folder)
        replace(folder / IDENTITY, json.dumps(encode(Identity(device, volume))).encode())
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None


def _make_in(here: int, name: str) -> None:
    """Make a folder in an open one, durably. Raises OSError, also when it is a link."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=here)
        sync_handle(here)
    with _below(here, name):
        return


@contextlib.contextmanager
def _below(here: int, *names: str) -> Iterator[int]:
    """A handle of a folder below an open one, reached without any link. Raises OSError: NotADirectoryError for one."""
    with contextlib.ExitStack() as stack:
        for name in names:
            try:
                here = os.open(name, _FOLDER, dir_fd=here)
            except OSError as error:
                if error.errno in (errno.ENOTDIR, errno.ELOOP):
                    raise NotADirectoryError(errno.ENOTDIR, LINKED, name) from None
                raise
            stack.callback(os.close, here)
        yield here


def _write_in(here: int, name: str, data: bytes) -> None:
    """A new file in an open folder, its bytes durable. What a cut left under that name goes. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=here)
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE, dir_fd=here)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _number(path: Path) -> tuple[int, int] | None:
    """Which file this is; None for none. Raises OSError."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _read_identity(folder: Path, here: int | None = None) -> Identity:
    """`here`: an open handle of the folder, which its name may not lead to any more."""
    path = str(folder / IDENTITY) if here is None else IDENTITY
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=here), "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise WrongVolume(folder=folder, why=MISSING) from None
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    try:
        return decode(Identity, json.loads(data), str(folder / IDENTITY))
    except (ValueError, BadShape, RecursionError):
        raise WrongVolume(folder=folder, why=UNREADABLE) from None
