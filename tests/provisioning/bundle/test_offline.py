"""The real bundle of this commit, for this machine and Python: installed without a network, both ends run."""
from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from provisioning.bundle.__main__ import targets
from provisioning.bundle.make import ROOTS, Wanted, make, overrides
from provisioning.bundle.pins import complete, read_pins
from provisioning.bundle.wheels import fetch
from provisioning.release.check import check_bundle
from provisioning.release.key import write_key
from provisioning.release.sign import PRIVATE, keygen, sign
from tests.project.conftest import ROOT
from tests.provisioning.bundle.test_wheels import quiet

WORD = b"correct horse battery"
PYTHON = f"3.{sys.version_info[1]}"


@pytest.fixture
def pool() -> Path:
    """Downloads are kept in the checkout, beside those of `make bundle`."""
    folder = ROOT / "build" / "bundle" / "pool"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def offline(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """In a network namespace with nothing in it, and without what this machine tells pip and Python."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(["unshare", "-n", *command], capture_output=True, text=True, check=False, cwd="/",
                          env={**env, "PIP_CONFIG_FILE": "/dev/null"})


@pytest.mark.bundle
@pytest.mark.timeout(1500)
@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="needs root to cut the network")
def test_a_machine_without_a_network_gets_both_ends_from_the_bundle(tmp_path: Path, pool: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    public = keygen(tmp_path / "keys", WORD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "pool").symlink_to(pool)
    folder, _ = make(ROOT, tmp_path / "out", Wanted(targets(platform.machine(), PYTHON)), quiet)
    sign(folder, tmp_path / "keys" / PRIVATE, WORD)
    release = check_bundle(folder, write_key(public))

    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    cut = offline(venv / "bin/python", "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 5)")
    assert "Network is unreachable" in cut.stderr
    pip = (venv / "bin/pip", "--disable-pip-version-check", "install", "--no-deps", "--no-compile", "--no-index",
           "--find-links", folder / "wheels")
    for name in ("box.txt", "centre.txt"):
        done = offline(*pip, "--require-hashes", "-r", folder / "provisioning/requirements" / name)
        assert done.returncode == 0, done.stderr
    assert offline(*pip, f"zaitang=={release.version}").returncode == 0
    # Its place is taken by opencv-python (provisioning/requirements/overrides.txt).
    broken = offline(venv / "bin/pip", "check").stdout.splitlines()
    assert [line for line in broken if "opencv-contrib-python" not in line] in ([], ["No broken requirements found."])
    for command in ("zaitang-edge", "zaitang-central", "zaitang-verify"):
        done = offline(venv / "bin" / command, "--help")
        assert done.returncode == 0 and command in done.stdout, done.stderr
    for module in ("edge.wiring", "central.wiring"):
        done = offline(venv / "bin/python", "-c", f"import {module}; print({module}.__file__)")
        assert done.stdout.startswith(str(venv)), done.stderr


@pytest.mark.bundle
@pytest.mark.timeout(1500)
def test_a_raspberry_pi_and_a_jetson_lack_no_package(pool: Path) -> None:
    lists = [(ROOT / "provisioning/requirements" / name).read_text("utf-8") for name in ROOTS]
    pins = list({pin: None for text in lists for pin in read_pins(text)})
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in ("edge", "central", "stamps")
                                         for one in project["optional-dependencies"][extra])]
    found = fetch(pins, targets("aarch64", ""), pool, quiet)
    complete(asked, pins, list(found), overrides(ROOT), targets("aarch64", ""))
