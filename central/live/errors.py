"""What can go wrong in looking live, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class BadPicture(BadInput):
    text = "this is no small JPEG picture: {why}"


class TooManyViewers(BadInput):
    text = "so many people look into this room at once that nobody else is let in; try again in a minute"


class TooManyRooms(BadInput):
    text = "so many rooms are looked into at once that no other one is begun; try again in a minute"


class NoPiece(BadInput):
    text = "this piece of video is not here any more, or never was"


class RoomOutOfReach(BadInput):
    text = "there is no such room within your reach"


class RoomAtRest(BadInput):
    text = "no class-hour runs in this room: look in from half an hour before one to half an hour after"


class RoomNotYet(BadInput):
    text = ("no class-hour runs in this room now; the next one begins at {next}. A room is looked into from half an "
            "hour before a class-hour to half an hour after it")


class PieceRefused(BadInput):
    text = "this piece is not taken: {why}"


class PieceTooBig(BadInput):
    text = "a piece has {most} bytes at most"


class TooManyPieces(BadInput):
    text = "so many pieces at once are not taken from one box, or from all; try again with the newest one"


class PieceTooSlow(BadInput):
    text = "this piece came too slowly to be shown; try again with the newest one"


class ConsoleAway(BadInput):
    text = "the console of this centre does not run: nobody can look in"
