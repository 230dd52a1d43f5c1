"""The storage process and its commands: warnings once, removal when allowed, moves, a scrub that resumes."""
from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.logs import Log
from edge.box_orders import missing
from edge.cli import main
from edge.clock import SystemClock
from edge.errors import VolumeAway
from edge.storage import cli as storage_cli
from edge.storage import keeper as keepers
from edge.storage import patience, process, scrub
from edge.storage.keeper import Keeper, Warned
from edge.storage.process import Stopped, Worker
from edge.storage.scrub import NOTE
from edge.storage.volume import IDENTITY, Volume
from edge.store import Moved
from edge.terminal.memory import Memory
from edge.terminal.screen import Screen
from evidence.bodies import Alarm, Dispute, Hold, SegmentRemoved, SessionCorrected, body_of
from evidence.box_orders import WantedFile, WantedUpload
from evidence.forecast import Forecast
from evidence.times import MINUTE
from tests.edge.storage.conftest import CLASS, MakeSite, Site, files, with_second
from tests.ending import end

HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Sets what the forecast says."""
    def say(left: int | None, seen: int = 5) -> None:
        monkeypatch.setattr(keepers, "forecast", lambda *_: Forecast(seen, left, left))

    return say


def warnings(site: Site) -> list[dict[str, object]]:
    bodies = [body_of(one.record) for one in site.box.store.records_of("alarm")]
    return [dict(body.params) for body in bodies if isinstance(body, Alarm) and body.code == "storage.days_left"]


# --- warnings


def test_each_threshold_is_told_once_over_restarts_and_cleared_when_there_is_room(
    site: Site, days: Callable[..., None],
) -> None:
    first = site.keeper.volumes()
    told = []
    for left in (31, 30, 29, 14, 14, 7, 6, 60, 30):
        days(left)
        told.append(site.keeper.warn(first))
    assert told == [None, Warned(30, 30), Warned(30, 29), Warned(14, 14), Warned(14, 14), Warned(7, 7), Warned(7, 6),
                    None, Warned(30, 30)]
    assert warnings(site) == [{"days": days_, "threshold": level} for days_, level in (
        (30, 30), (14, 14), (7, 7), (30, 30))]
    days(None, 0)
    assert site.keeper.warn(first) == Warned(30, 30)


def test_the_terminal_shows_the_warning_while_it_holds(site: Site, days: Callable[..., None]) -> None:
    memory = Memory(site.box.store)
    assert memory.warned() is None
    days(5)
    site.keeper.warn(site.keeper.volumes())
    warned = memory.warned()
    assert warned is not None and (warned.code, warned.params) == ("storage.days_left", {"days": 5})
    site.clock.forward(DAY)
    screen = Screen(site.box.config, site.box.clock, memory, lambda: None, time.monotonic, True)
    assert [alarm["text"] for alarm in screen.state("en")["alarms"]] == [
        "The video disk will soon be full; nothing is deleted before its time (days left: 5)"]
    days(90)
    site.keeper.warn(site.keeper.volumes())
    assert memory.warned() is None


def test_a_forecast_from_real_records_and_a_real_plan(site: Site) -> None:
    assert not site.keeper.forecast(site.keeper.volumes()).known
    site.film(0, bytes(1_000_000))
    site.clock.forward(DAY)
    told = site.keeper.forecast(site.keeper.volumes())
    assert told.seen == 1 and told.known
    keeper = site.keeper
    keeper.shelf.look()
    history, ahead, today = keeper.shelf.days(site.clock.now - 2 * DAY)
    assert [(day.bytes, day.planned_us) for day in history] == [(1_000_000, 45 * MINUTE)]
    assert ahead == {history[0].number: 45 * MINUTE} and today == history[0].number - 1


def test_room_on_the_second_volume_counts_while_it_is_here(
    make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(with_second(second))
    free = {site.box.video: 5, second: 7}
    monkeypatch.setattr(Volume, "free_mb", lambda self: free[self.folder])
    seen: list[int] = []
    monkeypatch.setattr(keepers, "forecast", lambda _, __, ___, room: seen.append(room) or Forecast(0, None, None))
    site.keeper.forecast(site.keeper.volumes())
    free[second] = 0
    site.keeper.forecast(site.keeper.volumes())
    assert seen == [10_000_000, 4_000_000] and site.codes() == ["storage.second_full"]


# --- the process


def worker(site: Site, stop: threading.Event | None = None) -> Worker:
    return Worker(site.box, stop or threading.Event())


def test_before_the_recorder_has_made_the_volume_a_turn_waits_quietly(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Log, "failed", lambda self, what, error, **more: told.append(what))
    site.box.video.rename(site.box.folder / "disk")
    worker(site).turn()
    assert told == []
    (site.box.folder / "disk").rename(site.box.video)
    site.film(0)
    site.box.video.rename(site.box.folder / "disk")
    worker(site).turn()
    assert "storage.failed" in told, "a volume that is gone is another thing"


def test_a_turn_removes_only_where_box_toml_allows_it(make_site: MakeSite) -> None:
    careful = make_site(name="careful")
    allowed = make_site("[storage]\nremove = true\n", name="allowed")
    for site in (careful, allowed):
        site.film(0)
        site.years_later()
        worker(site).turn()
        assert site.files() == ["r-1/000000.mp4"]
        site.receipt(site.clock.now)
        worker(site).turn()
    assert careful.files() == ["r-1/000000.mp4"] and allowed.files() == []
    (removed,) = allowed.box.store.records_of("segment.removed")
    assert removed.record.body["reason"] == "R7: 2029-03-02" and removed.record.body["by"] == "box box-1"


def test_a_turn_moves_to_the_second_volume_and_waits_for_one_that_is_away(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    site.film(0)
    away = second.with_name("away")
    second.rename(away)
    one = worker(site)
    one.turn()
    one.turn()
    assert site.codes() == ["storage.second_away"] and site.files() == ["r-1/000000.mp4"]
    away.rename(second)
    one.turn()
    assert files(second) == ["r-1/000000.mp4"] and site.files() == []


def test_a_turn_without_a_volume_makes_none_and_fails_nothing(site: Site, tmp_path: Path) -> None:
    site.box.video.rename(tmp_path / "away")
    site.box.video.mkdir()
    worker(site).turn()
    assert list(site.box.video.iterdir()) == [] and site.codes() == []


def test_a_turn_lets_a_command_work_and_ends_when_told(site: Site) -> None:
    site.film(0)
    with site.keeper.lock():
        worker(site).turn()
    assert site.box.store.note(NOTE) is None
    stop = threading.Event()
    stop.set()
    worker(site, stop).turn()
    assert site.box.store.note(NOTE) is None
    worker(site).turn()
    assert str(site.box.store.note(NOTE)).split()[0] == "0"


def test_the_process_runs_at_the_lowest_priority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []
    tool = tmp_path / "ionice"
    tool.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "setpriority", lambda *args: asked.append(args))
    process.yield_to_all()
    assert asked == [(os.PRIO_PROCESS, 0, 19)]
    assert (tmp_path / "asked").read_text() == f"-c 3 -p {os.getpid()}\n"


def started(site: Site, tmp_path: Path) -> subprocess.Popen[bytes]:
    """The process, once it has said that it is ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        command = [sys.executable, "-m", "edge.cli", "process", "storage", "--box", str(site.box.folder)]
        child = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert listener.recv(100) == b"READY=1"
    return child


