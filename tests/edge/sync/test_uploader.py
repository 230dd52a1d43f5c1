"""Files that are not where they were: moved ones are found, removed ones forgotten, a disk that is away waited for."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import BadStore, StoreBusy, StoreUnwritable, VolumeAway
from edge.sheets import SheetFiles
from edge.sync.alarms import Alarms
from edge.sync.pace import Pace
from edge.sync.progress import Progress, read_progress, write_progress
from edge.sync.uploader import Limits, Sheets, Uploader
from edge.sync.uploads import Job
from edge.wiring import Box
from evidence.bodies import Segment, SegmentRemoved, Sheet
from evidence.sheets import DAY_US
from evidence.times import utc_text

SHA = "ab" * 32


def recorded(box: Box, index: int = 0, sha256: str = SHA) -> int:
    body = Segment("c-1", "s-1", "room", "r-1", index, f"r-1/{index:06}.mp4", 4, sha256, "h264", 64, 48, 1, 1, 0, 1, 0,
                   1, 100, (), False, "start", boot_id="ab")
    return box.store.append("segment", body).record.seq


def until(done: Callable[[], object], uploader: Uploader, seq: int) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        uploader.tick(seq)
        time.sleep(0.002)


def codes(box: Box) -> list[object]:
    return [one.record.body["code"] for one in box.store.records_of("alarm")]


class Carries:
    """Stands for the centre: answers every file alike, and says that half of it is there on the way."""

    def __init__(self, answer: Callable[[Job, Path], int] = lambda job, path: 201) -> None:
        self.answer, self.closed = answer, threading.Event()

    def carry(self, job: Job, path: Path, told: Callable[[Job, int], None]) -> int:
        told(job, job.size // 2)
        return self.answer(job, path)

    def close(self) -> None:
        self.closed.set()


def test_a_file_is_sent_from_where_it_lies_and_waited_for_while_that_is_away(
    make_box: Callable[..., Box], tmp_path: Path,
) -> None:
    box, now, sent = make_box(), [0.0], []
    seq = recorded(box)
    path: list[Path | None] = [None]

    def find(file: str) -> Path:
        if path[0] is None:
            raise VolumeAway(folder="nas", why="")
        return path[0]

    carrier = Carries(lambda job, path: sent.append((job.file, path)) or 201)
    uploader = Uploader(box.store, Alarms(box.store), find, carrier, lambda: now[0])
    uploader.start()
    until(lambda: uploader._queue.away, uploader, seq)
    assert uploader.waiting == 1 and codes(box) == []
    path[0], now[0] = tmp_path / "there", 1000.0
    until(lambda: box.store.uploaded(SHA), uploader, seq)
    uploader.stop()
    assert sent == [("r-1/000000.mp4", tmp_path / "there")] and uploader.waiting == 0


def test_files_that_are_away_delay_no_file_that_is_here(
    make_box: Callable[..., Box], tmp_path: Path,
) -> None:
    box = make_box()
    for index in range(30):
        recorded(box, index, f"{index:064x}")
    seq = recorded(box, 30)

    def find(file: str) -> Path:
        if file != "r-1/000030.mp4":
            raise VolumeAway(folder="nas", why="")
        return tmp_path

    uploader = Uploader(box.store, Alarms(box.store), find, Carries(), lambda: 0.0)
    uploader.start()
    until(lambda: box.store.uploaded(SHA), uploader, seq)
    uploader.stop()
    assert uploader.waiting == 30 and codes(box) == []


def test_a_volume_that_hangs_does_not_hold_up_the_loop(make_box: Callable[..., Box]) -> None:
    box, asked, answer = make_box(), threading.Event(), threading.Event()
    seq = recorded(box)

    def find(file: str) -> Path | None:
        asked.set()
        answer.wait(60)
        return None

    uploader = Uploader(box.store, Alarms(box.store), find, Carries(), lambda: 0.0)
    uploader.start()
    uploader.tick(seq)
    assert asked.wait(60)
    uploader.tick(seq)
    assert uploader.waiting == 1 and codes(box) == []
    answer.set()
    until(lambda: not uploader.waiting, uploader, seq)
    uploader.stop()


def test_a_lost_file_is_an_alarm(make_box: Callable[..., Box]) -> None:
    box = make_box()
    seq = recorded(box)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: None, Carries(), lambda: 0.0)
    uploader.start()
    until(lambda: not uploader.waiting and uploader._looked_at >= 0, uploader, seq)
    uploader.stop()
    assert codes(box) == ["segment.lost"]


@pytest.mark.parametrize("error", [StoreBusy(), StoreUnwritable(path="zaitang.db", why="disk is full")])
@pytest.mark.parametrize(("answer", "method"), [(201, "mark_uploaded"), (507, "append"), (0, "removed")])
def test_one_busy_or_full_database_does_not_end_uploads_for_ever(
    make_box: Callable[..., Box], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    error: Exception, answer: int, method: str,
) -> None:
    box, now, failures = make_box(), [0.0], [error]
    for index in range(3):
        seq = recorded(box, index, f"{index:064x}")
    answers = [answer]
    carrier = Carries(lambda job, path: answers.pop(0) if answers else 201)
    find: Callable[[str], Path | None] = lambda _: tmp_path if answer else (answers.clear() or None)  # noqa: E731
    uploader = Uploader(box.store, Alarms(box.store), find, carrier, lambda: now[0])
    uploader.start()
    real = getattr(box.store, method)

    def fails(*values: object) -> object:
        if failures:
            raise failures.pop()
        return real(*values)

    monkeypatch.setattr(box.store, method, fails)
    refused, deadline = 0, time.monotonic() + 60
    while uploader.waiting or uploader._looked_at < seq:
        assert time.monotonic() < deadline
        now[0] += 1000.0
        try:
            uploader.tick(seq)
        except type(error):
            refused += 1
        time.sleep(0.002)
    uploader.stop()
    assert refused == 1
    assert [box.store.uploaded(f"{index:064x}") for index in range(3)] == [bool(answer)] * 3
    assert codes(box) == {201: [], 507: ["upload.refused"], 0: ["segment.lost"] * 3}[answer]


@pytest.mark.parametrize("error", [BadStore(path="zaitang.db", why="malformed"), RuntimeError("stream"), ValueError()])
def test_whatever_goes_wrong_with_one_file_does_not_end_the_thread(
    make_box: Callable[..., Box], tmp_path: Path, error: Exception,
) -> None:
    box, now, failures = make_box(), [0.0], [error]
    seq = recorded(box)

    def carry(job: Job, path: Path) -> int:
        if failures:
            raise failures.pop()
        return 201

    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, Carries(carry), lambda: now[0])
    uploader.start()
    deadline = time.monotonic() + 60
    while not box.store.uploaded(SHA):
        assert time.monotonic() < deadline
        now[0] += 1000.0
        uploader.tick(seq)
        time.sleep(0.002)
    uploader.stop()
    assert codes(box) == []


def test_a_removed_file_is_none(make_box: Callable[..., Box]) -> None:
    box = make_box()
    seq = recorded(box)
    box.store.append("segment.removed", SegmentRemoved(SHA, "R7", "box"))
    uploader = Uploader(box.store, Alarms(box.store), lambda _: None, Carries(), lambda: 0.0)
    uploader.start()
    until(lambda: not uploader.waiting and uploader._looked_at >= 0, uploader, seq)
    uploader.stop()
    assert codes(box) == []


def test_a_refusal_is_stated_once_until_it_is_over(make_box: Callable[..., Box], tmp_path: Path) -> None:
    box, now, answers = make_box(), [0.0], [507, 507, 503, 401, 201, 507]
    carrier = Carries(lambda job, path: answers.pop(0) if answers else 201)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: now[0])
    uploader.start()
    for index in range(2):
        seq = recorded(box, index, f"{index:064x}")
        while uploader.waiting or uploader._looked_at < seq:
            now[0] += 1000.0
            uploader.tick(seq)
            time.sleep(0.002)
    uploader.stop()
    assert carrier.closed.wait(60)
    assert [one.record.body["params"] for one in box.store.records_of("alarm")] == [
        {"status": 507}, {"status": 401}, {"status": 507}]


def test_how_far_it_is_can_be_read(make_box: Callable[..., Box], tmp_path: Path) -> None:
    box, said = make_box(), []
    seq = recorded(box)

    def show(progress: Progress) -> None:
        said.append(progress)
        write_progress(tmp_path, progress)
        if len(said) > 1:
            raise OSError("nothing waits for it")

    assert read_progress(tmp_path) is None
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, Carries(), lambda: 0.0, show)
    uploader.start()
    until(lambda: box.store.uploaded(SHA), uploader, seq)
    uploader.stop()
    assert said[0] == Progress(1, 4) and Progress(1, 4, SHA, 2, 4) in said
    assert read_progress(tmp_path) == said[-1] == Progress(0, 0, status=201)
    (tmp_path / "upload.json").write_text("[" * 100_000)
    assert read_progress(tmp_path) is None


def with_sheet(box: Box, sha256: str = "cd" * 32) -> tuple[int, Sheets]:
    """A contact sheet that waits for the centre: its record's number, and the files."""
    files = SheetFiles(box.folder)
    files.put(sha256, b"sealed")
    body = Sheet("c-1", "2026-03-02-am", "ee" * 32, sha256, 6, "0" * 64, (), utc_text(box.clock.utc_us() + DAY_US))
    return box.store.append("sheet", body).record.seq, Sheets(files, box.clock.utc_us)


