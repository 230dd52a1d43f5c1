"""Makes a backup while the centre runs: a snapshot of its database, its small files, and files by hash that are not in
the backup's folder yet.

The database comes first: whatever its records name, and every key for what is sealed in it, was at the centre before.
A backup gets its name when it is whole.
"""
from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from central.backup.errors import BackupFailed, FileChanged, WithinCentre
from central.backup.listing import Kept, kept_in, read_listing, written
from central.backup.made import (
    CHECKPOINT,
    CHUNK,
    DATABASE,
    HEAD,
    LISTING,
    OBJECTS,
    SMALL,
    Made,
    hash_of,
    write_made,
)
from central.backup.reread import rotten_in
from central.backup.small import pack
from central.files import write_new
from central.parts import UNREADABLE, sync_folder
from central.place import place_of
from central.store.moving import snapshot
from central.wiring import Centre
from common.texts import N_
from evidence.certs import pem
from evidence.times import SECOND, utc_text

ENDING, LOCK = ".part", ".lock"
Advance = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Backup:
    """A backup that was made. `files`, `bytes`: by hash; `new`: bytes of them that were not there before; `spoilt`:
    files of the centre that are not what their names say, and of which no backup here has a good one. Of those that lay
    there before and were read again: `mended`: had rotted, and were copied anew; `rotten`: have rotted, and the centre
    has no whole copy."""

    folder: Path
    records: int
    files: int
    bytes: int
    new: int
    spoilt: tuple[str, ...]
    mended: tuple[str, ...] = ()
    rotten: tuple[str, ...] = ()


