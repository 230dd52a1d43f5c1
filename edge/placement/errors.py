"""What can be wrong with a room file, a picture to be drawn, or a walk. Each names its file or key."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class RoomTooLarge(BadInput):
    text = "{file}: a room file has at most {limit} bytes"


class RoomUnreadable(BadInput):
    text = "{file} cannot be read: {why}"


class OtherEnding(BadInput):
    text = "{file}: the name of the picture must end in .svg or .png"


class NoPack(BadInput):
    text = "name the model pack that the box will use with --pack; zaitang-edge models list shows them"


class NoRoomCamera(BadInput):
    text = "{folder}: box.toml names no room camera; name a camera with --source"


class NobodySeen(ZaitangError):
    text = "no face was seen: is the light on, is the camera not covered, and did somebody look towards the board?"
