"""What can go wrong in central/orders, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class NoSuchBox(BadInput):
    text = "no box {device} has introduced itself to this centre: see `zaitang-central box list`"


class BadDays(BadInput):
    text = "an order holds for 1 to {most} days"


class BadHash(BadInput):
    text = "{value} is no SHA-256 of a file: 64 hex digits, small letters"


class FilesNotOfBox(BadInput):
    text = "no accepted record of {device} in its present database names these files: {files}"


class TooManyFiles(BadInput):
    text = "one order names {most} files at most"


class NothingWanted(BadInput):
    text = "there is no file of {device} that is not here already; name files to have them sent again"


class NotAllHere(BadInput):
    text = ("{files} files of {device} are not here, so it may not be emptied: have them sent first, "
            "`zaitang-central order upload {device}`")


class PastNotHere(BadInput):
    text = ("{device} had {chains} chains of records before that are not here to their end, so it may not be emptied: "
            "what is missing lies at the box alone; keep its disk")


class BoxOpen(BadInput):
    text = "a class is open at {device}, so it may not be emptied: end it there first"


class NotAdministrator(BadInput):
    text = ("{account} is no account of an administrator at this centre, so the word would be nobody's: see "
            "`zaitang-central user list`")


class FacesHeld(BadInput):
    text = ("{device} has faces and pictures of classes of which a dispute or a hold stands ({classes}), and nobody "
            "else has them: it may be emptied when that is over")
