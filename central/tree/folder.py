"""The tree as plain files, laid out as C2SP tlog-tiles has it: for a web server, or for a witness without a network."""
from __future__ import annotations

import os
import secrets
from pathlib import Path

from central.errors import CannotWrite
from central.parts import sync_folder
from central.tree.tree import cosigned_note
from central.wiring import Centre
from evidence.merkle import HASH_BYTES
from evidence.tiles import all_places, tile_path


def write_tree(centre: Centre, folder: Path) -> int:
    """Sign how the tree looks now and write it: tiles first, the checkpoint last, so that who reads meanwhile sees the
    older tree or this one. Written again, it is brought up to date. Returns the size. Raises CannotWrite."""
    size = centre.checkpoint().checkpoint.size
    try:
        with centre.store.read() as tx:
            for level, number, width in all_places(size):
                path = folder / "tile" / tile_path(level, number, width)
                if not path.exists():
                    _put(path, tx.tile(level, number)[:width * HASH_BYTES])
            kept = tx.checkpoint(size)
            assert kept is not None
            _put(folder / "checkpoint", cosigned_note(tx, kept).bytes())
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror) from None
    return size


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with temp.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temp.rename(path)
    sync_folder(path.parent)
