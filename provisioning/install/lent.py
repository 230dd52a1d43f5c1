"""Secrets that the operator gave: lent to the user of our services for a moment, or encrypted to this machine."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.options import USER
from provisioning.install.user import HOME

CREDENTIALS = "/etc/credstore.encrypted"
LENT = "/run/zaitang-install"
AS_USER = ("setsid", "--wait", "runuser", "-u", USER, "--", "setpriv", "--pdeathsig", "KILL", "--",
           "env", f"HOME={HOME}", "PYTHONNOUSERSITE=1")
"""In a session of its own, or it could type into the terminal of root (TIOCSTI). It ends with us all the same."""


@contextmanager
def lent_to_user(host: Host, secrets: Mapping[str, Path]) -> Iterator[Path]:
    """A folder with copies of secrets, by their names in it, that the user may read: for a moment, in memory."""
    folder = host.at(LENT)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        for name, secret in secrets.items():
            (folder / name).write_bytes(secret.read_bytes())
        for path in (*folder.iterdir(), folder):
            os.chown(path, *host.ids(USER))
        yield folder
    finally:
        shutil.rmtree(folder)


def sealed(host: Host, secret: Path, credential: str, name: str, *how: str) -> Path:
    """Where a file lies, encrypted to this machine: beside the place of the credential."""
    host.at(CREDENTIALS).mkdir(mode=0o700, exist_ok=True)
    part = host.at(f"{credential}.part")
    part.unlink(missing_ok=True)
    host.run("systemd-creds", "encrypt", "--with-key=auto", *how, f"--name={name}", secret, part)
    part.chmod(0o600)
    synced(part)
    return part


def synced(path: Path) -> None:
    """What it is survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
