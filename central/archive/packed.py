"""A finished bag as one ZIP that is sent while it is read: nothing is compressed, for video is, and nothing is kept."""
from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from central.archive.pieces import CHUNK
from central.dossier.layout import entry
from central.dossier.packed import Pipe


def packed(bag: Path, name: str) -> Iterator[bytes]:
    """The ZIP piece by piece (ZIP64), all files in a folder `name`; the same bag gives the same bytes."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as out:
        for path in sorted(one for one in bag.rglob("*") if one.is_file()):
            info = entry(f"{name}/{path.relative_to(bag).as_posix()}")
            info.compress_type = zipfile.ZIP_STORED
            with path.open("rb") as file, out.open(info, "w", force_zip64=True) as packing:
                while chunk := file.read(CHUNK):
                    packing.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()
