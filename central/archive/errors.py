"""What can go wrong with archives, each as one sentence."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evidence.errors import BadInput, VerificationError, ZaitangError


class PullRuns(BadInput):
    text = "another pull to {folder} is running: wait until it has ended"


class OtherPull(BadInput):
    text = ("{folder} holds the beginning of an archive of class {class_id}: name another folder, or finish that one"
            " first")


class PullDamaged(VerificationError):
    text = ("{file} in the unfinished archive is not what was written: run the same command with --anew, which keeps"
            " the video that is here")


class NoRoom(BadInput):
    text = "the archive needs {need} more in {folder}, and {free} are free: make room, or name another disk"


class ArchiveFailed(ZaitangError):
    text = "the archive {folder} could not be written: {why}. Run the same command again: it goes on where it stopped"


class FilesAway(ZaitangError):
    """`away`: what is still at which box (central/archive/ask.py: Away)."""

    text = ("files of class {class_id} that are not here yet: {count}. What came is kept in {folder}: run the same"
            " command again. With --without-missing it is finished without them, and names them as missing")

    def __init__(self, away: Sequence[Any], **params: object) -> None:
        super().__init__(**params)
        self.away = away


class StoreSilent(ZaitangError):
    text = ("the object store did not answer, also when it was asked again. What came is kept in {folder}: run the same"
            " command again when `zaitang-central bucket check` finds the store")


class FilesGone(ZaitangError):
    text = ("files of class {class_id} that were removed since the pull began: {count}. Run the same command with"
            " --anew: the archive will name them as removed, and the video that is here is kept")


class BadWindow(BadInput):
    text = "{value} is no time of a day like 22:00-06:00"


class BadRate(BadInput):
    text = "{value} is no number of megabytes a second, like 2 or 0.5"


class BadWait(BadInput):
    text = "{value} is no number of hours from 0 to 8760"


class ArchiveAsked(BadInput):
    text = "an archive of this class is being made: see below"


class NotABag(BadInput):
    text = ("{path} is no archive that was pulled whole: it lacks a manifest that can be read, or a file that the"
            " manifest names. Nothing was taken out")


class NoArchive(BadInput):
    text = "there is no finished archive of class {class_id} here: ask for it again"


class NothingToErase(BadInput):
    text = "say what is to be taken out: --names, --sheets, or both; nothing was changed"
