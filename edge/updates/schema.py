"""Which database a box has, which ones this release opens, and whether it opens a copy of that one."""
from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from pathlib import Path

from edge.config import load_box
from edge.keys import load_keys
from edge.store import Store
from edge.store.database import copy_database, schema_of
from edge.store.sql import OPENS, SCHEMA_VERSION
from edge.wiring import DATABASE, make_clock
from evidence.seal import KeySigner

TRIES = "database-try-"


@dataclasses.dataclass(frozen=True)
class Schema:
    """`writes`: what this release makes of a database; `opens`: the numbers of those that it opens; `database`: that of
    the box, None where there is none yet."""

    writes: int
    opens: tuple[int, ...]
    database: int | None


def schema(folder: Path) -> Schema:
    """Changes nothing. Raises BadStore."""
    path = folder / DATABASE
    return Schema(SCHEMA_VERSION, OPENS, schema_of(path) if path.is_file() else None)


def try_copy(folder: Path) -> None:
    """Open a copy of the database as the box would, and throw it away. Raises what opening the box raises."""
    config, keys = load_box(folder), load_keys(folder / "keys")
    clock = make_clock(config.clock, str(folder / "box.toml"))
    (folder / "run").mkdir(exist_ok=True)
    for left in (folder / "run").glob(f"{TRIES}*"):
        shutil.rmtree(left)  # a power cut left it
    if not (folder / DATABASE).is_file():
        return
    with tempfile.TemporaryDirectory(prefix=TRIES, dir=folder / "run") as tried:
        copy = Path(tried) / DATABASE
        copy_database(folder / DATABASE, copy)
        store = Store(copy, config.device, KeySigner(keys.device), keys.certificate, keys.root_fingerprint, clock,
                      keys.sealing, keys.data)
        with contextlib.closing(store):
            store.head()
