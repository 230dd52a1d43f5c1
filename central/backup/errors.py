"""What can be wrong with a backup."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError, ZaitangError


class BackupFailed(ZaitangError):
    text = "no backup was made in {folder}: {why}"


class NoBackup(BadInput):
    text = "{folder} is no backup of a centre: {why}"


class BackupChanged(VerificationError):
    text = ("the backup in {folder} is not as it was made: {why}. Copied from another disk: copy it again from there,"
            " and check that. If not, make a new one now (`zaitang-central backup make`), on another disk if this one"
            " fails; to restore, take another one that `backup check` finds whole")


class FileChanged(BackupChanged):
    text = ("the backup in {folder} is not as it was made: {why}. All backups there share that file. Copied from"
            " another disk: copy the file again from there. If not, move it out of the folder and make a new backup now"
            " (`zaitang-central backup make`), with --video if it is video: the file comes anew if the centre has it"
            " whole, and then this backup is whole again. `backup restore` brings all the rest, and names the file")


class WithinCentre(BadInput):
    text = "{folder} lies in the centre's folder, of which it would hold a backup: choose another disk"


class TooLargeToPack(BadInput):
    text = ("no backup was made: {file} has more bytes than a backup takes of a small file of a centre, or all small"
            " files together have. What is none of the centre's must not lie in its folder")


class LeadsAway(BadInput):
    text = ("no backup was made: {file} is a link to a folder, so what lies there would be in no backup. Put the folder"
            " itself in its place")


class WrongPassphrase(BadInput):
    text = "the passphrase does not open this backup"


class KeysLocked(BadInput):
    text = ("nothing was restored, for {name} in this backup cannot be read: {why}. Keys that lay locked when it was"
            " made need the passphrase that they had then, too: --keys-passphrase-file FILE")


class ShortPassphrase(BadInput):
    text = "the passphrase of a backup has {least} characters at least: it opens every key of the centre"


class OtherSite(BadInput):
    text = "the backup is of another site: its root is {root}"


class RestoreFailed(ZaitangError):
    text = "nothing was restored to {folder}: {why}"


class FolderThere(BadInput):
    text = "{folder} exists already: a centre is restored to a new folder"


class BadDays(BadInput):
    text = "backups are kept for one day at least, and not {value}"


class OpenToOthers(BadInput):
    text = ("others on this machine can read {file}, and the passphrase in it opens every key of the centre: chmod 600"
            " first")
