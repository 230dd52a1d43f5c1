"""Lists of people that a box sealed to this centre: opened into the names of `class add`; their numbers stay sealed."""
from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.errors import CannotRead, CannotWrite
from common.sheets import Listed, open_roster
from evidence.canonical import sha256_hex

MAX_BYTES = 4 << 20
FOLDER = "rosters"


def take_list(folder: Path, key: X25519PrivateKey, file: Path, names: Path) -> tuple[str, int]:
    """Keep the sealed list in the centre's `folder`, write its names (without numbers) to `names`, which must not
    exist; the class and how many people. Raises CannotRead, CannotWrite, BadRoster."""
    try:
        with file.open("rb") as handle:
            sealed = handle.read(MAX_BYTES)
    except OSError as error:
        raise CannotRead(path=file, why=error.strerror) from None
    class_id, people = open_roster(sealed, key)
    kept = folder / FOLDER / f"{class_id}.{sha256_hex(sealed)[:16]}.sealed"
    try:
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        if not kept.exists():
            _write(kept, sealed)
        _write(names, names_toml(people).encode())
    except OSError as error:
        raise CannotWrite(path=error.filename or names, why=error.strerror) from None
    return class_id, len(people)


def names_toml(people: Iterable[Listed]) -> str:
    """NAMES.toml for `class add`. A JSON text is a TOML one too, as long as it holds nothing invisible."""
    lines = [f"  {{ name = {json.dumps(one.name, ensure_ascii=False)}, role = {json.dumps(one.role)} }},"
             for one in people]
    return "people = [\n" + "\n".join(lines) + "\n]\n"


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
