"""Bags as a centre writes them, around an exported class: small, for tests of who reads them."""
from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.page import verify_page
from evidence.bodies import Export, body_of
from evidence.corrections import corrections
from evidence.errors import BadRecord
from evidence.seal import read_sealed
from tests.verify.making import put

CLASS = "data/class"
PAYLOADS, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"


def put_bag(folder: Path, names: Sequence[Mapping[str, str]] | None = None, findings: Sequence[object] = ()) -> Path:
    """Makes a bag of the folder that holds a class in data/class: what is derived, the page, and the manifests."""
    manifest = read_sealed((folder / CLASS / "manifest.json").read_bytes())
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
    put(folder / "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    return seal_bag(folder, manifest.record.device, export, manifest.hash)


def seal_bag(folder: Path, centre: str, export: Export, hash_: str) -> Path:
    """bag-info.txt and both manifests, for the files as they are now."""
    sizes = [path.stat().st_size for name, path in _files(folder) if name.startswith("data/")]
    put(folder / "bag-info.txt", "".join(f"{key}: {value}\n" for key, value in {
        "Source-Organization": centre, "External-Identifier": export.class_id, "Bagging-Date": export.as_of[:10],
        "Payload-Oxum": f"{sum(sizes)}.{len(sizes)}", "Zaitang-Export": hash_}.items()).encode())
    return list_bag(folder)


def list_bag(folder: Path) -> Path:
    """Both manifests, as they fit the files: what somebody does who changes a bag and knows BagIt."""
    put(folder / PAYLOADS, _lines(folder, lambda name: name.startswith("data/")))
    put(folder / TAGS, _lines(folder, lambda name: not name.startswith("data/") and name != TAGS))
    return folder


def _files(folder: Path) -> list[tuple[str, Path]]:
    return sorted((str(path.relative_to(folder)), path) for path in folder.rglob("*") if path.is_file())


def _lines(folder: Path, belongs: Callable[[str], bool]) -> bytes:
    """A manifest of the files that belong into it; large ones are not held in memory."""
    found = []
    for name, path in _files(folder):
        if belongs(name):
            with path.open("rb") as file:
                found.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(found).encode()


def put_json(path: Path, value: object) -> None:
    """A derived file, spelled like any JSON."""
    put(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def _segments(folder: Path, export: Export) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / CLASS / "chains").glob("*.jsonl")):
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
