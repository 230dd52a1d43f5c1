"""Processes of the demo: ports, missing programs, processes that die."""
from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from edge.cli import ROLES
from provisioning.demo import services
from provisioning.demo.services import Services
from provisioning.demo.site import Site


def test_a_port_in_use_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DEMO_CONSOLE_PORT", str(taken.getsockname()[1]))
        with pytest.raises(services.PortInUse, match="is in use by another program"):
            services.free_port("DEMO_CONSOLE_PORT")


@pytest.mark.parametrize("value", ["", "no", "-1", "70000"])
def test_a_port_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DEMO_CONSOLE_PORT", value)
    with pytest.raises(services.BadPort, match="DEMO_CONSOLE_PORT"):
        services.free_port("DEMO_CONSOLE_PORT")


def test_without_mosquitto_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.shutil, "which", lambda *args, **kwargs: None)
    with pytest.raises(services.NoMosquitto, match="apt-get install mosquitto"):
        services.mosquitto(tmp_path, 1883)


def test_a_process_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    with Services(tmp_path) as running:
        running.start("brief", [sys.executable, "-c", "print('it hurts'); raise SystemExit(3)"])
        with pytest.raises(services.ProcessFailed, match=r"brief ended unexpectedly \(code 3\)[\s\S]*it hurts"):
            running.wait("brief", lambda: False)


def test_a_log_holds_this_demo_and_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "twice.log").write_text("the last demo\n")
    with Services(tmp_path) as running:
        for word in ("first", "second"):
            running.start("twice", [sys.executable, "-c", f"print('{word}', flush=True); import time; time.sleep(600)"])
            running.wait("twice", lambda word=word: word in (tmp_path / "twice.log").read_text())  # type: ignore[misc]
            running.stop("twice")
    assert (tmp_path / "twice.log").read_text() == "first\nsecond\n"


def test_all_processes_end_with_the_context(tmp_path: Path) -> None:
    with Services(tmp_path) as running:
        running.start("stubborn", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"])
        running.wait("stubborn", lambda: (tmp_path / "stubborn.log").read_text() == "up\n")
        pid = running.pid("stubborn")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_box_that_goes_on_without_a_part_fails_the_demo(tmp_path: Path, site: Site) -> None:
    (site.box / "run").mkdir(parents=True)
    assert not site.is_whole()
    site._services.start("box", ["sh", "-c", "echo rollcall cannot; sleep 60"])
    site._services.wait("box", lambda: any("cannot" in log.read_text() for log in tmp_path.rglob("box.log")))
    (site.box / "run" / "ready").write_text(json.dumps({role: 1 for role in ROLES if role != "rollcall"}))
    with pytest.raises(services.PartMissing, match=r"without rollcall[\s\S]*rollcall cannot"):
        site.is_whole()
    (site.box / "run" / "ready").write_text(json.dumps(dict.fromkeys(ROLES, 1)))
    assert site.is_whole()