def test_a_contact_sheet_goes_before_all_video_once_the_centre_knows_of_it_and_then_from_the_disk(
    make_box: Callable[..., Box], tmp_path: Path,
) -> None:
    box, sent = make_box(), []
    for index in range(3):
        recorded(box, index, f"{index:064x}")
    seq, sheets = with_sheet(box)
    limits = Limits(box.config, Pace(None), everything=False)
    carrier = Carries(lambda job, path: sent.append((job.kind, job.sha256, path.is_file())) or 201)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0, sheets=sheets)
    uploader.tick(seq - 1)
    assert all(job.kind == "segment" for job in uploader._queue.jobs), "the centre knows no such record yet"
    asked = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0, limits=limits,
                     sheets=sheets)
    asked.tick(seq)
    assert [job.kind for job in asked._queue.jobs] == ["sheet"], "it was asked for, whatever is sent besides"
    uploader.tick(seq)
    uploader.start()
    until(lambda: box.store.uploaded("cd" * 32), uploader, seq)
    until(lambda: box.store.uploaded(f"{2:064x}"), uploader, seq)
    uploader.stop()
    assert ("sheet", "cd" * 32, True) in sent[:2] and sheets.files.all() == []


@pytest.mark.parametrize(("status", "left"), [(404, 0), (413, 0), (422, 0), (401, 1), (507, 1), (0, 1)])
def test_a_sheet_that_the_centre_takes_no_more_is_not_sent_again(
    make_box: Callable[..., Box], tmp_path: Path, status: int, left: int,
) -> None:
    box, tries = make_box(), []
    seq, sheets = with_sheet(box)
    carrier = Carries(lambda job, path: tries.append(job) or status)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0, sheets=sheets)
    uploader.start()
    until(lambda: tries and not uploader._busy, uploader, seq)
    uploader.stop()
    assert uploader.waiting == left and len(tries) == 1 and not box.store.uploaded("cd" * 32)
    assert codes(box) == ({404: ["sheet.refused"], 413: ["sheet.refused"], 422: ["sheet.refused"]}.get(status) or (
        ["upload.refused"] if status else []))


def test_a_sheet_that_is_gone_is_no_lost_segment(make_box: Callable[..., Box], tmp_path: Path) -> None:
    box = make_box()
    seq, sheets = with_sheet(box)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, Carries(), lambda: 0.0, sheets=sheets)
    uploader.start()
    sheets.files.keep([])
    until(lambda: not uploader.waiting, uploader, seq)
    uploader.stop()
    assert codes(box) == [] and not box.store.uploaded("cd" * 32)
