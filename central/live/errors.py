"""What can go wrong in looking live, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class BadPicture(BadInput):
    text = "this is no small JPEG picture: {why}"


class BadLook(BadInput):
    text = "say in 1 to {most} characters why you look: it is on record"


class TooManyViewers(BadInput):
    text = "so many people look into this room at once that nobody else is let in; try again in a minute"


class TooManyRooms(BadInput):
    text = "so many rooms are looked into at once that no other one is begun; try again in a minute"


class NoPiece(BadInput):
    text = "this piece of video is not here any more, or never was"


class NoSuchRoom(BadInput):
    text = "there is no such room within your reach"


class LiveRefused(BadInput):
    text = "the order that this answers was not made here, or not for this box"


class NoPieceOfLive(BadInput):
    text = "a piece has {most} bytes at most, and its token says how many"
