"""Volumes that are foreign, full, read-only or suddenly gone: on real small disks and, without root, on folders."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.cameras.file import open_file
from edge.errors import CannotWrite, CopyDiffers, VolumeAway, VolumeFull, WrongVolume
from edge.recorder.recover import recover
from edge.storage import volume as volumes
from edge.storage.volume import IDENTITY, add_second, open_second, open_volume
from tests.edge.recorder.conftest import Bench, bench, film, hand, keys  # noqa: F401
from tests.edge.recorder.test_process import Running, make_box
from tests.edge.storage.conftest import Disk, MakeSite, Site, files, with_second

MakeDisk = Callable[..., Disk]


def move_all(site: Site) -> int:
    keeper = site.keeper
    first = keeper.first()
    keeper.sweep()
    return len(list(keeper.move(keeper.to_move(first, True), first, keeper.second(first), lambda _: None)))


def gone(folder: Path) -> Path:
    """What a vanished mount leaves: an empty folder in its place. Where the volume is now."""
    away = folder.with_name(folder.name + "-away")
    folder.rename(away)
    folder.mkdir()
    return away


def back(folder: Path, away: Path) -> None:
    folder.rmdir()
    away.rename(folder)


# --- the volume that the recorder writes


def test_the_folder_of_a_vanished_mount_is_never_filled_and_recording_resumes(
    hand: Bench, film: Path,  # noqa: F811
) -> None:
    source = open_file(f"file:{film}", hand.clock)
    recorder = hand.recorder(source)

    def until(done: Callable[[], bool]) -> None:
        for _ in range(2000):
            if done():
                return
            hand.clock.forward(0.05)
            recorder.step(0)
        raise AssertionError("it never came")

    until(lambda: recorder.status()["stretch_us"] == 3_000_000)
    away = gone(hand.volume.folder)
    until(lambda: recorder.refused is not None)
    recorder.settle()
    assert list(hand.volume.folder.iterdir()) == [] and recorder.refused is not None
    back(hand.volume.folder, away)
    until(lambda: source.ended)
    recorder.close("end")
    recorder.settle()
    assert hand.sealer.wait_idle(60)
    assert hand.alarms() == ["storage.failed"]
    assert {segment.file for segment in hand.segments()} == set(files(hand.volume.folder))
    assert len({segment.run for segment in hand.segments()}) == 2 and list(hand.volume.quarantine.iterdir()) == []


def test_recovery_waits_for_a_vanished_volume(bench: Bench) -> None:  # noqa: F811
    away = gone(bench.volume.folder)
    with pytest.raises(OSError, match="mounted"):
        recover(bench.volume, ())
    assert list(bench.volume.folder.iterdir()) == []
    back(bench.volume.folder, away)
    assert recover(bench.volume, ()).segments == ()


def test_a_real_mount_that_vanishes_under_an_open_run(make_disk: MakeDisk, make_site: MakeSite) -> None:
    disk = make_disk("disk", 8)
    site = make_site(video=disk.folder)
    volume = open_volume(site.box.video, "box-1", site.box.store, 1)
    volume.make_run_folder("r-1")
    disk.vanish()
    for act in (lambda: volume.make_run_folder("r-2"), lambda: volume.put_aside(volume.segments / "r-1" / "x")):
        with pytest.raises(OSError):
            act()
    for check in (volume.check, volume.must_be_here):
        with pytest.raises(WrongVolume, match="mounted"):
            check()
    assert list(disk.folder.iterdir()) == []
    disk.mount()  # Another, empty disk.
    with pytest.raises(WrongVolume, match="mounted"):
        volume.check()
    assert list(disk.folder.iterdir()) == []


def test_a_disk_that_turned_read_only_is_told_before_anything_is_tried(
    make_disk: MakeDisk, make_site: MakeSite,
) -> None:
    disk = make_disk("disk")
    site = make_site(video=disk.folder)
    volume = open_volume(site.box.video, "box-1", site.box.store, 1)
    disk.again("ro")
    with pytest.raises(CannotWrite, match="Read-only"):
        volume.check()
    disk.again("rw")
    volume.check()


def test_read_only_is_seen_without_root_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstatvfs

    class ReadOnly:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "fstatvfs", lambda handle: ReadOnly())
    with pytest.raises(CannotWrite, match="Read-only"):
        site.keeper.first().check()
    monkeypatch.setattr(os, "fstatvfs", real)
    site.keeper.first().check()


def test_a_small_disk_that_is_full_refuses_and_keeps_everything(make_disk: MakeDisk, make_site: MakeSite) -> None:
    site = make_site(video=make_disk("disk", 4).folder)
    site.film(0)
    with contextlib.suppress(OSError), (site.box.video / "ballast").open("wb") as ballast:
        ballast.write(bytes(8_000_000))
    with pytest.raises(VolumeFull):
        site.keeper.first().check()
    assert site.keeper.forecast(site.keeper.volumes()).earliest == 0
    assert site.files() == ["r-1/000000.mp4"]


# --- the second volume


def test_a_second_volume_is_another_disk_and_another_identity(site: Site, second: Path, tmp_path: Path) -> None:
    box, first = site.box, site.box.video
    (tmp_path / "same").mkdir()
    for act in (add_second, open_second):
        with pytest.raises(WrongVolume, match="same disk"):
            act(tmp_path / "same", "box-1", box.store, 1, first)
        with pytest.raises(WrongVolume, match="no such folder"):
            act(tmp_path / "none", "box-1", box.store, 1, first)
    assert list((tmp_path / "same").iterdir()) == []
    with pytest.raises(WrongVolume, match="storage add"):
        open_second(second, "box-1", box.store, 1, first)
    assert list(second.iterdir()) == [] and box.store.volume("second") is None
    add_second(second, "box-1", box.store, 1, first).check()
    assert open_second(second, "box-1", box.store, 1, first).folder == second
    assert box.store.volume("second") not in (None, box.store.volume())
    ours = (second / IDENTITY).read_bytes()
    (second / IDENTITY).write_bytes((first / IDENTITY).read_bytes())
    with pytest.raises(WrongVolume, match="another volume"):
        open_second(second, "box-1", box.store, 1, first)
    (second / IDENTITY).write_bytes(ours)
    (first / IDENTITY).write_bytes(ours)
    with pytest.raises(WrongVolume, match="another volume"):
        open_volume(first, "box-1", box.store, 1)
    (second / IDENTITY).write_bytes(b"[" * 100_000)
    with pytest.raises(WrongVolume, match="cannot be read"):
        open_second(second, "box-1", box.store, 1, first)


def test_a_second_volume_that_was_used_is_never_made_again(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    site.film(0)
    assert move_all(site) == 1
    away = gone(second)
    with pytest.raises(WrongVolume, match="mounted"):
        move_all(site)
    assert list(second.iterdir()) == []
    with pytest.raises(VolumeAway):
        site.box.find_segment("r-1/000000.mp4")
    back(second, away)
    assert site.box.find_segment("r-1/000000.mp4") == second / "segments" / "r-1" / "000000.mp4"
    (second / "segments" / "r-1" / "000000.mp4").unlink()
    assert site.box.find_segment("r-1/000000.mp4") is None


def test_a_second_volume_that_vanishes_in_the_middle_leaves_the_first_copy(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    segment = site.film(0, bytes(3_000_000))
    keeper = site.keeper
    first = keeper.first()
    target = keeper.second(first)
    target.check()
    seen: list[int] = []

    def pull(count: int) -> None:
        seen.append(count)
        if len(seen) == 2:
            gone(second)

    with pytest.raises((OSError, WrongVolume)):
        list(keeper.move(keeper.to_move(first, True), first, target, pull))
    assert site.files() == [segment.file] and list(second.iterdir()) == []
    assert site.box.store.moved(segment.file) is None and site.box.store.garbage() == []


def test_a_real_disk_that_vanishes_in_the_middle_and_comes_back(make_disk: MakeDisk, make_site: MakeSite) -> None:
    disk = make_disk("nas", 8)
    site = make_site(with_second(disk.folder))
    segment = site.film(0, bytes(2_000_000))
    assert move_all(site) == 1
    other = site.film(1, bytes(3_000_000))
    keeper = site.keeper
    first = keeper.first()
    with pytest.raises((OSError, WrongVolume)):
        list(keeper.move(keeper.to_move(first, True), first, keeper.second(first), lambda _: disk.vanish()))
    assert site.files() == [other.file] and list(disk.folder.iterdir()) == []
    with pytest.raises(VolumeAway):
        site.box.find_segment(segment.file)
    keeper.volumes()
    keeper.volumes()
    assert site.codes() == ["storage.second_away"]


def test_a_copy_that_was_lost_before_the_first_one_went_is_taken_back(
    make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    with monkeypatch.context() as patch:
        patch.setattr("edge.storage.move.sweep", lambda *_, **__: 0)
        assert move_all(site) == 1
    assert site.files() == [segment.file] and len(site.box.store.garbage()) == 1
    (second / "segments" / segment.file).unlink()  # As when an older state of the NAS was restored.
    assert site.keeper.sweep() == 0
    assert site.files() == [segment.file] and site.box.store.moved(segment.file) is None
    assert move_all(site) == 1 and files(second) == [segment.file]


def test_a_second_disk_without_room_takes_nothing_half(make_disk: MakeDisk, make_site: MakeSite) -> None:
    disk = make_disk("nas", 4)
    site = make_site(with_second(disk.folder))
    small, large = site.film(0, bytes(1_000_000)), site.film(1, bytes(6_000_000))
    keeper = site.keeper
    first = keeper.first()
    with pytest.raises(VolumeFull):
        list(keeper.move(keeper.to_move(first, True), first, keeper.second(first), lambda _: None))
    assert files(disk.folder) == [small.file] and site.files() == [large.file]
    assert list((disk.folder / "incoming").iterdir()) == []


def test_what_a_bad_disk_gives_back_is_not_believed(
    make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    real = os.fsync

    def forgets(handle: int) -> None:
        """A disk that says yes and changes a byte."""
        name = os.readlink(f"/proc/self/fd/{handle}")
        if name.endswith(".part"):
            os.pwrite(handle, b"x", 5)
        real(handle)

    monkeypatch.setattr(os, "fsync", forgets)
    with pytest.raises(CopyDiffers):
        move_all(site)
    assert site.files() == [segment.file] and files(second) == [] and list((second / "incoming").iterdir()) == []


def test_a_rotten_file_stays_where_it_is_and_the_others_go(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    bad, good = site.film(0), site.film(1)
    (site.box.segments / bad.file).write_bytes(b"\1" * bad.size)
    assert move_all(site) == 1
    assert site.files() == [bad.file] and files(second) == [good.file]
    assert move_all(site) == 0 and site.codes() == ["storage.rotten"]


@pytest.mark.parametrize("where", ["segments", "run", "file", "hard"])
def test_a_link_on_the_second_volume_is_no_copy(make_site: MakeSite, second: Path, where: str) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    first, target = site.box.segments / segment.file, second / "segments" / segment.file
    if where == "segments":
        (second / "segments").rmdir()
        (second / "segments").symlink_to(site.box.segments)
    elif where == "run":
        target.parent.symlink_to(first.parent)
    else:
        target.parent.mkdir()
        target.symlink_to(first) if where == "file" else os.link(first, target)
    with contextlib.suppress(CannotWrite, OSError):
        move_all(site)
    found = site.box.find_segment(segment.file)
    assert found is not None and found.read_bytes() == bytes([0]) * 1000 and not found.is_symlink()
    if where in ("segments", "run"):
        assert site.files() == [segment.file] and site.box.store.all_moved() == []


def test_the_first_file_stays_when_a_link_takes_the_place_of_its_noted_copy(
    make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    with monkeypatch.context() as patch:
        patch.setattr("edge.storage.move.sweep", lambda *_, **__: 0)
        assert move_all(site) == 1
    (second / "segments").rename(second / "aside")
    (second / "segments").symlink_to(site.box.segments)
    with contextlib.suppress(CannotWrite):
        site.keeper.sweep()
    assert site.files() == [segment.file]


def test_a_folder_of_the_system_s_disk_is_never_a_second_volume(
    make_site: MakeSite, make_disk: MakeDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a box whose video lies on a disk of its own, with a NAS that is not mounted."""
    folder = tmp_path / "nas"
    folder.mkdir()
    site = make_site(with_second(folder), video=make_disk("disk").folder, added=False)
    real = volumes.filesystem
    monkeypatch.setattr(volumes, "filesystem", lambda path: real(folder) if path == Path("/") else real(path))
    site.keeper.volumes()
    with pytest.raises(WrongVolume, match="disk of the system"):
        site.keeper.add_second(site.keeper.first())
    assert list(folder.iterdir()) == [] and site.codes() == ["storage.second_away"]
    assert site.box.store.volume("second") is None


