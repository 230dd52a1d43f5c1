"""A Debian that runs under its own systemd, cut off from every network: asked from outside, killed, booted again."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.provisioning.install.debian import Debian

BUNDLES = "/bundles"
"""Where bundles lie in it."""
STARTS_S, ASK_S = 180, 900


class Booted:
    """One start of a machine. `first`: the number of its first process outside of it."""

    def __init__(self, process: subprocess.Popen[bytes], first: int) -> None:
        self._process, self._first = process, first

    def asked(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in it, by root, to its end."""
        return subprocess.run([*self._enter(), *words], capture_output=True, text=True, timeout=ASK_S, check=False,
                              stdin=subprocess.DEVNULL)

    def run(self, *words: str) -> str:
        """What a command says. It must end with 0."""
        done = self.asked(*words)
        assert done.returncode == 0, f"{' '.join(words)[:200]}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that goes on meanwhile."""
        return subprocess.Popen([*self._enter(), *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """As if somebody pulled the plug: every process in it ends at once. What was written stays."""
        os.kill(self._first, signal.SIGKILL)
        self._process.wait(60)

    def power_off(self) -> None:
        self.asked("systemctl", "--no-block", "poweroff")
        assert self._process.wait(120) == 0

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process.poll() is None:
            self.kill()

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", f"--property={name}", "--value", unit).strip()

    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self._first}", "--all", "--wdns=/", "--", "env", "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]


@contextlib.contextmanager
def booted(here: Debian, bundles: Path) -> Iterator[Booted]:
    """It has started when this begins; it is killed when it is left, if nobody switched it off."""
    command = [*here.nspawn(), f"--bind-ro={bundles}:{BUNDLES}", "--boot", "--private-network"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made: Booted | None = None
    try:
        until(lambda: bool(_children(process.pid)), "the machine begins")
        # Between the two there is for a moment a process that only makes the first one.
        time.sleep(2)
        made = Booted(process, _children(process.pid)[0])
        until(lambda: made.asked("systemctl", "is-active", "--quiet", "multi-user.target").returncode == 0,
              "the machine has started", STARTS_S)
        yield made
    finally:
        if made is not None:
            made.end()
        elif process.poll() is None:
            process.kill()
        process.wait(60)


def until(holds: Callable[[], bool], what: str, limit_s: float = 60, every_s: float = 0.05) -> None:
    """Wait for something, so many real seconds at most."""
    ends = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < ends, f"it never came to this: {what}"
        time.sleep(every_s)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
