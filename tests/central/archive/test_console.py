"""Archives in the console: asked for with a reason, made by a process, downloaded, resumed, gone after some days."""
from __future__ import annotations

import io
import os
import threading
import time
import zipfile
from pathlib import Path

import bagit
import pytest
from fastapi.testclient import TestClient

from central.archive import work
from central.archive.decide import Wish
from central.archive.desk import BAG, DAY_S, KEPT_DAYS, ArchiveDesk, by_process, folder_of, read_request
from central.archive.errors import (
    ArchiveAsked,
    ArchiveFailed,
    FilesGone,
    NoArchive,
    NoRoom,
    PullDamaged,
    StoreSilent,
)
from central.archive.packed import packed
from central.archive.progress import Progress
from central.archive.pull import Terms, pull
from central.archive.work import make
from central.classes.orders import boxes_of
from central.wiring import Centre, open_centre
from evidence.bodies import CentreLook, Export, body_of
from evidence.errors import ZaitangError
from tests.central.console import become, send, session_of, signed_in
from tests.central.site import furnish

PLACE = "/classes/class-a/archive"


@pytest.fixture
def site(centre: Centre, tmp_path: Path) -> Centre:
    pytest.importorskip("av")
    furnish(centre, tmp_path)
    return centre


def here(centre: Path, class_id: str) -> None:
    """As the process does, in this one."""
    opened, request = open_centre(centre), read_request(folder_of(centre, class_id))
    assert request is not None
    make(opened, class_id, request, threading.Event())
    opened.store.close()


def looks(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("look.centre")]
    return [one.why for one in bodies if isinstance(one, CentreLook) and one.what == "archive"]


def exports(centre: Centre) -> int:
    with centre.store.read() as tx:
        return sum(isinstance(body_of(one.record), Export) for one in tx.of_type("export"))


def desk_of(client: TestClient) -> ArchiveDesk:
    """The desk of this console, working here."""
    desk = client.app.state.archives  # type: ignore[attr-defined]
    desk._work = here
    return desk  # type: ignore[no-any-return]


def until(desk: ArchiveDesk, state: str, class_id: str = "class-a") -> None:
    for _ in range(1200):
        stands = desk.standing(class_id)
        if stands is not None and stands.state == state:
            return
        time.sleep(0.1)
    raise AssertionError(f"{desk.standing(class_id)}")


def test_from_the_page_of_the_class_to_the_zip(site: Centre, tmp_path: Path) -> None:
    client = signed_in(site, "supervisor", "411200")
    desk = desk_of(client)
    assert f'href="{PLACE}"' in client.get("/classes/class-a").text
    none = client.get(f"{PLACE}/file", follow_redirects=False)
    assert none.status_code == 303 and none.headers["location"] == PLACE
    refused = send(client, PLACE)
    assert refused.status_code == 422 and looks(site) == [] and exports(site) == 0
    assert send(client, PLACE, reason="other", why="an appeal").headers["location"] == PLACE
    assert looks(site) == ["an appeal"]
    until(desk, "done")
    page = client.get(f"{PLACE}?lang=en").text
    assert "It is ready" in page and "archives/class-a/bag" in page and f"{PLACE}/file" in page
    file = client.get(f"{PLACE}/file")
    assert file.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(file.content)) as read:
        assert read.testzip() is None and {one.compress_type for one in read.infolist()} == {zipfile.ZIP_STORED}
        read.extractall(tmp_path / "unpacked")
    bagit.Bag(str(tmp_path / "unpacked" / "class-a")).validate()
    assert exports(site) == 1


def test_a_second_reader_says_why_before_the_download(site: Centre) -> None:
    client = signed_in(site, "supervisor", "411200")
    desk = desk_of(client)
    send(client, PLACE, reason="flag")
    until(desk, "done")
    assert f'href="{PLACE}/file"' in client.get(PLACE).text
    become(client, session_of(site, "supervisor", "411200", "other"))
    page = client.get(f"{PLACE}?lang=en").text
    assert f'href="{PLACE}/file"' not in page and f'action="{PLACE}/file"' in page
    assert client.get(f"{PLACE}/file", follow_redirects=False).headers["location"] == PLACE
    before = looks(site)
    refused = send(client, f"{PLACE}/file", why="")
    assert refused.status_code == 422 and looks(site) == before
    said = send(client, f"{PLACE}/file", reason="other", why="an appeal")
    assert said.headers["location"] == f"{PLACE}/file" and looks(site) == [*before, "an appeal"]
    assert client.get(f"{PLACE}/file").headers["content-type"] == "application/zip"
    assert looks(site) == [*before, "an appeal"] and f'href="{PLACE}/file"' in client.get(PLACE).text


def test_who_may_not_sees_no_button_and_no_page(site: Centre) -> None:
    school = signed_in(site, "institution", "school-a")
    assert f'href="{PLACE}"' not in school.get("/classes/class-a").text
    assert school.get(PLACE).status_code == 403
    other = signed_in(site, "supervisor", "411300")
    assert other.get(PLACE).status_code == 404 and send(other, PLACE, reason="flag").status_code == 404


def test_one_is_made_at_a_time_and_nobody_asks_twice(site: Centre) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(centre: Path, class_id: str) -> None:
        begun.set()
        assert go_on.wait(60)
        here(centre, class_id)

    desk = ArchiveDesk(site.folder, slow)
    desk.ask("class-a", "zh", False, "li")
    assert begun.wait(60)
    desk.ask("class-b", "en", False, "li")
    with pytest.raises(ArchiveAsked):
        desk.ask("class-a", "zh", False, "wang")
    assert [desk.standing(one).state for one in ("class-a", "class-b")] == ["running", "waiting"]  # type: ignore[union-attr]
    go_on.set()
    until(desk, "done")
    until(desk, "done", "class-b")


