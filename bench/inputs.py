"""Where the real inputs are: the shared folder of test data and the `lab` pack. Missing ones skip a row in words."""
from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bench.harness import Skipped
from edge.models.errors import ModelMissing, ModelUnreachable
from edge.models.fetch import fetch
from edge.models.manifest import Manifest, load_manifest


def shared(env: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds `data` and `models`: ZAITANG_SHARED, else ../shared. Raises Skipped."""
    folder = Path(env.get("ZAITANG_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "data").is_dir():
        raise Skipped(f"no test data in {folder} (ZAITANG_SHARED)")
    return folder


def lab_files(cache: Path, env: Mapping[str, str] = os.environ) -> tuple[Manifest, dict[str, Path]]:
    """The `lab` pack's files, copied to `cache`: from ZAITANG_MODEL_MIRROR, else the shared folder. Raises Skipped."""
    manifest = load_manifest("lab")
    mirror = env.get("ZAITANG_MODEL_MIRROR") or str(shared(env) / "models")
    try:
        return manifest, fetch(manifest, {"ZAITANG_MODEL_MIRROR": mirror, "ZAITANG_MODEL_CACHE": str(cache)})
    except (ModelMissing, ModelUnreachable) as error:
        raise Skipped(str(error)) from None
