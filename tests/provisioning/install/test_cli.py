"""What the heads say: refusals in both languages, a dry run that writes nothing, two runs that exclude each other."""
from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioning.install import cli
from provisioning.install.ends import CENTRE
from provisioning.install.items import Item
from provisioning.install.journal import FOLDER, Journal
from provisioning.install.machine import Machine
from provisioning.install.options import KEY, Options
from provisioning.install.plan import _key as the_key
from provisioning.install.release import CURRENT
from provisioning.install.said import own_language
from provisioning.install.words import asked_language
from tests.provisioning.install.conftest import DEBIAN
from tests.provisioning.release.making import pem

PROJECT = Path(__file__).parents[3]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs it on a machine that could be taken, at a root folder of its own."""
    (tmp_path / "root").mkdir()

    def do(*words: str, machine: Machine = DEBIAN) -> tuple[int, str, str]:
        monkeypatch.setattr(cli, "look", lambda root: machine)
        code = cli.main([*words, "--lang", "en"], tmp_path / "root")
        return (code, *capsys.readouterr())

    return do


@pytest.mark.parametrize("end", ["box", "centre"])
def test_a_dry_run_shows_everything_and_writes_nothing(run: Run, tmp_path: Path, end: str) -> None:
    code, out, err = run(end, "--dry-run", machine=Machine("pc", ("debian", "12"), "x86_64", 64, 10**12, is_root=False))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "would do: Debian packages (the first time minutes)"
    assert lines[-1] == "would do: Starts when the machine starts" and len(set(lines)) == len(lines)
    assert list((tmp_path / "root").iterdir()) == []
    assert run(end, "--dry-run", "--uninstall")[1] == "There is nothing to do.\n"


@pytest.mark.parametrize(("words", "told"), [
    (("box", "--device", "A b"), "--device takes"), (("box", "--device", "../x"), "--device takes"),
    (("box", "--keys-passphrase-file", "{short}"), "12 characters or more"),
    (("box", "--keys-passphrase-file", "{long}"), "more than 1024 bytes"),
    (("box", "--change-keys-passphrase"), "holds the new passphrase"), (("box", "--room", "101"), "with --device"),
    (("centre", "--passphrase-file", "{good}", "--keys-passphrase-file", "{short}"), "12 characters or more"),
    (("centre", "--passphrase-file", "{good}", "--change-keys-passphrase"), "holds the new passphrase"),
    (("centre",), "--passphrase-file"), (("centre", "--passphrase-file", "/nowhere"), "no file /nowhere"),
    (("centre", "--passphrase-file", "{short}"), "12 characters or more"),
    (("centre", "--passphrase-file", "{good}", "--name", "a b"), "no name or address"),
    (("centre", "--passphrase-file", "{good}", "--backup-passphrase-file", "{short}"), "12 characters or more")])
def test_what_was_said_wrong_is_told_before_anything_happens(
    run: Run, tmp_path: Path, words: tuple[str, ...], told: str,
) -> None:
    files = {"short": tmp_path / "short", "good": tmp_path / "good", "long": tmp_path / "long"}
    files["long"].write_text("x" * 1025)
    files["short"].write_text("eleven char\nmore than that")
    files["good"].write_text("a long passphrase\n")
    code, out, err = run(*(word.format(**files) for word in words))
    assert (code, out) == (2, "") and told in err and len(err.splitlines()) == 1
    assert list((tmp_path / "root").iterdir()) == []


def test_a_dry_run_tells_what_cannot_be_as_well(run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    running = dataclasses.replace(DEBIAN, booted=True)
    for words, told in ((("--release-key", str(tmp_path / "key")), "--release-key: "),
                        (("--rtc", "ds3231"), "Raspberry Pi alone"),
                        (("--data-disk", "nowhere"), "no disk with the label nowhere")):
        for dry in ((), ("--dry-run",)):
            code, out, err = run("box", *words, *dry, machine=running)
            assert (code, out) == (2, "") and told in err and len(err.splitlines()) == 1
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("end", ["box", "centre"])
def test_an_unknown_word_names_the_command_that_was_called(
    run: Run, capsys: pytest.CaptureFixture[str], end: str,
) -> None:
    with pytest.raises(SystemExit):
        run(end, "--nonsense")
    said = capsys.readouterr().err
    assert f"install-{end} [-h]" in said and "--nonsense" in said and "{box,centre}" not in said


def test_another_machine_and_another_user_are_refused(run: Run) -> None:
    old = Machine("pc", ("debian", "11"), "x86_64", 64, 10**12, is_root=False)
    code, _, err = run("box", machine=old)
    assert code == 2 and "not supported" in err and "Only root" in err
    assert run("box", "--uninstall", machine=old)[2].startswith("Only root")


def test_another_release_comes_by_an_update(run: Run, tmp_path: Path) -> None:
    link = tmp_path / "root" / CURRENT[1:]
    link.parent.mkdir(parents=True)
    link.symlink_to("releases/0.0.1")
    code, _, err = run("box")
    assert code == 2 and "Release 0.0.1 is installed here" in err


def test_a_name_that_a_centre_does_not_take_any_more_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = tmp_path / "root" / CENTRE[1:] / "centre.toml"
    (tmp_path / "root/var/log").mkdir(parents=True)
    told.parent.mkdir(parents=True)
    told.write_text('[devices]\nnames = ["a.example"]\n')
    monkeypatch.setattr(cli, "plan", lambda _machine, options: [])
    code, out, _ = run("centre", "--name", "a.example", "--name", "b.example")
    assert code == 0 and "--name b.example changes nothing" in out and "there is nothing to do" in out
    assert "changes nothing" not in run("centre", "--name", "a.example")[1]


def test_two_installations_exclude_each_other(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "root" / FOLDER[1:]
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    code, out, err = run("box", "--uninstall")
    os.close(descriptor)
    assert (code, out) == (1, "") and "Another installation is going on" in err


def test_an_end_whose_installation_has_just_ended_keeps_its_packages(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone, planned = cli._alone, list[tuple[str, ...]]()

    @contextlib.contextmanager
    def late(root: Path) -> Iterator[None]:
        (root / "var/log").mkdir(parents=True)
        with alone(root):
            Journal(root / FOLDER[1:] / "installed.json").put("user:zaitang", {}, "centre")
            yield

    def plan(_machine: Machine, options: Options) -> list[Item]:
        planned.append(options.others)
        return []

    monkeypatch.setattr(cli, "_alone", late)
    monkeypatch.setattr(cli, "plan", plan)
    assert run("box")[0] == 0 and planned == [("centre",)]


def test_the_publishers_key_that_came_with_the_box_stays_for_the_centre(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, file, secret, key = tmp_path / "root", tmp_path / "release.pem", tmp_path / "passphrase", pem()
    file.write_bytes(key)
    secret.write_text("a long passphrase\n")
    for folder in ("var/log", "etc"):
        (root / folder).mkdir(parents=True)
    for name in ("passwd", "group"):
        (root / "etc" / name).write_text(f"root:x:{os.getuid()}:{os.getgid()}::/root:/bin/sh\n")
    monkeypatch.setattr(cli, "plan", lambda _machine, options: the_key(options))
    assert run("box", "--release-key", str(file))[0] == 0
    assert run("centre", "--passphrase-file", str(secret))[0] == 0
    assert run("box", "--uninstall")[0] == 0 and (root / KEY[1:]).read_bytes() == key
    assert run("centre", "--uninstall")[0] == 0 and not (root / KEY[1:]).exists()


def test_a_removal_leaves_no_journal_and_says_where_evidence_lies(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in (FOLDER, "/var/log", "/var/lib/zaitang/box", "/opt/zaitang/releases/1"):
        (root / folder[1:]).mkdir(parents=True)
    placed = {"whole": True, "folders": ["/opt"]}
    Journal(root / FOLDER[1:] / "installed.json").put("folder:/opt/zaitang", placed, "box")
    assert run("box", "--uninstall", "--dry-run")[1] == "would remove folder:/opt/zaitang\n"
    code, out, err = run("box", "--uninstall")
    assert (code, err) == (0, "") and "rm -r /var/lib/zaitang" in out
    assert not (root / "opt").exists() and not (root / FOLDER[1:]).exists() and (root / "var/lib/zaitang/box").is_dir()
    assert "removal of a box" in (root / "var/log/zaitang-install.log").read_text()


@pytest.mark.parametrize(("end", "lang", "word"), [("box", "zh", "证据保留"), ("centre", "en", "evidence stays")])
def test_the_heads_work_from_anywhere_and_in_both_languages(tmp_path: Path, end: str, lang: str, word: str) -> None:
    head = tmp_path / "head"
    head.symlink_to(PROJECT / "provisioning" / f"install-{end}")
    done = subprocess.run([head, "--help", "--lang", lang], cwd=tmp_path, capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 0 and word in done.stdout.replace("\n", ""), done.stderr


def test_no_module_that_lies_where_somebody_stands_is_run(tmp_path: Path) -> None:
    evil = tmp_path / "shared"
    evil.mkdir()
    for name in ("argparse", "runpy", "dataclasses", "provisioning"):
        (evil / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (evil / "short").write_text("short\n")
    head = PROJECT / "provisioning/install-centre"
    words = [head, "--dry-run", "--lang", "en", "--name", "c.example", "--passphrase-file", "short"]
    done = subprocess.run(words, cwd=evil, capture_output=True, text=True, timeout=30, check=False,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(evil)})
    assert "short holds no passphrase of" in done.stderr and not (tmp_path / "ran").exists(), done.stderr


def test_a_python_without_most_of_its_library_is_passed_over(tmp_path: Path) -> None:
    """As Debian's python3-minimal brings it."""
    minimal, whole = tmp_path / "python3", tmp_path / "python3.11"
    minimal.write_text(f"#!/bin/sh\ncase $* in *dataclasses*|*runpy*) exit 1; esac\nexec {sys.executable} \"$@\"\n")
    minimal.chmod(0o755)
    whole.symlink_to(sys.executable)
    words = [PROJECT / "provisioning/install-centre", "--dry-run", "--lang", "en", "--passphrase-file", "/nowhere"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert "There is no file /nowhere" in done.stderr, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is given a Python")
def test_a_bundle_brings_a_bare_machine_its_python_and_all_that_this_needs(tmp_path: Path) -> None:
    """As where Debian was installed without its standard utilities, and there is no network."""
    programs, debs = tmp_path / "bin", tmp_path / "top/debs"
    programs.mkdir()
    debs.mkdir(parents=True)
    (tmp_path / "top/provisioning").symlink_to(PROJECT / "provisioning")
    for name in ("python3_3.11.2_amd64.deb", "media-types_10_all.deb"):
        (debs / name).touch()
    for name in ("bash", "id", "ls", "ln", "readlink"):
        (programs / name).symlink_to(str(shutil.which(name)))
    apt = programs / "apt-get"
    apt.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/asked\nln -s {sys.executable} {programs}/python3\n")
    apt.chmod(0o755)
    done = subprocess.run([PROJECT / "provisioning/install/head", tmp_path / "top", "box", "--help", "--lang", "en"],
                          capture_output=True, text=True, timeout=30, check=False, env={"PATH": str(programs)})
    assert done.returncode == 0 and "evidence stays" in done.stdout, done.stderr
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[-2:] == ["install", "python3"] and "Dir::Etc::SourceList=/dev/null" in asked
    named = [asked[at + 1] for at, word in enumerate(asked) if word == "--with-source"]
    assert named == sorted(map(str, debs.iterdir()))


@pytest.mark.parametrize(("environ", "lang"), [({}, "zh"), ({"LANG": "en_GB.UTF-8"}, "en"), ({"LANG": "C"}, "zh"),
                                               ({"LC_ALL": "zh_CN", "LANG": "en"}, "zh"), ({"LANG": "enx"}, "zh")])
def test_the_language_is_that_of_the_locale(environ: dict[str, str], lang: str) -> None:
    assert own_language(environ) == lang


def test_a_language_that_there_is_not_is_left_to_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.install.words.own_language", lambda: "zh")
    assert [asked_language(["box", "--lang", lang]) for lang in ("en", "zh", "fr")] == ["en", "zh", "zh"]
