"""A bundle of an invented project: laid out, hashed, signed, packed; the same commit gives the same bytes."""
from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from provisioning.bundle import debs
from provisioning.bundle.errors import NoCheckout, NotComplete, OtherMakes
from provisioning.bundle.make import Wanted, make
from provisioning.bundle.pins import Pin, Wheel, read_pins
from provisioning.bundle.targets import Target
from provisioning.bundle.wheels import Say
from provisioning.release.check import check_bundle
from provisioning.release.key import write_key
from provisioning.release.pack import pack
from provisioning.release.sign import PRIVATE, keygen, sign
from provisioning.release.take import take
from tests.project.conftest import ROOT
from tests.provisioning.bundle.making import a_wheel
from tests.provisioning.bundle.test_wheels import quiet

WANTED = Wanted((Target("aarch64", "3.11"), Target("aarch64", "3.13")))
FILES = {
    "pyproject.toml": '[project]\nname = "zaitang"\nversion = "0.3.0"\n[tool.zaitang]\nupdates_from = "0.1.0"\n',
    "provisioning/install-box": "#!/bin/sh\n", "provisioning/install-centre": "#!/bin/sh\n",
    "provisioning/apt-box.txt": "libgl1\n# why\nlibglib2.0-0|libglib2.0-0t64\n",
    "provisioning/apt-kiosk.txt": "libgl1\ncage\n", "provisioning/apt-test.txt": "chromium\n",
    "provisioning/demo/play.py": "", "provisioning/install/plan.py": "", "systemd/zaitang-box.target": "[Unit]\n",
    "provisioning/requirements/dev.txt": "", "provisioning/requirements/overrides.txt": "",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, and wheels that come without a network."""
    registry = tmp_path / "registry"
    one = a_wheel(registry, "one", tags="cp311-abi3-manylinux_2_28_aarch64")
    pinned = f"one==1.0 \\\n    --hash=sha256:{one.sha256} \\\n    --hash=sha256:{'0' * 64}\n"
    top = tmp_path / "top"
    lists = {f"provisioning/requirements/{name}.txt": pinned for name in ("box", "centre")}
    for name, text in {**FILES, **lists}.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    (top / "provisioning/install-box").chmod(0o755)
    commit(top)

    def fetch(pins: Collection[Pin], _targets: Sequence[Target], _pool: Path, _say: Say) -> dict[Wheel, Path]:
        assert [pin.name for pin in pins] == ["one"]
        return {one: registry / one.file}

    def build_own(tree: Path, out: Path, _epoch: int) -> Path:
        assert not (tree / "not-committed").exists()
        return out / a_wheel(out, "zaitang", "0.3.0", requires=["one", 'one ; extra == "edge"']).file

    monkeypatch.setattr("provisioning.bundle.wheels.fetch", fetch)
    monkeypatch.setattr("provisioning.bundle.wheels.build_own", build_own)
    return top


def commit(top: Path) -> None:
    git = ["git", "-C", str(top), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x", "--date=2026-11-27T08:00:00Z"]):
        subprocess.run([*git, *arguments], check=True, env={**os.environ, "GIT_COMMITTER_DATE": "2026-11-27T08:00:00Z"})


def test_a_signed_bundle_is_what_every_machine_takes(project: Path, tmp_path: Path) -> None:
    (project / "not-committed").write_text("x")
    public = keygen(tmp_path / "keys", b"correct horse")
    folder, release = make(project, tmp_path / "out", WANTED, quiet)
    sign(folder, tmp_path / "keys" / PRIVATE, b"correct horse")
    copy = take(pack(folder, release), tmp_path / "copy")
    assert check_bundle(copy, write_key(public)) == check_bundle(folder, write_key(public)) == release
    assert (release.name, release.made) == ("zaitang-0.3.0-aarch64", "2026-11-27T08:00:00Z")
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()) == [
        "SHA256SUMS", "SHA256SUMS.sig", "debs.txt", "debs/README.txt", "install-box", "install-centre",
        "provisioning/apt-box.txt", "provisioning/apt-kiosk.txt", "provisioning/install-box",
        "provisioning/install-centre", "provisioning/install/plan.py", "provisioning/requirements/box.txt",
        "provisioning/requirements/centre.txt", "release.toml", "systemd/zaitang-box.target",
        "wheels/one-1.0-cp311-abi3-manylinux_2_28_aarch64.whl", "wheels/zaitang-0.3.0-py3-none-any.whl"]
    assert (copy / "install-box").stat().st_mode & 0o777 == 0o755
    (pin,) = read_pins((copy / "provisioning/requirements/box.txt").read_text())
    assert len(pin.hashes) == 1
    listed = (copy / "debs.txt").read_text().splitlines()
    assert {"cage", "libgl1", "libglib2.0-0|libglib2.0-0t64"} <= set(listed) and "chromium" not in listed
    done = subprocess.run(["sha256sum", "-c", f"{release.name}.tar.sha256"], cwd=tmp_path / "out", check=False)
    assert done.returncode == 0


@pytest.mark.long
def test_the_same_commit_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    packed = []
    for name, mask in (("one", 0o022), ("other", 0o077)):
        before = os.umask(mask)
        try:
            folder, release = make(project, tmp_path / name, WANTED, quiet)
            packed.append(pack(folder, release).read_bytes())
        finally:
            os.umask(before)
        time.sleep(1.1)
    assert packed[0] == packed[1]


def test_made_again_it_stands_in_the_place_of_the_one_before(project: Path, tmp_path: Path) -> None:
    folder, _ = make(project, tmp_path / "out", WANTED, quiet)
    (folder / "evil").write_text("x")
    (tmp_path / "out" / ".part-killed").mkdir()
    again, _ = make(project, tmp_path / "out", WANTED, quiet)
    assert again == folder and not (folder / "evil").exists()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pool", folder.name]


def test_a_bundle_that_lacks_something_is_not_made(project: Path, tmp_path: Path) -> None:
    with pytest.raises(NotComplete, match="one 1"):
        make(project, tmp_path / "out", Wanted((Target("x86_64", "3.11"),)), quiet)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["pool"]


def test_no_two_are_made_in_one_place_and_none_without_git(project: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "pool").mkdir(parents=True)
    descriptor = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(OtherMakes):
        make(project, tmp_path / "out", WANTED, quiet)
    os.close(descriptor)
    with pytest.raises(NoCheckout):
        make(tmp_path / "registry", tmp_path / "out", WANTED, quiet)


def test_the_folder_of_debs_says_what_is_in_it_and_how_others_come() -> None:
    assert "405" in debs.readme("bookworm", 405) and "bookworm" in debs.readme("bookworm", 405)
    assert "No .deb files came" in debs.readme("", 0) and "没有附带" in debs.readme("", 0)
    assert "sudo apt-get install --download-only" in debs.readme("", 0)
    assert "chromium" not in debs.listed(ROOT) and "mosquitto" in debs.listed(ROOT)
