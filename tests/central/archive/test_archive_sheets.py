"""Contact sheets in an archive: only where they were asked for, only what may be shown, with the day when they go."""
from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import bagit
import pytest
from PIL import Image

from central.archive.decide import Wish
from central.archive.desk import BAG, OLD, folder_of
from central.archive.erase import erase_sheets
from central.archive.pieces import work_folder
from central.archive.plan import Wanted
from central.archive.progress import Progress
from central.archive.pull import Terms, _Pull, pull
from central.archive.sheets import jpeg
from central.archive.shown import forget_sheets
from central.cli import main
from central.store.removals import Erasing
from central.wiring import Centre
from common.policies import load_policy
from evidence.bodies import Consent, Decision, PersonErased, PolicyRef
from evidence.rules import RULES_VERSION
from evidence.sheets import DAY_US
from evidence.times import MINUTE, utc_text
from tests.central.helpers import Box, FixedClock
from tests.central.site import BLOCK, Side, bring_sheet, furnish
from tests.common.test_sealed_pages import png
from verify.cli import main as main_of_verify

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


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_face_that_is_erased_while_it_is_made_is_in_no_sheet_of_it(
    site: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str,
) -> None:
    """Of one that was erased before, no sheet is shown anyway."""
    def erased() -> None:
        with site.store.write() as tx:
            tx.put_erasing(Erasing("class-a", "p-1", tx.leaves(), "li.ming", ()))

    def copied(self: _Pull, left: dict[str, Wanted]) -> None:
        copy(self, left)
        erased()

    copy = _Pull._copy
    if when == "before":
        erased()
    else:
        monkeypatch.setattr(_Pull, "_copy", copied)
    bag = bag_of(site, tmp_path / "bag", sheets=True)
    assert (bag / "data" / "sheets").exists() == (when == "before")
    assert main_of_verify([str(bag)]) == 0
    bagit.Bag(str(bag)).validate()


def test_a_face_goes_from_what_the_console_keeps_also_where_somebody_broke_it(site: Centre) -> None:
    place = folder_of(site.folder, "class-a")
    bag, old = bag_of(site, place / BAG, sheets=True), place / f"{OLD}1"
    shutil.copytree(bag, old)
    (bag / "manifest-sha256.txt").unlink()
    erase_sheets(site.folder, "class-a")
    assert not list(place.rglob("*.jpg")) and not old.exists() and (bag / "data" / "index.pdf").exists()


@pytest.mark.parametrize("why", ["nothing", "its time", "a withdrawal", "a refusal", "an index that says nothing"])
def test_the_console_keeps_no_sheet_that_may_not_be_shown(
    site: Centre, clock: FixedClock, why: str,
) -> None:
    bag = bag_of(site, folder_of(site.folder, "class-a") / BAG, sheets=True)
    assert forget_sheets(site) == 0
    if why == "its time":
        clock.utc_us += DAY_US
    elif why == "a withdrawal":
        with site.store.write() as tx:
            site.store.append(tx, PersonErased("class-a", "p-1", "withdrawn", ()))
    elif why == "a refusal":
        box = Box(site, "box-a", chain="9" * 32)
        box.genesis()
        box.append(Consent("class-a", "p-1", False, "0" * 64, "zh", None, "terminal"), clock.utc_us)
        site.collector().take(box.messages())
    elif why == "an index that says nothing":
        (bag / "data" / "index.json").write_text("{}", "utf-8")
    assert forget_sheets(site) == (why != "nothing")
    assert (bag / "data" / "sheets").exists() == (why == "nothing")
    assert forget_sheets(site) == 0
    if why != "an index that says nothing":
        bagit.Bag(str(bag)).validate()


def decide(site: Centre, clock: FixedClock) -> None:
    """Two persons agree; the policy of these tests asks for no public notice."""
    first = None
    for stage, by in (("first", "wang"), ("second", "zhao")):
        clock.utc_us += MINUTE
        body = Decision(
            "class-a", stage, "keep", "looked", by, by, "0" * 64, "flag", (BLOCK,),  # type: ignore[arg-type]
            PolicyRef("demo", load_policy("demo").sha256), RULES_VERSION, utc_text(clock.utc_us), (), first)
        with site.store.write() as tx:
            first = site.store.append(tx, body).hash


def test_it_ends_when_the_decision_about_the_class_is_final_unless_it_was_ordered_later(
    site: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    place = folder_of(site.folder, "class-a") / BAG
    bag = bag_of(site, place, sheets=True)
    assert (bag / NAME).exists()
    decide(site, clock)
    assert forget_sheets(site) == 1 and not (bag / "data" / "sheets").exists()
    bagit.Bag(str(bag)).validate()
    clock.utc_us += MINUTE
    bring_sheet(site, Side("class-a", "school-a", "box-a", "later", ""))
    shutil.rmtree(place)
    assert (bag_of(site, place, sheets=True) / NAME).exists()
    assert forget_sheets(site) == 0 and (bag / NAME).exists()


def test_one_that_is_decided_while_it_is_made_holds_none(
    site: Centre, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def copied(self: _Pull, left: dict[str, Wanted]) -> None:
        copy(self, left)
        decide(site, clock)

    copy = _Pull._copy
    monkeypatch.setattr(_Pull, "_copy", copied)
    assert not (bag_of(site, tmp_path / "bag", sheets=True) / "data" / "sheets").exists()


def test_nor_one_of_an_archive_that_is_not_finished(site: Centre, clock: FixedClock) -> None:
    place = folder_of(site.folder, "class-a") / BAG
    bag_of(site, place, sheets=True)
    half = work_folder(place)
    half.mkdir()
    place.rename(half / "bag")
    assert forget_sheets(site) == 1, "nobody knows of which export it is"
    assert not list(half.rglob("*.jpg"))