def test_a_run_that_is_not_over_stays(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    over, _ = site.film(0, run="r-1"), site.film(0, b"2" * 99, run="r-2")
    (site.box.video / "journal" / "r-2.jsonl").touch()
    assert move_all(site) == 1 and files(second) == [over.file]


def test_only_as_much_moves_as_is_needed(make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(with_second(second, 100))
    for number in range(4):
        site.film(number, bytes([number]) * 1_000_000)
    keeper = site.keeper
    first = keeper.first()
    monkeypatch.setattr(type(first), "free_mb", lambda self: 98)
    assert [entry.file for entry in keeper.to_move(first, False)] == ["r-1/000000.mp4", "r-1/000001.mp4"]
    monkeypatch.setattr(type(first), "free_mb", lambda self: 100)
    assert keeper.to_move(first, False) == [] and len(keeper.to_move(first, True)) == 4


def test_what_was_moved_can_be_removed_in_its_time(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    site.film(0)
    assert move_all(site) == 1
    site.years_later()
    keeper = site.keeper
    keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
    assert keeper.sweep() == 0 and len(files(second)) == 1
    site.receipt(site.clock.now)
    assert keeper.sweep() == 2
    assert files(second) == [] and site.box.store.all_moved() == [] and site.box.store.garbage() == []


def test_a_removal_on_a_volume_that_is_away_is_finished_when_it_is_back(make_site: MakeSite, second: Path) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    assert move_all(site) == 1
    site.years_later()
    away = gone(second)
    keeper = site.keeper
    assert keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None) == 1
    site.receipt(site.clock.now)
    assert keeper.sweep() == 1
    assert site.box.store.garbage() == [("second", segment.file)]
    back(second, away)
    assert keeper.sweep() == 1 and files(second) == [] and site.box.store.garbage() == []


def test_the_recorder_of_a_box_whose_disk_is_full_starts(tmp_path: Path, film: Path) -> None:  # noqa: F811
    folder = make_box(tmp_path / "box", film)
    text = (folder / "box.toml").read_text()
    (folder / "box.toml").write_text(text.replace("reserve_mb = 1\n", "reserve_mb = 10000000\n"))
    running = Running(folder)
    try:
        running.wait_ready()
    finally:
        code, _, said = running.end()
    assert code == 0 and "process.died" not in said
    assert files(folder / "video") == []
