"""One flipped bit anywhere in a bag of a gigabyte is found, and its file is named."""
from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.bagging import write_bag
from bench.rows.verify import make_export
from verify.cli import verify

FILES, FILE_BYTES = 32, 32 << 20
KINDS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "verify.html",
         "data/findings.json", "data/index.pdf", "data/class/manifest.json")
ANYWHERE = 6


@pytest.mark.long
@pytest.mark.timeout(900)
def test_one_flipped_bit_anywhere_in_a_gigabyte(tmp_path: Path) -> None:
    make_export(tmp_path / "export", FILES, FILE_BYTES, 100)
    bag = write_bag(tmp_path / "bag", tmp_path / "export")
    assert verify(bag, None, "en").ok
    sizes = {path: path.stat().st_size for path in sorted(bag.rglob("*")) if path.is_file()}
    assert sum(sizes.values()) > 1 << 30
    chance = random.Random(9)
    chosen = chance.choices(list(sizes), weights=list(sizes.values()), k=ANYWHERE) + [bag / name for name in KINDS]
    for path in chosen:
        at, bit = chance.randrange(sizes[path]), chance.randrange(8)
        flip(path, at, bit)
        name = str(path.relative_to(bag))
        problems = list(map(str, verify(bag, None, "en").problems))
        assert any(name.removeprefix("data/class/segments/box-1/") in one for one in problems), (name, at, bit)
        flip(path, at, bit)
    assert verify(bag, None, "en").ok


def flip(path: Path, at: int, bit: int) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))
