"""What can be wrong with a segment whose picture is to be checked."""
from __future__ import annotations

from evidence.errors import ZaitangError


class PictureGone(ZaitangError):
    text = "segment {file} is not here: its picture cannot be checked"


class PictureDiffers(ZaitangError):
    text = "segment {file} has another size than the one that was recorded: its picture is not checked"


class PictureDied(ZaitangError):
    text = "the check of the picture of {file} ended {times} times without an answer; it is left out"
