"""Contact sheets in an archive: only where they were asked for, only what may be shown, with the day when they go."""
from __future__ import annotations

import io
import json
from pathlib import Path

import bagit
import pytest
from PIL import Image

from central.archive.decide import Wish
from central.archive.progress import Progress
from central.archive.pull import Terms, pull
from central.archive.sheets import jpeg
from central.cli import main
from central.wiring import Centre
from evidence.sheets import DAY_US
from evidence.times import utc_text
from tests.central.helpers import FixedClock
from tests.central.site import BLOCK, bring_sheet, furnish
from tests.common.test_sealed_pages import png

NAME = f"data/sheets/{BLOCK}/001.jpg"


@pytest.fixture
def site(centre: Centre, tmp_path: Path) -> Centre:
    pytest.importorskip("av")
    bring_sheet(centre, furnish(centre, tmp_path)["a"])
    return centre


def bag_of(centre: Centre, target: Path, sheets: bool) -> Path:
    return pull(centre, "class-a", target, Wish("zh", sheets), Terms(wait_s=0), Progress("zh", None)).folder


def test_a_sheet_that_may_be_shown_is_there_and_the_index_says_until_when(
    site: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    ordered = clock.utc_us
    bag = bag_of(site, tmp_path / "bag", sheets=True)
    assert Image.open(io.BytesIO((bag / NAME).read_bytes())).format == "JPEG"
    index = json.loads((bag / "data" / "index.json").read_bytes())
    assert index["sheets"] == [{"block": BLOCK, "file": NAME, "until": utc_text(ordered + DAY_US)}]
    bagit.Bag(str(bag)).validate()


def test_without_being_asked_for_it_is_not_there(site: Centre, tmp_path: Path) -> None:
    bag = bag_of(site, tmp_path / "bag", sheets=False)
    assert not (bag / "data" / "sheets").exists()
    assert json.loads((bag / "data" / "index.json").read_bytes())["sheets"] == []


def test_one_whose_time_is_over_is_not_there(site: Centre, clock: FixedClock, tmp_path: Path) -> None:
    clock.utc_us += DAY_US
    assert not (bag_of(site, tmp_path / "bag", sheets=True) / "data" / "sheets").exists()


def test_names_and_sheets_go_from_a_bag_and_it_stays_whole(site: Centre, tmp_path: Path) -> None:
    bag = bag_of(site, tmp_path / "bag", sheets=True)
    before = {path: path.read_bytes() for path in (bag / "data" / "class").rglob("*") if path.is_file()}
    assert main(["archive", "erase", str(bag)]) == 2
    assert main(["archive", "erase", str(bag), "--sheets"]) == 0
    assert not (bag / "data" / "sheets").exists() and (bag / "data" / "names.json").exists()
    bagit.Bag(str(bag)).validate()
    (bag / "data" / "names.json").unlink()  # as one that was ended leaves it
    assert main(["archive", "erase", str(bag), "--names", "--sheets"]) == 0
    bagit.Bag(str(bag)).validate()
    assert {path: path.read_bytes() for path in before} == before
    assert main(["archive", "erase", str(tmp_path), "--names"]) == 2


def test_what_is_no_picture_is_left_out() -> None:
    page = png()
    assert jpeg(page) is not None
    for broken in (b"", page[:40], page.replace(b"IDAT", b"IDAU"), bytes(100)):
        assert jpeg(broken) is None
