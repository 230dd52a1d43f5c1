"""What the operator says about an installation."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from provisioning.install.release import Source
from provisioning.install.system_options import SystemOptions

KEY = "/etc/zaitang/release.pem"
"""The key that this machine takes releases of."""
USER = "zaitang"
"""As whom everything of ours runs."""


@dataclass(frozen=True)
class Options:
    """`end`: box or centre; `others`: what else is installed here; `keys_file`: what its keys are locked with,
    `change_keys`: in the place of another. Of a box `device`, `room`, `policy`: empty, and the first boot asks;
    `centre`, `pin`, `console`: of whom it asks, how that is known again, what telephones open. Of a centre `names`: by
    which boxes reach it; `passphrase_file`: of its root's key, `backup_file`: of its backups. `release_key`: what a
    bundle is signed with (PEM, read once: what is compared is what is kept), where the machine trusts no key yet;
    `system`: what is said about the machine itself."""

    end: str
    source: Source
    others: tuple[str, ...] = ()
    lang: str = "zh"
    device: str = ""
    room: str = ""
    policy: str = ""
    centre: str = ""
    pin: str = ""
    console: str = ""
    keys_file: Path | None = None
    change_keys: bool = False
    names: tuple[str, ...] = ()
    passphrase_file: Path | None = None
    backup_file: Path | None = None
    release_key: bytes | None = None
    system: SystemOptions = field(default_factory=SystemOptions)
