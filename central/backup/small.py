"""The small files of a centre's folder, keys among them, as one sealed file: a passphrase opens it, and nothing else.

    zaitang-centre-1 LF, 16 bytes of salt, 12 of nonce, a tar archive under AES-256-GCM; the key by scrypt (RFC 7914)
"""
from __future__ import annotations

import io
import os
import secrets
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from central.backup.errors import LeadsAway, NoBackup, ShortPassphrase, TooLargeToPack, WrongPassphrase
from common.texts import N_

HEAD = b"zaitang-centre-1\n"
SALT, NONCE, KEY = 16, 12, 32
COST, BLOCK, LANES = 2**16, 8, 1
"""64 MiB and a fifth of a second for each guess."""
MOST_FILE, MOST = 64 << 20, 256 << 20
"""Bytes of one small file, and of all of them."""
LEAST_PASSPHRASE = 12
NOT_HERE = ("objects", "kept", "archives", "root")
"""Folders that are no part of it: files by their hash, what was worked out, the site's root, which lies elsewhere."""


def pack(folder: Path, passphrase: bytes) -> bytes:
    """The small files of a centre's folder, sealed; of a link to a file what that holds. Raises ShortPassphrase,
    TooLargeToPack, LeadsAway, OSError."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise ShortPassphrase(least=LEAST_PASSPHRASE)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as tar:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if not _is_small(name):
                continue
            if path.is_symlink() and path.is_dir():
                raise LeadsAway(file=name)
            if path.is_file():
                size = path.stat().st_size
                if size > MOST_FILE or out.tell() + size > MOST - 2 * tarfile.RECORDSIZE:
                    raise TooLargeToPack(file=name)
                tar.add(path, str(name), recursive=False, filter=_plain)
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    return HEAD + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, out.getvalue(), HEAD)


def unpack(sealed: bytes, passphrase: bytes, target: Path) -> None:
    """Write them into a folder that is empty. Raises NoBackup, WrongPassphrase, OSError."""
    if not sealed.startswith(HEAD) or len(sealed) > MOST + 4096:
        raise NoBackup(folder=target, why=N_("its small files are in a form that this version does not know"))
    body = sealed[len(HEAD):]
    try:
        plain = AESGCM(_key(passphrase, body[:SALT])).decrypt(body[SALT:SALT + NONCE], body[SALT + NONCE:], HEAD)
    except (InvalidTag, ValueError):
        raise WrongPassphrase from None
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            if not member.isfile() or name.is_absolute() or ".." in name.parts or member.size > MOST_FILE:
                raise NoBackup(folder=target, why=N_("it holds a file that no centre has"))
            _write(target / name, tar.extractfile(member), member.mode)


def _write(path: Path, source: IO[bytes] | None, mode: int) -> None:
    """A new file; nobody else may write it. `tarfile` knows filters only from Python 3.11.4 on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode & 0o744)
    with os.fdopen(handle, "wb") as file:
        file.write(source.read() if source is not None else b"")
        file.flush()
        os.fsync(handle)


def _is_small(name: Path) -> bool:
    first = name.parts[0]
    return first not in NOT_HERE and not first.startswith((".", "zaitang.db")) and not name.name.endswith(".lock")


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _key(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY, n=COST, r=BLOCK, p=LANES).derive(passphrase)
