"""What can go wrong before a box is one, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class NotBegun(BadInput):
    text = "this box is not approved yet"


class NotRefused(BadInput):
    text = "the centre has not refused this box: it keeps its keys"


class ToldAlready(BadInput):
    text = "the centre of this box is known, or was named by its installer: only the installer names another one"


class OtherName(BadInput):
    text = "the centre approved this box as {name}, but it is called {device}: ask for another approval"


class CameraTwice(BadInput):
    text = "choose one camera for the room and one for the terminal at most"


class CameraSilent(BadInput):
    text = ("the camera in the network shows nothing: {why}. Correct its address, or look after the camera; or say "
            "that the box is to start all the same")


class NoCameras(BadInput):
    text = ("no camera is named: nothing would be recorded, and people could check in by PIN alone. Plug them in; or "
            "say that the box is to start without")


class NoRoomCamera(BadInput):
    text = ("no camera is to see the room: nothing would be recorded. Plug one in, or type the address of one in the "
            "network; or say that the box is to start without")


class NoTerminalCamera(BadInput):
    text = ("no camera is to see who stands here: people could check in by PIN alone. Plug one in; or say that the box "
            "is to start without")
