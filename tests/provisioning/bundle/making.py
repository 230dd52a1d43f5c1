"""Invented wheels, of a few hundred bytes."""
from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from provisioning.bundle.pins import Wheel
from provisioning.bundle.wheels import described

ANY = "py3-none-any"


def a_wheel(folder: Path, name: str, version: str = "1.0", tags: str = ANY, requires: Sequence[str] = ()) -> Wheel:
    """Written to the folder, and described."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tags}.whl"
    info = f"{name}-{version}.dist-info"
    asks = "".join(f"Requires-Dist: {one}\n" for one in requires)
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (("METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asks}"),
                           ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"), ("RECORD", "")):
            archive.writestr(zipfile.ZipInfo(f"{info}/{file}"), text)
    return described(path)
