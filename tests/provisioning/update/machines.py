"""A machine in a folder that is updated: tiny releases, signed bundles, stand-ins for systemctl and systemd-run."""
from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.install.host import Host
from provisioning.install.release import ENDS
from provisioning.release.about import Release, write_release
from provisioning.update import cli
from provisioning.update.prove import Pace

KEY = Ed25519PrivateKey.generate()
PACE = Pace(grace_s=0.0, prove_s=0.03, every_s=0.02, unsure_s=0.3)
PROGRAM = """#!/bin/sh
here=$(dirname "$(dirname "$(readlink -f "$0")")")
root={root}
case "$3" in
busy) echo >> "$root/asked"; cat "$root/busy"; grep -q true "$root/busy" && exit 1; exit 0;;
schema) cat "$here/schema";;
doctor) cat "$here/doctor";;
update-failed) echo "$@" >> "$root/stated";;
esac
"""
SYSTEMCTL = """#!/bin/sh
root={root}
case "$1" in
is-system-running) [ -f "$root/runs" ] && cat "$root/runs" || echo running;;
restart) grep -q true "$root/busy" && echo "$(readlink "$root/opt/zaitang/current")" >> "$root/cut"
  readlink "$root/opt/zaitang/current" > "$root/ran";;
show) case "$*" in
  *--value*) echo zaitang-recorder.service zaitang-first-boot.service zaitang-update-start.service;;
  *) echo LoadState=loaded; echo NRestarts=0; echo ConditionTimestampMonotonic=5
    waits=zaitang-first-boot; [ -f "$root/var/lib/zaitang/box/box.toml" ] || waits=zaitang-recorder
    case "$*" in
    *update-start*) echo ActiveState=active;;
    *$waits*) echo ActiveState=inactive; echo ConditionResult=no;;
    *) echo ConditionResult=yes; cat "$root/$(sed "s,^,opt/zaitang/," "$root/ran")/active";;
    esac;;
  esac;;
esac
"""
RUN_AS = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
"""
QUIET = {"busy": False, "why": "", "begins": None}
INSTALLED = {"placed": {"unit:zaitang-box.target": {"ends": ["box"], "mark": {"enabled": True}}}}
GOOD_SCHEMA = {"writes": 1, "opens": [1], "database": 1}


def bundle(
    to: Path, version: str, files: Mapping[str, str] = {}, least: str = "0.0.1", key: Ed25519PrivateKey = KEY,
) -> Path:
    """A signed bundle. `files`: of its release, beside the usual ones; under `wheels/`, as all that is installed."""
    arch = platform.machine()
    top = to / f"zaitang-{version}-{arch}"
    about = write_release(Release(version, arch, "2026-11-27T00:00:00Z", ("3.11", "3.13"), least))
    usual = {"active": "ActiveState=active\n", "doctor": "[]", "schema": json.dumps(GOOD_SCHEMA)}
    content = {"release.toml": about, **{f"wheels/{name}": text.encode() for name, text in {**usual, **files}.items()},
               "systemd/zaitang-box.target": b"[Unit]\n",
               "systemd/zaitang-recorder.service":
               f"[Unit]\nDescription={version}\nPartOf=zaitang-box.target\n".encode()}
    for name, data in content.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(content.items())).encode()
    (top / "SHA256SUMS").write_bytes(sums)
    (top / "SHA256SUMS.sig").write_bytes(key.sign(sums))
    return top


class Small:
    """A box in a folder with release 0.1.0."""

    def __init__(self, root: Path, monkeypatch_path: Callable[[str, str], None]) -> None:
        self.root = root
        for name, text in {
            "etc/os-release": "ID=debian\nVERSION_ID=12\n", "etc/passwd": "root:x:0:0::/:\n",
            "etc/group": "root:x:0:\n",
            "var/lib/zaitang/box/box.toml": "", "var/lib/zaitang-install/installed.json": json.dumps(INSTALLED),
            "etc/zaitang/release.pem": KEY.public_key().public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "ran": "releases/0.1.0\n", "asked": "",
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for name, text in {"systemctl": SYSTEMCTL, "systemd-run": RUN_AS}.items():
            (root / "bin").mkdir(exist_ok=True)
            (root / "bin" / name).write_text(text.replace("{root}", str(root)))
            (root / "bin" / name).chmod(0o755)
        self.say(QUIET)
        self.start_machine("start-1")
        (root / "opt/zaitang/releases").mkdir(parents=True)
        first = bundle(root / "first", "0.1.0")
        build(Host(root, None, None), first, "0.1.0", ("box",))  # type: ignore[arg-type]
        for link in ("current", "updater"):
            (root / "opt/zaitang" / link).symlink_to("releases/0.1.0")
        monkeypatch_path("PATH", f"{root}/bin:{os.environ['PATH']}")

    def say(self, busy: Mapping[str, object]) -> None:
        """What `busy` of the box answers."""
        (self.root / "busy").write_text(json.dumps(busy))

    def start_machine(self, boot: str) -> None:
        """From now on it is another start."""
        path = self.root / "proc/sys/kernel/random/boot_id"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(boot + "\n")

    def update(self, *words: str, pace: Pace = PACE) -> int:
        """One call of the command."""
        return cli.main(["--lang", "en", *words], build, self.root, pace)

    def killed(self, at: int, *words: str) -> bool:
        """One call in a process of its own, killed before its change number `at` to the disk; whether it was."""
        pid = os.fork()
        if not pid:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            kill_at(at)
            os._exit(self.update(*words))
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

    @property
    def current(self) -> str:
        """The release to which the link leads, which must be whole."""
        folder = self.root / "opt/zaitang" / os.readlink(self.root / "opt/zaitang/current")
        assert (folder / ENDS).is_file() and (folder / "bin/zaitang-edge").is_file()
        return folder.name

    @property
    def releases(self) -> set[str]:
        """What lies there."""
        return {path.name for path in (self.root / "opt/zaitang/releases").iterdir()}

    def read(self, name: str) -> str:
        """A file of the machine, empty without one."""
        path = self.root / name
        return path.read_text() if path.exists() else ""

    def state(self) -> dict[str, object]:
        """What is noted."""
        return dict(json.loads(self.read("var/lib/zaitang-install/update.json")))


def build(host: Host, folder: Path, version: str, ends: tuple[str, ...]) -> None:
    """As provisioning.update.build, of what lies in `wheels/`."""
    final = host.root / "opt/zaitang/releases" / version
    part = final.with_name(final.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(folder / "wheels", part)
    shutil.copytree(folder / "systemd", part / "systemd")
    (part / "bin").mkdir(exist_ok=True)
    if not (part / "bin/zaitang-edge").exists():
        (part / "bin/zaitang-edge").write_text(PROGRAM.replace("{root}", str(host.root)))
    (part / "bin/zaitang-edge").chmod(0o755)
    (part / ENDS).write_text(" ".join(ends) + "\n")
    part.rename(final)


CHANGES = {"os.rename", "os.symlink", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree",
           "subprocess.Popen", "os.chmod"}


def kill_at(number: int) -> None:
    """This process is killed before its change of that number to the disk."""
    left = [number]

    def heard(event: str, args: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if event in CHANGES or writes:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    sys.addaudithook(heard)
