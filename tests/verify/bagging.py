"""Bags of classes whose people have names, and changes to what lies in them."""
from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.bagging import finish, put_json, write_bag
from common.page import verify_page
from evidence.bodies import Export, body_of
from evidence.corrections import corrections
from evidence.errors import BadRecord
from evidence.seal import read_sealed
from tests.evidence.making import Maker, Site
from tests.verify.making import CLASS, class_of, put, write_export

GOLDEN = Path(__file__).parents[1] / "golden" / "export-roles.json"
INSIDE = "data/class"
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


def put_bag(folder: Path, names: Sequence[Mapping[str, str]] | None = None, findings: Sequence[object] = ()) -> Path:
    """Makes a bag of the folder that holds a class in data/class, which may be a broken one: findings are those given,
    and nothing is placed in time."""
    manifest = read_sealed((folder / INSIDE / "manifest.json").read_bytes())
    export = body_of(manifest.record)
    assert isinstance(export, Export)
    put_json(folder / "data/findings.json", {
        "v": 1, "rules": 1, "as_of": export.as_of, "class": export.class_id, "findings": list(findings)})
    put_json(folder / "data/index.json", {
        "v": 1, "class": export.class_id, "export": manifest.hash, "segments": list(_segments(folder, export)),
        "blocks": []})
    put(folder / "data/index.pdf", b"%PDF-1.7\n")
    if names is not None:
        put_json(folder / "data/names.json", {"v": 1, "class": export.class_id, "people": list(names)})
    put(folder / "verify.html", verify_page())
    return finish(folder)


def _segments(folder: Path, export: Export) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / INSIDE / "chains").glob("*.jsonl")):
        records = []
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(BadRecord):  # a class may be broken on purpose
                records.append(read_sealed(line).record)
        counted = corrections(records)
        for record in records:
            body = record.body
            if record.type == "segment" and counted.class_of(record) == export.class_id:
                yield {**{key: body[key] for key in ("file", "sha256", "size", "camera")}, "device": record.device,
                       "seq": record.seq, "block": record.utc[:10], "from": record.utc, "to": record.utc}
