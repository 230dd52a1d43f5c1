"""The machine that items are placed on: its root folder, its programs, who owns what, what was placed before."""
from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from provisioning.install.journal import Journal
from provisioning.install.machine import Machine
from provisioning.install.said import InstallError, Said, plain

# A pip that went on after us would write into a folder that the next run clears.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
STILL_S = 10
"""After so many seconds without a word of ours a long step says that it goes on."""
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


class Host:
    """`owns`: owners are set and looked at, which only root can; `force`: files that somebody changed are replaced."""

    def __init__(self, root: Path, machine: Machine, journal: Journal, *, owns: bool = True, force: bool = False,
                 say: Callable[[Said], None] = lambda _: None, note: Callable[[str], None] = lambda _: None) -> None:
        self.root, self.machine, self.journal = root, machine, journal
        self.owns, self.force, self.say, self.note = owns, force, say, note

    def at(self, path: str) -> Path:
        """Where an absolute path of the machine lies."""
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str:
        """What a file says; nothing if there is none."""
        try:
            return self.at(path).read_text(errors="replace")
        except OSError:
            return ""

    def ids(self, owner: str) -> tuple[int, int]:
        """User and group by their name, which both have. Raises InstallError if there is none."""
        users, groups = (_ids(self.text(file)) for file in ("/etc/passwd", "/etc/group"))
        try:
            return users[owner], groups[owner]
        except KeyError:
            raise InstallError(f"没有用户 {owner}：请重新运行安装。",
                               f"There is no user {owner}: run the installation again.") from None

    def run(self, *words: str | Path) -> list[str]:
        """Run a program to its end; the last lines of what it said. All of it goes into the log.

        Raises InstallError with its last words."""
        said: list[str] = []
        told = time.monotonic()
        self.note("$ " + " ".join(map(str, words)))
        own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        try:
            child = subprocess.Popen([*ENDS_WITH_US, *map(str, words)], env=own | ENVIRONMENT, text=True,
                                     errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        except OSError as error:
            raise InstallError(f"无法运行 {words[0]}：{error.strerror}。",
                               f"{words[0]} cannot be run: {error.strerror}.") from error
        assert child.stdout is not None
        for line in child.stdout:
            last = plain(line.rstrip())
            self.note(last)
            said = [*said[-9:], last]
            if time.monotonic() - told >= STILL_S:
                told = time.monotonic()
                self.say(Said(f"    …… {last.strip()[:100]}", f"    ... {last.strip()[:100]}"))
        if child.wait():
            end = "\n".join(said)
            raise InstallError(f"{words[0]} 失败（{child.returncode}）。它最后说：\n{end}",
                               f"{words[0]} failed ({child.returncode}). Its last words:\n{end}")
        return said

    def succeeds(self, *words: str | Path) -> bool:
        """Whether a program that only asks ends with 0. A program that is not there says no."""
        try:
            return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=60, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def _ids(text: str) -> dict[str, int]:
    rows = (line.split(":") for line in text.splitlines())
    return {row[0]: int(row[2]) for row in rows if len(row) > 2 and row[2].isdigit()}
