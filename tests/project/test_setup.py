"""provisioning/setup: what is missing is found, asked for once, and a second run is quick and changes nothing."""
from __future__ import annotations

import dataclasses
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.conftest import ROOT

FILES = ("provisioning/setup", "provisioning/apt.txt", "provisioning/apt-test.txt", "pyproject.toml",
         "provisioning/requirements/build.txt", "provisioning/requirements/dev.txt",
         "provisioning/npm/package.json", "provisioning/npm/package-lock.json")
NPM = 'mkdir -p node_modules; echo x > node_modules/x; [ ! -e "$SANDBOX/npm-broken" ]'
QUICK_S = 3.0
LOG = 'echo "${0##*/} $*" >> "$SANDBOX/log"\n'
COMMANDS = {
    "dpkg-query": 'grep -qxF -- "${!#}" "$SANDBOX/installed" && printf "install ok installed"',
    "apt-cache": 'grep -qxF -- "$2" "$SANDBOX/available"',
    "apt-get": LOG + '[ "$1" = update ] || echo chatter; [ ! -e "$SANDBOX/offline" ]',
    "id": 'cat "$SANDBOX/uid"',
    "sudo": LOG + "exit 1",
    "npm": LOG + NPM,
}
PIP = LOG + '[ ! -e "$SANDBOX/broken" ]'


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """A copy of what the script reads, with commands that only write down how they were called."""

    root: Path
    locale: str = "en_US.UTF-8"
    system: str = os.environ["PATH"]

    def says(self, name: str, *lines: str) -> None:
        """What a pretended command is to answer by."""
        (self.root / name).write_text("".join(f"{line}\n" for line in lines))

    def run(self, *lists: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "LC_ALL": "", "LC_MESSAGES": "", "LANG": self.locale, "SANDBOX": str(self.root),
               "PATH": f"{self.root}/bin:{self.system}"}
        return subprocess.run(
            [self.root / "tree/provisioning/setup", *lists], env=env, capture_output=True, text=True, check=False)

    def calls(self) -> list[str]:
        """The calls since the last time this was asked."""
        log = self.root / "log"
        found = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return found

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the tree with its time and bytes."""
        found = (path for path in sorted((self.root / "tree").rglob("*")) if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """All Debian packages installed, an empty virtual environment, no root."""
    for name in FILES:
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / "tree" / name)
    for name, body in {**{f"bin/{name}": body for name, body in COMMANDS.items()}, "tree/.venv/bin/pip": PIP}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)
    box = Sandbox(tmp_path)
    box.says("installed", *wanted())
    box.says("available")
    box.says("uid", "1000")
    return box


def wanted() -> list[str]:
    """The first name of every line of both lists."""
    lines = [line for name in FILES[1:3] for line in (ROOT / name).read_text("utf-8").splitlines()]
    return [line.split("|")[0].strip() for line in lines if line and not line.startswith("#")]


def cpu_s() -> float:
    """Processor seconds of all children that ended: a busy machine is not slow by them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_second_run_is_quick_and_changes_nothing(sandbox: Sandbox) -> None:
    first = sandbox.run("provisioning/apt.txt", "provisioning/apt-test.txt")
    assert first.returncode == 0, first.stderr
    assert [" ".join(call.split()[:1]) for call in sandbox.calls()] == ["pip"] * 3 + ["npm"]
    before, began_s = sandbox.files(), cpu_s()
    second = sandbox.run("provisioning/apt.txt", "provisioning/apt-test.txt")
    assert cpu_s() - began_s < QUICK_S
    assert (second.returncode, second.stdout, second.stderr, sandbox.calls()) == (0, "", "", [])
    assert sandbox.files() == before


def test_packages_are_installed_by_hash_without_their_dependencies(sandbox: Sandbox) -> None:
    sandbox.run()
    build, dev, own, npm = sandbox.calls()
    for call, name in ((build, "build"), (dev, "dev")):
        assert {"--no-deps", "--require-hashes", f"provisioning/requirements/{name}.txt"} <= set(call.split())
    assert own.endswith("--no-deps --no-build-isolation -e .")
    assert npm.startswith("npm ci --ignore-scripts ")


