"""What a process tells whoever started it: datagrams of systemd's protocol, which hold nobody up."""
from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import notify
from common.notify import LONGER, READY, STEPPED, Watchdog, tell, watched
from common.sockets import short_name


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
    watchdog = Watchdog(lambda: now[0])
    tell(READY)
    for _ in range(25):
        watchdog.step()
        now[0] += 0.1
    assert heard(listener) == [READY, STEPPED, STEPPED, STEPPED]
    now[0] += 40
    assert round(watchdog.age_s) == 40
    watchdog.close()


def test_a_start_that_takes_its_time_asks_for_more(listener: socket.socket) -> None:
    starting = Watchdog(says=LONGER)
    starting.step()
    assert heard(listener) == [LONGER]
    starting.close()


def test_a_supervisor_that_does_not_listen_holds_up_no_loop(listener: socket.socket) -> None:
    now = [0.0]
    watchdog = Watchdog(lambda: now[0])
    for _ in range(5000):
        now[0] += 2
        watchdog.step()
    assert watchdog.age_s == 0 and 0 < len(heard(listener)) < 5000
    listener.close()
    now[0] += 2
    watchdog.step()
    watchdog.close()


def test_nobody_is_told_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    watchdog = Watchdog()
    watchdog.step()
    assert watchdog.age_s < 60
    watchdog.close()


def test_who_has_nothing_to_do_tells_that_it_lives(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "TELL_S", 0.01)
    stop = threading.Event()
    idle = threading.Thread(target=Watchdog().idle, args=(stop,))
    idle.start()
    listener.settimeout(30)
    assert listener.recv(100) == STEPPED and listener.recv(100) == STEPPED
    stop.set()
    idle.join(30)
    assert not idle.is_alive()


def test_where_nobody_asked_nobody_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell(READY)
    Watchdog().step()
    assert not watched()
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    Watchdog().step()  # the main loop goes on
    assert watched()
    with pytest.raises(OSError):
        tell(READY)
