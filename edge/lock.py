"""The passphrase under which a box's secret keys lie in their files, where its machine hands one over.

    zaitang-locked-1 LF, 16 bytes of salt, 12 of nonce, the file's bytes under AES-256-GCM; the key by scrypt (RFC 7914)
"""
from __future__ import annotations

import functools
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from common.texts import N_
from edge.errors import BadKeyFile
from edge.storage.files import read_plain

HEAD = b"zaitang-locked-1\n"
SALT, NONCE, KEY = 16, 12, 32
COST, BLOCK, LANES = 2**15, 8, 1
"""32 MiB and a tenth of a second for each guess, and for each start of a process."""
CREDENTIAL = "zaitang.keys"
NEXT = ".next"
"""Behind the name of a locked file: the same under another passphrase, as long as either may be the machine's."""
LEAST, MOST = 12, 1024
"""Bytes of a passphrase."""
NO_PASSPHRASE = N_("it is locked, and no passphrase came with this call: by root `zaitang-edge` brings it, and so do "
                   "the units; a new installation takes it again by `install-box --keys-passphrase-file`")
OTHER = N_("the passphrase does not open it, or it is damaged")
SHORT = N_("it holds no passphrase of 12 to 1024 characters in its first line")


def passphrase() -> bytes | None:
    """What systemd, or the command in the PATH for root, handed over; None: nothing. Raises BadKeyFile."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if not given:
        return None
    path = Path(given) / CREDENTIAL
    return read_passphrase(path) if os.path.lexists(path) else None


def read_passphrase(path: Path) -> bytes:
    """The one in the first line of a file. Raises BadKeyFile."""
    try:
        word = read_plain(path, MOST + 2).split(b"\n", 1)[0].rstrip(b"\r")
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror or str(error)) from None
    if not LEAST <= len(word) <= MOST:
        raise BadKeyFile(path=path, why=SHORT)
    return word


def is_locked(data: bytes) -> bool:
    """Whether the bytes of a file are locked."""
    return data.startswith(HEAD)


def lock(name: str, plain: bytes, word: bytes, salt: bytes) -> bytes:
    """The bytes of the file `name`, locked. `salt`: new_salt(), one for files that are made together."""
    nonce = secrets.token_bytes(NONCE)
    return HEAD + salt + nonce + AESGCM(_key(word, salt)).encrypt(nonce, plain, HEAD + name.encode())


def new_salt() -> bytes:
    """One that was never used."""
    return secrets.token_bytes(SALT)


def unlock(path: Path, data: bytes, word: bytes | None) -> bytes:
    """The inverse of `lock`. Raises BadKeyFile: no passphrase, another one, another file, damaged."""
    if word is None:
        raise BadKeyFile(path=path, why=NO_PASSPHRASE)
    body = data[len(HEAD):]
    try:
        salt, nonce, sealed = body[:SALT], body[SALT:SALT + NONCE], body[SALT + NONCE:]
        return AESGCM(_key(word, salt)).decrypt(nonce, sealed, HEAD + path.name.encode())
    except (InvalidTag, ValueError):
        raise BadKeyFile(path=path, why=OTHER) from None


@functools.lru_cache(maxsize=1)
def _key(word: bytes, salt: bytes) -> bytes:
    """Files of one box share their salt, so this is reckoned once for all of them."""
    return Scrypt(salt=salt, length=KEY, n=COST, r=BLOCK, p=LANES).derive(word)
