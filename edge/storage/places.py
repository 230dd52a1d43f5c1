"""Where the file of a segment lies: on the volume that the recorder writes or, once moved, on the second one."""
from __future__ import annotations

import stat
from pathlib import Path

from edge.errors import CannotWrite, VolumeAway, WrongVolume
from edge.storage.volume import NO_FOLDER, known_identity
from edge.store import Place, Store


class Places:
    """The one way from a segment's record to its file. `second`: folder of the second volume, None without one."""

    def __init__(self, first: Path, second: Path | None, device: str, store: Store) -> None:
        self._folders: dict[Place, Path | None] = {"first": first, "second": second}
        self._device, self._store = device, store

    def find(self, file: str) -> Path | None:
        """The path of `Segment.file`, or None where it is gone. Raises VolumeAway when the volume on which it lies is
        not there now, StoreBusy."""
        places: tuple[Place, ...] = ("first",) if self._store.moved(file) is None else ("first", "second")
        for place in places:
            path = self._path(place, file)
            if _is_file(path):
                return path
        # Between a vanished mount and a lost file there is a difference: only the second is an alarm.
        for place in places:
            self._must_be_here(place)
        return None

    def _path(self, place: Place, file: str) -> Path:
        """Raises VolumeAway for a second volume that is not there: another disk may be in its place."""
        if place == "second":
            self._must_be_here(place)
        return Path(self._folders[place] or "") / "segments" / file

    def _must_be_here(self, place: Place) -> None:
        folder = self._folders[place]
        if self._store.volume(place) is None:
            return
        if folder is None:
            raise VolumeAway(folder="?", why=NO_FOLDER)
        try:
            known_identity(folder, self._device, self._store, place)
        except (WrongVolume, CannotWrite) as error:
            raise VolumeAway(folder=folder, why=error.params["why"]) from None


def _is_file(path: Path) -> bool:
    """Raises VolumeAway when the disk does not say: that it fails now is no word about the file."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise VolumeAway(folder=path.parent, why=error.strerror or str(error)) from None
