"""The model pack at start-up: it is there before anybody comes, and a pack that fails takes only the check-in away."""
from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.notify import STEPPED
from edge.models.errors import ModelMissing
from edge.models.manifest import load_manifest
from edge.store import Store
from edge.terminal.errors import PackLoading, PackUnusable
from edge.terminal.loader import PackLoader
from edge.terminal.process import announce
from evidence.errors import ZaitangError
from tests.ending import end

ROOT = Path(__file__).parents[3]


class Loads:
    """What `load_pack` does, in the test's hand: it waits until it is let go, and fails while `fails` says so."""

    def __init__(self) -> None:
        self.go, self.times = threading.Event(), 0
        self.fails: Exception | None = None

    def __call__(self) -> Any:
        assert self.go.wait(60)
        self.times += 1
        if self.fails is not None:
            raise self.fails
        return "the pack"


@pytest.fixture
def loads() -> Iterator[Loads]:
    loads = Loads()
    yield loads
    loads.go.set()


def test_nobody_waits_for_a_pack_that_is_being_loaded(loads: Loads) -> None:
    loader = PackLoader("lab", loads)
    with pytest.raises(PackLoading, match="lab"):
        loader.pack()
    loads.go.set()
    loader.wait(60)
    assert loader.pack() == "the pack" and loads.times == 1


@pytest.mark.parametrize(("failure", "told"), [
    (ModelMissing(file="w600k.onnx", pack="lab"), ModelMissing),
    (ImportError("libGL.so.1 is missing"), PackUnusable),
    (RuntimeError(), PackUnusable),
])
def test_a_pack_that_fails_is_told_and_tried_again(loads: Loads, failure: Exception, told: type[ZaitangError]) -> None:
    loads.fails = failure
    loads.go.set()
    loader = PackLoader("lab", loads)
    loader.wait(60)
    loads.go.clear()
    with pytest.raises(told, match="lab"):
        loader.pack()
    loads.fails = None
    loads.go.set()
    loader.wait(60)
    assert loader.pack() == "the pack" and loads.times == 2


@pytest.mark.parametrize("failure", [None, ModelMissing(file="w600k.onnx", pack="lab")])
def test_the_terminal_is_ready_when_the_attempt_is_over(loads: Loads, failure: Exception | None) -> None:
    told = threading.Event()
    loads.fails = failure
    announce(PackLoader("lab", loads), told.set)
    assert not told.wait(0.3)
    loads.go.set()
    assert told.wait(60)


def test_a_pack_that_takes_very_long_does_not_hold_the_terminal_up(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.terminal.process.PACK_S", 0.05)
    told = threading.Event()
    announce(PackLoader("lab", loads), told.set)
    assert told.wait(60) and loads.times == 0


class Terminal:
    """The terminal process as the supervisor starts it, and the socket on which it says that it is ready."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(f"\0zaitang-test-{os.getpid()}-{port}")
        self._notify.settimeout(60)
        self._is_ready = False
        self._page = f"http://127.0.0.1:{port}/state.json?lang=en"
        command = [sys.executable, "-m", "edge.cli", "process", "terminal", "--box", str(folder)]
        address = f"@zaitang-test-{os.getpid()}-{port}"
        self._process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "NOTIFY_SOCKET": address, **environment})

    def ready(self) -> None:
        assert self.hears() == b"READY=1"

    def hears(self) -> bytes:
        """What it says next of being ready, or of its desk's turns once it is."""
        while (said := self._notify.recv(64)) == STEPPED and not self._is_ready:
            pass
        self._is_ready = True
        return said

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while not wanted(state := httpx.get(self._page, timeout=20).json()):
            assert time.monotonic() < deadline, state["checkin"]
            time.sleep(0.1)
        return dict(state)

    def stop(self) -> list[str]:
        """End it; the events of its log."""
        code, _, log = end(self._process)
        self._notify.close()
        assert code == 0, log
        return [line.split('"event": "')[1].split('"')[0] for line in log.splitlines() if '"event": "' in line]


@pytest.mark.long
def test_the_pack_is_loaded_before_the_box_says_that_it_is_ready(box_folder: tuple[Path, Store, int]) -> None:
    terminal = Terminal(box_folder[0], box_folder[2])
    terminal.ready()
    assert terminal.hears() == STEPPED
    events = terminal.stop()
    assert events.index("pack.loaded") < events.index("terminal.ready")


def test_a_broken_pack_leaves_the_page_and_the_buttons(box_folder: tuple[Path, Store, int], tmp_path: Path) -> None:
    folder, _, port = box_folder
    config, models = folder / "box.toml", tmp_path / "models"
    models.mkdir()
    for file in load_manifest("lab").files:
        (models / file.name).write_bytes(b"no model")
    config.write_text(config.read_text().replace(
        "[clock]", f'vision = {{ pack = "lab", folder = "{models}" }}\n[clock]', 1))
    terminal = Terminal(folder, port, ZAITANG_MODEL_CACHE=str(tmp_path / "cache"))
    terminal.ready()
    state = terminal.until(lambda state: state["checkin"]["state"] == "no_pack")
    assert state["checkin"]["text"] == "Faces cannot be recognised: the model pack cannot be loaded"
    assert state["lesson"]["class"] == "welding-1"
    assert "pack.refused" in terminal.stop()
