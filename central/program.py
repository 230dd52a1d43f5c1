"""Which program this is, by its own files: what another one worked out is not taken for what this one would."""
from __future__ import annotations

import functools
import hashlib
import sys
from pathlib import Path

import central
import common
import evidence

KINDS = (".py", ".html", ".po", ".toml")
"""Of files that decide what is found and how it is said."""


@functools.cache
def program() -> str:
    """SHA-256 over the interpreter's version and the files of the centre and of what it is made of, as lower-case
    hex."""
    digest = hashlib.sha256(sys.version.encode())
    for package in (central, common, evidence):
        folder = Path(str(package.__file__)).parent
        for path in sorted(one for one in folder.rglob("*") if one.suffix in KINDS):
            digest.update(f"\0{folder.name}/{path.relative_to(folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
