"""Model packs of a bundle: fetched by the box's own command, which knows their hashes, and laid out as a mirror
(ZAITANG_MODEL_MIRROR)."""
from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from provisioning.bundle.errors import TwoFiles
from provisioning.bundle.run import run
from provisioning.bundle.wheels import Say
from provisioning.release.check import hash_file
from provisioning.release.sums import MAX_FILE


def fetch(packs: Sequence[str], pool: Path, folder: Path, say: Say) -> None:
    """The files of these packs into `folder`, and what an institution wrote beside models of its own. Raises
    CannotMake."""
    cache = (pool / "models").resolve()
    for pack in packs:
        say(f"模型包 {pack}", f"model pack {pack}")
        command = [str(Path(sys.executable).with_name("zaitang-edge")), "models", "fetch", pack]
        told = run(" ".join(("zaitang-edge", *command[1:])), command, {"ZAITANG_MODEL_CACHE": str(cache)})
        for path in map(Path, told.splitlines()):
            if path.is_relative_to(cache):  # others lie in a package, which comes as a wheel
                _copy(path, folder)
        brought = Path(os.environ.get("ZAITANG_MODEL_MIRROR", ""), f"{pack}.toml")
        if brought.is_absolute() and brought.is_file():
            _copy(brought, folder)


def _copy(path: Path, folder: Path) -> None:
    """Raises TwoFiles."""
    there = folder / path.name
    if there.exists() and hash_file(there, MAX_FILE) != hash_file(path, MAX_FILE):
        raise TwoFiles(file=path.name)
    folder.mkdir(exist_ok=True)
    shutil.copyfile(path, there)
