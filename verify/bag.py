"""A bag of a class: what lies around the exported class (evidence/README.md, "A bag of a class"), against its
manifests."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from evidence.bodies import Export, body_of
from evidence.errors import VerificationError
from evidence.records import Sealed
from verify.bagit import (
    DECLARATION,
    INFO,
    MANIFEST,
    TAGS,
    Manifest,
    check_declaration,
    read_info,
    read_manifest,
)
from verify.errors import (
    FileChanged,
    FileForeign,
    FileLeft,
    FileListed,
    FileMissing,
    FileOrManifestChanged,
    FileUnlisted,
    InfoWrong,
)
from verify.folder import Folder, shown
from verify.hashing import Named
from verify.read_json import read_json

CLASS, PAGE = "data/class", "verify.html"
FINDINGS, INDEX, PAPER, NAMES = "data/findings.json", "data/index.json", "data/index.pdf", "data/names.json"
SHEETS = "data/sheets/"
PARTS = frozenset({DECLARATION, INFO, MANIFEST, TAGS, PAGE, FINDINGS, INDEX, PAPER})
"""The files beside the class that every bag has."""
LABELLED = frozenset({
    "Source-Organization", "External-Identifier", "Bagging-Date", "Payload-Oxum", "Zaitang-Export", "Zaitang-Missing"})
"""What every bag says of itself, by its labels; it may say more."""
_SHEET = re.compile(r"data/sheets/[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.jpg", re.ASCII)

_BY_ITSELF = re.compile(r"(?:^|/)(?:Thumbs\.db|desktop\.ini|\.DS_Store|\._[^/]*)\Z")
"""What computers leave in folders that somebody looks at."""


@dataclasses.dataclass
class Bag:
    """`folder`: all of it; `inside`: the exported class. `problems`: what is wrong with its form."""

    folder: Folder
    inside: Folder
    info: Mapping[str, str]
    payload: Manifest | None
    tags: Manifest | None
    problems: list[VerificationError]
    whole: bool
    """Every line of the manifests can be read: only then a file that none names was added."""
    derived: Mapping[str, dict[str, Any] | VerificationError]
    """What the JSON files hold that are there, or why it is nothing to compare."""

    @property
    def sheets(self) -> int:
        """How many contact sheets it holds."""
        return len(self.folder.under(SHEETS))

    def place(self, name: str) -> Named:
        """A file of the bag as a file of the folder that reads it: what the class needs it has read already."""
        return (self.inside, name[len(CLASS) + 1:]) if name.startswith(f"{CLASS}/") else (self.folder, name)

    def listed(self) -> list[str]:
        """The files that a manifest names and that are there."""
        return [name for one in (self.payload, self.tags) if one for name in one.hashes if name in self.folder.sizes]


def is_bag(path: Path) -> bool:
    """Whether a folder is, or was, a bag: no other evidence has such parts."""
    return (path / DECLARATION).exists() or (path / CLASS).exists()


def read_bag(folder: Folder) -> Bag:
    """What surrounds the class in a bag, but for the hashes of its files."""
    problems = check_declaration(folder)
    info, wrong = read_info(folder)
    problems += wrong
    payload, of_payload = read_manifest(folder, MANIFEST)
    tags, of_tags = read_manifest(folder, TAGS)
    problems += [*of_tags, *of_payload, *_parts(folder)]
    derived = {name: read_json(folder, name) for name in (FINDINGS, INDEX, NAMES) if name in folder.sizes}
    return Bag(folder, folder.part(CLASS), info, payload, tags, problems, not of_payload and not of_tags, derived)


def _parts(folder: Folder) -> Iterator[VerificationError]:
    """What is missing of the files that every bag has, and what does not belong there."""
    for name in sorted(PARTS - {DECLARATION, INFO, MANIFEST, TAGS} - folder.sizes.keys()):
        yield folder.refused.get(name) or FileMissing(file=name)
    for name in sorted(folder.sizes):
        if not _belongs(name):
            yield (FileLeft if _BY_ITSELF.search(name) else FileForeign)(file=shown(name))
    for name, error in sorted(folder.refused.items()):
        if name not in PARTS and not name.startswith(f"{CLASS}/"):
            yield error


def _belongs(name: str) -> bool:
    return name in PARTS or name == NAMES or name.startswith(f"{CLASS}/") or _SHEET.fullmatch(name) is not None


def check_bag(
    bag: Bag, manifest: Sealed | None, hashes: Mapping[Named, str | VerificationError], told: Collection[str],
) -> list[VerificationError]:
    """The files of a bag against its manifests, both ways, and what it says of itself. `manifest`: the export record of
    the class; `hashes`: of `Bag.listed`; `told`: files of which something worse is known already."""
    found = {name: hashes.get(bag.place(name), "") for name in bag.listed() if name not in told}
    problems: list[VerificationError] = []
    for one in (bag.tags, bag.payload):
        if one is not None:
            problems += [*_changed(bag, one, found), *_left_out(bag, one, told), *_added(bag, one, told)]
    return [*problems, *_info(bag, manifest)]


def _changed(
    bag: Bag, manifest: Manifest, hashes: Mapping[str, str | VerificationError]
) -> Iterator[VerificationError]:
    """Whose hash is not the one in the manifest. One manifest vouches for the other, and nobody for that one: where
    they part, either file may be the changed one."""
    sure = manifest is bag.payload and bag.tags is not None and bag.tags.hashes.get(MANIFEST) == hashes.get(MANIFEST)
    for name, want in manifest.hashes.items():
        have = hashes.get(name, want)
        if isinstance(have, VerificationError):
            yield have
        elif have != want:
            yield (FileChanged if sure else FileOrManifestChanged)(file=shown(name), manifest=manifest.name)


def _left_out(bag: Bag, manifest: Manifest, told: Collection[str]) -> Iterator[VerificationError]:
    """What the manifest names and nobody finds; of the parts that every bag has that is told anyway."""
    for name in manifest.hashes:
        if name not in bag.folder.sizes and name not in PARTS and name not in told:
            yield FileListed(file=shown(name), manifest=manifest.name)


def _added(bag: Bag, manifest: Manifest, told: Collection[str]) -> Iterator[VerificationError]:
    """What the manifest should name and does not."""
    for name in sorted(bag.folder.sizes) if bag.whole else ():
        mine = name.startswith("data/") == (manifest is bag.payload) and name != TAGS
        if mine and name not in manifest.hashes and name not in told and _belongs(name):
            yield FileUnlisted(file=shown(name), manifest=manifest.name)


def _info(bag: Bag, manifest: Sealed | None) -> list[VerificationError]:
    """What the bag says of itself, against what it holds. `manifest`: the export record of the class."""
    payload = bag.folder.under("data/")
    wanted = {"Payload-Oxum": f"{sum(bag.folder.sizes[name] for name in payload)}.{len(payload)}"}
    body = None if manifest is None else body_of(manifest.record)
    if manifest is not None and isinstance(body, Export):
        wanted |= {"Source-Organization": manifest.record.device, "External-Identifier": body.class_id,
                   "Bagging-Date": body.as_of[:10], "Zaitang-Export": manifest.hash}
        missing = sum(len(one.seqs) for one in body.missing or ())
        wanted |= {"Zaitang-Missing": str(missing)} if missing or "Zaitang-Missing" in bag.info else {}
    if INFO not in bag.folder.sizes:
        return []
    return [InfoWrong(label=label, want=want, have=shown(bag.info.get(label, "?"))) for label, want in wanted.items()
            if bag.info.get(label) != want]
