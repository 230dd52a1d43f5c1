"""A copy of a bundle, from a folder or a .tar: nothing lands outside of it, whatever the archive says."""
from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from provisioning.release import errors
from provisioning.release.check import check_bundle
from provisioning.release.take import take
from tests.provisioning.release.making import RELEASE, bundle, pem


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A whole bundle as .tar, as `tar -cf` makes it too."""
    with tarfile.open(tmp_path / "whole.tar", "w") as archive:
        archive.add(bundle(tmp_path / "whole"), "zaitang-0.2.0-x86_64")
    return tmp_path / "whole.tar"


def test_a_tar_and_a_folder_become_the_same_copy(packed: Path, tmp_path: Path) -> None:
    for source in (packed, tmp_path / "whole"):
        target = tmp_path / "taken" / source.name
        assert check_bundle(take(source, target), pem()) == RELEASE
        assert target.stat().st_mode & 0o777 == 0o700
        modes = {path.name: path.stat().st_mode & 0o7777 for path in target.iterdir() if path.is_file()}
        assert modes["install-box"] == 0o755 and modes["debs.txt"] == 0o644
        assert not target.with_name(source.name + ".part").exists()


def test_before_it_has_its_name_all_of_it_is_on_the_disk(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And nobody is told of it before its name is there, too."""
    synced, fsync = list[str](), os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    target = take(packed, tmp_path / "taken" / "bundle")
    assert synced[-1] == str(target.parent)
    wanted = {f"{target}.part", *(f"{target}.part/{path.relative_to(target)}" for path in target.rglob("*"))}
    assert wanted <= set(synced)


def test_what_a_kill_left_is_begun_anew(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "to.part" / "wheels").mkdir(parents=True)
    (tmp_path / "to.part" / "wheels" / "half").write_bytes(b"x")
    assert check_bundle(take(packed, tmp_path / "to"), pem()) == RELEASE


@pytest.mark.parametrize("name", ["../evil", "top/../../evil", "/etc/evil", "top/./x", "top//x", "other/x", "top/a\nb",
                                  "top/" + "d/" * 20 + "x", "top/-rf", "top/.x", "top/a\\b"])
def test_zip_slip(tmp_path: Path, name: str) -> None:
    path = tar_of(tmp_path / "slip.tar", (member("top/SHA256SUMS"), b""), (member(name), b"evil"))
    with pytest.raises(errors.BadPath):
        take(path, tmp_path / "in" / "to")
    assert list((tmp_path / "in").iterdir()) == [] and not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_in_a_tar(tmp_path: Path, kind: bytes) -> None:
    path = tar_of(tmp_path / "link.tar", (member("top/SHA256SUMS"), b""), (member("top/wheels", kind, "/tmp"), b""),
                  (member("top/wheels/x"), b"x"))
    with pytest.raises(errors.NotPlain):
        take(path, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_file_that_comes_twice(tmp_path: Path) -> None:
    for second in ("top/x", "top/x/y"):
        path = tar_of(tmp_path / "twice.tar", (member("top/x"), b"1"), (member(second), b"2"))
        with pytest.raises(errors.OutOfOrder):
            take(path, tmp_path / "to")


def test_sizes_and_counts_beyond_all_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = member("top/x")
    huge.size = 1 << 40
    (tmp_path / "huge.tar").write_bytes(huge.tobuf() + bytes(1024))
    with pytest.raises(errors.TooMuch):
        take(tmp_path / "huge.tar", tmp_path / "to")
    (tmp_path / "sparse").mkdir()
    with (tmp_path / "sparse" / "x").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(errors.TooMuch):
        take(tmp_path / "sparse", tmp_path / "to")
    monkeypatch.setattr("provisioning.release.take.MAX_FILES", 10)
    many = tar_of(tmp_path / "many.tar", *((member(f"top/{number}"), b"") for number in range(30)))
    folders = tar_of(tmp_path / "folders.tar",
                     *((member(f"top/{number}", tarfile.DIRTYPE), b"") for number in range(30)))
    for path in (many, folders):
        with pytest.raises(errors.TooMuch):
            take(path, tmp_path / "to")


@pytest.mark.parametrize("cut", [1, 511, 700, 3000])
def test_a_tar_that_was_cut_off(packed: Path, tmp_path: Path, cut: int) -> None:
    (tmp_path / "cut.tar").write_bytes(packed.read_bytes()[:cut])
    with pytest.raises(errors.BadRelease):
        take(tmp_path / "cut.tar", tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_that_says_it_is_huge_is_not_read_into_memory(tmp_path: Path, kind: bytes) -> None:
    """Of a file with a hole it costs a stick nothing: a machine of 4 GB would kill what records to make room."""
    huge = member("zaitang-0.2.0-x86_64/long", kind)
    huge.size = 256 << 20
    path = tmp_path / "huge.tar"
    path.write_bytes(huge.tobuf(tarfile.GNU_FORMAT))
    os.truncate(path, huge.size + 4096)
    tracemalloc.start()
    try:
        with pytest.raises(errors.NotATar):
            take(path, tmp_path / "taken")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_compressed_tar_is_none(tmp_path: Path) -> None:
    with pytest.raises(errors.NotATar):
        take(tar_of(tmp_path / "x.tar", (member("top/SHA256SUMS"), b""), mode="w:gz"), tmp_path / "to")


def test_links_and_pipes_of_a_stick(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "whole")
    (folder / "extra").symlink_to("/etc/passwd")
    with pytest.raises(errors.NotPlain):
        take(folder, tmp_path / "to")
    (folder / "extra").unlink()
    os.mkfifo(folder / "extra")
    with pytest.raises(errors.NotPlain):
        take(folder, tmp_path / "to")


def test_nothing_there_and_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(errors.CannotRead):
        take(tmp_path / "away.tar", tmp_path / "to")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.NoBundle):
        take(tmp_path / "empty", tmp_path / "to")


def test_a_full_disk_is_told_and_leaves_nothing(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.CannotWrite, match="No space left"):
        take(packed, tmp_path / "to")
    assert not list(tmp_path.glob("to*"))
