"""`zaitang-edge run`: every process of a box as a child of this one, started again when it dies, ended together.

Recording goes on whatever else fails: a process that refuses is tried again while the others run. Only what the
recorder itself can never record with, or a box of which every process refuses, ends the start.
A process that lives and yet takes no step any more is killed and started again: see HANG_S.
BOX/run/ready holds the ids of the processes that are ready, by role. It exists while the recorder is, and every other
process is too or is known not to run.
"""
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from common.logs import Log
from common.notify import READY as SAYS_READY
from common.notify import STEPPED
from common.sockets import short_name
from common.texts import N_, translate
from edge.child import SAYS, SUPERVISOR, only_one, stop_on_signal
from edge.errors import BadStart
from edge.refusal import Refusal, read, take_back
from edge.storage.files import replace
from edge.wiring import open_box

BAD_INPUT = 2
OTHERS = 0o077
TICK_S = 0.1
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
GOOD_LIFE_S = 60.0
TRIES = 5
"""So often a process may end before it is ready until it is said that it does not run."""
END_S = 30.0
KILLED_S = 5.0
"""So long a process that was killed is waited for: one that waits in the kernel for a disk goes when that answers."""
HANG_S = {"recorder": 90.0, "terminal": 90.0, "sync": 300.0, "live": 300.0, "picture": 1800.0, "rollcall": 3600.0,
          "storage": 3600.0}
"""So long a process that has told of its progress may tell nothing, by role; WatchdogSec of its unit is the same.
A disk that answers before that costs nothing: a camera's queue holds that much (edge/cameras/live.py), and the run goes
on whole. What is killed loses at most a GOP beside it. Who looks at whole files takes long for one on a small box."""
LONGEST_WORDS, MOST_WORDS = 8192, 100
"""Bytes of a message; messages taken in one turn."""
RECORDER = "recorder"
_CREDENTIALS = struct.Struct("3i")
"""Linux's struct ucred: pid, uid, gid."""
READY, READY_WITHOUT = N_("the box is ready"), N_("the box is ready, without: {roles}")
NOT_RUNNING = N_("{role} does not run, it is tried again and again: {why}")
ENDED = N_("it ended {times} times")
HANGS = N_("{role} hangs, it is ended and started again; a disk that does not answer must answer first")


