"""The secret of a target: made once, kept in the centre's folder, handed to whoever checks the signatures."""
from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from central.errors import BadKeyFile, CannotWrite

PREFIX, SIZE = "whsec_", 32


def secret_of(folder: Path, name: str) -> bytes:
    """The secret of a target of the centre in `folder`; a new one where there is none.

    Raises BadKeyFile, CannotWrite."""
    path = folder / "keys" / f"webhook-{name}.secret"
    try:
        return _read(path)
    except FileNotFoundError:
        made = secret_text(secrets.token_bytes(SIZE)).encode() + b"\n"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        return _read(path)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise CannotWrite(path=path, why=error.strerror) from None


def secret_text(secret: bytes) -> str:
    """As Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def _read(path: Path) -> bytes:
    try:
        text = path.read_bytes()[:200].decode("ascii").strip()
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise BadKeyFile(path=path, why=str(error)) from None
    if not text.startswith(PREFIX) or len(secret) < SIZE:
        raise BadKeyFile(path=path, why=f"it does not hold {PREFIX} and {SIZE} bytes in base64")
    return secret
