"""A release is there whole or not at all, knows its own place, and makes room for one with more in it."""
from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.install.host import Host
from provisioning.install.release import ENDS, RELEASES, Release, Source
from provisioning.install.said import InstallError, Said
from tests.provisioning.update.machines import kill_at

Hosts = Callable[..., Host]
NAME = f"{RELEASES}/1.0"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    for name in ("systemd/zaitang-box.target", "provisioning/install-box", "provisioning/npm/node_modules/hls.js/a.mjs",
                 "provisioning/npm/node_modules/other/b", "provisioning/demo/c.py"):
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_text("x")
    return Source(tmp_path / "source", "1.0", bundle=True)


@pytest.fixture
def host(host_of: Hosts, monkeypatch: pytest.MonkeyPatch) -> Host:
    """One on which programs do nothing, but for venv, which makes what it makes."""
    made = host_of()

    def run(*words: str | Path) -> list[str]:
        asked.append(" ".join(map(str, words)))
        if "venv" in words:
            (Path(words[-1]) / "bin").mkdir(parents=True)
            (Path(words[-1]) / "bin/zaitang-edge").write_text(f"#!{words[-1]}/bin/python\n")
            (Path(words[-1]) / "pyvenv.cfg").write_text(f"command = python3 -m venv {words[-1]}\n")
        if any(word in str(words) for word in failing):
            raise InstallError("坏", "broken")
        return []

    asked: list[str] = []
    failing: list[str] = []
    monkeypatch.setattr(os, "sync", lambda: None)  # of the whole machine
    monkeypatch.setattr(made, "run", run)
    monkeypatch.setattr(made, "asked", asked, raising=False)
    monkeypatch.setattr(made, "failing", failing, raising=False)
    return made


def release(source: Source, *ends: str, python: str = "3.11", system: bool = False) -> Release:
    return Release(NAME, Said("版", "release"), source, ends, python, system)


def test_it_knows_the_place_that_it_will_have(host: Host, source: Source) -> None:
    item = release(source, "box")
    assert not item.done(host)
    # As from a stick that is for root alone.
    (source.folder / "systemd").chmod(0o700)
    (source.folder / "systemd/zaitang-box.target").chmod(0o600)
    (source.folder / "provisioning/install-box").chmod(0o700)
    item.do(host)
    final = host.at(NAME)
    assert [(final / name).stat().st_mode & 0o777 for name in ("systemd", "systemd/zaitang-box.target",
            "provisioning/install-box")] == [0o755, 0o644, 0o755]
    assert item.done(host) and not Path(f"{final}.part").exists()
    assert (final / "bin/zaitang-edge").read_text() == f"#!{final}/bin/python\n"
    assert ".part" not in (final / "pyvenv.cfg").read_text()
    files = {str(path.relative_to(final)) for path in final.rglob("*") if path.is_file()}
    assert files == {"bin/zaitang-edge", "pyvenv.cfg", "ends", "systemd/zaitang-box.target", "provisioning/install-box",
                     "provisioning/npm/node_modules/hls.js/a.mjs"}


@pytest.mark.parametrize("broken", ["venv", "box.txt", "compileall", "import edge.wiring"])
def test_whatever_fails_nothing_is_there_and_the_next_run_makes_it(host: Host, source: Source, broken: str) -> None:
    host.failing.append(broken)  # type: ignore[attr-defined]
    with pytest.raises(InstallError):
        release(source, "box").do(host)
    assert not host.at(NAME).exists()
    host.failing.clear()  # type: ignore[attr-defined]
    assert not Path(f"{host.at(NAME)}.part").exists(), "half a release takes up room that a recording may need"
    release(source, "box").do(host)
    assert release(source, "box").done(host)


def test_a_second_end_gets_a_release_for_both(host: Host, source: Source) -> None:
    release(source, "box").do(host)
    both = release(source, "box", "centre")
    assert not both.done(host)
    both.do(host)
    assert both.done(host) and release(source, "box").done(host) and release(source, "centre").done(host)
    assert [path.name for path in host.at(RELEASES).iterdir()] == ["1.0"]


@pytest.mark.long
def test_wherever_it_is_killed_the_first_end_has_its_release(host: Host, source: Source) -> None:
    both, final, at = release(source, "box", "centre"), host.at(NAME), 0
    killed = True
    while killed:
        if final.exists():
            shutil.rmtree(final)
        release(source, "box").do(host)
        pid = os.fork()
        if not pid:
            kill_at(at)
            both.do(host)
            os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        assert "box" in (final / ENDS).read_text() and (final / "bin/zaitang-edge").is_file(), at
        if not both.done(host):
            both.do(host)
        assert both.done(host) and [path.name for path in host.at(RELEASES).iterdir()] == ["1.0"]
        at += 3 if at < 24 else 1
    assert at > 30


def test_where_two_folders_cannot_change_places_nothing_does(
    host: Host, source: Source, monkeypatch: pytest.MonkeyPatch,
) -> None:
    release(source, "box").do(host)
    monkeypatch.setattr("provisioning.install.release._exchange", lambda _one, _other: errno.EINVAL)
    with pytest.raises(InstallError, match="stays as it is"):
        release(source, "box", "centre").do(host)
    assert release(source, "box").done(host)


def test_for_no_end_is_no_release(host: Host, source: Source) -> None:
    with pytest.raises(InstallError, match="For no end"):
        release(source).do(host)
    assert not host.at(NAME).exists()


def test_a_bundle_needs_no_network_and_a_pi_its_own_packages(host: Host, source: Source) -> None:
    release(source, "box", python="3.13", system=True).do(host)
    asked: list[str] = host.asked  # type: ignore[attr-defined]
    assert asked[0].startswith("python3.13 -I -m venv --system-site-packages ")
    # Each -m and -c would import from the folder that somebody stands in.
    assert all(" -I " in line for line in asked if re.search(r"python[0-9.]* ", line))
    pips = [line for line in asked if "/pip " in line]
    assert len(pips) == 2 and all("--no-index --find-links" in line and "--no-deps" in line for line in pips)
    assert "--require-hashes" in pips[0] and pips[1].endswith("zaitang==1.0")
