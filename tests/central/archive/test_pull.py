"""A pulled archive: what is in it, that it is checked by others than its maker, and that no end of a pull spoils it."""
from __future__ import annotations

import dataclasses
import io
import json
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path

import bagit
import pytest
from pypdf import PdfReader

from central.archive import pull as pull_module
from central.archive.decide import Wish
from central.archive.desk import BAG, folder_of
from central.archive.erase import erase, erase_sheets
from central.archive.errors import FilesAway, FilesGone, NoRoom, NotABag, OtherPull, PullDamaged, PullRuns
from central.archive.pace import Ended, Window
from central.archive.pieces import locked, work_folder
from central.archive.progress import Progress
from central.archive.pull import Pulled, Terms, pull
from central.archive.removed import Certified, removed_words
from central.errors import FolderNotEmpty
from central.wiring import Centre
from common.page import verify_page
from evidence.blocks import local
from evidence.bodies import Export, RemovedFile, SegmentRemoved, SessionStart, VideoRemoved, body_of
from evidence.canonical import sha256_hex
from tests.central.helpers import MORNING, PLAN, SIMULATED, Box, put, segment_of
from tests.central.test_classes import add
from verify.cli import main, verify

OTHERS = 'people = [{ name = "赵敏" }]'
VIDEO = [b"first segment" * 1000, b"second segment" * 1000]
NOW = Terms(wait_s=0)


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    add(centre, tmp_path)
    made = Box(centre, clock=SIMULATED)
    made.genesis()
    made.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    for index, data in enumerate(VIDEO):
        made.append(segment_of(data, MORNING, 60, index), MORNING + 61_000_000 * (index + 1))
    centre.collector().take(made.messages())
    return made


def pulled(centre: Centre, target: Path, terms: Terms = NOW, lang: str = "en", sheets: bool = False) -> Pulled:
    return pull(centre, "welder-1", target, Wish(lang, sheets), terms, Progress(lang, None))