@pytest.mark.parametrize(("name", "by"), [*((name, ["pip"] * 3) for name in FILES[3:6]),
                                          *((name, ["npm"]) for name in FILES[6:])])
def test_what_changes_is_installed_again(sandbox: Sandbox, name: str, by: list[str]) -> None:
    sandbox.run()
    sandbox.calls()
    with (sandbox.root / "tree" / name).open("a") as file:
        file.write("# changed\n")
    assert sandbox.run().returncode == 0 and [call.split()[0] for call in sandbox.calls()] == by
    assert sandbox.run().returncode == 0 and sandbox.calls() == []


def test_an_installation_that_failed_is_said_and_tried_again(sandbox: Sandbox) -> None:
    sandbox.says("broken")
    failed = sandbox.run()
    assert failed.returncode == 1 and "pip could not install the pinned packages" in failed.stderr
    (sandbox.root / "broken").unlink()
    sandbox.calls()
    assert sandbox.run().returncode == 0 and len(sandbox.calls()) == 4


@pytest.mark.parametrize("missing", [True, False])
def test_without_npm_or_its_registry_it_says_what_will_not_play_and_goes_on(sandbox: Sandbox, missing: bool) -> None:
    if missing:
        (sandbox.root / "bin/npm").unlink()
        sandbox = dataclasses.replace(sandbox, system=str(sandbox.root / "system"))
        (sandbox.root / "system").mkdir()
        for name in ("bash", "cat", "cut", "dirname", "env", "grep", "head", "python3", "rm", "sed", "sha256sum", "tr"):
            command = sandbox.root / "system" / name
            command.write_text(f'#!/bin/sh\nexec {sys.executable if name == "python3" else shutil.which(name)} "$@"\n')
            command.chmod(0o755)
    else:
        sandbox.says("npm-broken")
    for _ in range(2):
        done = sandbox.run()
        assert done.returncode == 0 and "such as Firefox, will play no video" in done.stdout + done.stderr


def test_without_the_right_to_install_it_says_what_is_missing_and_goes_on(sandbox: Sandbox) -> None:
    sandbox.says("installed", *(name for name in wanted() if name not in ("mosquitto", "libglib2.0-0")))
    done = sandbox.run("provisioning/apt.txt")
    assert done.returncode == 0
    assert "missing and I may not install them: libglib2.0-0|libglib2.0-0t64 mosquitto" in done.stdout
    assert "sudo apt-get install libglib2.0-0 mosquitto" in done.stdout
    assert not [call for call in sandbox.calls() if call.startswith("apt-get")]


def test_root_installs_what_is_missing_by_the_name_that_this_release_has(sandbox: Sandbox) -> None:
    sandbox.says("uid", "0")
    sandbox.says("installed", *(name for name in wanted() if name not in ("mosquitto", "libglib2.0-0")))
    sandbox.says("available", "libglib2.0-0t64", "mosquitto")
    done = sandbox.run("provisioning/apt.txt")
    assert done.returncode == 0 and "chatter" not in done.stdout
    update, install = (call for call in sandbox.calls() if call.startswith("apt-get"))
    assert update == "apt-get update -qq"
    assert install.endswith(" -y -qq --no-install-recommends libglib2.0-0t64 mosquitto")


def test_another_name_of_a_package_counts(sandbox: Sandbox) -> None:
    sandbox.says("installed", *(f"{name}t64" if name == "libglib2.0-0" else name for name in wanted()))
    assert "missing" not in sandbox.run("provisioning/apt.txt").stdout


@pytest.mark.parametrize(("locale", "says"), [
    ("zh_CN.UTF-8", "正在把 Python 软件包安装到 .venv"), ("en_GB.UTF-8", "installing Python packages"), ("C", "正在把"),
])
def test_it_speaks_the_language_of_the_locale(sandbox: Sandbox, locale: str, says: str) -> None:
    told = dataclasses.replace(sandbox, locale=locale).run().stdout
    assert f"[setup] {says}" in told


def test_no_network_is_said(sandbox: Sandbox) -> None:
    sandbox.says("uid", "0")
    sandbox.says("installed")
    sandbox.says("offline")
    done = sandbox.run("provisioning/apt.txt")
    assert done.returncode == 1 and "apt-get update failed: is there a network?" in done.stderr
