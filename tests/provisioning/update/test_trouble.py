"""A full disk, a clock that jumps, a bundle that is gone, an installer beside it: an update says so, and no release
stays that was not proved."""
from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import time
from collections import namedtuple
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioning.install.journal import Journal
from provisioning.install.said import InstallError
from provisioning.update import cli, machine, refusals
from provisioning.update.bundles import offered
from provisioning.update.kept import load, save
from provisioning.update.machine import WAITS_S, Machine
from provisioning.update.refusals import STATE
from provisioning.update.state import State

from .machines import INSTALLED, Small, bundle, kill_at

BROKEN = {"active": "ActiveState=failed\n"}
Usage = namedtuple("Usage", "total used free")


def full(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Units find no room on the disk, once so many times were done well."""
    settle, left = Machine.settle_units, [after]

    def settled(one: Machine) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        settle(one)

    monkeypatch.setattr(Machine, "settle_units", settled)


@pytest.mark.parametrize("files", [{}, BROKEN], ids=["good", "broken"])
@pytest.mark.parametrize("after", [0, 1], ids=["at the link", "at the restart"])
def test_a_disk_that_fills_up_in_the_switch_leaves_no_release_unproved(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], after: int,
) -> None:
    monkeypatch.setattr("provisioning.update.machine.NIGHT", range(24))
    with monkeypatch.context() as patch:
        full(patch, after=after)
        small.update("take", str(bundle(tmp_path, "0.2.0", files)))
        monkeypatch.setattr("provisioning.update.machine.NIGHT", ())
        small.update("continue")
        assert small.state()["phase"] != "kept", "what runs is the one before"
        # Whoever starts the machine now has the old release, or one whose starts are counted.
        assert small.current == "0.1.0" or small.state()["phase"] in ("switched", "proving", "rolling_back")
        assert small.read("ran") == "releases/0.1.0\n"
    small.update("continue")
    wanted = "0.1.0" if files else "0.2.0"
    assert (small.current, small.read("ran").strip(), small.state()["tidy"]) == (wanted, f"releases/{wanted}", True)


@pytest.fixture
def on_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """A machine whose only file system is real and small."""
    root = tmp_path / "root"
    root.mkdir()
    if os.geteuid() != 0 or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", root], capture_output=True,
    ).returncode:
        pytest.skip("nobody may mount a small volume here")
    monkeypatch.setattr(refusals, "SPARE", 0)
    yield Small(root, monkeypatch.setenv)
    subprocess.run(["umount", "--lazy", root], check=True)


def fill(root: Path) -> None:
    """To the last block."""
    with contextlib.suppress(OSError), (root / "ballast").open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(root).free == 0


def test_a_release_that_fills_the_disk_to_the_last_block_goes_back_all_the_same(
    on_a_small_disk: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    small, prove = on_a_small_disk, Machine._prove

    def filled(machine: Machine, state: State) -> Mapping[str, Any]:
        fill(small.root)
        return prove(machine, state)

    monkeypatch.setattr(Machine, "_prove", filled)
    small.update("take", str(bundle(tmp_path, "0.2.0", BROKEN)), "--now")
    assert (small.current, small.state()["phase"], small.read("ran")) == (
        "0.1.0", "rolled_back", "releases/0.1.0\n")
    assert "Description=0.1.0" in small.read("etc/systemd/system/zaitang-recorder.service")
    (small.root / "ballast").unlink()
    assert small.update("continue") == 0 and small.state()["told"] and small.state()["tidy"]


def test_one_that_takes_each_block_that_is_made_free_is_gone_after_the_next_start(
    on_a_small_disk: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    small, settle = on_a_small_disk, Machine.settle_units

    def filled(machine: Machine) -> None:
        if small.state()["phase"] in ("proving", "rolling_back"):
            fill(small.root)
        settle(machine)

    monkeypatch.setattr(Machine, "settle_units", filled)
    small.update("take", str(bundle(tmp_path, "0.2.0", BROKEN)), "--now")
    assert (small.current, small.state()["phase"]) == ("0.1.0", "rolling_back"), "its units are still there"
    small.start_machine("start-2")
    small.update("start")
    assert (small.current, small.state()["phase"]) == ("0.1.0", "rolled_back")


def test_what_is_noted_needs_no_room_and_is_whole_whenever_it_is_killed(on_a_small_disk: Small) -> None:
    path = on_a_small_disk.root / STATE[1:] / "update.json"
    for number in range(2):
        save(path, State(version=str(number)))
    fill(on_a_small_disk.root)
    for at in range(8):
        save(path, State(version="before"))
        pid = os.fork()
        if not pid:
            kill_at(at)
            save(path, State(version="after"))
            os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        assert load(path).version in ("before", "after") and (killed or load(path).version == "after")
    assert not killed, "it was killed at each change"
    save(path, State("proving", "0.2", "0.1", troubles=("x" * 2000,)))
    assert load(path).troubles == ("x" * 2000,)


def test_a_release_that_systemd_does_not_start_goes_back(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the processes of the one before would prove it."""
    restart = machine.systemd.restart

    def refuses(target: str) -> None:
        if small.current == "0.2.0":
            raise InstallError("失败", "Job canceled")
        restart(target)

    monkeypatch.setattr(machine.systemd, "restart", refuses)
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 1
    assert (small.current, small.state()["phase"], small.state()["troubles"]) == (
        "0.1.0", "rolled_back", ["Job canceled"])


def test_a_restart_that_a_machine_on_its_way_down_refuses_says_nothing_of_the_release(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(_target: str) -> None:
        (small.root / "runs").write_text("stopping")
        raise InstallError("失败", "Job canceled")

    with monkeypatch.context() as patch:
        patch.setattr(machine.systemd, "restart", refuses)
        small.update("take", str(bundle(tmp_path, "0.2.0")), "--now")
    assert (small.current, small.state()["phase"]) == ("0.2.0", "switched")
    (small.root / "runs").unlink()
    small.start_machine("start-2")
    small.update("continue")
    assert (small.current, small.state()["phase"], small.state()["tidy"]) == ("0.2.0", "kept", True)


def test_without_room_nothing_is_copied(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    top = bundle(tmp_path, "0.2.0")
    monkeypatch.setattr(refusals.shutil, "disk_usage", lambda _path: Usage(1 << 40, 0, 1 << 20))
    monkeypatch.setattr(machine, "take", lambda *_: pytest.fail("it was copied"))
    for more in ((), ("--dry-run",)):
        assert small.update("take", str(top), "--now", *more) == 1
        said = capsys.readouterr()
        assert "must be free" in said.out + said.err and small.releases == {"0.1.0"}


def test_a_copy_that_a_kill_left_takes_no_room_for_ever(small: Small, tmp_path: Path) -> None:
    left = small.root / STATE[1:] / "bundle.part/wheels"
    left.mkdir(parents=True)
    assert small.update("continue") == 0 and not left.parent.exists()


@pytest.mark.parametrize("jump_s", [-30 * 86400, WAITS_S + 3600])
def test_a_clock_that_was_set_holds_no_update_for_ever(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump_s: int,
) -> None:
    monkeypatch.setattr("provisioning.update.machine.NIGHT", ())
    assert small.update("take", str(bundle(tmp_path, "0.2.0"))) == 0 and small.state()["phase"] == "waiting"
    assert small.update("continue") == 0 and small.current == "0.1.0"
    real = time.time
    monkeypatch.setattr(machine.time, "time", lambda: real() + jump_s)
    assert small.update("continue") == 0 and small.current == "0.2.0"


def test_what_is_gone_from_the_inbox_meanwhile_is_one_sentence(
    small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    top = bundle(small.root / "var/lib/zaitang/update", "0.2.0")

    looks = list[Path]()

    def twice(inbox: Path) -> Path | None:
        looks.append(inbox)
        if len(looks) == 2:
            shutil.rmtree(top)
        return offered(inbox) if len(looks) != 2 else top

    monkeypatch.setattr(machine, "offered", twice)
    assert small.update("continue") == 0
    assert "not there any more" in capsys.readouterr().out and small.current == "0.1.0"


def test_without_the_publishers_key_it_says_so(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    (small.root / "etc/zaitang/release.pem").unlink()
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 1
    assert "--release-key" in capsys.readouterr().out and small.releases == {"0.1.0"}


def test_what_an_installer_noted_last_is_known(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ended between the two looks of an updater that was just called."""
    alone, path = cli.alone, small.root / STATE[1:] / "installed.json"

    @contextlib.contextmanager
    def late(folder: Path) -> Iterator[None]:
        with alone(folder):
            Journal(path).put("file:/etc/new", {"sha256": []}, "box")
            yield

    monkeypatch.setattr(cli, "alone", late)
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 0
    assert {"file:/etc/new", *INSTALLED["placed"]} <= set(json.loads(path.read_text())["placed"])


@pytest.mark.parametrize("words", [("status",), ("start",), ("continue",), ("back",)])
def test_a_journal_that_is_damaged_is_one_sentence(
    small: Small, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
) -> None:
    (small.root / STATE[1:] / "installed.json").write_text("{")
    assert small.update(*words) == 1 and "damaged" in capsys.readouterr().err


def test_what_is_no_release_is_left_where_it_lies(small: Small, tmp_path: Path) -> None:
    releases = small.root / "opt/zaitang/releases"
    (releases / "notes.txt").write_text("x")
    (releases / "link").symlink_to(tmp_path)
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 0
    assert small.state()["tidy"] and small.releases == {"0.1.0", "0.2.0", "notes.txt", "link"}
