"""The processes of the demo: started on free loopback ports, waited for, ended by their own id."""
from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from evidence.errors import BadInput, ZaitangError

READY_S = 60
STOP_S = 15


class NoMosquitto(BadInput):
    text = ("Mosquitto is not installed and could not be installed here. "
            "Install it (Debian: sudo apt-get install mosquitto) and start again")


class PortInUse(BadInput):
    text = "port {port} is in use by another program. End it, or leave {name} unset to let the demo choose a free port"


class BadPort(BadInput):
    text = "{name} is {value}, which is no port (1 to 65535)"


class ProcessFailed(ZaitangError):
    text = "{name} ended unexpectedly (code {code}). Its last words, from {log}:\n{words}"


class PartMissing(ZaitangError):
    text = "the box runs without {roles}. Its last words, from {log}:\n{words}"


class CommandFailed(ZaitangError):
    text = "{name} failed (code {code}):\n{words}"


class NotReady(ZaitangError):
    text = "{name} was not ready after {seconds} s. Its log: {log}"


def free_port(name: str) -> int:
    """The port that the environment variable `name` asks for, or a free one of the loopback.

    Raises BadPort, PortInUse.
    """
    value = os.environ.get(name)
    if value is not None and not (value.isdecimal() and 1 <= int(value) <= 65535):
        raise BadPort(name=name, value=value or "empty")
    wanted = int(value or 0)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise PortInUse(port=wanted, name=name) from None
        return int(probe.getsockname()[1])


def tool(name: str) -> str:
    """The path of one of our own commands, beside the running Python."""
    return str(Path(sys.executable).with_name(name))


def run(name: str, *arguments: object) -> str:
    """Run one of our commands to its end; its output. Raises CommandFailed."""
    done = subprocess.run([tool(name), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CommandFailed(name=f"{name} {arguments[0]}", code=done.returncode, words=said)
    return done.stdout


class Services:
    """Child processes, ended in reverse order when the context ends, whatever happens."""

    def __init__(self, logs: Path) -> None:
        self._logs, self._running = logs, list[tuple[str, subprocess.Popen[bytes], Path]]()
        self._begun: set[str] = set()
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Services:
        return self

    def __exit__(self, *_: object) -> None:
        for name, _process, _log in reversed(self._running.copy()):
            self.stop(name)

    def start(self, name: str, command: Sequence[object]) -> None:
        """Start a process; its output goes to a log of its own, from which the lines of an earlier demo are gone."""
        path = self._logs / f"{name}.log"
        if name not in self._begun:
            path.unlink(missing_ok=True)
        self._begun.add(name)
        with path.open("ab") as log:
            process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        self._running.append((name, process, path))

    def last_words(self, name: str) -> tuple[Path, str]:
        """The log of a running process and its last lines."""
        log = next(log for running, _, log in self._running if running == name)
        return log, _tail(log)

    def pid(self, name: str) -> int:
        """The process id of a running process."""
        return next(process.pid for running, process, _ in self._running if running == name)

    def runs(self, name: str) -> bool:
        """Whether it was started and has not ended since."""
        return any(running == name and process.poll() is None for running, process, _ in self._running)

    def stop(self, name: str) -> None:
        """End a process gently, and firmly if it does not listen."""
        for entry in [entry for entry in self._running if entry[0] == name]:
            self._running.remove(entry)
            _end(entry[1])

    def check(self) -> None:
        """Raises ProcessFailed if a process has ended by itself."""
        for name, process, log in self._running:
            if process.poll() is not None:
                raise ProcessFailed(name=name, code=process.returncode, log=log, words=_tail(log))

    def wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until `ready` says yes. Raises NotReady or ProcessFailed."""
        deadline = time.monotonic() + READY_S
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise NotReady(name=name, seconds=READY_S, log=self._logs / f"{name}.log")
            time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def mosquitto(folder: Path, port: int) -> list[object]:
    """The command of a broker of our own. Raises NoMosquitto."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NoMosquitto
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser {_user()}\n"
                      "max_queued_messages 0\nmax_inflight_messages 100\n")
    return [program, "-c", config]


def _user() -> str:
    return "root" if os.geteuid() == 0 else "mosquitto"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