def test_what_failed_says_why_and_goes_on(site: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.archive.desk.WAIT_S", 0.0)
    client = signed_in(site, "supervisor", "411200")
    desk = desk_of(client)
    with site.store.read() as tx:
        (named,) = {one.sha256 for sha256 in site.objects.all() for one in tx.announced(sha256)
                    if one.device == _device(site)}
    path = site.objects.path(named)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    send(client, PLACE, reason="flag")
    until(desk, "failed")
    assert "Files that are still at" in client.get(f"{PLACE}?lang=en").text
    assert "尚不完整" in client.get(f"{PLACE}?lang=zh").text
    path.write_bytes(data)
    assert send(client, PLACE, reason="flag").status_code == 303
    until(desk, "done")


def _device(centre: Centre) -> str:
    with centre.store.read() as tx:
        return boxes_of(tx, "class-a")[0]


def test_a_restart_goes_on_with_what_was_asked_for(site: Centre) -> None:
    first = ArchiveDesk(site.folder, lambda centre, class_id: threading.Event().wait())
    first.ask("class-a", "zh", False, "li")
    again = ArchiveDesk(site.folder, here)
    again.tend()
    until(again, "done")
    assert exports(site) == 1


def test_it_goes_after_some_days(site: Centre) -> None:
    desk = ArchiveDesk(site.folder, here)
    desk.ask("class-a", "zh", False, "li")
    until(desk, "done")
    assert desk.bag("class-a").is_dir()
    stands = desk.standing("class-a")
    assert stands is not None and abs(stands.until_s - time.time() - KEPT_DAYS * DAY_S) < 600
    late = ArchiveDesk(site.folder, here, lambda: time.time() + KEPT_DAYS * DAY_S + 60)
    late.tend()
    for _ in range(100):
        if not folder_of(site.folder, "class-a").exists():
            break
        time.sleep(0.1)
    with pytest.raises(NoArchive):
        late.bag("class-a")


def test_a_removal_that_was_cut_off_and_a_broken_archive_hold_nothing_up(site: Centre) -> None:
    for name in (".0123456789abcdef", "class-b"):
        folder = site.folder / "archives" / name
        (folder / BAG / "data").mkdir(parents=True)
        (folder / "request.json").write_text('{"lang": "zh", "sheets": false, "by": "li.ming", "at_s": 1}')
    desk = ArchiveDesk(site.folder, here)
    desk.ask("class-a", "zh", False, "li.ming")
    until(desk, "done")
    assert not (site.folder / "archives" / ".0123456789abcdef").exists()
    stands = desk.standing("class-b")
    assert stands is not None and (stands.state, stands.size) == ("done", 0)


def test_asked_for_again_it_is_made_of_what_there_is_now(site: Centre) -> None:
    desk = ArchiveDesk(site.folder, here)
    desk.ask("class-a", "zh", False, "li")
    until(desk, "done")
    desk.ask("class-a", "zh", False, "li")
    until(desk, "done")
    folder = folder_of(site.folder, "class-a")
    assert sorted(one.name for one in folder.iterdir()) == [BAG, "request.json"] and exports(site) == 2


def test_what_dies_without_a_word_is_told_and_not_begun_again_and_again(site: Centre) -> None:
    calls: list[str] = []
    desk = ArchiveDesk(site.folder, lambda centre, class_id: calls.append(class_id))
    desk.ask("class-a", "zh", False, "li")
    until(desk, "failed")
    desk.tend()
    stands = desk.standing("class-a")
    assert calls == ["class-a"] and stands is not None and "memory" in stands.why.en[0]


@pytest.mark.long
def test_the_process_makes_it(site: Centre) -> None:
    folder = folder_of(site.folder, "class-a")
    folder.mkdir(parents=True)
    desk = ArchiveDesk(site.folder, by_process)
    desk.ask("class-a", "en", False, "li")
    until(desk, "done")
    bagit.Bag(str(folder / BAG)).validate()


def test_the_zip_of_one_bag_has_the_same_bytes(site: Centre, tmp_path: Path) -> None:
    bag = pull(site, "class-a", tmp_path / "bag", Wish("zh"), Terms(wait_s=0), Progress("zh", None)).folder
    once = b"".join(packed(bag, "class-a"))
    for path in bag.rglob("*"):
        os.utime(path, (0, 0))
    assert b"".join(packed(bag, "class-a")) == once


@pytest.mark.parametrize("error", [
    StoreSilent(folder="/srv/centre/archives"), FilesGone(class_id="class-a", count=2),
    ArchiveFailed(folder="/srv/centre/archives", why="No space left on device"), PullDamaged(file="plan.json"),
    NoRoom(need="2 GB", folder="/srv/centre/archives", free="1 GB"),
])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_asked_in_the_console_reads_what_to_do_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, centre: Centre, error: ZaitangError, lang: str,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(work, "pull", fails)
    desk = ArchiveDesk(centre.folder, here)
    desk.ask("class-a", "zh", False, "li")
    assert desk._thread is not None
    desk._thread.join(20)
    stands = desk.standing("class-a")
    assert stands is not None and stands.state == "failed"
    said = " ".join(stands.why.of(lang))
    assert not any(word in said for word in ("command", "命令", "--", "/srv", "bucket check")), said
    assert ("重新申请" in said if lang == "zh" else "ask for it again" in said.lower()), said
