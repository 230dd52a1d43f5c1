"""Makes a centre's folder anew from a backup, and proves what it holds; or leaves nothing.

What came after the backup is not lost: boxes keep what has no receipt, and what had one they are asked for again."""
from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from central.backup.errors import BackupChanged, FolderThere, KeysLocked, NoBackup, OtherSite, RestoreFailed
from central.backup.listing import MOST, Kept, read_listing
from central.backup.made import CHECKPOINT, CHUNK, DATABASE, LISTING, OBJECTS, SMALL, Made, check_files, read_made
from central.backup.proof import Proof, prove
from central.backup.small import unpack
from central.clock import Clock
from central.errors import BadKeyFile
from central.locked import read_secret, secret_files
from central.parts import sync_folder
from central.wiring import Centre, open_centre
from evidence.certs import fingerprint

ENDING = ".part"
SOME = 1000
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_DATABASE = re.compile(r"""^[ \t]*(?:database|"database"|'database')[ \t]*=.*$""", re.MULTILINE)
Advance = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Restored:
    """What was restored. `root`: fingerprint of the site's root; `files`: by hash; `absent`: files of the backup that
    are gone or other ones; `wanted`: video that the records say was at the centre and that is not: boxes are asked for
    it."""

    made: Made
    root: str
    proof: Proof
    files: int
    absent: tuple[str, ...]
    wanted: int


def listing_of(folder: Path) -> list[Kept]:
    """The files by hash of a backup. Raises NoBackup."""
    path = folder / LISTING
    try:
        if path.stat().st_size > MOST:
            raise NoBackup(folder=folder, why=f"{LISTING} > {MOST}")
        return read_listing(path.read_bytes(), folder)
    except OSError as error:
        raise NoBackup(folder=folder, why=error.strerror) from None


def restore(
    folder: Path, target: Path, passphrase: bytes, root: str | None, later: bytes | None, clock: Clock | None,
    advance: Advance, word: bytes | None = None,
) -> Restored:
    """Restore the backup in `folder` to `target`, which must not exist. `root`: the fingerprint of the site's root, if
    it is known from elsewhere; `later`: a checkpoint that a box or a witness saw; `advance` is told of bytes by hash;
    `word`: what the keys in it are locked with, if not with the passphrase of this machine.

    Raises FolderThere, NoBackup, OtherSite, BackupChanged, WrongPassphrase, KeysLocked, BadNote, BadCheckpoint,
    RestoreFailed."""
    folder, target = folder.absolute(), target.absolute()
    if target.exists():
        raise FolderThere(folder=target)
    made, _, certificate = read_made(folder, root)
    check_files(folder, made)
    listing = listing_of(folder)
    temp = target.with_name(f".{target.name}.{secrets.token_hex(4)}{ENDING}")
    try:
        temp.mkdir(mode=0o700, parents=True)
        unpack((folder / SMALL).read_bytes(), passphrase, temp)
        _unlock(temp / "keys", word)
        _copy(folder / DATABASE, temp / DATABASE, made.database)
        _without_server(temp / "centre.toml")
        absent = _bring(folder.parent / OBJECTS, temp / OBJECTS, listing, advance)
        centre = open_centre(temp, clock, word)
        try:
            if fingerprint(centre.keys.root) != fingerprint(certificate):
                raise OtherSite(root=fingerprint(centre.keys.root))
            proof = prove(centre.store, centre.store.log, (folder / CHECKPOINT).read_bytes(), later, folder)
            wanted = _note_gone(centre)
        finally:
            centre.store.close()
        for lock in temp.glob("*.lock"):
            lock.unlink()
        temp.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise RestoreFailed(folder=target, why=error.strerror) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return Restored(made, fingerprint(certificate), proof, len(listing) - len(absent), tuple(absent), wanted)


def _unlock(keys: Path, word: bytes | None) -> None:
    """See that the keys open, before hours of copying. Raises KeysLocked, NoBackup."""
    for name in secret_files(keys):
        try:
            read_secret(keys / name, word)
        except BadKeyFile as error:
            raise KeysLocked(name=f"keys/{name}", why=error.params["why"]) from None


def _without_server(config: Path) -> None:
    """The database is a file now, whatever it was: `zaitang-central database move` brings it to a server again."""
    text = config.read_text("utf-8")
    table = _TABLE.search(text)
    at = len(text) if table is None else table.start()
    config.write_text(_DATABASE.sub('database = ""', text[:at]) + text[at:], "utf-8")


def _bring(source: Path, target: Path, listing: list[Kept], advance: Advance) -> list[str]:
    """Copy the files by hash; the names of those that are gone or have other bytes."""
    absent = []
    for one in listing:
        try:
            _copy(source / one.name, target / one.name, one.sha256)
        except (FileNotFoundError, BackupChanged):
            absent.append(one.name)
        advance(one.size)
    return absent


def _copy(source: Path, target: Path, sha256: str) -> None:
    """Copy a file that must have that hash, durable. Raises BackupChanged, with nothing left; OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while data := reader.read(CHUNK):
            digest.update(data)
            writer.write(data)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != sha256:
        target.unlink()
        raise BackupChanged(folder=source.parent, why=source.name)


def _note_gone(centre: Centre) -> int:
    """Video that the records say is here and that is not, nor in the bucket, is noted as not here; how many files. Of
    what is in the bucket no second copy lies here."""
    wanted, last = 0, ""
    while True:
        with centre.store.write() as tx:
            some = tx.stored_after(last, SOME)
            for sha256 in some:
                if centre.objects.has(sha256):
                    continue
                if (known := tx.bucketed(sha256)) is not None:
                    tx.put_bucketed(dataclasses.replace(known, stays=False))
                    continue
                tx.mark_gone(sha256)
                wanted += 1
        if not some:
            return wanted
        last = some[-1]