def make(centre: Centre, to: Path, passphrase: bytes, video: bool, advance: Advance) -> Backup:
    """A new backup below `to`. `advance` is told of bytes by hash that are dealt with.

    Raises WithinCentre, ShortPassphrase, TooLargeToPack, LeadsAway, ClockNotSet, ClockBehind, TreeDamaged,
    DatabaseUnusable, BackupFailed; what was copied by hash stays for the next try, and nothing else."""
    if to.resolve().is_relative_to(centre.folder.resolve()):
        raise WithinCentre(folder=to)
    with _alone(to):
        return _make(centre, to, passphrase, video, advance)


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """Nobody else makes or removes backups there meanwhile: what one copies, the other would take for left over.
    Raises BackupFailed."""
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (to / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise BackupFailed(folder=to, why=N_("another one is being made or removed there")) from None
    except OSError as error:
        raise BackupFailed(folder=to, why=error.strerror or str(error)) from None


def _make(centre: Centre, to: Path, passphrase: bytes, video: bool, advance: Advance) -> Backup:
    at_us = centre.clock.stamp().utc_us
    name = _free_name(to, utc_text(at_us)[:19].replace(":", "") + "Z")
    temp = to / f".{name}.{secrets.token_hex(4)}{ENDING}"
    try:
        for left in to.glob(f".*{ENDING}"):  # of one that was killed
            shutil.rmtree(left)
        temp.mkdir(mode=0o700)
        (to / OBJECTS).mkdir(mode=0o700, exist_ok=True)
        checkpoint = centre.checkpoint()
        snapshot(place_of(centre.folder, centre.config), temp / DATABASE)
        small = pack(centre.folder, passphrase)
        today = datetime.fromtimestamp(at_us / SECOND, UTC).date()
        rotten = rotten_in(to / OBJECTS, to, today)
        kept, new, spoilt = _copy_all(centre.folder / OBJECTS, to / OBJECTS, video, rotten, advance)
        mended = rotten & {one.name for one in kept}
        write_new(temp / SMALL, small)
        write_new(temp / LISTING, written(kept))
        write_new(temp / CHECKPOINT, checkpoint.note.bytes())
        with centre.store.read() as tx:
            records = tx.leaves()
        made = Made(
            1, centre.store.device, utc_text(at_us), pem(centre.keys.root), centre.keys.certificate,
            f"zaitang {version('zaitang')}", video, checkpoint.checkpoint.size, records,
            *(hash_of(temp / one, temp) for one in (DATABASE, SMALL, LISTING, CHECKPOINT)))
        write_new(temp / HEAD, write_made(made, centre.keys.signer))
        sync_folder(temp)
        temp.rename(to / name)
        sync_folder(to)
    except OSError as error:
        raise BackupFailed(folder=to, why=error.strerror) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return Backup(to / name, records, len(kept), sum(one.size for one in kept), new, tuple(spoilt),
                  tuple(sorted(mended)), tuple(sorted(rotten - mended)))


def _free_name(to: Path, moment: str) -> str:
    """The moment, or with a number behind it where a backup of the same second is there already; names stay in the
    order in which they were made."""
    later = (f"{moment}-{number:02}" for number in itertools.count(2))
    return next(name for name in itertools.chain([moment], later) if not os.path.lexists(to / name))


def _copy_all(
    objects: Path, target: Path, video: bool, rotten: Collection[str], advance: Advance,
) -> tuple[list[Kept], int, list[str]]:
    """Copy what the target has not got, or not whole: all that belongs to the backup, how many bytes are new, what is
    spoilt."""
    found, new, spoilt = list[Kept](), 0, list[str]()
    for path, name in kept_in(objects, video):
        try:
            size, goal = path.stat().st_size, target / name
            sha256 = _known(name)
            if sha256 is None or name in rotten or not goal.is_file() or goal.stat().st_size != size:
                came = _copy(path, goal)
                if sha256 is not None and came != sha256:
                    goal.unlink()
                    spoilt.append(name)
                    continue
                sha256, new = came, new + size
        except FileNotFoundError:
            continue  # it went meanwhile: it was of the cache
        except OSError as error:
            if error.errno not in UNREADABLE:
                raise
            spoilt.append(name)
            continue
        found.append(Kept(sha256, size, name))
        advance(size)
    return found, new, spoilt


def _known(name: str) -> str | None:
    """The hash that a file's name says; None of what was put aside: that is not what its name says."""
    folder, file = name.split("/")
    return None if folder == "aside" else file.split(".")[0]


def _copy(source: Path, target: Path) -> str:
    """Copy a file, durable, in one step; its hash."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh, digest = target.with_name(f".{target.name}.{secrets.token_hex(4)}"), hashlib.sha256()
    try:
        with source.open("rb") as reader, fresh.open("xb") as writer:
            while data := reader.read(CHUNK):
                digest.update(data)
                writer.write(data)
            writer.flush()
            os.fsync(writer.fileno())
        fresh.rename(target)
        sync_folder(target.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return digest.hexdigest()


def prune(to: Path, keep_days: int, now_us: int) -> int:
    """Remove backups in `to` that are older, the newest never, and files by hash that none of the rest has; how many
    backups went. Raises BackupFailed, NoBackup."""
    with _alone(to):
        return _prune(to, keep_days, now_us)


def _prune(to: Path, keep_days: int, now_us: int) -> int:
    backups = sorted(path for path in to.iterdir() if (path / HEAD).is_file() and not path.name.startswith("."))
    oldest = utc_text(now_us - keep_days * 86_400_000_000)[:19].replace(":", "") + "Z"
    going = [path for path in backups[:-1] if path.name < oldest]
    try:
        for path in going:
            shutil.rmtree(path)
        sync_folder(to)
        kept = {one.name for path in backups if path not in going
                for one in read_listing((path / LISTING).read_bytes(), path)}
        for path, name in kept_in(to / OBJECTS, video=True):
            if name not in kept:
                path.unlink()
    except OSError as error:
        raise BackupFailed(folder=to, why=error.strerror) from None
    return len(going)


def check_objects(to: Path, folder: Path, listing: list[Kept], advance: Advance) -> None:
    """Each file by hash that a backup names is there as it was. Raises FileChanged, which names the first."""
    for one in listing:
        path = to / OBJECTS / one.name
        try:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while data := file.read(CHUNK):
                    digest.update(data)
                    advance(len(data))
        except OSError as error:
            raise FileChanged(folder=folder, why=f"{one.name}: {error.strerror}") from None
        if digest.hexdigest() != one.sha256:
            raise FileChanged(folder=folder, why=one.name)
