"""The user of the system that everything of ours runs as, and the groups that open cameras, sound and lamp to it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import UNDO, Item
from provisioning.install.journal import Mark
from provisioning.install.options import USER
from provisioning.install.said import Said

HOME = "/var/lib/zaitang"
BOX, CENTRE = f"{HOME}/box", f"{HOME}/centre"


@dataclass(frozen=True)
class User(Item):
    """A user and a group of one name, without a shell. `groups`: those that there are; a unit that names a group that
    is not there does not start, so that they belong to the user."""

    kind: ClassVar[str] = "user"
    groups: tuple[str, ...] = ()

    def done(self, host: Host) -> bool:
        """It is there, and in its groups."""
        return self.name in _names(host, "/etc/passwd") and not self._lacking(host)

    def do(self, host: Host) -> None:
        """Make it, and put it into its groups."""
        if self.name not in _names(host, "/etc/passwd"):
            group = ("--gid", self.name) if self.name in _names(host, "/etc/group") else ("--user-group",)
            host.run("useradd", "--system", *group, "--home-dir", HOME, "--no-create-home",
                     "--shell", "/usr/sbin/nologin", self.name)
        if lacking := self._lacking(host):
            host.run("usermod", "--append", "--groups", ",".join(lacking), self.name)

    def mark(self, host: Host) -> Mark | None:
        """Only one that we make is ours."""
        known = self.key in host.journal.placed
        return None if self.name in _names(host, "/etc/passwd") and not known else {}

    def _lacking(self, host: Host) -> list[str]:
        rows = (line.split(":") for line in host.text("/etc/group").splitlines())
        members = {row[0]: row[3].split(",") for row in rows if len(row) > 3}
        return [group for group in self.groups if self.name not in members.get(group, [self.name])]


def _names(host: Host, file: str) -> set[str]:
    return {line.split(":", 1)[0] for line in host.text(file).splitlines()}


def _undo_user(host: Host, name: str, mark: Mark) -> None:
    """Its number must not go to somebody else while evidence belongs to it."""
    home = host.at(HOME)
    if name == USER and home.is_dir() and any(home.iterdir()):
        host.say(Said(f"    用户 {name} 保留：{HOME} 中的证据属于它",
                      f"    The user {name} stays: what lies in {HOME} is its own"))
    elif name in _names(host, "/etc/passwd"):
        host.run("userdel", name)


UNDO["user"] = _undo_user