@dataclasses.dataclass
class Child:
    """One role. `starts_at`: when to start it (again); `ready`: it said so; `failed`: how often it ended before that.

    `stepped_at`: when it last told of its progress; None for one that does not tell, or was killed for telling nothing.
    `refused`: why it last refused, None when it did not; `said`: what the user was told of it."""

    role: str
    notify: socket.socket
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    stepped_at: float | None = None
    started_at: float = 0.0
    starts_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    failed: int = 0
    refused: Refusal | None = None
    said: str = ""

    @property
    def missing(self) -> bool:
        """Whether the box must do without it for now."""
        return not self.ready and (self.refused is not None or self.failed >= TRIES)

    def listen(self, now: float) -> None:
        """Take what the process has said; what anybody else says is dropped."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(MOST_WORDS):
                message, pid = _heard(self.notify)
                if self.process is not None and pid == self.process.pid:
                    self._hear(message, now)

    def _hear(self, message: bytes, now: float) -> None:
        if message == SAYS_READY:
            self.ready, self.failed, self.refused, self.said = True, 0, None, ""
        elif message == STEPPED:
            self.stepped_at = now
        elif message.startswith(SAYS):
            self.refused = read(message.removeprefix(SAYS))


def supervise(folder: Path, roles: Sequence[str], lang: str, stop: threading.Event | None = None) -> int:
    """Run the roles of the box until SIGTERM or SIGINT. Raises BadInput when the box cannot start."""
    box = open_box(folder)
    # What ails the box itself is said once here, not by each of its processes.
    box.store.close()
    keep_private(box.folder)
    with only_one(box.run_folder / "box.lock", "run"):
        return _Supervisor(box.folder, roles, lang).run(stop or stop_on_signal())


def keep_private(folder: Path) -> None:
    """Close the folder of a box that was made with an open umask: it holds video of people."""
    try:
        mode = folder.stat().st_mode
        if mode & OTHERS:
            folder.chmod(mode & ~OTHERS & 0o7777)
    except OSError as error:
        # It belongs to somebody else, or its file system knows no modes: that must not stop a recording.
        Log("run").failed("folder.open", error)


class _Supervisor:
    def __init__(self, folder: Path, roles: Sequence[str], lang: str) -> None:
        self._folder, self._lang = folder, lang
        self._ready_file = _Told(folder / "run" / "ready")
        self._children = [Child(role, _listener(self._notify_path(role))) for role in roles]
        self._without: list[str] | None = None
        self._log = Log("run")

    def run(self, stop: threading.Event) -> int:
        self._untell()
        try:
            while not stop.is_set():
                for child in self._children:
                    self._mind(child)
                self._tell_ready()
                stop.wait(TICK_S)
            return 0
        finally:
            self._untell()
            self._end_all()

    def _mind(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.starts_at:
                self._start(child, now)
            return
        code = child.process.poll()
        child.listen(now)
        if code is not None:
            self._died(child, code, now)
        elif child.stepped_at is not None and now - child.stepped_at > HANG_S[child.role]:
            self._kill(child, child.process)

    def _kill(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        """End a process whose main loop stands still: it would not hear SIGTERM. Its successor is started once it is
        gone; one that waits for a disk in the kernel (state D) goes when the disk answers, and no sooner."""
        self._log.warning("process.hangs", role=child.role, pid=process.pid)
        self._print(translate(HANGS, self._lang, role=child.role), sys.stderr)
        child.ready, child.stepped_at = False, None
        process.kill()

    def _notify_path(self, role: str) -> Path:
        return self._folder / "run" / f"{role}.notify"

    def _start(self, child: Child, now: float) -> None:
        environment = {
            **os.environ, "NOTIFY_SOCKET": str(self._notify_path(child.role)), SUPERVISOR: str(os.getpid())}
        command = [sys.executable, "-m", "edge.cli", "--lang", self._lang, "process", child.role, "--box",
                   str(self._folder)]
        try:
            child.process = subprocess.Popen(command, env=environment, start_new_session=True)
        except OSError as error:
            # No memory, no process to spare: that passes, and the others run on.
            self._log.failed("process.unstarted", error, role=child.role)
            child.failed += 1
            self._wait(child, now)
            return
        child.started_at, child.stepped_at = now, None
        self._log.info("process.started", role=child.role, pid=child.process.pid)

    def _died(self, child: Child, code: int, now: float) -> None:
        self._log.warning("process.died", role=child.role, code=code)
        child.process = None
        if child.ready and now - child.started_at > GOOD_LIFE_S:
            child.wait_s = FIRST_WAIT_S
        child.failed += not child.ready
        child.ready = False
        ends = code == BAD_INPUT and self._without is None and (
            child.role == RECORDER or all(one.process is None and one.missing for one in self._children))
        if ends:
            if child.refused:
                self._print(f"{child.role}: {child.refused.words[self._lang]}", sys.stderr)
            raise BadStart(role=child.role)
        self._wait(child, now)

    def _wait(self, child: Child, now: float) -> None:
        """Try again later, each time after longer; say once why."""
        child.starts_at = now + child.wait_s
        child.wait_s = min(LONGEST_WAIT_S, child.wait_s * 2)
        why = "" if child.refused is None else child.refused.words[self._lang]
        if child.missing and not why:
            why = child.said or translate(ENDED, self._lang, times=child.failed)
        if why and why != child.said:
            child.said = why
            self._print(translate(NOT_RUNNING, self._lang, role=child.role, why=why), sys.stderr)

    def _tell_ready(self) -> None:
        ready = {child.role: child.process.pid for child in self._children if child.ready and child.process is not None}
        missing = [child.role for child in self._children if child.missing]
        if not ready or len(ready) + len(missing) < len(self._children) or RECORDER in missing:
            self._ready_file.tell(None)
            return
        self._ready_file.tell(json.dumps(ready).encode())
        if missing != self._without:
            self._without = missing
            self._print(translate(READY_WITHOUT if missing else READY, self._lang, roles=", ".join(missing)),
                        sys.stdout)

    def _untell(self) -> None:
        self._ready_file.tell(None)
        for child in self._children:
            take_back(self._folder / "run", child.role)

    def _print(self, text: str, stream: TextIO) -> None:
        encoding = stream.encoding or "utf-8"
        try:
            # A terminal that knows no Chinese gets escapes.
            print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
        except (OSError, ValueError) as error:
            # The terminal is closed or the disk of the log is full: the recorder must not end for that.
            self._log.failed("output.failed", error)

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
                self._wait_killed(process)
        for child in self._children:
            child.notify.close()
            with contextlib.suppress(OSError):
                self._notify_path(child.role).unlink(missing_ok=True)

    def _wait_killed(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(KILLED_S)
        except subprocess.TimeoutExpired:
            self._log.warning("process.unkillable", pid=process.pid)


class _Told:
    """A small file that says how things are. A disk that refuses it stops nobody; it is tried again."""

    def __init__(self, path: Path) -> None:
        self._path, self._tells_at = path, 0.0
        # What an earlier supervisor left there is unlike anything that will be told.
        self._told: bytes | None = b"" if path.exists() else None

    def tell(self, data: bytes | None) -> None:
        """Keep the file as it should be; None: there is none."""
        now = time.monotonic()
        if data == self._told or now < self._tells_at:
            return
        try:
            if data is None:
                self._path.unlink(missing_ok=True)
            else:
                replace(self._path, data)
            self._told = data
        except OSError as error:
            self._tells_at = now + LONGEST_WAIT_S
            Log("run").failed("ready.unwritten", error)


def _listener(path: Path) -> socket.socket:
    """A datagram socket that only this user may write to, for what a process says. Raises OSError."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    with short_name(path) as name:
        listener.bind(name)
    path.chmod(0o600)
    listener.setblocking(False)
    return listener


def _heard(listener: socket.socket) -> tuple[bytes, int]:
    """A message, and the process that sent it by the kernel's word; 0: it does not say. Raises BlockingIOError."""
    message, notes, _, _ = listener.recvmsg(LONGEST_WORDS, socket.CMSG_SPACE(_CREDENTIALS.size))
    for level, kind, data in notes:
        if (level, kind, len(data)) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, _CREDENTIALS.size):
            return message, int(_CREDENTIALS.unpack(data)[0])
    return message, 0