def test_the_process_says_that_it_is_ready_and_ends_at_once_when_told(tmp_path: Path, make_site: MakeSite) -> None:
    site = make_site()
    site.film(0, bytes(30_000_000))  # A scrub of seven seconds, at its rate.
    with started(site, tmp_path) as child:
        assert end(child)[0] == 0
    assert site.files() == ["r-1/000000.mp4"]


@pytest.fixture
def hanging(make_site: MakeSite, second: Path) -> Iterator[tuple[Site, Path]]:
    """A second volume whose identity file never answers, until the end of the test."""
    site = make_site(with_second(second))
    (second / IDENTITY).unlink()
    os.mkfifo(second / IDENTITY)
    yield site, second
    handle = os.open(second / IDENTITY, os.O_RDWR | os.O_NONBLOCK)
    deadline = time.monotonic() + 60
    while any(thread.name == "look" for thread in threading.enumerate()) and time.monotonic() < deadline:
        os.write(handle, b"x" * 5000)
        time.sleep(0.01)
    os.close(handle)


def test_a_second_volume_that_hangs_is_away_and_asked_once(
    hanging: tuple[Site, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, _ = hanging
    monkeypatch.setattr(patience, "WAIT_S", 0.1)
    segment = site.film(0)
    one = worker(site)
    one.turn()
    one.turn()
    assert site.codes() == ["storage.second_away"] and site.files() == [segment.file]
    assert len([thread for thread in threading.enumerate() if thread.name == "look"]) == 1
    assert site.box.store.note(NOTE) is not None


@pytest.mark.long
def test_the_process_ends_in_time_while_a_volume_hangs(hanging: tuple[Site, Path], tmp_path: Path) -> None:
    site, _ = hanging
    segment = site.film(0)
    site.box.store.put_moved(Moved(segment.file, segment.sha256, segment.size))
    (site.box.segments / segment.file).unlink()
    child = started(site, tmp_path)
    try:
        time.sleep(1)  # Until it looks for what was moved.
        assert end(child)[0] == 0
    finally:
        child.kill()
        child.wait()


# --- the scrub


def test_a_scrub_finds_what_rotted_and_what_is_lost_once(site: Site) -> None:
    good, rotten, lost = (site.film(number) for number in range(3))
    data = bytearray((site.box.segments / rotten.file).read_bytes())
    data[500] ^= 1
    (site.box.segments / rotten.file).write_bytes(data)
    (site.box.segments / lost.file).unlink()
    for _ in range(3):
        assert site.keeper.scrub(10_000, lambda _: None) == 3
        site.clock.forward(8 * DAY)
    assert sorted(site.codes()) == ["segment.lost", "storage.rotten"]
    assert (site.box.segments / good.file).is_file() and site.files() == [good.file, rotten.file]


def unreadable(monkeypatch: pytest.MonkeyPatch, why: list[int]) -> None:
    """Reading fails with the errno in `why`, while there is one."""
    real = scrub.read_cold

    def read(path: Path) -> Iterator[bytes]:
        if why:
            raise OSError(why[0], os.strerror(why[0]), str(path))
        yield from real(path)

    monkeypatch.setattr(scrub, "read_cold", read)


@pytest.mark.parametrize("why", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_file_that_cannot_be_read_for_a_moment_is_not_rotten(
    site: Site, monkeypatch: pytest.MonkeyPatch, why: int,
) -> None:
    site.film(0)
    failing = [why]
    unreadable(monkeypatch, failing)
    for _ in range(2):
        site.keeper.scrub(10_000, lambda _: None)
        site.keeper.scrub(10_000, lambda _: None)  # Too soon to count.
        site.clock.forward(HOUR)
    failing.clear()
    site.keeper.scrub(10_000, lambda _: None)
    failing.append(why)
    site.clock.forward(8 * DAY)
    for _ in range(2):
        site.keeper.scrub(10_000, lambda _: None)
        site.clock.forward(HOUR)
    assert site.codes() == []
    site.keeper.scrub(10_000, lambda _: None)
    assert site.codes() == ["storage.rotten"]


def test_files_that_could_not_be_read_are_tried_again_within_the_budget_and_forgotten_when_removed(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    segments, failing, read = [site.film(number) for number in range(3)], [errno.EIO], []
    unreadable(monkeypatch, failing)
    assert site.keeper.scrub(10_000, lambda _: None) == 3
    site.clock.forward(2 * HOUR)
    failing.clear()
    site.box.store.append("segment.removed", SegmentRemoved(segments[0].sha256, "R7", "box box-1"))
    for expected in (1, 2, 2):
        site.keeper.scrub(1, read.append)
        assert len(read) == expected
    assert site.box.store.note(scrub.UNREAD) == "{}" and site.codes() == []


def test_errors_of_a_disk_that_was_pulled_are_no_rot(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    site.film(0)

    def pulled(path: Path) -> Iterator[bytes]:
        site.box.video.rename(tmp_path / "away")
        site.box.video.mkdir()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(scrub, "read_cold", pulled)
    site.keeper.scrub(10_000, lambda _: None)
    assert site.codes() == [] and not site.box.store.note(scrub.UNREAD)


def test_a_disk_that_does_not_say_whether_a_file_is_there_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = site.film(0)
    real = Path.stat

    def fails(self: Path, **more: bool) -> os.stat_result:
        if self.name == "000000.mp4":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, **more)

    monkeypatch.setattr(Path, "stat", fails)
    with pytest.raises(VolumeAway):
        site.box.find_segment(segment.file)


def test_a_scrub_goes_on_where_it_was_and_begins_again_after_a_week(site: Site) -> None:
    sizes = [site.film(number, bytes([number]) * (1000 + number)).size for number in range(3)]
    read: list[int] = []
    for done in (1, 1, 1, 0, 0):
        assert site.keeper.scrub(1, read.append) == done
    assert read == sizes

    def stop(count: int) -> None:
        raise Stopped

    site.clock.forward(8 * DAY)
    assert site.keeper.scrub(1, read.append) == 1
    with pytest.raises(Stopped):
        site.keeper.scrub(1, stop)
    assert site.keeper.scrub(10_000, read.append) == 2 and read == [*sizes, *sizes]
    fresh = site.film(9, bytes(77))
    assert site.keeper.scrub(10_000, read.append) == 1 and read[-1] == fresh.size


def test_removed_segments_at_the_end_do_not_keep_a_pass_from_ending(site: Site) -> None:
    kept, gone = site.film(0), site.film(1)
    site.box.store.append("segment.removed", SegmentRemoved(gone.sha256, "R7", "box box-1"))
    assert [site.keeper.scrub(10_000, lambda _: None) for _ in range(2)] == [1, 0]
    site.clock.forward(8 * DAY)
    read: list[int] = []
    assert site.keeper.scrub(10_000, read.append) == 1 and read == [kept.size]


def test_a_scrub_over_a_volume_that_is_away_calls_nothing_lost(site: Site, tmp_path: Path) -> None:
    site.film(0)
    site.box.video.rename(tmp_path / "away")
    site.box.video.mkdir()
    site.keeper.scrub(10_000, lambda _: None)
    assert site.codes() == []


# --- the commands


def run(site: Site, *arguments: str, lang: str = "en") -> int:
    return main(["--lang", lang, "storage", *arguments, "--box", str(site.box.folder)])


@pytest.fixture
def real_clock(site: Site) -> Site:
    """The commands open the box themselves, with the machine's clock."""
    now = SystemClock().stamp()
    site.clock.boot, site.clock.mono, site.clock.now = now.boot_id, now.mono_us, now.utc_us
    return site


def test_status_says_what_lies_where_and_makes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.film(0, bytes(2_000_000))
    before = site.box.store.head().hash
    assert run(site, "status") == 0
    said = capsys.readouterr().out
    assert f"video volume {site.box.video}" in said and "segments: 1 here (2 MB), 0 on the second volume" in said
    assert run(site, "status", lang="zh") == 0
    assert "片段：本卷 1 个（2 MB）" in capsys.readouterr().out
    assert site.box.store.head().hash == before


def test_status_below_the_reserve_says_that_there_is_no_room(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Volume, "free_mb", lambda _: 0)
    assert run(site, "status") == 0
    said = capsys.readouterr().out
    assert f"{site.box.video}: 0 MB free, but 1 MB must stay free: there is no room to record" in said
    assert "days left: none; nothing is recorded until there is room" in said and "0 to 0" not in said


@pytest.mark.parametrize("action", ["status", "prune", "move", "add"])
def test_a_command_makes_no_database_where_none_is(
    site: Site, capsys: pytest.CaptureFixture[str], action: str,
) -> None:
    for path in site.box.folder.glob("zaitang.db*"):
        path.unlink()
    before = sorted(site.box.folder.rglob("*"))
    assert run(site, action) == 2
    assert "this box never ran" in capsys.readouterr().err and sorted(site.box.folder.rglob("*")) == before


def test_prune_tells_every_reason_and_touches_nothing_when_dry(
    real_clock: Site, capsys: pytest.CaptureFixture[str],
) -> None:
    site = real_clock
    site.film(0)
    site.film(1, class_id="nobody-planned-it")
    site.receipt(site.clock.now)
    assert run(site, "prune", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "it must be kept until" in said
    assert "no plan of its class" in said and "(--dry-run)" in said and "may be removed: 0 segments" in said
    assert run(site, "prune") == 0
    assert "as removed: 0 segments" in capsys.readouterr().out and len(site.files()) == 2


def test_prune_removes_what_is_over(site: Site, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    site.film(0)
    site.film(1, class_id="nobody-planned-it")
    site.years_later()
    monkeypatch.setattr(storage_cli, "_keeper", lambda args: (Keeper(site.box), site.box.config))
    assert run(site, "prune", "--dry-run") == 0 and len(site.files()) == 2
    assert "may be removed: 1 segments" in capsys.readouterr().out
    assert run(site, "prune") == 0
    assert "as removed: 1 segments" in capsys.readouterr().out and len(site.files()) == 2
    site.receipt(site.clock.now)
    assert run(site, "prune") == 0 and site.files() == ["r-1/000001.mp4"]


def test_nothing_is_unlinked_before_the_centre_has_every_record_that_says_so(site: Site) -> None:
    for number in range(3):
        site.film(number)
    site.years_later()
    keeper = site.keeper
    before = site.box.store.head_seq()
    assert keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None) == 3
    for covered in (before, before + 1, before + 2):
        site.receipt(site.clock.now, covered)
        assert keeper.sweep() == 0 == site.keeper.sweep() and len(site.files()) == 3
    site.receipt(site.clock.now, before + 3)
    assert keeper.sweep() == 3 and site.files() == []


def test_what_a_chain_before_removed_and_the_centre_never_heard_stays(site: Site) -> None:
    site.film(0)
    site.years_later()
    keeper = site.keeper
    keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
    site.box.store.begin_chain("test")
    site.receipt(site.clock.now)
    assert keeper.sweep() == 0 == site.keeper.sweep() and len(site.files()) == 1


@pytest.mark.parametrize(("kind", "ends"), [("hold", "lifted"), ("dispute", "closed")])
def test_a_hold_that_comes_after_the_record_of_a_removal_stops_the_unlinking(
    site: Site, kind: str, ends: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    def state(said: Any) -> None:
        body = Hold(CLASS, "x-1", said, "x") if kind == "hold" else Dispute(CLASS, "x-1", said, "x")
        site.centre.head = site.centre.record(kind, body)
        site.box.store.put_order(site.centre.head)

    site.film(0)
    site.film(1)
    site.years_later()
    keeper = site.keeper
    assert keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None) == 2
    state("placed" if kind == "hold" else "opened")
    site.receipt(site.clock.now)
    for each in (keeper, keeper, site.keeper):
        assert each.sweep() == 0 and len(site.files()) == 2
    (alarm,) = [one.record.body for one in site.box.store.records_of("alarm")]
    assert (alarm["code"], alarm["params"], alarm["class"]) == ("storage.removal_held", {"files": 2}, CLASS)
    monkeypatch.setattr(storage_cli, "_keeper", lambda args: (Keeper(site.box), site.box.config))
    assert run(site, "status") == 0
    assert "of these stay for a dispute or a hold" in capsys.readouterr().out
    (sha256, file), *_ = [(one.record.body["sha256"], WantedFile(one.record.seq, str(one.record.body["sha256"])))
                          for one in site.box.store.records_of("segment")]
    upload = WantedUpload(site.box.store.head().record.chain, (file,))
    assert missing(site.box.store, upload) == (), "a court can have it sent"
    state(ends)
    assert missing(site.box.store, upload) == (sha256,)
    site.receipt(site.clock.now)
    assert keeper.sweep() == 2 and site.files() == [] and len(site.codes()) == 1


def test_a_hold_of_another_class_stops_nothing_and_one_of_a_class_it_was_put_right_to_does(site: Site) -> None:
    site.film(0)
    site.years_later()
    keeper = site.keeper
    keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
    site.centre.head = site.centre.record("hold", Hold("welding-2", "h-1", "placed", "x"))
    site.box.store.put_order(site.centre.head)
    site.receipt(site.clock.now)
    assert keeper.held() == {}
    site.box.store.append("session.corrected", SessionCorrected("welding-2", CLASS, "s-1", "the wrong class", "page"))
    site.receipt(site.clock.now)
    assert keeper.held() == {"r-1/000000.mp4": CLASS} and keeper.sweep() == 0 and len(site.files()) == 1


def test_a_hold_stops_the_unlinking_of_video_of_no_class_that_may_be_of_the_class(site: Site) -> None:
    site.film(0, class_id=None)
    site.clock.forward(60 * DAY)
    site.film(1, class_id=None, run="r-2")
    site.years_later()
    site.clock.forward(90 * DAY)
    site.receipt(site.clock.now)
    keeper = site.keeper
    assert keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None) == 2
    site.centre.head = site.centre.record("hold", Hold(CLASS, "h-1", "placed", "x"))
    site.box.store.put_order(site.centre.head)
    site.receipt(site.clock.now)
    assert keeper.held() == {"r-1/000000.mp4": CLASS} == site.keeper.held()
    assert keeper.sweep() == 1 and site.files() == ["r-1/000000.mp4"] and site.codes() == ["storage.removal_held"]
    site.centre.head = site.centre.record("hold", Hold(CLASS, "h-1", "lifted", "x"))
    site.box.store.put_order(site.centre.head)
    site.receipt(site.clock.now)
    assert keeper.held() == {} and keeper.sweep() == 1 and site.files() == []


def test_a_second_volume_is_added_by_a_command_alone(
    make_site: MakeSite, second: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    site = make_site(with_second(second), added=False)
    site.film(0)
    assert run(site, "move", "--all") == 2 and run(site, "status") == 0
    assert "zaitang-edge storage add" in capsys.readouterr().err and list(second.iterdir()) == []
    worker(site).turn()
    assert list(second.iterdir()) == [] and site.files() == ["r-1/000000.mp4"]
    assert run(site, "add") == 0 and run(site, "add", lang="zh") == 0
    said = capsys.readouterr().out
    assert f"{second} is the second video volume of box-1" in said and f"{second} 现在是 box-1 的第二录像存储卷" in said
    assert run(site, "move", "--all") == 0 and files(second) == ["r-1/000000.mp4"]


def test_move_moves_and_refuses_without_a_second_volume(
    make_site: MakeSite, second: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    plain, site = make_site(name="plain"), make_site(with_second(second, 1))
    assert run(plain, "move") == 2
    assert "names no second video volume" in capsys.readouterr().err
    site.film(0)
    assert run(site, "move") == 0
    assert "nothing to move" in capsys.readouterr().out and site.files() == ["r-1/000000.mp4"]
    assert run(site, "move", "--all") == 0
    assert "moved: 1 segments" in capsys.readouterr().out and site.files() == []
    assert run(site, "move", "--all", lang="zh") == 0
    assert capsys.readouterr().out == "没有可转移的片段\n"
    assert run(site, "status") == 0
    assert "1 on the second volume" in capsys.readouterr().out
