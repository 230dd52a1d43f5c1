"""An update step by step on a machine in a folder, by the command that people call: killed at every change to the disk,
refused with words, put back by itself."""
from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from time import sleep

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.update.kept import alone
from provisioning.update.machine import Machine
from provisioning.update.prove import Pace
from provisioning.update.refusals import STATE
from provisioning.update.state import State

from .machines import GOOD_SCHEMA, QUIET, Small, bundle

TOP = Path(__file__).parents[3]

BROKEN = {"active": "ActiveState=failed\n"}
AILING = {"doctor": json.dumps([{"about": "terminal", "state": "bad", "says": "it does not answer", "params": {}}])}


def unit(small: Small) -> str:
    return small.read("etc/systemd/system/zaitang-recorder.service")


def test_a_good_release_is_kept_with_its_units_and_its_updater(small: Small, tmp_path: Path) -> None:
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 0
    assert (small.current, small.read("ran").strip()) == ("0.2.0", "releases/0.2.0")
    assert "Description=0.2.0" in unit(small) and small.releases == {"0.1.0", "0.2.0"}
    assert (small.root / "opt/zaitang/updater").readlink() == Path("releases/0.2.0")
    assert not (small.root / "var/lib/zaitang-install/bundle").exists() and not small.read("stated")


@pytest.mark.parametrize(("files", "why"), [(BROKEN, "processes"), (AILING, "doctor")])
def test_a_broken_one_is_put_back_and_stated(
    small: Small, tmp_path: Path, files: dict[str, str], why: str, capsys: pytest.CaptureFixture[str],
) -> None:
    bad = bundle(tmp_path, "0.2.0", files)
    assert small.update("take", str(bad), "--now") == 1
    assert (small.current, small.read("ran").strip(), small.releases) == ("0.1.0", "releases/0.1.0", {"0.1.0"})
    assert "Description=0.1.0" in unit(small)
    (stated,) = small.read("stated").splitlines()
    assert f"--release 0.2.0 --why {why} --back-to 0.1.0" in stated
    assert (small.root / "opt/zaitang/updater").readlink() == Path("releases/0.1.0")
    assert "0.1.0 runs again" in capsys.readouterr().out
    assert small.update("take", str(bad), "--now") == 1
    assert "not tried again" in capsys.readouterr().out and small.current == "0.1.0"
    assert small.update("take", str(bundle(tmp_path, "0.3.0")), "--now") == 0
    assert small.current == "0.3.0"


def test_what_ailed_before_is_no_fault_of_the_release(small: Small, tmp_path: Path) -> None:
    (small.root / "opt/zaitang/releases/0.1.0/doctor").write_text(AILING["doctor"])
    assert small.update("take", str(bundle(tmp_path, "0.2.0", AILING)), "--now") == 0
    assert small.current == "0.2.0"


@pytest.mark.parametrize("why", ["recording", "open", "plan"])
def test_nothing_is_made_or_touched_while_a_class_runs(
    small: Small, tmp_path: Path, why: str, capsys: pytest.CaptureFixture[str],
) -> None:
    small.say({"busy": True, "why": why, "begins": None})
    top = bundle(tmp_path, "0.2.0")
    assert small.update("take", str(top), "--now") == 0
    assert "the release is made while nothing is recorded" in capsys.readouterr().out
    shutil.rmtree(top)  # the stick is gone
    assert (small.current, small.releases, small.state()["phase"]) == ("0.1.0", {"0.1.0"}, "checked")
    assert small.update("continue") == 0 and small.releases == {"0.1.0"} and not small.read("cut")
    # Somebody has a newer one meanwhile.
    assert small.update("take", str(bundle(tmp_path, "0.3.0")), "--now") == 0 and small.releases == {"0.1.0"}
    small.say(QUIET)
    assert small.update("continue") == 0 and small.current == "0.3.0"


