"""Recording goes on whatever else fails: processes that refuse, disks that come later, a system that has no room."""
from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common import logs
from common.sockets import short_name
from edge import supervise
from edge.control.client import ask
from edge.errors import NoRecorder
from edge.refusal import look_up
from edge.wiring import open_box
from evidence.errors import BadInput
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import Running, make_box


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 2400, fps=2, gop=4)


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port that another program has."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held


def ready(folder: Path) -> dict[str, int]:
    try:
        return dict(json.loads((folder / "run" / "ready").read_text()))
    except FileNotFoundError:
        return {}


def until(wanted: Callable[[], Any], patience_s: float = 60) -> Any:
    deadline = time.monotonic() + patience_s
    while not (found := wanted()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def sentences(err: str) -> list[str]:
    return [line for line in err.splitlines() if not line.startswith("{")]


def with_port(folder: Path, film: Path, taken: socket.socket) -> Path:
    return make_box(folder, film, f"[terminal]\nport = {taken.getsockname()[1]}\n")


@pytest.mark.long
def test_a_video_disk_that_is_mounted_later_is_waited_for(tmp_path: Path, film: Path) -> None:
    folder = make_box(tmp_path / "box", film)
    first = Running(folder)
    until(lambda: ready(folder))
    assert first.end()[0] == 0
    (folder / "video").rename(folder / "disk")
    (folder / "video" / "segments").mkdir(parents=True)
    running = Running(folder, "recorder", "storage")
    try:
        until(lambda: (folder / "run" / "storage.lock").exists())
        time.sleep(4)
        assert running.child.poll() is None and ready(folder) == {}
        told = look_up(folder / "run", "recorder")
        assert told is not None and told.error == "WrongVolume" and look_up(folder / "run", "storage") is None
        assert "is the disk mounted?" in told.words["en"] and "磁盘挂载了吗" in told.words["zh"]
        shutil.rmtree(folder / "video")
        (folder / "disk").rename(folder / "video")
        assert set(until(lambda: ready(folder))) == {"recorder", "storage"}
        until(lambda: not (folder / "run" / "recorder.refused").exists())
    finally:
        code, out, err = running.end()
    assert (code, out) == (0, "the box is ready\n")
    assert [line for line in sentences(err) if "recorder" in line] == sentences(err), err
    assert len(sentences(err)) == 1 and "is the disk mounted?" in err


def test_a_box_of_which_every_process_refuses_is_not_started(tmp_path: Path, film: Path, taken: socket.socket) -> None:
    running = Running(with_port(tmp_path / "box", film, taken), "terminal")
    out, err = running.child.communicate(timeout=60)
    assert (running.child.returncode, out) == (2, "") and "in use" in sentences(err)[0], err
    assert sentences(err)[-1] == "the box was not started: the process terminal refused, see above"


def test_what_the_recorder_can_never_record_with_ends_the_start(tmp_path: Path, film: Path) -> None:
    folder = make_box(tmp_path / "box", tmp_path / "none.mp4")
    running = Running(folder, "recorder", "storage")
    out, err = running.child.communicate(timeout=60)
    assert (running.child.returncode, out) == (2, "") and "none.mp4" in sentences(err)[0]
    with pytest.raises(NoRecorder):
        ask(folder / "run" / "recorder.sock", "status")


class Within:
    """A supervisor in this process."""

    def __init__(self, folder: Path, *roles: str) -> None:
        open_box(folder).store.close()
        logs.setup()
        self.stop, self.error, self.code = threading.Event(), list[BaseException](), -1
        self._thread = threading.Thread(target=self._run, args=(folder, roles))
        self._thread.start()

    def _run(self, folder: Path, roles: tuple[str, ...]) -> None:
        try:
            self.code = supervise.supervise(folder, roles, "en", self.stop)
        except BaseException as error:
            self.error.append(error)

    def end(self) -> None:
        self.stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive() and self.error == [] and self.code == 0


@pytest.mark.long
def test_a_process_that_refuses_is_said_once_and_comes_later_while_the_recorder_runs(
    tmp_path: Path, film: Path, taken: socket.socket, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = with_port(tmp_path / "box", film, taken)
    real, tries = subprocess.Popen, list[str]()

    def counting(command: list[str], **how: Any) -> Any:
        tries.append(command[-3])
        return real(command, **how)

    monkeypatch.setattr(supervise.subprocess, "Popen", counting)
    monkeypatch.setattr(supervise, "LONGEST_WAIT_S", 0.2)
    within = Within(folder, "recorder", "terminal")
    try:
        alone = until(lambda: ready(folder))
        assert set(alone) == {"recorder"}
        until(lambda: tries.count("terminal") >= 3)
        assert ask(folder / "run" / "recorder.sock", "status")["camera"] == "room"
        taken.close()
        both = until(lambda: len(pids := ready(folder)) == 2 and pids)
        assert both["recorder"] == alone["recorder"] and tries.count("recorder") == 1
    finally:
        within.end()
    out, err = capfd.readouterr()
    assert out == "the box is ready, without: terminal\nthe box is ready\n"
    assert len(said := sentences(err)) == 1, err
    assert said[0].startswith("terminal does not run, it is tried again and again: port ") and "in use" in said[0]
    assert err.count("process.refused") >= 2


def test_a_full_disk_under_the_ready_file_stops_nobody(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    real, calls = supervise.replace, list[Path]()

    def full(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path, data)

    monkeypatch.setattr(supervise, "replace", full)
    monkeypatch.setattr(supervise, "LONGEST_WAIT_S", 0.5)
    within = Within(folder, "recorder")
    try:
        assert set(until(lambda: ready(folder))) == {"recorder"} and len(calls) == 2
    finally:
        within.end()
    assert capfd.readouterr().out == "the box is ready\n"


def test_a_process_that_the_system_refuses_to_start_is_started_later(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_box(tmp_path / "box", film)
    real, tries = subprocess.Popen, list[str]()

    def refusing(command: list[str], **how: Any) -> Any:
        tries.append(command[-3])
        if command[-3] == "storage" and tries.count("storage") < 3:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real(command, **how)

    monkeypatch.setattr(supervise.subprocess, "Popen", refusing)
    within = Within(folder, "recorder", "storage")
    try:
        assert set(until(lambda: ready(folder))) == {"recorder", "storage"}
    finally:
        within.end()
    assert tries == ["recorder", "storage", "storage", "storage"]


def test_a_crash_before_it_is_ready_is_said_after_some_tries(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    real = subprocess.Popen

    def crashing(command: list[str], **how: Any) -> Any:
        return real(["false"] if command[-3] == "rollcall" else command, **how)

    monkeypatch.setattr(supervise.subprocess, "Popen", crashing)
    monkeypatch.setattr(supervise, "LONGEST_WAIT_S", 0.2)
    within = Within(folder, "recorder", "rollcall")
    try:
        assert set(until(lambda: ready(folder))) == {"recorder"}
        time.sleep(1)
    finally:
        within.end()
    out, err = capfd.readouterr()
    assert out == "the box is ready, without: rollcall\n"
    assert sentences(err) == ["rollcall does not run, it is tried again and again: it ended 5 times"]


def test_a_box_that_others_can_read_is_closed(tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_box(tmp_path / "box", film)
    folder.chmod(0o755)
    supervise.keep_private(folder)
    assert folder.stat().st_mode & 0o7777 == 0o700
    folder.chmod(0o750)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "chmod", refused)
    supervise.keep_private(folder)


def test_a_box_that_is_none_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        supervise.supervise(tmp_path / "none", ("recorder",), "en", threading.Event())


@pytest.mark.long
def test_a_recorder_that_takes_no_step_any_more_is_ended_and_started_again(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    monkeypatch.setitem(supervise.HANG_S, "recorder", 4.0)
    within = Within(folder, "recorder", "storage")
    try:
        first = until(lambda: ready(folder))
        os.kill(first["recorder"], signal.SIGSTOP)
        second = until(lambda: (pids := ready(folder)).get("recorder") != first["recorder"] and len(pids) == 2 and pids)
        assert second["storage"] == first["storage"]
        assert ask(folder / "run" / "recorder.sock", "status")["step_age_ms"] < 5000
    finally:
        within.end()
    assert [line for line in sentences(capfd.readouterr().err) if "hangs" in line] == [
        "recorder hangs, it is ended and started again; a disk that does not answer must answer first"]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[supervise._Supervisor, supervise.Child]]:
    """A supervisor whose one child only sleeps."""
    (tmp_path / "run").mkdir()
    real = subprocess.Popen
    monkeypatch.setattr(supervise.subprocess, "Popen", lambda command, **how: real(["sleep", "60"], **how))
    made = supervise._Supervisor(tmp_path, ["recorder"], "en")
    child = made._children[0]
    made._mind(child)
    yield made, child
    made._end_all()
    assert list((tmp_path / "run").iterdir()) == []


def say(path: Path, message: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, short_name(path) as name:
        sender.sendto(message, name)


def test_who_is_not_the_process_is_not_heard(
    tmp_path: Path, alone: tuple[supervise._Supervisor, supervise.Child],
) -> None:
    made, child = alone
    path = tmp_path / "run" / "recorder.notify"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_ISSOCK(path.stat().st_mode)
    for message in (b"READY=1", b"WATCHDOG=1", b'STATUS={"error": "x", "words": {"zh": "x", "en": "x"}}'):
        say(path, message)
    made._mind(child)
    assert (child.ready, child.stepped_at, child.refused) == (False, None, None)


def test_no_message_ends_the_supervisor(
    tmp_path: Path, alone: tuple[supervise._Supervisor, supervise.Child], monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, child = alone
    assert child.process is not None
    for message in (b"STATUS=" + b"[" * 4000, b"STATUS=" + b'{"words":' * 400, b"", b"\xff" * 9000, b"READY=1"):
        with monkeypatch.context() as patch:
            patch.setattr(child.process, "pid", os.getpid())
            say(tmp_path / "run" / "recorder.notify", message)
            child.listen(7.0)
            assert child.refused is None and child.stepped_at is None
    assert child.ready


def test_who_tells_of_progress_or_never_does_is_left_alone(
    alone: tuple[supervise._Supervisor, supervise.Child],
) -> None:
    made, child = alone
    process = child.process
    assert process is not None
    for stepped_at in (None, time.monotonic(), time.monotonic() - supervise.HANG_S["recorder"] + 60):
        child.stepped_at = stepped_at
        made._mind(child)
        assert process.poll() is None and child.process is process
    child.ready, child.stepped_at = True, time.monotonic() - supervise.HANG_S["recorder"] - 1
    made._mind(child)
    assert process.wait(60) == -signal.SIGKILL
    made._mind(child)
    assert child.process is None and not child.ready and child.starts_at > 0


def test_a_terminal_that_knows_no_chinese_gets_escapes(
    alone: tuple[supervise._Supervisor, supervise.Child],
) -> None:
    shown = io.BytesIO()
    latin = io.TextIOWrapper(shown, encoding="iso-8859-1")
    alone[0]._print("盒 ready", latin)
    assert shown.getvalue() == b"\\u76d2 ready\n"
    latin.close()
    alone[0]._print("ready", latin)
