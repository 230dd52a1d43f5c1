"""A folder of .deb files is an archive of its own for apt."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from provisioning.install.packages import _first_known, _known, _of_folder, read_list
from provisioning.install.said import InstallError

pytestmark = pytest.mark.skipif(not shutil.which("apt-cache"), reason="this is no Debian")


def deb(folder: Path, name: str) -> None:
    control = folder / name / "DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\n"
                       "Description: a package\n of two lines\n")
    subprocess.run(["dpkg-deb", "--build", folder / name, folder / f"{name}_1.0_all.deb"], check=True,
                   capture_output=True)


def test_apt_takes_packages_of_the_folder_and_of_nowhere_else(tmp_path: Path) -> None:
    for name in ("zaitang-one", "zaitang-two"):
        deb(tmp_path / "debs", name)
    place = tmp_path / "place"
    place.mkdir()
    own = ("-o", f"Dir::Cache={tmp_path}/cache", "-o", f"Dir::State::Status={tmp_path}/status",
           "-o", "Debug::NoLocking=1")
    (tmp_path / "cache/archives/partial").mkdir(parents=True)
    (tmp_path / "status").touch()
    archive = (*_of_folder(tmp_path / "debs", place), *own)
    subprocess.run(["apt-get", *archive, "update"], check=True, capture_output=True, timeout=60)
    assert _known(["zaitang-one", "zaitang-two", "bash"], archive) == {"zaitang-one", "zaitang-two"}
    told = subprocess.run(["apt-get", *archive, "--print-uris", "-qq", "install", "zaitang-two"], check=True, text=True,
                          capture_output=True, timeout=60).stdout
    assert "zaitang-two_1.0_all.deb" in told and "zaitang-one" not in told


def test_what_is_no_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "a_1_all.deb").write_text("not at all")
    (tmp_path / "place").mkdir()
    with pytest.raises(InstallError, match="is no whole package"):
        _of_folder(tmp_path, tmp_path / "place")


def test_of_a_line_the_name_that_the_archive_has_is_taken(tmp_path: Path) -> None:
    assert _first_known("a|b", {"b"}) == "b" and _first_known("a|b", {"a", "b"}) == _first_known("a|b", set()) == "a"
    (tmp_path / "list.txt").write_text("# a comment\na | b  # why\n\nc\n")
    assert read_list(tmp_path / "list.txt") == ("a|b", "c")
