"""Secret keys that lie under a passphrase in their files, where the machine of a box or of a centre hands one over.

    zaitang-locked-1 LF, 16 bytes of salt, 12 of nonce, the file's bytes under AES-256-GCM; the key by scrypt (RFC 7914)
"""
from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from common.texts import N_
from evidence.errors import BadInput

HEAD = b"zaitang-locked-1\n"
SALT, NONCE, KEY = 16, 12, 32
COST, BLOCK, LANES = 2**15, 8, 1
"""32 MiB and a tenth of a second for each guess, and for each start of a process."""
NEXT = ".next"
"""Behind the name of a locked file: the same under another passphrase, as long as either may be the machine's."""
LEAST, MOST = 12, 1024
"""Bytes of a passphrase."""
NO_PASSPHRASE = N_("it is locked, and no passphrase came with this call: by root `zaitang-edge` or `zaitang-central` "
                   "brings it, and so do the units; a new installation takes it again by `install-box` or "
                   "`install-centre --keys-passphrase-file`")
OTHER = N_("the passphrase does not open it, or it is damaged")
SHORT = N_("it holds no passphrase of 12 to 1024 characters in its first line")


class NoKeysPassphrase(BadInput):
    text = ("no passphrase for the keys came with this call: `install-box` or `install-centre --keys-passphrase-file "
            "FILE` gives it")


@dataclass(frozen=True)
class Lock:
    """That of one end. `credential`: by which name its passphrase comes; `secret`: the names of the files of a folder
    that are locked, in this order: where the last is, all are; `read`, `replace`: its way with files; `bad`: what it
    raises of one, with `path` and `why`."""

    credential: str
    secret: Callable[[Path], Sequence[str]]
    read: Callable[[Path], bytes]
    replace: Callable[[Path, bytes], None]
    bad: type[BadInput]

    def passphrase(self) -> bytes | None:
        """What systemd, or the command in the PATH for root, handed over; None: nothing. Raises `bad`."""
        given = os.environ.get("CREDENTIALS_DIRECTORY")
        if not given:
            return None
        path = Path(given) / self.credential
        return self.read_passphrase(path) if os.path.lexists(path) else None

    def given(self) -> bytes:
        """The same. Raises NoKeysPassphrase, `bad`."""
        word = self.passphrase()
        if word is None:
            raise NoKeysPassphrase
        return word

    def read_passphrase(self, path: Path) -> bytes:
        """The one in the first line of a file. Raises `bad`."""
        try:
            with path.open("rb") as file:
                word = file.read(MOST + 2).split(b"\n", 1)[0].rstrip(b"\r")
        except OSError as error:
            raise self.bad(path=path, why=error.strerror or str(error)) from None
        if not LEAST <= len(word) <= MOST:
            raise self.bad(path=path, why=SHORT)
        return word

    def plain(self, path: Path, word: bytes | None = None) -> bytes:
        """What a file holds, opened where it is locked. `word`: the passphrase, if not the machine's. Raises `bad`."""
        data = self.read(path)
        return self._opened(path, data, word or self.passphrase())[0] if is_locked(data) else data

    def lock_keys(self, folder: Path, word: bytes) -> int:
        """Put the secret keys under a passphrase, each in one step; how many were not. Those that lie in plain are
        locked; those that are locked it must open, or what `relock_keys` laid beside them, which then takes their
        place. May be run again after a kill. Raises `bad`: of a file, and then nothing was changed, or of the folder.
        """
        plain, beside, salt, names = dict[str, bytes](), list[str](), new_salt(), self.secret(folder)
        for name in names:
            data = self.read(folder / name)
            if not is_locked(data):
                plain[name] = data
            elif self._opened(folder / name, data, word)[1]:
                beside.append(name)
        try:
            for name in beside:
                self.replace(folder / name, self.read(folder / (name + NEXT)))
            for name, data in plain.items():
                self.replace(folder / name, lock(name, data, word, salt))
            for name in names:
                (folder / (name + NEXT)).unlink(missing_ok=True)
        except OSError as error:
            raise self.bad(path=folder, why=error.strerror or str(error)) from None
        return len(plain) + len(beside)

    def relock_keys(self, folder: Path, old: bytes, new: bytes) -> int:
        """Lay beside each locked key the same under a new passphrase; how many. From then on both open the keys, until
        `lock_keys` makes one of them the only one. May be run again after a kill: before it returns the old one opens
        them, if it did. Raises `bad`: neither opens one, or of the folder."""
        opened, salt = dict[str, bytes](), new_salt()
        for name in self.secret(folder):
            data = self.read(folder / name)
            if is_locked(data) and unlock(name, data, new) is None:
                opened[name] = self._opened(folder / name, data, old)[0]
        try:
            for name, plain in opened.items():
                self.replace(folder / (name + NEXT), lock(name, plain, new, salt))
        except OSError as error:
            raise self.bad(path=folder, why=error.strerror or str(error)) from None
        return len(opened)

    def _opened(self, path: Path, data: bytes, word: bytes | None) -> tuple[bytes, bool]:
        """What is locked in a file, and whether only what `relock_keys` laid beside it opened. Raises `bad`."""
        if word is None:
            raise self.bad(path=path, why=NO_PASSPHRASE)
        if (plain := unlock(path.name, data, word)) is not None:
            return plain, False
        beside = path.with_name(path.name + NEXT)
        if beside.exists() and (plain := unlock(path.name, self.read(beside), word)) is not None:
            return plain, True
        raise self.bad(path=path, why=OTHER)


def is_locked(data: bytes) -> bool:
    """Whether the bytes of a file are locked."""
    return data.startswith(HEAD)


def salt_of(data: bytes) -> bytes:
    """That of a locked file."""
    return data[len(HEAD):][:SALT]


def lock(name: str, plain: bytes, word: bytes, salt: bytes) -> bytes:
    """The bytes of the file `name`, locked. `salt`: new_salt(), one for files that are made together."""
    nonce = secrets.token_bytes(NONCE)
    return HEAD + salt + nonce + AESGCM(_key(word, salt)).encrypt(nonce, plain, HEAD + name.encode())


def new_salt() -> bytes:
    """One that was never used."""
    return secrets.token_bytes(SALT)


def unlock(name: str, data: bytes, word: bytes) -> bytes | None:
    """The inverse of `lock`. None: another passphrase, another file, damaged."""
    body = data[len(HEAD):]
    try:
        salt, nonce, sealed = body[:SALT], body[SALT:SALT + NONCE], body[SALT + NONCE:]
        return AESGCM(_key(word, salt)).decrypt(nonce, sealed, HEAD + name.encode())
    except (InvalidTag, ValueError):
        return None


@functools.lru_cache(maxsize=1)
def _key(word: bytes, salt: bytes) -> bytes:
    """Files that were locked together share their salt, so this is reckoned once for all of them."""
    return Scrypt(salt=salt, length=KEY, n=COST, r=BLOCK, p=LANES).derive(word)

