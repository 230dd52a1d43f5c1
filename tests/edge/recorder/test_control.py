"""The recorder's socket: one word in, one line of JSON out, also from a folder too deep for a socket's name."""
from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from edge.control.client import ask
from edge.control.server import ControlServer
from edge.errors import NoRecorder


def test_it_answers_known_words_to_this_user_alone(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    path = deep / "recorder.sock"
    server = ControlServer(path, {"status": lambda: {"recording": True, "名": 1}})
    try:
        assert path.stat().st_mode & 0o777 == 0o600
        assert ask(path, "status") == {"recording": True, "名": 1}
        assert ask(path, "erase") == {"error": "unknown"}
    finally:
        server.close()
    with pytest.raises(NoRecorder):
        ask(path, "status")


def test_a_caller_who_says_nothing_does_not_block_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.control.server.WAIT_S", 0.1)
    path = tmp_path / "s.sock"
    server = ControlServer(path, {"status": lambda: {}})
    silent = socket.socket(socket.AF_UNIX)
    try:
        silent.connect(str(path))
        assert ask(path, "status") == {}
    finally:
        silent.close()
        server.close()


def test_a_socket_left_by_a_dead_process_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s.sock").touch()
    ControlServer(tmp_path / "s.sock", {"status": lambda: {"ok": True}})
    assert ask(tmp_path / "s.sock", "status") == {"ok": True}


def test_an_answer_that_fails_ends_neither_the_process_nor_the_next_answer(tmp_path: Path) -> None:
    def failing() -> dict[str, object]:
        raise RuntimeError("dictionary changed size during iteration")

    server = ControlServer(tmp_path / "s.sock", {"status": failing, "odd": lambda: {"a": {1}}, "look": lambda: {}})
    try:
        for word in ("status", "odd"):
            with pytest.raises(NoRecorder):
                ask(tmp_path / "s.sock", word)
        assert ask(tmp_path / "s.sock", "look") == {}
    finally:
        server.close()


@pytest.mark.parametrize("said", [b"5\n", b"null\n", b"[" * 100_000 + b"\n", b"\xff\n", b"",
    b'{"a": ' + b"9" * 5000 + b"}\n"])
def test_an_answer_that_is_none_is_no_recorder(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)

        def serve() -> None:
            caller, _ = listening.accept()
            with caller, contextlib.suppress(OSError):
                caller.recv(64)
                caller.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(NoRecorder):
            ask(path, "status")
        thread.join(60)
