"""What an update asks of a box and of a centre, by their own commands and as the user that they run as."""
from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

from provisioning.install.keys import BOX_KEYS, CENTRE_KEYS, Keys
from provisioning.install.said import InstallError, plain
from provisioning.update.disks import not_mounted

LONGEST_S = 120
LARGEST = 1 << 20
AS_USER = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--uid=zaitang", "--gid=zaitang",
           "--property=UMask=0077", f"--property=RuntimeMaxSec={LONGEST_S}", "--setenv=PYTHONNOUSERSITE=1",
           "--working-directory=/var/lib/zaitang")
"""systemd starts it, so the updater itself needs no right to become somebody else."""


@dataclasses.dataclass(frozen=True)
class End:
    """`program`: its command; `option`: by which that takes `folder`; `made`: the file that it has once it was made,
    which a box is when its centre takes it; `keys`: its own; `before`: what may lie in its folder until then."""

    name: str
    target: str
    program: str
    option: str
    folder: str
    made: str
    keys: Keys
    before: frozenset[str] = frozenset(("lost+found",))

    def is_made(self, root: Path) -> bool | None:
        """Whether there is more of it than its programs. None: nobody can tell, for its folder cannot be looked at, or
        holds other things without that file."""
        folder = root / self.folder[1:]
        try:
            names = {path.name for path in folder.iterdir()}
        except FileNotFoundError:
            # A link to a disk that is away looks like nothing, too.
            return False if folder.parent.is_dir() and not folder.is_symlink() else None
        except OSError:
            return None
        return True if self.made in names else None if names - self.before else False


BOX = End("box", "zaitang-box.target", "zaitang-edge", "--box", "/var/lib/zaitang/box", "box.toml", BOX_KEYS,
          frozenset(("lost+found", ".new")))
CENTRE = End("centre", "zaitang-centre.target", "zaitang-central", "--centre", "/var/lib/zaitang/centre", "centre.toml",
             CENTRE_KEYS)


@dataclasses.dataclass(frozen=True)
class Answer:
    """`status`: of the command; None: it did not end in time, or is not there. `said`: what it printed, `words` what it
    complained."""

    status: int | None
    said: str = ""
    words: str = ""

    def read(self) -> Any:
        """What it printed as JSON; None for anything else."""
        try:
            return json.loads(self.said[:LARGEST])
        except (ValueError, RecursionError):
            return None


class Ends:
    """Asks the commands of a release below `releases`. `root`: of the machine; `installed`: the names of the ends that
    the installer noted, whatever their folders show."""

    def __init__(self, root: Path, releases: Path, installed: Collection[str]) -> None:
        self._root, self._releases = root, releases
        self.here = tuple(end for end in (BOX, CENTRE) if end.name in installed)

    def lacks_disk(self) -> str:
        """Where a disk for what is kept here is to be and is not mounted: nothing can be told of it then."""
        return not_mounted(self._root)

    def has_box(self) -> bool | None:
        """Whether there is a box that a centre has taken; None: nobody can tell."""
        return BOX in self.here and (None if self.lacks_disk() else BOX.is_made(self._root))

    def busy(self, release: str, within_min: int) -> str:
        """Why nothing may be restarted now: `recording`, `open`, `plan`, or `unknown`; empty: it may. A centre may
        always: boxes keep everything until it is back. So may a box that surely no centre has taken yet."""
        if not (has_box := self.has_box()):
            return "unknown" if has_box is None else ""
        answer = self.ask(BOX, release, "busy", "--json", "--within", str(within_min))
        said = answer.read()
        if not isinstance(said, dict) or answer.status not in (0, 1):
            return "unknown"
        return str(said.get("why") or "unknown") if answer.status or said.get("busy") else ""

    def ailing(self, release: str) -> Any:
        """What the doctor of the box says, as it printed it; an empty list where there is none yet.

        None: it says nothing that can be read."""
        if self.has_box() is False:
            return []
        said = self.ask(BOX, release, "doctor", "--json").read()
        return said if isinstance(said, list) and all(isinstance(one, dict) for one in said) else None

    def try_schema(self, end: End, release: str) -> dict[str, Any]:
        """As `schema`, of a release that opens a copy of the database first, if there is one."""
        return self.schema(end, release, *["--try"] * (end.is_made(self._root) is not False))

    def schema(self, end: End, release: str, *words: str) -> dict[str, Any]:
        """`writes`, `opens` and `database` of an end under a release. Raises InstallError with its words."""
        answer = self.ask(end, release, "schema", "--json", *words)
        said = answer.read()
        if answer.status != 0 or not isinstance(said, dict) or not isinstance(said.get("opens"), list):
            last = (answer.words or plain(answer.said)).strip()[-500:] or str(answer.status)
            raise InstallError(f"版本 {release} 打不开本机的数据库：{last}",
                               f"Release {release} does not open the database of this machine: {last}")
        return said

    def reads(self, release: str) -> bool:
        """Whether a release opens the databases as they are now."""
        try:
            found = [self.schema(end, release) for end in self.here]
        except InstallError:
            return False
        return all(one["database"] is None or one["database"] in one["opens"] for one in found)

    def state_failed(self, release: str, did_not_hold: str, back_to: str, why: str) -> None:
        """Have the box state it for its centre; one that no centre has taken has nobody to tell. Raises
        InstallError."""
        if self.has_box() is False:
            return
        words = ["update-failed", "--release", did_not_hold, "--why", why, *(["--back-to", back_to] if back_to else [])]
        answer = self.ask(BOX, release, *words)
        if answer.status != 0:
            raise InstallError(f"未能上报更新失败：{answer.words.strip()[-500:]}",
                               f"That the update failed could not be stated: {answer.words.strip()[-500:]}")

    def ask(self, end: End, release: str, *words: str) -> Answer:
        """Run a command of an end to its end, or for LONGEST_S real seconds."""
        program = self._releases / release / "bin" / end.program
        folder = self._root / end.folder[1:]
        try:
            # What opens its keys, where they are locked.
            keys, credential = end.keys, self._root / end.keys.credential[1:]
            given = [f"--property=LoadCredentialEncrypted={keys.name}:{keys.credential}"] * credential.exists()
            command = [*AS_USER, *given, str(program), "--lang", "en", words[0], end.option, str(folder), *words[1:]]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                                  timeout=LONGEST_S + 10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return Answer(None)
        return Answer(done.returncode, done.stdout, plain(done.stderr))
