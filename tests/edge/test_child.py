"""What every process of the box does alike."""
from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.child import READY, STEPPED, Progress, only_one, ready
from edge.control.server import short_name
from edge.errors import AlreadyRunning


def test_an_unforeseen_error_in_a_thread_ends_the_process_and_tells_no_name() -> None:
    script = textwrap.dedent("""
        import threading
        from common import logs
        from edge.child import die_with_thread, stop_on_signal
        logs.setup()
        die_with_thread()
        stop = stop_on_signal()
        threading.Thread(target=lambda: {}["王秀英"]).start()
        assert stop.wait(60)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "thread.failed" in done.stderr
    assert "Traceback" not in done.stderr and "王秀英" not in done.stderr


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    first = only_one(tmp_path / "lock", "sync")
    with first, pytest.raises(AlreadyRunning), only_one(tmp_path / "lock", "sync", 0.2):
        raise AssertionError
    with only_one(tmp_path / "lock", "sync"):
        assert (tmp_path / "lock").read_text()


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A supervisor's socket, in a folder too deep for a socket's name."""
    path = tmp_path / ("d" * 100) / "notify"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        with short_name(path) as name:
            made.bind(name)
        made.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield made


def heard(listener: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(listener.recv(100))
    except BlockingIOError:
        return found


def test_a_loop_tells_now_and_then_that_it_goes_on(listener: socket.socket) -> None:
    now = [100.0]
    progress = Progress(lambda: now[0])
    ready()
    for _ in range(25):
        progress.step()
        now[0] += 0.1
    assert heard(listener) == [READY, STEPPED, STEPPED, STEPPED]
    now[0] += 40
    assert round(progress.age_s) == 40
    progress.close()


def test_a_supervisor_that_does_not_listen_holds_up_no_loop(listener: socket.socket) -> None:
    now = [0.0]
    progress = Progress(lambda: now[0])
    for _ in range(5000):
        now[0] += 2
        progress.step()
    assert progress.age_s == 0 and 0 < len(heard(listener)) < 5000
    listener.close()
    now[0] += 2
    progress.step()
    progress.close()


def test_nobody_is_told_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    progress = Progress()
    progress.step()
    assert progress.age_s < 60
    progress.close()


def test_a_process_that_does_not_end_says_where_it_is() -> None:
    script = textwrap.dedent("""
        import os, signal, threading
        from edge import child

        def held_up():
            threading.Event().wait(50)

        child.LONG_S = 0.2
        child.stop_on_signal()
        os.kill(os.getpid(), signal.SIGTERM)
        held_up()
    """)
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as held:
        assert held.stderr is not None and any("in held_up" in line for line in held.stderr)
        held.kill()
