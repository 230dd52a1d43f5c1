"""What systemd does for an update, for real processes of a box below a folder: starts the units of a target from the
release that is current, starts again what dies, says how each is."""
from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

SYSTEMCTL = """#!/usr/bin/env python3
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({path!r})
    line.sendall(" ".join(sys.argv[1:]).encode() + b"\\n")
    sys.stdout.write(line.makefile().read())
"""
RUN_AS = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
"""
AGAIN_S, END_S = 0.3, 20.0


class Units:
    """`program`: of a role, below the root; `roles`: those of the target. `folder`: for the commands and a socket."""

    def __init__(self, folder: Path, program: Path, roles: tuple[str, ...], box: Path) -> None:
        self._program, self._roles, self._box = program, roles, box
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths = dict.fromkeys(roles, 0)
        self.restarts = 0
        self._lock, self._over = threading.RLock(), threading.Event()
        folder.mkdir()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "s"))
        self._listener.listen()
        asks = SYSTEMCTL.replace("{path!r}", repr(str(folder / "s")))
        for name, text in (("systemctl", asks), ("systemd-run", RUN_AS)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        for work in (self._answer, self._mind):
            threading.Thread(target=work, daemon=True).start()

    def restart(self) -> None:
        """Every unit of the target anew."""
        with self._lock:
            self.stop()
            self.restarts += 1
            for role in self._roles:
                self.deaths[role] = 0
                self._start(role)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to who does not end."""
        with self._lock:
            for process in self.processes.values():
                process.send_signal(signal.SIGTERM)
            for process in self.processes.values():
                try:
                    process.wait(END_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            self.processes.clear()

    def close(self) -> None:
        self._over.set()
        self._listener.close()
        self.stop()

    def _start(self, role: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"}
        self.processes[role] = subprocess.Popen(
            [str(self._program), "process", role, "--box", str(self._box)], env=environment, stderr=subprocess.DEVNULL)

    def _mind(self) -> None:
        while not self._over.wait(AGAIN_S):
            with self._lock:
                for role, process in self.processes.items():
                    if process.poll() is not None:
                        self.deaths[role] += 1
                        self._start(role)

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                with caller:
                    caller.sendall(self._said(caller.makefile().readline().split()).encode())

    def _said(self, words: list[str]) -> str:
        match words:
            case ["restart", _]:
                self.restart()
            case ["show", *_, target] if target.endswith(".target"):
                return " ".join(f"zaitang-{role}.service" for role in self._roles)
            case ["show", *_, unit]:
                role = unit.removeprefix("zaitang-").removesuffix(".service")
                with self._lock:
                    up = role in self.processes and self.processes[role].poll() is None
                state = "active" if up else "activating"
                return f"LoadState=loaded\nActiveState={state}\nNRestarts={self.deaths[role]}\n"
        return ""


def until(wanted: object, timeout_s: float = 60.0) -> None:
    """Wait for a condition. Raises AssertionError."""
    assert callable(wanted)
    deadline = time.monotonic() + timeout_s
    while not wanted():
        assert time.monotonic() < deadline, wanted
        time.sleep(0.1)
