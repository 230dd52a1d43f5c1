"""Checks a bundle against the key of its publisher: first the signature, then that the signed files are there,
unchanged, and nothing else.

Installer and updater check a copy of their own (`take.py`), not a stick: what is on a stick can be another thing when
it is read again.
"""
from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from provisioning.release.about import MAX_ABOUT, Release, read_release
from provisioning.release.errors import (
    CannotRead,
    FileChanged,
    FileExtra,
    FileMissing,
    NoBundle,
    NoOpenssl,
    NotPlain,
    TooMuch,
    Unsigned,
    WrongSignature,
)
from provisioning.release.key import fingerprint, read_key, write_key
from provisioning.release.sums import (
    ABOUT,
    MAX_BYTES,
    MAX_FILE,
    MAX_FILES,
    MAX_SUMS,
    SIGNATURE,
    SUMS,
    folders,
    read_sums,
)

PIECE = 1 << 20
OPENSSL_S = 60
Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether the signature (second) of the bytes (third) is of the key (first)."""
Progress = Callable[[int, int], None]
"""Files that are checked, of how many."""


def check_bundle(folder: Path, key_pem: bytes, progress: Progress | None = None) -> Release:
    """What this bundle is, if it is whole and signed by this key. Needs `cryptography`.

    Whether this machine may have it says `may_install`. Raises BadRelease.
    """
    return _check(folder, read_key(key_pem), _by_cryptography, progress)


def verify_by_openssl(folder: Path, key_pem: bytes, progress: Progress | None = None) -> Release:
    """The same by the program `openssl` (3.0 or newer), for a machine on which nothing is installed yet. Raises
    BadRelease."""
    return _check(folder, read_key(key_pem), _by_openssl, progress)


def _check(folder: Path, key: bytes, verify: Verify, progress: Progress | None) -> Release:
    if not (folder / SUMS).exists():
        raise NoBundle(folder=folder, file=SUMS)
    if not (folder / SIGNATURE).exists():
        raise Unsigned(folder=folder)
    listed, signature = read_file(folder / SUMS, MAX_SUMS), read_file(folder / SIGNATURE, 4096)
    if len(signature) != 64 or not verify(key, signature, listed):
        raise WrongSignature(fingerprint=fingerprint(key))
    return whole(folder, listed, {SUMS, SIGNATURE}, progress)


def whole(folder: Path, listed: bytes, beside: set[str], progress: Progress | None = None) -> Release:
    """What the bundle is, if it holds what this list says, and nothing else but `beside`. Whose list it is, the caller
    knows. Raises BadRelease."""
    hashes = read_sums(listed)
    _same_names(folder, set(hashes) | beside)
    if ABOUT not in hashes:
        raise FileMissing(file=ABOUT)
    left = MAX_BYTES
    for number, (name, wanted) in enumerate(hashes.items(), 1):
        got, size = hash_file(folder / name, min(left, MAX_FILE))
        left -= size
        if got != wanted:
            raise FileChanged(file=name)
        if progress is not None:
            progress(number, len(hashes))
    about = read_file(folder / ABOUT, MAX_ABOUT)
    if hashlib.sha256(about).hexdigest() != hashes[ABOUT]:
        raise FileChanged(file=ABOUT)
    return read_release(about)


def _same_names(top: Path, names: set[str]) -> None:
    """That the folder holds these plain files, the folders they lie in, and nothing else. Raises BadRelease."""
    wanted_folders, missing = folders(names), set(names)
    todo = [""]
    while todo:
        inside = todo.pop()
        for entry in _entries(top / inside):
            name = f"{inside}/{entry.name}" if inside else entry.name
            name = ascii(name)[1:-1] if not name.isprintable() else name
            if entry.is_symlink() or not (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)):
                raise NotPlain(file=name)
            if entry.is_dir(follow_symlinks=False) and name in wanted_folders:
                todo.append(name)
            elif entry.is_file(follow_symlinks=False) and name in names:
                missing.discard(name)
            else:
                raise FileExtra(file=name)
    for name in sorted(missing):
        raise FileMissing(file=name)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Of one folder. Raises CannotRead, NotPlain, TooMuch."""
    found = []
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotPlain(file=folder)
        with os.scandir(folder) as entries:
            for entry in entries:
                found.append(entry)
                if len(found) > MAX_FILES:
                    raise TooMuch(what=folder, most=MAX_FILES)
    except OSError as error:
        raise CannotRead(file=folder, why=error.strerror) from None
    return found


def open_plain(path: Path) -> int:
    """A descriptor of a plain file, which is no link, and no pipe that waits. Raises CannotRead, NotPlain."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise NotPlain(file=path) from None
        raise CannotRead(file=path, why=error.strerror) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlain(file=path)
    return descriptor


def read_file(path: Path, most: int) -> bytes:
    """All of a small plain file. Raises CannotRead, NotPlain, TooMuch."""
    try:
        with open(open_plain(path), "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise CannotRead(file=path, why=error.strerror) from None
    if len(data) > most:
        raise TooMuch(what=f"{path} (bytes)", most=most)
    return data


def hash_file(path: Path, most: int) -> tuple[str, int]:
    """SHA-256 and size of a plain file. Raises CannotRead, NotPlain, TooMuch beyond `most` bytes."""
    told, size = hashlib.sha256(), 0
    try:
        with open(open_plain(path), "rb") as file:
            while piece := file.read(PIECE):
                size += len(piece)
                if size > most:
                    raise TooMuch(what=f"{path} (bytes)", most=most)
                told.update(piece)
    except OSError as error:
        raise CannotRead(file=path, why=error.strerror) from None
    return told.hexdigest(), size


def _by_cryptography(key: bytes, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # a bare machine has neither
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _by_openssl(key: bytes, signature: bytes, data: bytes) -> bool:
    """On copies of what was read, so that nothing else is checked than what is used. Raises NoOpenssl."""
    with tempfile.TemporaryDirectory() as place:
        for name, content in (("key", write_key(key)), ("signature", signature), ("data", data)):
            (Path(place) / name).write_bytes(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "data",
                   "-sigfile", "signature"]
        try:
            done = subprocess.run(command, cwd=place, capture_output=True, timeout=OPENSSL_S, check=False)
        except FileNotFoundError:
            raise NoOpenssl from None
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0
