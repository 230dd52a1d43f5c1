"""Bags of classes whose people have names, and changes to what lies in them."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from bench.bagging import put_json, write_bag
from tests.evidence.making import Maker, Site
from tests.verify.making import CLASS, class_of, put, write_export

GOLDEN = Path(__file__).parents[1] / "golden" / "export-roles.json"
PEOPLE = {"p-1": ("王小明", "01" * 16), "p-2": ("Li Hua", "02" * 16)}
"""Names and salts of the people of `class_with_names`."""


def commitment(name: str, salt: str) -> str:
    """What a plan holds of a name."""
    return hashlib.sha256(bytes.fromhex(salt) + name.encode()).hexdigest()


def class_with_names() -> tuple[Site, Maker, Maker]:
    """The class of `class_of` whose plan commits to the name of p-1, and a roster event to that of p-2."""
    site, box, centre = class_of(names={"p-1": commitment(*PEOPLE["p-1"])})
    centre.add("roster.event", {
        "class": CLASS, "kind": "late_entry", "person": "p-2", "effective": "2026-03-01T00:50:00.000000Z",
        "reason": "late", "approver": "office", "commitment": commitment(*PEOPLE["p-2"])})
    return site, box, centre


def golden_export(folder: Path) -> Path:
    """The exported class of the golden files."""
    for name, text in json.loads(GOLDEN.read_text("utf-8"))["files"].items():
        put(folder / name, text.encode())
    return folder


def edit_json(path: Path, change: Any) -> None:
    """Change what a file holds."""
    value = json.loads(path.read_bytes())
    change(value)
    put_json(path, value)


def whole_bag(folder: Path) -> Path:
    """A whole bag with two names and a sheet."""
    export = write_export(folder.with_name(f"{folder.name}.export"), *class_with_names())
    return write_bag(folder, export, PEOPLE, sheets=True)
