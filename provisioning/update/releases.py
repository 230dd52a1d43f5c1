"""The folders of releases, and the links that say which one runs and which one updates."""
from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from provisioning.install.journal import sync_folder
from provisioning.install.release import ENDS
from provisioning.release.about import version_key
from provisioning.release.errors import BadRelease

CURRENT, UPDATER = "current", "updater"
"""What runs; and the newest release that was proved: it is the one that updates, so that no release judges itself."""


class Releases:
    """Below /opt/zaitang (`opt`)."""

    def __init__(self, opt: Path) -> None:
        self._opt, self.folder = opt, opt / "releases"

    def whole(self) -> frozenset[str]:
        """Those that are there to their end."""
        return frozenset(name for path in self.folder.glob(f"*/{ENDS}") if _is_version(name := path.parent.name))

    def current(self) -> str:
        """The release to which the link leads; empty where it leads to none."""
        return self._led(CURRENT)

    def installed(self) -> str:
        """The same; where the link is broken, the release that held last, so that none older is taken for newer."""
        return self.current() or self._led(UPDATER)

    def lead(self, name: str, release: str) -> None:
        """Let a link lead to a release, in one step."""
        if self._led(name) == release:
            return
        part = self._opt / f"{name}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(f"releases/{release}")
        part.replace(self._opt / name)
        sync_folder(self._opt)

    def remove_others(self, kept: Collection[str]) -> None:
        """All folders but these, and but those to which a link leads. What else lies there is somebody's."""
        stay = {*kept, self.current(), self._led(UPDATER)}
        for path in self.folder.iterdir():
            if path.name not in stay and path.is_dir() and not path.is_symlink():
                # Not whole any more from here on, whoever is killed meanwhile.
                (path / ENDS).unlink(missing_ok=True)
                shutil.rmtree(path)

    def _led(self, name: str) -> str:
        link = self._opt / name
        release = Path(os.readlink(link)).name if link.is_symlink() else ""
        return release if (self.folder / release / ENDS).is_file() else ""


def _is_version(name: str) -> bool:
    """One that is being made, or taken away, has a name that is none."""
    try:
        version_key(name)
    except BadRelease:
        return False
    return True
