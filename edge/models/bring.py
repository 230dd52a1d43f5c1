"""Writes what an institution brings: the names and hashes of its own models, and who accepted their licence."""
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from edge.errors import CannotWrite
from edge.models.errors import ModelMissing
from edge.models.manifest import Manifest, with_brought
from edge.storage.files import replace, sha256_file


def bring(manifest: Manifest, folder: Path, names: Mapping[str, str], accepted: str) -> Path:
    """`PACK.toml` in the folder, naming a file for each role. `accepted`: who accepts the licence for the institution.

    Raises ModelMissing, CannotWrite, and BadShape when a name is no plain file name or nobody accepts.
    """
    lines = [f"accepted = {json.dumps(accepted, ensure_ascii=False)}"]
    for role, name in names.items():
        file = folder / name
        if not file.is_file():
            raise ModelMissing(pack=manifest.id, file=name)
        told = {"role": role, "name": name, "sha256": sha256_file(file), "size": file.stat().st_size}
        lines += ["", "[[files]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in told.items())]
    path, data = folder / f"{manifest.id}.toml", ("\n".join(lines) + "\n").encode()
    with_brought(manifest, data, str(path))
    try:
        replace(path, data, 0o644)
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    return path
