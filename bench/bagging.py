"""A bag of an exported class, written here as a centre writes it: what lies in it, and manifests that fit."""
from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evidence.rules import RULES_VERSION
from evidence.story import Story
from evidence.times import utc_text
from verify.cli import verify
from verify.report import as_json

Names = Mapping[str, tuple[str, str]]
"""Pseudonym → name and salt (hex)."""


def write_bag(
    folder: Path, export: Path, names: Names | None = None, sheets: bool = False,
) -> Path:
    """A bag of an exported class, which is moved into it."""
    result = verify(export, None, "en")
    findings, (judged,) = as_json(result, "en"), result.judged
    manifest = payload_of((export / "manifest.json").read_bytes())
    films = [one for path in sorted((export / "chains").glob("*.jsonl")) for one in read_chain(path)
             if one["type"] == "segment"]
    (folder / "data").mkdir(parents=True)
    shutil.move(export, folder / "data/class")

    def there(one: dict[str, Any]) -> bool:
        return (folder / f"data/class/segments/{one['device']}/{one['body']['file']}").exists()

    def key(one: dict[str, Any]) -> tuple[str, int]:
        return one["device"], one["seq"]

    lacking = {(one["device"], seq): {"why": one["why"], "heard": one["heard"]}
               for one in json.loads(manifest)["body"].get("missing") or [] for seq in one["seqs"]}
    export_hash = hashlib.sha256(manifest).hexdigest()
    put_json(folder / "data/findings.json", {
        "v": 1, "rules": RULES_VERSION, "as_of": findings["as_of"], "class": findings["class"],
        "findings": findings["findings"]})
    put_json(folder / "data/index.json", {
        "v": 1, "class": findings["class"], "export": export_hash,
        "segments": [{**entry(one), **place(one, judged.story)} for one in films if there(one)],
        "removed": [entry(one) for one in films if not there(one) and key(one) not in lacking],
        "missing": [{**entry(one), **place(one, judged.story), **lacking[key(one)]} for one in films
                    if key(one) in lacking],
        "blocks": [{"block": one.id, "from": utc_text(one.span.start_us), "to": utc_text(one.span.end_us)}
                   for one in judged.story.blocks]})
    put(folder / "data/index.pdf", b"%PDF-1.7 what was found, for people\n")
    put(folder / "verify.html", b"<!doctype html><title>check</title>\n")
    if names is not None:
        put_json(folder / "data/names.json", {"v": 1, "class": findings["class"], "people": [
            {"person": person, "name": name, "salt": salt} for person, (name, salt) in names.items()]})
    if sheets:
        put(folder / "data/sheets/2026-03-02-am/1.jpg", b"\xff\xd8 a sheet \xff\xd9")
    return finish(folder)


def entry(one: dict[str, Any]) -> dict[str, Any]:
    """What the index says of a segment record."""
    body = one["body"]
    return {"device": one["device"], "seq": one["seq"], "file": body["file"], "sha256": body["sha256"],
            "size": body["size"], "camera": body["camera"]}


def place(one: dict[str, Any], story: Story) -> dict[str, Any]:
    """When a segment was filmed, and for which recording."""
    spans = [fact.span for fact in story.segments if fact.ref == (one["device"], one["chain"], one["seq"])
             and fact.certain]
    if not spans:
        return {"block": None, "from": None, "to": None}
    blocks = [block.id for block in story.blocks
              if max(block.span.start_us, spans[0].start_us) < min(block.span.end_us, spans[0].end_us)]
    return {"block": blocks[0] if blocks else None, "from": utc_text(spans[0].start_us),
            "to": utc_text(spans[0].end_us)}


def finish(folder: Path) -> Path:
    """Write the parts of a bag that say what it holds, so that they fit: also who changed something can do that."""
    manifest = payload_of((folder / "data/class/manifest.json").read_bytes())
    record = json.loads(manifest)
    payload = sorted(path for path in (folder / "data").rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in payload)
    missing = sum(len(one["seqs"]) for one in record["body"].get("missing") or [])
    put(folder / "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    put(folder / "bag-info.txt", "".join(f"{label}: {value}\n" for label, value in {
        "Source-Organization": record["device"], "External-Identifier": record["body"]["class"],
        "Bagging-Date": record["body"]["as_of"][:10], "Payload-Oxum": f"{size}.{len(payload)}",
        "Zaitang-Export": hashlib.sha256(manifest).hexdigest(), **({"Zaitang-Missing": missing} if missing else {}),
    }.items()).encode())
    return finish_lists(folder)


def finish_lists(folder: Path) -> Path:
    """Write both manifests alone."""
    payload = sorted(path for path in (folder / "data").rglob("*") if path.is_file() and not path.is_symlink())
    put(folder / "manifest-sha256.txt", listed(folder, payload))
    return finish_tags(folder)


def finish_tags(folder: Path) -> Path:
    """Write the manifest of the files beside `data/` alone."""
    tags = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "tagmanifest-sha256.txt")
    put(folder / "tagmanifest-sha256.txt", listed(folder, tags))
    return folder


def listed(folder: Path, paths: list[Path]) -> bytes:
    """The lines of a manifest."""
    return "".join(f"{sha256_of(path)}  {path.relative_to(folder)}\n" for path in paths).encode()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_chain(path: Path) -> list[dict[str, Any]]:
    """The records of a chain, not checked."""
    return [json.loads(payload_of(line)) for line in path.read_bytes().splitlines()]


def payload_of(envelope: bytes) -> bytes:
    return base64.b64decode(json.loads(envelope)["payload"])


def put_json(path: Path, value: object) -> None:
    put(path, json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n")


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