def exports(centre: Centre) -> int:
    with centre.store.read() as tx:
        return sum(isinstance(body_of(one.record), Export) for one in tx.of_type("export"))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bag_is_what_the_format_says(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    done = pulled(centre, tmp_path / "out" / "bag")
    bag = files(done.folder)
    outside = {name for name in bag if not name.startswith("data/class/")}
    assert outside == {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "verify.html",
                       "data/findings.json", "data/index.json", "data/index.pdf", "data/names.json"}
    assert bag["data/class/segments/box-1/r-1/000001.mp4"] == VIDEO[1]
    assert bag["verify.html"] == verify_page()
    read = bagit.Bag(str(done.folder))
    read.validate()
    assert read.info["External-Identifier"] == "welder-1" and read.info["Source-Organization"] == "centre"
    assert read.info["Payload-Oxum"] == f"{done.size}.{sum(name.startswith('data/') for name in bag)}"
    manifest = json.loads(bag["data/index.json"])["export"]
    assert read.info["Zaitang-Export"] == manifest and exports(centre) == 1
    assert not work_folder(done.folder).exists()
    index = json.loads(bag["data/index.json"])
    assert [(one["file"], one["sha256"], one["block"]) for one in index["segments"]] == [
        (f"r-1/{at:06d}.mp4", sha256_hex(data), "2026-03-02-am") for at, data in enumerate(VIDEO)]
    assert [one["block"] for one in index["blocks"]] == ["2026-03-02-am", "2026-03-02-pm"]


def test_the_findings_in_it_are_those_of_the_verifier(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    folder = pulled(centre, tmp_path / "bag").folder
    out = tmp_path / "out.json"
    assert main([str(folder / "data" / "class"), "--json", str(out), "--root", centre.root_fingerprint]) == 0
    said, ours = json.loads(out.read_bytes()), json.loads((folder / "data" / "findings.json").read_bytes())
    assert ours["findings"] == said["findings"] and ours["findings"]
    assert (ours["class"], ours["as_of"]) == ("welder-1", said["as_of"])


def test_names_lie_in_one_file_and_open_their_commitments(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    folder = pulled(centre, tmp_path / "bag", lang="zh").folder
    named = json.loads((folder / "data" / "names.json").read_bytes())
    assert {one["name"] for one in named["people"]} == {"张伟", "王芳", "李娜", "陈老师"}
    said = "".join(page.extract_text() for page in PdfReader(folder / "data" / "index.pdf").pages)
    assert "welder-1" in said and "000001.mp4" in said
    hidden = [path for path, data in files(folder).items() if "张伟".encode() in data]
    assert hidden == ["data/names.json"] and "张伟" not in said


def test_a_pull_that_was_ended_goes_on_with_the_same_plan(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(centre, VIDEO[0])
    with pytest.raises(FilesAway) as caught:
        pulled(centre, tmp_path / "bag")
    (away,) = caught.value.away
    assert (away.device, away.count) == ("box-1", 1)
    assert not (tmp_path / "bag").exists()
    plan = (work_folder(tmp_path / "bag") / "plan.json").read_bytes()
    put(centre, VIDEO[1])
    monkeypatch.setattr(pull_module, "decide", None)  # decided once
    before = files(work_folder(tmp_path / "bag") / "bag")
    bag = files(pulled(centre, tmp_path / "bag", lang="zh").folder)
    assert {name: bag[name] for name in before} == before and exports(centre) == 1
    assert b'"day"' in plan
    with pytest.raises(FolderNotEmpty):
        pulled(centre, tmp_path / "bag")
    bagit.Bag(str(tmp_path / "bag")).validate()


def test_files_are_asked_of_their_box_by_an_order(centre: Centre, box: Box, tmp_path: Path) -> None:
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    with centre.store.read() as tx:
        (order,) = [body_of(one.record) for one in tx.of_type("order.box")]
    assert [one.sha256 for one in order.upload.files] == [sha256_hex(data) for data in VIDEO]  # type: ignore[union-attr]


def test_what_was_removed_is_named_and_not_missed(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, VIDEO[1])
    box.append(SegmentRemoved(sha256_hex(VIDEO[0]), "over", "r7"), MORNING + 10**9)
    centre.collector().take(box.messages()[-1:])
    done = pulled(centre, tmp_path / "bag")
    folder, seq = done.folder, box.sealed[-1].record.seq
    assert done.removed == (Certified("box-1", 1, seq, seq, "2026-03-02", "2026-03-02"),)
    told = f"1 files were removed (records of box-1: {seq}, 2026-03-02): their video is not in it."
    assert removed_words(done.removed, "en") == told
    said = "".join(page.extract_text() for page in PdfReader(folder / "data" / "index.pdf").pages)
    assert " ".join(said.split()).count(told) == 2, "at its head and below its video"
    index = json.loads((folder / "data" / "index.json").read_bytes())
    assert [one["file"] for one in index["removed"]] == ["r-1/000000.mp4"] and len(index["segments"]) == 1
    assert verify(folder / "data" / "class", None, "en").problems == ()
    bagit.Bag(str(folder)).validate()


def test_the_certificate_of_the_centre_counts_too(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, VIDEO[1])
    gone = RemovedFile(sha256_hex(VIDEO[0]), len(VIDEO[0]), "2026-03-02T00:00:00.000000Z")
    with centre.store.write() as tx:
        centre.store.append(tx, VideoRemoved("welder-1", (gone,), "0" * 64))
    done = pulled(centre, tmp_path / "bag")
    index = json.loads((done.folder / "data" / "index.json").read_bytes())
    assert [one["file"] for one in index["removed"]] == ["r-1/000000.mp4"]
    assert [(one.device, one.count) for one in done.removed] == [("centre", 1)]


@pytest.mark.long
def test_what_goes_while_it_is_waited_for_needs_another_plan(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, VIDEO[1])
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    box.append(SegmentRemoved(sha256_hex(VIDEO[0]), "over", "r7"), MORNING + 10**9)
    centre.collector().take(box.messages()[-1:])
    with pytest.raises(FilesGone):
        pulled(centre, tmp_path / "bag")
    folder = pulled(centre, tmp_path / "bag", Terms(wait_s=0, anew=True)).folder
    assert verify(folder / "data" / "class", None, "en").problems == () and exports(centre) == 2
    bagit.Bag(str(folder)).validate()


def test_what_was_written_and_changed_since_is_named(centre: Centre, box: Box, tmp_path: Path) -> None:
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    (work_folder(tmp_path / "bag") / "bag" / "data" / "names.json").write_bytes(b"{}")
    with pytest.raises(PullDamaged, match=r"names\.json"):
        pulled(centre, tmp_path / "bag")
    for data in VIDEO:
        put(centre, data)
    bagit.Bag(str(pulled(centre, tmp_path / "bag", Terms(anew=True)).folder)).validate()


def test_two_pulls_to_one_folder_do_not_meet(centre: Centre, box: Box, tmp_path: Path) -> None:
    with locked(work_folder(tmp_path / "bag")), pytest.raises(PullRuns):
        pulled(centre, tmp_path / "bag")
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    add(centre, tmp_path, PLAN.replace("welder-1", "welder-2").replace("box-1", "box-2"), OTHERS)
    with pytest.raises(OtherPull, match="welder-1"):
        pull(centre, "welder-2", tmp_path / "bag", Wish("en"), NOW, Progress("en", None))


def test_without_room_nothing_is_begun(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pull_module, "SPARE", 1 << 60)
    with pytest.raises(NoRoom, match="11529215"):
        pulled(centre, tmp_path / "bag")
    assert exports(centre) == 0


def test_a_copy_on_the_disk_of_the_centre_leaves_room_for_boxes(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = shutil.disk_usage(tmp_path)._replace(total=100_000_000_000, free=4_000_000_000)
    monkeypatch.setattr(pull_module.shutil, "disk_usage", lambda _: disk)
    with pytest.raises(NoRoom, match=r"5\.1 GB.*4\.0 GB"):
        pulled(centre, tmp_path / "bag")
    assert exports(centre) == 0


def test_outside_of_its_window_it_says_until_when_it_waits(
    centre: Centre, box: Box, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    for data in VIDEO:
        put(centre, data)
    paper, stop, now_us = io.StringIO(), threading.Event(), centre.clock.stamp().utc_us
    minute = (local(now_us, 480).hour * 60 + local(now_us, 480).minute + 120) % 1440
    threading.Timer(2.0, stop.set).start()
    with pytest.raises(Ended), caplog.at_level("INFO"):
        pull(centre, "welder-1", tmp_path / "bag", Wish("en"), Terms(window=Window(minute, (minute + 60) % 1440)),
             Progress("en", paper), stop)
    opens = f"{minute // 60:02d}:{minute % 60:02d}"
    assert paper.getvalue() == f"It waits until {opens} by the clock of the class.\n"
    assert "waits" in caplog.text


def test_one_that_is_told_to_end_ends(centre: Centre, box: Box, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Ended):
        pull(centre, "welder-1", tmp_path / "bag", Wish("en"), NOW, Progress("en", None), stop)
    for data in VIDEO:
        put(centre, data)
    bagit.Bag(str(pulled(centre, tmp_path / "bag").folder)).validate()


def test_while_bytes_come_it_looks_from_time_to_time(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What comes in a trickle, of thousands of files, must cost no core."""
    stop, looks = threading.Event(), list[int]()

    def ask(self: object, left: Iterable[object]) -> tuple[list[object], bool]:
        if not looks:
            threading.Timer(1.0, stop.set).start()
        looks.append(len(list(left)))
        return [], True

    monkeypatch.setattr(pull_module.Boxes, "ask", ask)
    with pytest.raises(Ended):
        pull(centre, "welder-1", tmp_path / "bag", Wish("en"), NOW, Progress("en", None), stop)
    assert 1 <= len(looks) <= 2, len(looks)


@pytest.mark.parametrize("name", ["plan.json", "begun.json"])
def test_what_was_decided_and_cannot_be_read_is_named(centre: Centre, box: Box, tmp_path: Path, name: str) -> None:
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    folder = work_folder(tmp_path / "bag")
    (folder / "plan.json").unlink()
    (folder / name).write_text("{")
    with pytest.raises(PullDamaged, match=name.partition(".")[0]):
        pulled(centre, tmp_path / "bag")


@pytest.mark.parametrize("name", ["r-1/000000.mp4", "r-1", "r-1/000000.mp4/x"])
@pytest.mark.parametrize("data", [*VIDEO[:1], b"another file"])
def test_attack_a_box_names_two_files_alike(
    centre: Centre, box: Box, tmp_path: Path, name: str, data: bytes, capsys: pytest.CaptureFixture[str],
) -> None:
    again = dataclasses.replace(segment_of(data, MORNING, 60, 7), file=name)
    box.append(again, MORNING + 200_000_000)
    centre.collector().take(box.messages())
    for one in [*VIDEO, data]:
        put(centre, one)
    folder = pulled(centre, tmp_path / "bag").folder
    bagit.Bag(str(folder)).validate()
    assert (folder / "data/class/segments/box-1/r-1/000000.mp4").read_bytes() == VIDEO[0]
    assert main([str(folder), "--lang", "en", "--root", centre.root_fingerprint]) == 1
    assert "box-1" in capsys.readouterr().out, "whoever verifies is told of which box"


def test_nobody_else_looks_into_a_bag(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    assert pulled(centre, tmp_path / "bag").folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.long
def test_a_face_that_is_erased_goes_from_the_archive_of_the_console(centre: Centre, box: Box) -> None:
    """Also from one that waits for video: it is decided again."""
    place = folder_of(centre.folder, "welder-1") / BAG
    erase_sheets(centre.folder, "welder-1")  # none was made
    put(centre, VIDEO[0])
    with pytest.raises(FilesAway):
        pulled(centre, place)
    half = work_folder(place)
    face = half / "bag" / "data" / "sheets" / "am" / "1.jpg"
    face.parent.mkdir(parents=True)
    face.write_bytes(b"a face")
    with locked(half):
        erase_sheets(centre.folder, "welder-1")
    assert face.exists(), "what is being made is not disturbed"
    erase_sheets(centre.folder, "welder-1")
    assert not face.exists() and len(list((half / "bag").rglob("*.mp4"))) == 1
    put(centre, VIDEO[1])
    bag = pulled(centre, place).folder
    face = bag / "data" / "sheets" / "am" / "1.jpg"
    face.parent.mkdir(parents=True)
    face.write_bytes(b"a face")
    with (bag / "manifest-sha256.txt").open("a") as manifest:
        manifest.write(f"{sha256_hex(b'a face')}  data/sheets/am/1.jpg\n")
    erase_sheets(centre.folder, "welder-1")
    assert not face.exists()
    bagit.Bag(str(bag)).validate()


def with_lines(bag: Path, *paths: str) -> None:
    """Names more files in the manifest of a bag, whether they are there or not."""
    with (bag / "manifest-sha256.txt").open("a") as manifest:
        manifest.writelines(f"{sha256_hex(b'x')}  {path}\n" for path in paths)


def test_attack_a_manifest_names_files_outside_of_its_bag(centre: Centre, box: Box, tmp_path: Path) -> None:
    """What is taken out lies in the bag itself: a bag may come from anybody."""
    for data in VIDEO:
        put(centre, data)
    bag = pulled(centre, tmp_path / "bag").folder
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("letter", "1.jpg"):
        (mine / name).write_bytes(b"x")
    (bag / "data" / "sheets").mkdir()
    (bag / "data" / "sheets" / "am").symlink_to(mine)
    with_lines(bag, "data/sheets/../../../mine/letter", f"data/sheets/{mine}/letter", "data/sheets/am/1.jpg")
    erase(bag, names=False, sheets=True)
    assert sorted(one.name for one in mine.iterdir()) == ["1.jpg", "letter"]


def test_a_sheet_that_no_manifest_names_goes_too(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    bag = pulled(centre, tmp_path / "bag").folder
    face = bag / "data" / "sheets" / "am" / "1.jpg"
    face.parent.mkdir(parents=True)
    face.write_bytes(b"a face")
    assert erase(bag, names=False, sheets=True) == ["data/sheets/am/1.jpg"]
    assert not face.parent.parent.exists()
    bagit.Bag(str(bag)).validate()


def test_of_a_bag_that_lacks_a_file_nothing_is_taken_out(centre: Centre, box: Box, tmp_path: Path) -> None:
    for data in VIDEO:
        put(centre, data)
    bag = pulled(centre, tmp_path / "bag").folder
    (bag / "data" / "index.pdf").unlink()
    with pytest.raises(NotABag):
        erase(bag, names=True, sheets=True)
    assert (bag / "data" / "names.json").exists()
