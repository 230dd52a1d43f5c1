"""`zaitang-edge run`: every process of a box as a child of this one, started again when it dies, ended together.

While all are ready, BOX/run/ready exists; it holds the process ids by role.
"""
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from common.logs import Log
from common.texts import translate
from edge.child import SUPERVISOR, only_one, stop_on_signal
from edge.errors import BadStart, ProcessFailed
from edge.storage.files import replace
from edge.wiring import open_box

BAD_INPUT = 2
TICK_S = 0.1
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
GOOD_LIFE_S = 60.0
TRIES = 5
END_S = 30.0


@dataclasses.dataclass
class Child:
    """One role. `starts_at`: when to start it (again); `ready`: it said so."""

    role: str
    notify: socket.socket
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    started_at: float = 0.0
    starts_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    deaths: int = 0


def supervise(folder: Path, roles: Sequence[str], lang: str, stop: threading.Event | None = None) -> int:
    """Run the roles of the box until SIGTERM or SIGINT. Raises BadInput when the box cannot start."""
    box = open_box(folder)
    # What ails the box itself is said once here, not by each of its processes.
    box.store.close()
    with only_one(box.run_folder / "box.lock", "run"):
        return _Supervisor(box.folder, roles, lang).run(stop or stop_on_signal())


class _Supervisor:
    def __init__(self, folder: Path, roles: Sequence[str], lang: str) -> None:
        self._folder, self._lang = folder, lang
        self._ready_file = folder / "run" / "ready"
        self._children = [Child(role, _listener()) for role in roles]
        self._was_ready = False
        self._log = Log("run")

    def run(self, stop: threading.Event) -> int:
        self._ready_file.unlink(missing_ok=True)
        try:
            while not stop.is_set():
                for child in self._children:
                    self._mind(child)
                self._tell_ready()
                stop.wait(TICK_S)
            return 0
        finally:
            self._ready_file.unlink(missing_ok=True)
            self._end_all()

    def _mind(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.starts_at:
                self._start(child, now)
            return
        with contextlib.suppress(BlockingIOError):
            child.ready = child.notify.recv(256) == b"READY=1" or child.ready
        code = child.process.poll()
        if code is not None:
            self._died(child, code, now)

    def _start(self, child: Child, now: float) -> None:
        name = child.notify.getsockname().replace(b"\0", b"@").decode()
        environment = {**os.environ, "NOTIFY_SOCKET": name, SUPERVISOR: str(os.getpid())}
        command = [sys.executable, "-m", "edge.cli", "--lang", self._lang, "process", child.role, "--box",
                   str(self._folder)]
        child.process = subprocess.Popen(command, env=environment, start_new_session=True)
        child.started_at = now
        self._log.info("process.started", role=child.role, pid=child.process.pid)

    def _died(self, child: Child, code: int, now: float) -> None:
        self._log.warning("process.died", role=child.role, code=code)
        child.process, child.deaths = None, child.deaths + 1
        if child.ready and now - child.started_at > GOOD_LIFE_S:
            child.wait_s = FIRST_WAIT_S
        if not self._was_ready and code == BAD_INPUT:
            raise BadStart(role=child.role)
        if not self._was_ready and child.deaths >= TRIES:
            raise ProcessFailed(role=child.role, times=child.deaths)
        child.ready = False
        child.starts_at = now + child.wait_s
        child.wait_s = min(LONGEST_WAIT_S, child.wait_s * 2)

    def _tell_ready(self) -> None:
        if not all(child.ready and child.process is not None for child in self._children):
            self._ready_file.unlink(missing_ok=True)
            return
        if self._ready_file.exists():
            return
        pids = {child.role: child.process.pid for child in self._children if child.process is not None}
        replace(self._ready_file, json.dumps(pids).encode())
        if not self._was_ready:
            self._was_ready = True
            print(translate("the box is ready", self._lang), flush=True)

    def _end_all(self) -> None:
        """SIGTERM to all at once, SIGKILL to who does not end in time."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + END_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._log.warning("process.killed", pid=process.pid)
                process.kill()
                process.wait()
        for child in self._children:
            child.notify.close()


def _listener() -> socket.socket:
    """A datagram socket without a place in the file system, for readiness messages."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(f"\0zaitang-{secrets.token_hex(8)}")
    listener.setblocking(False)
    return listener
