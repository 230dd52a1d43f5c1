"""The video volume: known by its identity on both sides, made once, and never in the place of another."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import BoxConfig
from edge.errors import BadBox, CannotWrite, VolumeFull, WrongVolume
from edge.keys import BoxKeys
from edge.recorder.command import make_folder_of_its_own
from edge.storage import volume as volumes
from edge.storage.volume import IDENTITY, open_volume
from edge.wiring import open_store

from .conftest import Bench


def test_the_same_volume_opens_again_and_another_boxs_does_not(bench: Bench) -> None:
    again = open_volume(bench.volume.folder, "box-1", bench.store, 1)
    again.check()
    with pytest.raises(WrongVolume, match="another volume"):
        open_volume(bench.volume.folder, "box-2", bench.store, 1)
    (bench.volume.folder / IDENTITY).write_text("{}")
    with pytest.raises(WrongVolume, match="cannot be read"):
        open_volume(bench.volume.folder, "box-1", bench.store, 1)


def test_an_unmounted_disk_is_noticed_once_something_was_recorded(bench: Bench, film: Path, tmp_path: Path) -> None:
    bench.record(film)
    with pytest.raises(WrongVolume, match="mounted"):
        open_volume(tmp_path / "empty", "box-1", bench.store, 1)
    assert not (tmp_path / "empty").exists()
    with pytest.raises(WrongVolume, match="mounted"):
        (bench.volume.folder / IDENTITY).unlink()
        open_volume(bench.volume.folder, "box-1", bench.store, 1)


def test_a_crash_while_it_was_made_is_made_good(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, folder = bench.store.volume(), tmp_path / "fresh"

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(volumes, "replace", full)
        with pytest.raises(CannotWrite, match="No space left"):
            open_volume(folder, "box-1", bench.store, 1)
    open_volume(folder, "box-1", bench.store, 1).check()
    assert bench.store.volume() == known


def test_a_volume_that_lost_its_database_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bench.store), "volume", lambda self, place="first": None)
    with pytest.raises(WrongVolume, match="another database"):
        open_volume(bench.volume.folder, "box-1", bench.store, 1)


def test_a_reserve_is_kept(bench: Bench) -> None:
    with pytest.raises(VolumeFull):
        open_volume(bench.volume.folder, "box-1", bench.store, 10_000_000_000).check()


def test_a_folder_that_was_begun_is_finished_by_the_next_call(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make_folder_of_its_own(out)
    (out / "box.toml").rename(out / "box.toml.new")
    make_folder_of_its_own(out)
    assert sorted(path.name for path in out.iterdir()) == ["box.toml", "keys"]
    (out / "box.toml").unlink()
    (out / "mine").touch()
    with pytest.raises(BadBox, match="other things"):
        make_folder_of_its_own(out)


def test_a_first_start_waits_for_the_disk_that_the_system_is_to_mount(
    tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch, keys: BoxKeys,
) -> None:
    """Later a missing disk is told by its identity; before the first start there is none."""
    fstab, folder = tmp_path / "fstab", tmp_path / "my box" / "video"
    monkeypatch.setattr(volumes, "FSTAB", fstab)
    folder.parent.mkdir()
    store = open_store(folder.parent, BoxConfig(device="box-1"), keys, bench.clock)
    for named in (folder, folder.parent):
        point = str(named).replace(" ", "\\040")
        fstab.write_text(f"# a comment\n\nUUID=1 / ext4 defaults 0 1\nUUID=2 {point} ext4 defaults,nofail 0 2\nodd\n")
        with pytest.raises(WrongVolume, match="that is not mounted"):
            open_volume(folder, "box-1", store, 1)
        assert not folder.exists()
    fstab.write_text(f"UUID=1 / ext4 defaults 0 1\n#UUID=2 {folder.parent} ext4\nUUID=3 none swap sw 0 0\n")
    assert open_volume(folder, "box-1", store, 1).folder == folder
    fstab.unlink()
    assert open_volume(tmp_path / "video", "box-1", bench.store, 1).folder == tmp_path / "video"
