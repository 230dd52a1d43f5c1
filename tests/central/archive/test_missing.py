"""An archive without what no box brings: it says so everywhere, is no less checked, and gets the rest later."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import bagit
import pytest
from pypdf import PdfReader

from central.archive import pull as pull_module
from central.archive.decide import Wish
from central.archive.desk import BAG, ArchiveDesk, Why, folder_of, keep_failure, read_request
from central.archive.errors import FilesAway, FilesGone
from central.archive.pieces import Pieces, work_folder
from central.archive.progress import Progress
from central.archive.pull import pull
from central.errors import FolderNotEmpty
from central.wiring import Centre
from evidence.bodies import Export, SegmentRemoved, body_of
from evidence.canonical import sha256_hex
from tests.central.archive.test_pull import NOW, OTHERS, VIDEO, box, exports, files, pulled  # noqa: F401
from tests.central.console import send, signed_in
from tests.central.helpers import MORNING, PLAN, Box, put
from tests.central.test_classes import add
from verify.cli import main, verify

WITHOUT = dataclasses.replace(NOW, without=True)
CHOSEN, SHEETS = (f'name="{name}" value="yes" checked' for name in ("without", "sheets"))
SECOND = "data/class/segments/box-1/r-1/000001.mp4"


def last_export(centre: Centre) -> Export:
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("export")]
    assert isinstance(bodies[-1], Export)
    return bodies[-1]


def test_what_no_box_brings_is_named_and_the_rest_is_there(
    centre: Centre, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],  # noqa: F811
) -> None:
    put(centre, VIDEO[0])
    done = pulled(centre, tmp_path / "bag", WITHOUT)
    (named,) = done.missing
    assert (named.device, named.why, done.files) == ("box-1", "away", 1) and named.heard is not None
    assert last_export(centre).missing == done.missing
    bag = files(done.folder)
    assert SECOND not in bag and b"Zaitang-Missing: 1\n" in bag["bag-info.txt"]
    bagit.Bag(str(done.folder)).validate()
    index = json.loads(bag["data/index.json"])
    assert [(one["file"], one["why"], one["heard"]) for one in index["missing"]] == [
        ("r-1/000001.mp4", "away", named.heard)]
    assert [one["file"] for one in index["segments"]] == ["r-1/000000.mp4"]
    said = " ".join("".join(page.extract_text() for page in PdfReader(done.folder / "data/index.pdf").pages).split())
    assert "incomplete: video files that are not in it: 1" in said and "Files that are still at box-1: 1." in said
    assert main([str(done.folder), "--lang", "en", "--root", centre.root_fingerprint]) == 3
    assert "Incomplete: video files that are not in it: 1." in capsys.readouterr().out
    (done.folder / "data/class/segments/box-1/r-1/000000.mp4").unlink()
    assert verify(done.folder, None, "en").problems, "what is not named must be there"


@pytest.mark.long
def test_the_same_command_gets_the_rest_alone(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
) -> None:
    put(centre, VIDEO[0])
    old = pulled(centre, tmp_path / "bag", WITHOUT).folder
    centre.objects.path(sha256_hex(VIDEO[0])).unlink()  # as what is kept for a while only
    before = files(old)
    with pytest.raises(FilesAway, match=r": 1\. .*--without-missing"):
        pulled(centre, tmp_path / "bag")
    assert files(old) == before, "what there is stays until there is more"
    put(centre, VIDEO[1])
    done = pulled(centre, tmp_path / "bag")
    assert done.missing == () and last_export(centre).missing is None
    assert verify(done.folder, None, "en").whole
    bagit.Bag(str(done.folder)).validate()
    assert not work_folder(done.folder).exists()
    with pytest.raises(FolderNotEmpty):
        pulled(centre, tmp_path / "bag")


@pytest.mark.long
def test_a_file_that_rotted_in_the_archive_of_before_comes_from_the_centre(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
) -> None:
    monkeypatch.setattr(pull_module, "LOOK_S", 0.0)
    put(centre, VIDEO[0])
    old = pulled(centre, tmp_path / "bag", WITHOUT).folder
    path = old / "data/class/segments/box-1/r-1/000000.mp4"
    path.write_bytes(b"x" * len(VIDEO[0]))
    put(centre, VIDEO[1])
    assert verify(pulled(centre, tmp_path / "bag").folder, None, "en").whole


@pytest.mark.long
@pytest.mark.parametrize("moment", ["decided", "aside", "placed"])
def test_one_that_is_ended_on_the_way_goes_on(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str,  # noqa: F811
) -> None:
    """Before another one is decided, between the old one's going and the new one's coming, and behind that."""
    put(centre, VIDEO[0])
    target = tmp_path / "bag"
    pulled(centre, target, WITHOUT)
    put(centre, VIDEO[1])
    rename = Path.rename

    def dies(self: Path, to: Path) -> Path:
        if moment == "aside" and self == work_folder(target) / "bag":
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", dies)
    with monkeypatch.context() as patch:
        if moment == "decided":
            patch.setattr(Pieces, "begin", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        if moment == "placed":
            patch.setattr(Pieces, "remove", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pulled(centre, target)
    monkeypatch.undo()
    assert target.exists() == (moment != "aside")
    done = pulled(centre, target)
    assert (done.missing, verify(target, None, "en").whole) == ((), True)
    assert not work_folder(target).exists()


def test_what_was_removed_meanwhile_is_not_called_missing(
    centre: Centre, box: Box, tmp_path: Path,  # noqa: F811
) -> None:
    put(centre, VIDEO[1])
    with pytest.raises(FilesAway):
        pulled(centre, tmp_path / "bag")
    box.append(SegmentRemoved(sha256_hex(VIDEO[0]), "over", "r7"), MORNING + 10**9)
    centre.collector().take(box.messages()[-1:])
    with pytest.raises(FilesGone):
        pulled(centre, tmp_path / "bag", WITHOUT)
    done = pulled(centre, tmp_path / "bag", dataclasses.replace(WITHOUT, anew=True))
    assert done.missing == () and [one.count for one in done.removed] == [1]


def test_where_all_is_here_nothing_is_missing(centre: Centre, box: Box, tmp_path: Path) -> None:  # noqa: F811
    for data in VIDEO:
        put(centre, data)
    done = pulled(centre, tmp_path / "bag", WITHOUT)
    assert (done.missing, exports(centre)) == ((), 1) and b"Missing" not in files(done.folder)["bag-info.txt"]


def test_the_place_of_another_class_is_not_taken(centre: Centre, box: Box, tmp_path: Path) -> None:  # noqa: F811
    pulled(centre, tmp_path / "bag", WITHOUT)
    add(centre, tmp_path, PLAN.replace("welder-1", "welder-2").replace("box-1", "box-2"), OTHERS)
    with pytest.raises(FolderNotEmpty):
        pull(centre, "welder-2", tmp_path / "bag", Wish("en"), WITHOUT, Progress("en", None))


@pytest.mark.long
def test_in_the_console_it_is_a_choice_where_one_failed(
    centre: Centre, box: Box, tmp_path: Path,  # noqa: F811
) -> None:
    put(centre, VIDEO[0])
    client = signed_in(centre, "supervisor", "410000")
    folder, place = folder_of(centre.folder, "welder-1"), "/classes/welder-1/archive"
    assert 'name="without"' not in client.get(place).text
    desk = client.app.state.archives  # type: ignore[attr-defined]
    desk._work = lambda centre, class_id: keep_failure(folder, Why(zh=("文件",), en=("away",)))
    send(client, place, reason="flag")
    wait(desk, "failed")
    assert 'name="without"' in client.get(place).text
    request = read_request(folder)
    assert request is not None and not request.without
    desk._work = lambda _, class_id: pulled(centre, folder / BAG, WITHOUT)
    send(client, place, reason="flag", without="yes")
    wait(desk, "done")
    request = read_request(folder)
    assert request is not None and (request.wait_s, request.without) == (300, True)
    page = client.get(f"{place}?lang=en").text
    assert "It is incomplete: video files that are named in it as missing: 1." in page
    assert CHOSEN in page and SHEETS not in page, "pulled anew it begins with what was chosen"
    refused = send(client, place, reason="").text
    assert 'name="without"' in refused and CHOSEN not in refused, "of a refused form what was typed"
    send(client, place, reason="flag", sheets="yes")
    wait(desk, "done")
    page = client.get(f"{place}?lang=en").text
    assert SHEETS in page and CHOSEN not in page


def wait(desk: ArchiveDesk, state: str) -> None:
    desk._thread.join(30)  # type: ignore[union-attr]
    stands = desk.standing("welder-1")
    assert stands is not None and stands.state == state