def test_a_class_that_begins_when_the_release_is_made_is_not_cut(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("provisioning.update.machine.NIGHT", ())
    assert small.update("take", str(bundle(tmp_path, "0.2.0"))) == 0
    monkeypatch.setattr("provisioning.update.machine.NIGHT", range(24))
    small.say({"busy": True, "why": "open", "begins": None})
    assert small.update("continue") == 0 and not small.read("cut")
    assert (small.current, small.releases, small.state()["phase"]) == ("0.1.0", {"0.1.0", "0.2.0"}, "waiting")
    small.say(QUIET)
    assert small.update("continue") == 0 and small.current == "0.2.0"


def test_a_box_that_does_not_say_whether_it_is_quiet_is_not(small: Small, tmp_path: Path) -> None:
    (small.root / "busy").write_text("no JSON")
    small.update("take", str(bundle(tmp_path, "0.2.0")), "--now")
    assert (small.current, small.state()["phase"]) == ("0.1.0", "checked")


@pytest.mark.parametrize(("files", "current"), [({}, "0.2.0"), (BROKEN, "0.1.0")])
def test_a_box_that_no_centre_has_taken_is_quiet_and_its_first_boot_is_proved(
    small: Small, tmp_path: Path, files: dict[str, str], current: str,
) -> None:
    (small.root / "var/lib/zaitang/box/box.toml").unlink()
    (small.root / "busy").write_text("no JSON")
    small.update("take", str(bundle(tmp_path, "0.2.0", {**files, "doctor": "it never ran"})), "--now")
    assert (small.current, small.read("ran").strip()) == (current, f"releases/{current}")
    assert small.read(f"opt/zaitang/releases/{current}/ends") == "box\n" and small.state()["tidy"]
    assert (small.state()["why"], small.read("stated")) == ("processes" if files else "", "")


@pytest.mark.parametrize("away", ["moved", "linked", "all"])
def test_a_box_that_cannot_be_read_is_not_taken_for_none(
    small: Small, tmp_path: Path, away: str, capsys: pytest.CaptureFixture[str],
) -> None:
    box, top = small.root / "var/lib/zaitang/box", bundle(tmp_path, "0.2.0")
    small.say({"busy": True, "why": "open", "begins": None})
    assert small.update("take", str(top), "--now") == 0 and small.state()["phase"] == "checked"
    (box / "zaitang.db").touch()
    if away == "moved":
        (box / "box.toml").rename(box / "box.toml.old")
    elif away == "linked":
        box.rename(tmp_path / "box")
        box.symlink_to(tmp_path / "a disk that is away")
    else:
        box.parent.rename(tmp_path / "zaitang")
    small.say(QUIET)
    assert small.update("continue") == 0
    assert (small.state()["phase"], small.releases) == ("checked", {"0.1.0"})
    small.update("status")
    assert "nobody can tell whether a class runs" in capsys.readouterr().out
    for more in ((), ("--dry-run",)):
        assert small.update("take", str(top), "--now", *more) == 1
        said = capsys.readouterr()
        assert "nobody can tell whether a class runs" in said.out + said.err and small.releases == {"0.1.0"}


def test_a_machine_without_an_end_takes_nothing(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    (small.root / "var/lib/zaitang-install/installed.json").unlink()
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 1
    assert "Neither a box nor a centre is installed" in capsys.readouterr().out and small.releases == {"0.1.0"}


@pytest.mark.parametrize(("unit", "fstab", "place"), [
    ("local-fs.target.wants/var-lib-zaitang.mount", "", "/var/lib/zaitang"),
    ("multi-user.target.requires/var-lib-zaitang-box.mount", "", "/var/lib/zaitang/box"),
    ("", "# ours\nLABEL=kept /var/lib/zaitang ext4 noatime 0 2\n", "/var/lib/zaitang"),
    ("", "LABEL=v /var/lib/zaitang/box/my\\040video ext4\n", "/var/lib/zaitang/box/my video")])
def test_a_box_whose_disk_is_away_takes_nothing(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str], unit: str, fstab: str, place: str,
) -> None:
    if unit:
        wanted = small.root / "etc/systemd/system" / unit
        wanted.parent.mkdir(parents=True)
        wanted.symlink_to(f"../{wanted.name}")
    (small.root / "etc/fstab").write_text(fstab)
    (small.root / "var/lib/zaitang/box/box.toml").unlink()
    top = bundle(tmp_path, "0.2.0")
    for more in ((), ("--dry-run",)):
        assert small.update("take", str(top), "--now", *more) == 1
        said = capsys.readouterr()
        assert f"at {place} is not mounted" in said.out + said.err and small.releases == {"0.1.0"}


def test_disks_that_are_there_those_of_others_and_those_that_nobody_mounts_hold_nothing_up(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.path.ismount", lambda path: str(path).endswith("lib/zaitang/box"))
    other = small.root / "etc/systemd/system/local-fs.target.wants/var-lib-zaitang\\x2dinstall.mount"
    other.parent.mkdir(parents=True)
    other.symlink_to(f"../{other.name}")
    (small.root / "etc/fstab").write_text(
        "#LABEL=x /var/lib/zaitang ext4\nLABEL=away /var/lib/zaitang/backup ext4 noatime,noauto 0 0\n"
        "LABEL=home /home ext4\nLABEL=b /var/lib/zaitang/box xfs\nUUID=1 none swap sw 0 0\nbroken\n\n")
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 0 and small.current == "0.2.0"


def test_where_the_link_is_broken_the_one_that_held_is_the_measure(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    (small.root / "opt/zaitang/current").unlink()
    small.update("status")
    assert "leads to no release" in capsys.readouterr().out
    assert small.update("take", str(bundle(tmp_path, "0.0.9")), "--now") == 1
    assert "older" in capsys.readouterr().out
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 0 and small.current == "0.2.0"
    for link in ("current", "updater"):
        (small.root / "opt/zaitang" / link).unlink()
    assert small.update("take", str(bundle(tmp_path, "0.3.0")), "--now") == 1
    assert "let it lead to one" in capsys.readouterr().out
    assert not (small.root / "opt/zaitang/current").exists()


@pytest.mark.parametrize(("then", "asks"), [('{"busy": true, "why": "recording"}', range(2, 5)),
                                            ("silent", range(4, 100))])
def test_one_that_must_go_back_waits_a_while_for_a_recorder_that_is_silent(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, asks: range,
) -> None:
    proved = Machine._prove

    def silent(machine: Machine, state: State) -> object:
        (small.root / "asked").unlink()
        (small.root / "busy").write_text("silent")
        return proved(machine, state)

    def later(pause_s: float) -> None:
        if "silent" in small.read("busy") and small.state()["phase"] == "rolling_back":
            (small.root / "busy").write_text(then)
        sleep(pause_s)

    monkeypatch.setattr(Machine, "_prove", silent)
    monkeypatch.setattr("provisioning.update.machine.time.sleep", later)
    small.update("take", str(bundle(tmp_path, "0.2.0", BROKEN)), "--now")
    assert small.read("asked").count("\n") in asks
    assert small.current == ("0.1.0" if then == "silent" else "0.2.0")
    small.say(QUIET)
    assert small.update("continue") == 0 and small.current == "0.1.0"


@pytest.mark.parametrize(("word", "lowest"), [("take", "19 idle"), ("continue", "19 idle"), ("start", "0 ")])
def test_what_is_recorded_goes_before_an_update(tmp_path: Path, word: str, lowest: str) -> None:
    for name, text in {"bin/python": '#!/bin/sh\necho "$(nice) $(ionice -p $$) $5"\n',
                       "provisioning/zaitang-update": (TOP / "provisioning/zaitang-update").read_text()}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    said = subprocess.run([tmp_path / "provisioning/zaitang-update", word], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(lowest) and (word == "start") != ("idle" in said.stdout)


def test_what_lies_in_the_inbox_is_taken_at_night(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    inbox = small.root / "var/lib/zaitang/update"
    inbox.mkdir()
    top = bundle(tmp_path, "0.2.0")
    with tarfile.open(inbox / f"{top.name}.tar", "w") as tar:
        tar.add(top, top.name)
    monkeypatch.setattr("provisioning.update.machine.NIGHT", ())
    assert small.update("continue") == 0
    assert (small.current, small.state()["phase"]) == ("0.1.0", "waiting")
    monkeypatch.setattr("provisioning.update.machine.NIGHT", range(24))
    assert small.update("continue") == 0 and small.current == "0.2.0"
    assert small.update("continue") == 0 and small.state()["phase"] == "kept"


def test_night_is_that_of_china_whatever_zone_the_machine_has(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "XXX5")  # nobody set it: an image of somewhere else
    time.tzset()
    try:
        hour = int(time.time() // 3600 + 8) % 24
        monkeypatch.setattr("provisioning.update.machine.NIGHT", (hour, (hour + 1) % 24))
        small.update("take", str(bundle(tmp_path, "0.2.0")))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert small.current == "0.2.0"


def test_a_machine_that_is_off_at_night_takes_a_quiet_hour(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("provisioning.update.machine.NIGHT", ())
    small.update("take", str(bundle(tmp_path, "0.2.0")))
    assert small.current == "0.1.0"
    monkeypatch.setattr("provisioning.update.machine.WAITS_S", -1)
    small.update("continue")
    assert small.current == "0.2.0"


def test_what_is_refused_says_why(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(path: Path, words: str) -> None:
        for more in ((), ("--dry-run",)):
            assert small.update("take", str(path), "--now", *more) == 1
            said = capsys.readouterr()
            assert words in said.out + said.err, said
        assert (small.current, small.releases) == ("0.1.0", {"0.1.0"})

    refused(bundle(tmp_path / "a", "0.2.0", key=Ed25519PrivateKey.generate()), "somebody else signed")
    refused(bundle(tmp_path / "b", "0.1.0"), "has release 0.1.0 already")
    refused(bundle(tmp_path / "c", "0.0.9"), "older")
    refused(bundle(tmp_path / "d", "0.9.0", least="0.5.0"), "update to 0.5.0 first")
    changed = bundle(tmp_path / "e", "0.2.0")
    (changed / "wheels/doctor").write_text("[1]")
    refused(changed, "not what was signed")
    small.update("status")
    assert "The last bundle was not taken" in capsys.readouterr().out
    assert not (small.root / "var/lib/zaitang-install/bundle").exists()
    # What was refused keeps no other one out.
    monkeypatch.setattr("provisioning.update.machine.NIGHT", range(24))
    bundle(small.root / "var/lib/zaitang/update", "0.3.0")
    assert small.update("continue") == 0 and small.current == "0.3.0"


def test_nothing_of_a_folder_that_is_none(small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert small.update("take", str(tmp_path)) == 1
    assert "is no bundle" in capsys.readouterr().err


def test_a_dry_run_changes_nothing(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = sorted(small.root.rglob("*"))
    assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--dry-run") == 0
    assert "from 0.1.0 to 0.2.0. This machine now: it is quiet" in capsys.readouterr().out
    assert sorted(small.root.rglob("*")) == before
    top = next(tmp_path.glob("zaitang-*"))
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.add(top, top.name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "in memory"))  # no place for a bundle
    assert small.update("take", str(tmp_path / "b.tar"), "--dry-run") == 0
    assert "from 0.1.0 to 0.2.0" in capsys.readouterr().out


def test_a_release_whose_database_the_old_one_cannot_open_needs_a_word(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"schema": json.dumps({"writes": 2, "opens": [1, 2], "database": 1})}
    assert small.update("take", str(bundle(tmp_path, "0.2.0", files)), "--now") == 1
    assert "no way back" in capsys.readouterr().out and small.releases == {"0.1.0"}
    assert small.update("take", str(tmp_path / "zaitang-0.2.0-x"), "--now") == 1
    top = next(tmp_path.glob("zaitang-0.2.0-*"))
    assert small.update("take", str(top), "--now", "--one-way") == 0 and small.current == "0.2.0"


@pytest.mark.parametrize(("database", "current"), [(1, "0.1.0"), (2, "0.2.0")])
def test_one_that_fails_goes_back_only_if_the_old_one_opens_the_database(
    small: Small, tmp_path: Path, database: int, current: str,
) -> None:
    files = {**BROKEN, "schema": json.dumps({"writes": 2, "opens": [1, 2], "database": 1})}
    top = bundle(tmp_path, "0.2.0", files)
    small.update("take", str(top), "--now", "--one-way", "--dry-run")
    (small.root / "opt/zaitang/releases/0.1.0/schema").write_text(json.dumps(GOOD_SCHEMA | {"database": database}))
    assert small.update("take", str(top), "--now", "--one-way") == 1
    assert small.current == current
    assert ("--back-to" in small.read("stated")) == (database == 1) and small.read("stated").count("\n") == 1


def test_a_database_that_the_new_one_does_not_open_is_not_touched(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"bin/zaitang-edge": "#!/bin/sh\necho 'the database cannot be used' >&2\nexit 2\n"}
    assert small.update("take", str(bundle(tmp_path, "0.2.0", files)), "--now") == 1
    assert "the database cannot be used" in capsys.readouterr().out
    assert (small.current, small.releases) == ("0.1.0", {"0.1.0"})


def test_back(small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert small.update("back") == 1
    assert "no release on this machine to go back to" in capsys.readouterr().err
    small.update("take", str(bundle(tmp_path, "0.2.0")), "--now")
    small.say({"busy": True, "why": "open", "begins": None})
    assert small.update("back") == 1 and "a class is open" in capsys.readouterr().err
    small.say({"busy": False, "why": "", "begins": None})
    assert small.update("back") == 0
    assert (small.current, small.read("ran").strip()) == ("0.1.0", "releases/0.1.0")
    assert "--why asked" in small.read("stated")
    assert small.update("continue") == 0 and small.current == "0.1.0"
    assert small.update("take", str(next(tmp_path.glob("zaitang-0.2.0-*"))), "--now") == 0 and small.current == "0.2.0"


def test_only_the_last_two_stay(small: Small, tmp_path: Path) -> None:
    for version in ("0.2.0", "0.3.0", "0.10.0"):
        assert small.update("take", str(bundle(tmp_path, version)), "--now") == 0
    assert small.releases == {"0.3.0", "0.10.0"}


def test_a_release_with_which_the_machine_starts_twice_goes_back_before_anything_runs(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut(_machine: Machine, _state: State) -> None:
        raise KeyboardInterrupt  # the power is cut while it is watched

    monkeypatch.setattr(Machine, "_prove", cut)
    with pytest.raises(KeyboardInterrupt):
        small.update("take", str(bundle(tmp_path, "0.2.0")), "--now")
    assert small.current == "0.2.0"
    for boot, current in (("start-2", "0.2.0"), ("start-3", "0.1.0")):
        small.start_machine(boot)
        assert small.update("start") == 0 and small.current == current
    assert "Description=0.1.0" in unit(small)
    assert small.update("continue") == 0 and "--why starts" in small.read("stated")


def test_what_systemd_starts_while_another_is_at_work_does_not_fail(small: Small, tmp_path: Path) -> None:
    """A unit that did would be taken for a process of the next release that does not run."""
    with alone(small.root / STATE[1:]):
        assert small.update("start") == small.update("continue") == 0
        assert small.update("take", str(bundle(tmp_path, "0.2.0")), "--now") == 1


@pytest.mark.parametrize("files", [{}, BROKEN], ids=["good", "broken"])
@pytest.mark.long
@pytest.mark.parametrize("every", [29, 5])
def test_killed_at_any_change_to_the_disk_it_starts_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], every: int,
) -> None:
    top, wanted = bundle(tmp_path, "0.2.0", files), "0.1.0" if files else "0.2.0"
    whole = Small(tmp_path / "whole", monkeypatch.setenv)
    at, killed = 0, True
    while killed:
        root = tmp_path / "root"
        shutil.rmtree(root, ignore_errors=True)
        with monkeypatch.context() as patch:
            small = Small(root, patch.setenv)
            killed = small.killed(at, "take", str(top), "--now")
            assert small.current in ("0.1.0", "0.2.0")
            small.start_machine("start-2")
            assert small.update("start") == 0
            (root / "ran").write_text(f"releases/{small.current}\n")  # the ends start with what is current
            assert small.update("continue") == 0
            noted = small.state() if small.read("var/lib/zaitang-install/update.json") else {"phase": "none"}
            if noted["phase"] in ("none", "idle"):
                assert small.current == "0.1.0"  # nobody had noted yet that it was wanted
            else:
                assert (small.current, noted["told"], noted["tidy"]) == (wanted, True, True)
                assert small.read("ran").strip() == f"releases/{wanted}"
                assert small.releases == {"0.1.0", wanted}
                assert len(set(small.read("stated").splitlines())) == len(files)  # the box states it once
        at += every
    assert at > 40 and whole.current == "0.1.0"


def test_a_release_needs_time_to_prove_itself() -> None:
    assert Pace().prove_s > 2 * 90 and Pace().grace_s < Pace().prove_s
