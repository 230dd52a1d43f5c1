"""That what runs goes by the files that were placed, and not by those it read before."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import UNDO, File, Item
from provisioning.install.journal import FOLDER, Mark, write_whole

STEPS = (
    ("systemctl", "daemon-reexec"),
    ("systemctl", "restart", "systemd-journald.service", "systemd-sysctl.service"),
    ("systemctl", "restart", "chrony.service"),
    ("systemctl", "reload-or-restart", "nftables-zaitang.service"),
    ("systemctl", "try-reload-or-restart", "systemd-udevd*.service"),
)
"""Timers and the watchdog come with the first. What is plugged in already, the screen, /tmp and the battery clock wait
for the next start. The last is a pattern, because a container has no udev."""


@dataclass(frozen=True)
class Settled(Item):
    """`name`: the file that notes by a hash which state of `files` the machine has taken notice of."""

    kind: ClassVar[str] = "settled"
    files: tuple[File, ...] = ()

    def done(self, host: Host) -> bool:
        """It was told of these files as they are."""
        return host.text(self.name) == self._state()

    def do(self, host: Host) -> None:
        """Tell it; a machine that is not running reads them when it starts."""
        if host.machine.booted:
            for words in STEPS:
                host.run(*words)
        write_whole(host.at(self.name), self._state().encode(), 0o600)

    def _state(self) -> str:
        whole = hashlib.sha256()
        for item in self.files:
            whole.update(item.name.encode() + b"\0" + hashlib.sha256(item.bytes()).digest())
        return whole.hexdigest()


def _undo_settled(host: Host, name: str, mark: Mark) -> None:
    host.at(name).unlink(missing_ok=True)


UNDO["settled"] = _undo_settled
SETTLED = f"{FOLDER}/settled"
