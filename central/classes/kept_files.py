"""What was costly to work out of a class, in files, so that it outlives the process: `kept/<class>.<part>`.

A file opens only for what it was made of: its key is derived from the centre's key of names, this program's own files,
the class, the part, and `of`, all else that it depends on. Whatever of these is another one, nothing opens, and it is
worked out again: nothing is compared by hand, and nobody but the centre can have written what opens. They may be
removed at any time; they are no evidence and belong into no backup."""
from __future__ import annotations

import contextlib
import copyreg
import hashlib
import hmac
import io
import os
import pickle
import secrets
import types
import zlib
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.classes.kept import no_search
from central.program import program
from common.logs import Log

NONCE_BYTES = 12
_LOG = Log("classes.kept")


class KeptFiles:
    """Many may read; one process writes."""

    def __init__(self, folder: Path, names_key: bytes) -> None:
        self._folder, self._key = folder, names_key

    def get(self, class_id: str, part: str, of: object) -> Any | None:
        """What was put there for this class and part, made of just this; else None."""
        try:
            sealed = self._path(class_id, part).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.failed("kept.unread", error, **{"class": class_id})
            return None
        try:
            plain = self._aead(class_id, part, of).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):  # made of something else, or torn
            return None
        with no_search():
            return pickle.loads(zlib.decompress(plain))  # only who has the centre's key can have sealed it

    def put(self, class_id: str, part: str, of: object, value: object) -> None:
        """Keep it instead of what was there. A disk that is full costs time later, and nothing else."""
        plain, nonce = io.BytesIO(), secrets.token_bytes(NONCE_BYTES)
        _Pickler(plain, pickle.HIGHEST_PROTOCOL).dump(value)
        sealed = nonce + self._aead(class_id, part, of).encrypt(nonce, zlib.compress(plain.getbuffer(), 1), None)
        path = self._path(class_id, part)
        temp = path.with_name(f".{path.name}")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with open(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(sealed)
            temp.replace(path)
        except OSError as error:
            _LOG.failed("kept.unwritten", error, **{"class": class_id})
            with contextlib.suppress(OSError):  # what is half written would only take room
                temp.unlink(missing_ok=True)

    def _path(self, class_id: str, part: str) -> Path:
        return self._folder / f"{class_id}.{part}"

    def _aead(self, class_id: str, part: str, of: object) -> AESGCM:
        said = repr(("kept", program(), class_id, part, of)).encode()
        return AESGCM(hmac.digest(self._key, said, hashlib.sha256))


def _table(items: dict[str, Any]) -> types.MappingProxyType[str, Any]:
    return types.MappingProxyType(items)


class _Pickler(pickle.Pickler):
    """Also of the tables that bodies of records hold."""

    dispatch_table = copyreg.dispatch_table | {types.MappingProxyType: lambda table: (_table, (dict(table),))}
